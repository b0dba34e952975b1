/* field_test.c - what scalars of each type may be, and the exact texts. */
#include "reconciler/core/field.h"
#include "tests/lib/test.h"

#include <string.h>

static int refuse_x(const char *text, struct err *err)
{
	if (text[0] == 'x')
		return err_set(err, -ERR_MANIFEST, "expected no x");
	return 0;
}

/* clang-format off */
static const struct field_choice colours[] = {
	{ .name = "red", .value = 7 },
	{ .name = "green", .value = 8 },
	{ .name = "blue", .value = 9, .not_honoured = true },
	{ .name = NULL },
};

static const struct field below_fields[] = {
	{ .name = "deep", .type = FIELD_BOOL, .fallback = "false",
	  .help = "How deep." },
	{ .name = NULL },
};

static const struct field fields[] = {
	{ .name = "port", .type = FIELD_NUMBER, .min = 1, .max = 65535,
	  .fallback = "22", .example = "22", .help = "A port." },
	{ .name = "on", .type = FIELD_BOOL, .flags = FIELD_REQUIRED },
	{ .name = "colour", .type = FIELD_CHOICE, .choices = colours },
	{ .name = "share", .type = FIELD_PERCENT, .min = 1, .max = 100 },
	{ .name = "batch", .type = FIELD_BATCH, .min = 1, .max = 50 },
	{ .name = "path", .type = FIELD_PATH, .max = 8 },
	{ .name = "name", .type = FIELD_NAME, .expect = "a name" },
	{ .name = "texts", .type = FIELD_TEXT, .flags = FIELD_LIST,
	  .max = 5, .check = refuse_x, .expect = "a word",
	  .example = "[a, b]" },
	{ .name = "hidden", .type = FIELD_NAME, .flags = FIELD_HIDE,
	  .expect = "a name" },
	{ .name = "below", .type = FIELD_MAP, .fields = below_fields },
	{ .name = "later", .type = FIELD_TEXT, .flags = FIELD_NOT_HONOURED },
	{ .name = NULL },
};
/* clang-format on */

static void takes(const char *name, const char *text, int64_t number)
{
	struct field_scalar scalar = { .number = -1 };
	struct err err = { 0 };

	assert_int_equal(field_parse(field_find(fields, name), text, false,
				     &scalar, &err),
			 0);
	assert_int_equal(scalar.number, number);
}

static void refuses(const char *name, const char *text, const char *why)
{
	struct field_scalar scalar = { .number = -1 };
	struct err err = { 0 };

	assert_int_equal(field_parse(field_find(fields, name), text, false,
				     &scalar, &err),
			 -ERR_MANIFEST);
	assert_string_equal(err.what, why);
	assert_int_equal(scalar.number, -1);
}

