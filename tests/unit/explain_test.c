/* explain_test.c - what `lockstep explain` says of kinds and fields. */
#include "reconciler/manifest/manifest.h"
#include "tests/lib/test.h"

#include <string.h>

#define CASE_TEXT_MAX 1048576

static void test_explain(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	struct err err;

	(void)state;
	buf_init(&out, CASE_TEXT_MAX);
	assert_int_equal(manifest_explain("AppPoolBinding.restart", &out, &err),
			 0);
	assert_string_equal(buf_text(&out),
			    "AppPoolBinding.spec.restart   recycle | restart | "
			    "none, default recycle\n"
			    "  How running workers get the new identity.\n"
			    "  expects recycle, restart or none\n");
	buf_clear(&out);
	assert_int_equal(
		manifest_explain("Config.domains.corp.netbios", &out, &err), 0);
	assert_string_equal(buf_text(&out),
			    "Config.domains.NAME.netbios   text, required\n"
			    "  The CORP of CORP\\user.\n"
			    "  expects a NetBIOS name, for example CORP\n");
	buf_clear(&out);
	assert_int_equal(manifest_explain("RotationPolicy", &out, &err), 0);
	assert_string_equal(buf_text(&out),
			    "RotationPolicy\nHow often lockstep itself changes "
			    "a password.\nNot honoured by this version.\n");
	buf_clear(&out);
	assert_int_equal(
		manifest_explain("AppPoolBinding.spec.windows.password", &out,
				 &err),
		0);
	assert_string_equal(
		buf_text(&out),
		"AppPoolBinding.spec.windows.password   list of names | always, "
		"default: always\n  When everything else may: passwords, and "
		"what an earlier run left unfinished.\n  expects a list, each "
		"the name of a ChangeWindow, or always, for example "
		"[weekend]\n");
	buf_clear(&out);
	assert_int_equal(manifest_explain("Server", &out, &err), 0);
	assert_non_null(strstr(buf_text(&out),
			       "  spec.port                      number, 1 to "
			       "65535, default 22\n      Where sshd listens."
			       "\n"));
	buf_clear(&out);
	assert_int_equal(manifest_explain(NULL, &out, &err), 0);
	assert_non_null(strstr(buf_text(&out), "Config           config.yaml"));
}

static void test_explain_refuses(void **state)
{
	static const char *const cases[][2] = {
		{ "Servr", "unknown kind \"Servr\"; did you mean \"Server\"?" },
		{ "Zzzzzzzzzz", "unknown kind \"Zzzzzzzzzz\"; lockstep explain "
				"lists the kinds" },
		{ "AppPoolBinding.spec.restrat",
		  "unknown field \"restrat\" in AppPoolBinding.spec; did you "
		  "mean \"restart\"?" },
		{ "AppPoolBinding.restrat",
		  "unknown field \"restrat\" in AppPoolBinding.spec; did you "
		  "mean \"restart\"?" },
		{ "Config.shh", "unknown field \"shh\" in Config; did you mean "
				"\"ssh\"?" },
		{ "Server.spec.port.x",
		  "unknown field \"x\" in Server.spec.port" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP(buf_done) struct buf out = { 0 };
		struct err err;

		buf_init(&out, CASE_TEXT_MAX);
		assert_int_equal(manifest_explain(cases[i][0], &out, &err),
				 -ERR_USAGE);
		assert_string_equal(err.what, cases[i][1]);
		assert_string_equal(buf_text(&out), "");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_explain),
		cmocka_unit_test(test_explain_refuses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
