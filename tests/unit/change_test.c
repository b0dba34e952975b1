/* change_test.c - the words of changes, outcomes and statuses, and when two
 * changes are the same deed. */
#include "reconciler/model/change.h"

#include "reconciler/model/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void test_words(void **state)
{
	(void)state;
	for (int i = 0; i < STATUS_COUNT; i++)
		assert_int_equal(status_parse(status_name((enum status)i)), i);
	assert_int_equal(status_parse("Failed"), -1);
	assert_string_equal(status_name(STATUS_PENDING_RECYCLE),
			    "pending-recycle");
	for (int i = CHANGE_PASSWORD; i <= CHANGE_FINISH; i++)
		assert_int_equal(change_kind_parse(
					 change_kind_name((enum change_kind)i)),
				 i);
	assert_int_equal(change_kind_parse(""), -1);
	assert_string_equal(change_kind_name(CHANGE_REWRITE), "rewrite");
	assert_string_equal(change_cause_name(CAUSE_CORRECTIVE), "corrective");
	assert_string_equal(outcome_name(OUTCOME_KEPT), "kept");
	assert_string_equal(outcome_name(OUTCOME_UNKNOWN), "unknown");
	assert_int_equal(outcome_merge(OUTCOME_FAILED, OUTCOME_CHANGED),
			 OUTCOME_FAILED);
	assert_int_equal(outcome_merge(OUTCOME_FAILED, OUTCOME_UNKNOWN),
			 OUTCOME_UNKNOWN);
}

static void test_same(void **state)
{
	const struct change shown = { .kind = CHANGE_PASSWORD,
				      .pool = "Orders",
				      .user = "CORP\\svc",
				      .seen_user = "CORP\\svc",
				      .version = 7,
				      .first_pair = true };
	struct change now = shown;

	(void)state;
	now.cause = CAUSE_CORRECTIVE;
	now.n_sites = 4;
	now.committed_ms = 9;
	now.first_pair = false;
	assert_true(change_same(&shown, &now));
	assert_false(change_same(&now, &shown)); /* a pairing nobody saw */

#define DIFFERS(field, value)                            \
	do {                                             \
		now = shown;                             \
		now.field = (value);                     \
		assert_false(change_same(&shown, &now)); \
	} while (0)
	DIFFERS(kind, CHANGE_FINISH);
	DIFFERS(server, 1);
	DIFFERS(binding, 1);
	DIFFERS(account, 1);
	DIFFERS(pool, "Orders2");
	DIFFERS(user, "svc@corp.example");
	DIFFERS(identity, IDENTITY_NETWORK_SERVICE);
	DIFFERS(secret, true);
	DIFFERS(seen_identity, IDENTITY_NETWORK_SERVICE);
	DIFFERS(seen_user, NULL);
	DIFFERS(seen_local, true);
	DIFFERS(seen_password, PASSWORD_STALE);
	DIFFERS(revive, true);
	DIFFERS(rotates, true);
	DIFFERS(version, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