static void test_number(void **state)
{
#define PORT "expected a number from 1 to 65535, for example 22; found "
	static const char *const odd[][2] = {
		{ "0", PORT "\"0\"" },
		{ "65536", PORT "\"65536\"" },
		{ "022", PORT "\"022\"" },
		{ "+22", PORT "\"+22\"" },
		{ "1e3", PORT "\"1e3\"" },
		{ "0x16", PORT "\"0x16\"" },
		{ "22.0", PORT "\"22.0\"" },
		{ "1:30", PORT "\"1:30\"" },
		{ "on", PORT "\"on\"" },
		{ "", PORT "\"\"" },
		{ "99999999999999999999", PORT "\"99999999999999999999\"" },
	};
	struct field_scalar scalar;
	struct err err;
	size_t i;

	(void)state;
	takes("port", "1", 1);
	takes("port", "65535", 65535);
	for (i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		refuses("port", odd[i][0], odd[i][1]);
	assert_int_equal(field_parse(field_find(fields, "port"), "22", true,
				     &scalar, &err),
			 -ERR_MANIFEST);
	assert_string_equal(err.what, PORT "\"22\" in quotes");
}

static void test_bool(void **state)
{
	(void)state;
	takes("on", "true", 1);
	takes("on", "false", 0);
	refuses("on", "yes",
		"expected true or false; found \"yes\", which is only text "
		"here");
	refuses("on", "On",
		"expected true or false; found \"On\", which is only text "
		"here");
	refuses("on", "True", "expected true or false; found \"True\"");
}

static void test_choice(void **state)
{
	(void)state;
	takes("colour", "green", 8);
	refuses("colour", "gren",
		"expected red or green; found \"gren\"; did you mean "
		"\"green\"?");
	refuses("colour", "zzzzzz", "expected red or green; found \"zzzzzz\"");
	refuses("colour", "blue",
		"\"blue\" is not honoured by this version; \"red\" is");
}

static void test_percent(void **state)
{
	struct field_scalar scalar;

	(void)state;
	takes("share", "100%", 100);
	refuses("share", "0%",
		"expected a percentage from 1% to 100%; found \"0%\"");
	refuses("share", "25",
		"expected a percentage from 1% to 100%; found \"25\"");
	refuses("share", "101%",
		"expected a percentage from 1% to 100%; found \"101%\"");
	refuses("share", "%",
		"expected a percentage from 1% to 100%; found \"%\"");
	takes("batch", "50", 50);
	refuses("batch", "51",
		"expected a percentage from 1% to 100% or a number of servers; "
		"found \"51\"");
	assert_int_equal(field_parse(field_find(fields, "batch"), "25%", true,
				     &scalar, NULL),
			 0);
	assert_true(scalar.percent);
	assert_int_equal(scalar.number, 25);
}

static void test_text(void **state)
{
	(void)state;
	takes("texts", "a b", 0);
	refuses("texts", "", "expected a word; found \"\", which is empty");
	refuses("texts", "xyz", "expected no x");
	refuses("texts", "sixsix",
		"expected a word; found \"sixsix\", which is too "
		"long");
	refuses("texts", "a\tb",
		"expected a word; found \"a\\x09b\", which holds "
		"a control, bidirectional or invisible character");
	takes("path", "/a", 0);
	refuses("path", "a",
		"expected an absolute path; found \"a\", which does not begin "
		"with /");
	takes("name", "web-01.a_b", 0);
	refuses("name", "-web", "expected a name; found \"-web\"");
	refuses("name", "a/b", "expected a name; found \"a/b\"");
	refuses("name", "pässword", "expected a name; found \"pässword\"");
	refuses("hidden", "hunter2!", "expected a name; found another text");
}

static void test_long_text_is_cut(void **state)
{
	char name[100];
	char expected[200];

	(void)state;
	memset(name, '/', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	(void)snprintf(expected, sizeof(expected),
		       "expected a name; found \"%.64s...\"", name);
	refuses("name", name, expected);
}

static void test_duration(void **state)
{
	static const struct {
		const char *text;
		int64_t ms; /* 0 = refused */
	} cases[] = {
		{ "1s", 1000 },
		{ "90s", 90000 },
		{ "1m", 60000 },
		{ "2m", 120000 },
		{ "1h", 3600000 },
		{ "1d", 86400000 },
		{ "25h", 0 },
		{ "2d", 0 },
		{ "0s", 0 },
		{ "", 0 },
		{ "s", 0 },
		{ "1", 0 },
		{ "01s", 0 },
		{ "-1s", 0 },
		{ "1.5s", 0 },
		{ "1S", 0 },
		{ "1 s", 0 },
		{ "1ms", 0 },
		{ "+1s", 0 },
		{ "9223372036854775807d", 0 },
		{ "99999999999999999999999999s", 0 },
	};
	const struct field field = { .name = "within",
				     .type = FIELD_DURATION,
				     .min = 1000,
				     .max = 86400000 };
	struct buf out;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct field_scalar scalar = { 0 };
		struct err err;
		int rc = field_parse(&field, cases[i].text, false, &scalar,
				     &err);

		assert_int_equal(rc, cases[i].ms ? 0 : -ERR_MANIFEST);
		assert_int_equal(scalar.number, cases[i].ms);
	}
	buf_init(&out, 4096);
	field_put_expected(&field, &out);
	buf_putc(&out, ' ');
	field_put_duration(90000, &out);
	buf_putc(&out, ' ');
	field_put_duration(7200000, &out);
	assert_string_equal(buf_text(&out), "a duration from 1s to 1d 90s 2h");
	buf_done(&out);
}

static void test_find(void **state)
{
	(void)state;
	assert_ptr_equal(field_find(fields, "batch"), &fields[4]);
	assert_null(field_find(fields, "Batch"));
	assert_string_equal(field_suggest(fields, "colur"), "colour");
	assert_null(field_suggest(fields, "zzzzzzzzz"));
}

static void test_explain(void **state)
{
	struct buf out;

	(void)state;
	buf_init(&out, 4096);
	field_put_detail(field_find(fields, "colour"), "K.colour", &out);
	field_put_detail(field_find(fields, "texts"), "K.texts", &out);
	field_put_detail(field_find(fields, "below"), "K.below", &out);
	field_put_detail(field_find(fields, "later"), "K.later", &out);
	field_put_detail(field_find(fields, "port"), "K.port", &out);
	assert_string_equal(
		buf_text(&out),
		"K.colour   red | green\n"
		"  expects red or green\n"
		"  blue: not honoured by this version\n"
		"K.texts   list of texts\n"
		"  expects a list, each a word, for example [a, b]\n"
		"K.below   map\n"
		"  expects a map\n"
		"\n"
		"  deep                           true | false, default false\n"
		"      How deep.\n"
		"K.later   text, not honoured by this version\n"
		"K.port   number, 1 to 65535, default 22\n"
		"  A port.\n"
		"  expects a number from 1 to 65535, for example 22\n");
	buf_done(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_number),
		cmocka_unit_test(test_bool),
		cmocka_unit_test(test_choice),
		cmocka_unit_test(test_percent),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_long_text_is_cut),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_explain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
