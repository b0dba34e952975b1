/* rollback_test.c - what can be put back: what needs no password. */
#include "reconciler/plan/rollback.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void test_possible(void **state)
{
	static const struct {
		enum change_kind kind;
		enum identity_type identity;
		const char *user;
		bool possible;
	} cases[] = {
		{ CHANGE_IDENTITY, IDENTITY_NETWORK_SERVICE, "", true },
		{ CHANGE_IDENTITY, IDENTITY_SPECIFIC_USER, "CORP\\web$", true },
		{ CHANGE_IDENTITY, IDENTITY_SPECIFIC_USER, "CORP\\old", false },
		{ CHANGE_IDENTITY, IDENTITY_SPECIFIC_USER, "", false },
		{ CHANGE_PASSWORD, IDENTITY_SPECIFIC_USER, "CORP\\web$",
		  false },
		{ CHANGE_REWRITE, IDENTITY_NETWORK_SERVICE, "", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct change change = {
			.kind = cases[i].kind,
			.seen_identity = cases[i].identity,
			.seen_user = cases[i].user,
		};

		assert_int_equal(rollback_possible(&change), cases[i].possible);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_possible) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
