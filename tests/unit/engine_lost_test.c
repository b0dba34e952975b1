/* engine_lost_test.c - lost answers, refusals and what VERIFY makes of it. */
#include "tests/unit/engine_world.h"

static void test_no_connection_is_tried_twice(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_CONNECT, false, "TIMER 1 1000\n");
	timer(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
}

/* The answer to APPLY got lost: no byte before its time is over and the
 * server was looked at. */
static void lose_apply(struct fixture *f)
{
	new_change(f, 1);
	ask_first(f);
	f->mono_ms += 20000;
	failed(f, 0, -ERR_DEADLINE, true, "TIMER 1 105000\n");
	f->mono_ms += 105000;
	timer(f, 1, "OBSERVE web1\n");
}

static void test_lost_answer_that_landed_is_not_sent_again(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][0].fence = (struct fence){ .present = true,
					       .generation = 1,
					       .committed_ms = COMMITTED };
	observed(f, 0, "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 A:1@5000\n");
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
}

static void test_lost_request_is_sent_again_as_it_was(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	observed(f, 0, "APPLY web1 A:1\n");
	failed(f, 0, -ERR_SSH, true, "TIMER 2 125000\n");
	timer(f, 2, "OBSERVE web1\n");
	observed(f, 0, "APPLY web1 A:1\n");
	failed(f, 0, -ERR_SSH, true, "TIMER 3 125000\n");
	timer(f, 3, "OBSERVE web1\n");
	observed(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "not written: the request did not get through");
}

static void test_nobody_knows_is_unknown(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	failed(f, 0, -ERR_CONNECT, false, "TIMER 2 4000\n");
	timer(f, 2, "OBSERVE web1\n");
	failed(f, 0, -ERR_CONNECT, false, "TIMER 3 16000\n");
	timer(f, 3, "OBSERVE web1\n");
	failed(f, 0, -ERR_CONNECT, false,
	       "SAVE 3 outcome web1/A:unknown:unknown\n");
	saved(f, 3,
	      "SAVE 4 outcome web1/B:skipped:skipped:closes\n"
	      "SAVE 5 end unknown\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN,
		   "the answer got lost and the server can't be read: no "
		   "answer");
}

/* The answer to ACTIVATE got lost. */
static void lose_activate(struct fixture *f)
{
	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	failed(f, 0, -ERR_DEADLINE, true, "TIMER 1 125000\n");
	timer(f, 1, "OBSERVE web1\n");
}

static void test_lost_restart_that_was_done_is_not_repeated(void **state)
{
	struct fixture *f = *state;

	lose_activate(f);
	set_worker(f, 0, 0, "CORP\\one", COMMITTED + 1);
	observed(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 A:1@5000\n");
}

static void test_lost_restart_is_repeated(void **state)
{
	struct fixture *f = *state;

	lose_activate(f);
	set_worker(f, 0, 0, "CORP\\one", COMMITTED - 1);
	observed(f, 0, "ACTIVATE web1 A:1@5000\n");
}

/* It stands still: whether it was to be started, only the server knows. */
static void test_lost_start_is_repeated(void **state)
{
	struct fixture *f = *state;

	lose_activate(f);
	f->pools[0][0].state = POOL_STOPPED;
	observed(f, 0, "ACTIVATE web1 A:1@5000\n");
}

static void stop(struct fixture *f)
{
	tell(f, (struct event){ .kind = EVENT_STOP }, "");
}

/* Whoever asked to stop waits until the request can't land any more, and no
 * longer: one look, no other request. */
static void test_stop_waits_for_a_lost_answer(void **state)
{
	struct fixture *f = *state;
	struct run_waits waits;

	new_change(f, 1);
	ask_first(f);
	f->mono_ms += 20000;
	stop(f);
	failed(f, 0, -ERR_DEADLINE, true, "TIMER 1 105000\n");
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_lost, 1);
	assert_string_equal(waits.lost, "web1");
	assert_int_equal(waits.lost_until_ms, 125000);
	f->mono_ms += 105000;
	timer(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 3 outcome web1/A:skipped:skipped:closes\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "interrupted; the request did not get through");
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_lost, 0);
}

static void test_stop_gives_up_after_one_look(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	stop(f);
	failed(f, 0, -ERR_CONNECT, false,
	       "SAVE 3 outcome web1/A:unknown:unknown\n");
	saved(f, 3,
	      "SAVE 4 outcome web1/B:skipped:skipped:closes\n"
	      "SAVE 5 end unknown\n");
}

/* What landed is finished all the same. */
static void test_stop_finishes_what_landed(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	stop(f);
	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][0].fence = (struct fence){ .present = true,
					       .generation = 1,
					       .committed_ms = COMMITTED };
	observed(f, 0, "ACTIVATE web1 A:1@5000\n");
}

