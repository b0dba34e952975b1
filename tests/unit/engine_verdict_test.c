/* engine_verdict_test.c - what VERIFY saw of pools and accounts, and what the
 * directory said of them. */
#include "tests/unit/engine_world.h"

/* ---- accounts ---- */

static void test_refusal_without_a_word(void **state)
{
	struct fixture *f = *state;

	f->proofs_by_hand = true;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "PROVE one gate\n");
	tell(f, proof_of(0, PROOF_GATE, PROOF_REFUSED, NULL),
	     "CLOSE web1\nSAVE 2 outcome web1/A:skipped:skipped:closes "
	     "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one stopped: the domain does not accept its "
		   "password");
}

static void test_unknown_code_of_a_fault(void **state)
{
	struct fixture *f = *state;
	const struct was_event event = { 5021, COMMITTED + 10, 0x80001234 };

	new_change(f, 1);
	open_first(f);
	assert_true(array_push(&f->arena, &f->pools[0][0].events, event));
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS refused its identity: event 5021, 0x80001234");
}

/* ---- verdicts ---- */

static void test_not_read_back(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	open_first(f);
	f->pools[0][0].password = PASSWORD_UNREADABLE;
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "its stored password can't be read back");
}

static void test_not_read_in_full(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	open_first(f);
	f->pools[0][0].fault = "0x80070005";
	verified(f, 0, "TIMER 2 2000\n");
	f->pools[0][0].fault = NULL;
	timer(f, 2, "VERIFY web1 A:1@5000\n");
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
}

/* There are sites, and no answer of any. */
static void test_no_site_answers(void **state)
{
	struct fixture *f = *state;

	f->desired.bindings.items[0].http.path = "/health";
	new_change(f, 1);
	open_first(f);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
}

/* A run that did not end wrote it at 4000; then a fault, then a worker. */
static void fault_and_worker(struct fixture *f)
{
	const struct past_pool past = { .server = "web1",
					.pool = "A",
					.account = "CORP\\one",
					.reason = "",
					.generation = 1,
					.open = true,
					.committed_ms = 4000,
					.version = VERSION };

	assert_true(array_push(&f->arena, &f->past.pools, past));
	f->pools[0][0].password = PASSWORD_CURRENT;
	add_fault(f, 0, 0, 5021, 4500);
	set_worker(f, 0, 0, "CORP\\one", 4600);
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "ACTIVATE web1 A:1@4000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@4000\n");
}

static void test_fault_that_a_worker_survived(void **state)
{
	struct fixture *f = *state;

	fault_and_worker(f);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
}

static void test_fault_and_the_worker_is_gone(void **state)
{
	struct fixture *f = *state;

	fault_and_worker(f);
	f->pools[0][0].workers.n = 0;
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS gave up on its identity before this run");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refusal_without_a_word),
		TEST(test_unknown_code_of_a_fault),
		TEST(test_not_read_back),
		TEST(test_not_read_in_full),
		TEST(test_no_site_answers),
		TEST(test_fault_that_a_worker_survived),
		TEST(test_fault_and_the_worker_is_gone),
	};

	return cmocka_run_group_tests_name("engine_verdict", tests, NULL, NULL);
}