static void test_stop_does_not_read_again(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_CONNECT, false, "TIMER 1 1000\n");
	stop(f);
	timer(f, 1,
	      "SAVE 2 outcome web1/A:skipped:skipped:closes "
	      "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
}

static void test_request_not_sent_is_tried_again(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	ask_first(f);
	failed(f, 0, -ERR_SSH, false, "TIMER 1 1000\n");
	timer(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_CONNECT, false,
	       "SAVE 3 outcome web1/A:failed:unreadable:closes\n");
}

/* The server answered, but not about this pool: it is looked at. */
static void test_a_missing_row_is_unknown(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "B", "", "OBSERVE web1\n");
	observed(f, 0, "APPLY web1 A:1\n");
}

/* The fence began it and the password is right: written, but nobody knows
 * when, so only workers from now on count. */
static void test_commit_without_a_time(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][0].fence =
		(struct fence){ .present = true, .generation = 1 };
	f->now_ms = 90000;
	observed(f, 0, "ACTIVATE web1 A:1@90000\n");
}

/* What WAS refused while nobody looked is not tried once more. */
static void test_fault_seen_by_a_look(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][0].fence = (struct fence){ .present = true,
					       .generation = 1,
					       .committed_ms = COMMITTED };
	add_fault(f, 0, 0, 5021, COMMITTED + 1);
	observed(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_true(engine_result(f->engine)->identity_fault);
}

static void test_refusals(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.max_failures = 5;
	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "user_changed",
		"SAVE 3 outcome web1/A:skipped:skipped:closes\n");
	assert_false(engine_result(f->engine)->guarded);
	saved(f, 3, "SAVE 4 intent web1/B:1\n");
	saved(f, 4, "APPLY web1 B:1\n");
	applied(f, 0, "B", "generation_behind",
		"SAVE 5 outcome web1/B:skipped:skipped:closes\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "replan: the server is no longer as the plan saw it");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "the fence of the server refused it (generation_behind): "
		   "lockstep state repair");
	assert_true(engine_result(f->engine)->guarded);
	assert_int_equal(engine_result(f->engine)->n_commits, 0);
}

static void test_old_worker_is_verified_again_then_failed(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	open_first(f);
	set_worker(f, 0, 0, "CORP\\one", COMMITTED - 1);
	verified(f, 0, "TIMER 2 2000\n");
	timer(f, 2, "VERIFY web1 A:1@5000\n");
	verified(f, 0, "TIMER 3 2000\n");
	timer(f, 3, "VERIFY web1 A:1@5000\n");
	verified(f, 0, "TIMER 4 2000\n");
	timer(f, 4, "VERIFY web1 A:1@5000\n");
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed\n");
}

static void test_old_worker_may_stay_without_restart(void **state)
{
	struct fixture *f = *state;

	f->desired.bindings.items[0].restart = RESTART_NONE;
	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "", "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	set_worker(f, 0, 0, "CORP\\one", COMMITTED - 1);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:pending-recycle:closes\n");
	saved(f, 3, "SAVE 4 intent web1/B:1\n");
}

static void test_worker_of_nobody_is_unknown(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	open_first(f);
	set_worker(f, 0, 0, "", COMMITTED + 1);
	verified(f, 0, "TIMER 2 2000\n");
	timer(f, 2, "VERIFY web1 A:1@5000\n");
	verified(f, 0, "TIMER 3 2000\n");
	timer(f, 3, "VERIFY web1 A:1@5000\n");
	verified(f, 0, "TIMER 4 2000\n");
	timer(f, 4, "VERIFY web1 A:1@5000\n");
	verified(f, 0, "SAVE 3 outcome web1/A:unknown:unknown\n");
	saved(f, 3,
	      "CLOSE web1\nSAVE 4 outcome web1/B:skipped:skipped:closes\n"
	      "SAVE 5 end unknown\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_no_connection_is_tried_twice),
		TEST(test_lost_answer_that_landed_is_not_sent_again),
		TEST(test_lost_request_is_sent_again_as_it_was),
		TEST(test_nobody_knows_is_unknown),
		TEST(test_lost_restart_that_was_done_is_not_repeated),
		TEST(test_lost_restart_is_repeated),
		TEST(test_lost_start_is_repeated),
		TEST(test_stop_waits_for_a_lost_answer),
		TEST(test_stop_gives_up_after_one_look),
		TEST(test_stop_finishes_what_landed),
		TEST(test_stop_does_not_read_again),
		TEST(test_request_not_sent_is_tried_again),
		TEST(test_a_missing_row_is_unknown),
		TEST(test_commit_without_a_time),
		TEST(test_fault_seen_by_a_look),
		TEST(test_refusals),
		TEST(test_old_worker_is_verified_again_then_failed),
		TEST(test_old_worker_may_stay_without_restart),
		TEST(test_worker_of_nobody_is_unknown),
	};

	return cmocka_run_group_tests_name("engine_lost", tests, NULL, NULL);
}
