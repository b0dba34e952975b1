/* engine_rare_test.c - what servers seldom answer, and what is made of it. */
#include "tests/unit/engine_world.h"

#define BEGUN "the server began to write it again; whether it did can't be seen"

/* The answer to the first APPLY got lost, and the server is looked at. */
static void lose_apply(struct fixture *f)
{
	new_change(f, 1);
	ask_first(f);
	failed(f, 0, -ERR_DEADLINE, true, "TIMER 1 125000\n");
	timer(f, 1, "OBSERVE web1\n");
}

static void fence_of_run(struct fixture *f, int64_t committed_ms)
{
	f->pools[0][0].fence = (struct fence){ .present = true,
					       .generation = 1,
					       .committed_ms = committed_ms };
}

static void test_fence_of_another_run(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	fence_of_run(f, 0);
	f->pools[0][0].fence.candidate[0] = 9;
	observed(f, 0, "SAVE 3 outcome web1/A:skipped:skipped:closes\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "the fence of the server refused it (generation_behind): "
		   "lockstep state repair");
	assert_true(engine_result(f->engine)->guarded);
}

/* The password is right, but the fence is another one's. */
static void test_right_under_another_fence(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	fence_of_run(f, COMMITTED);
	f->pools[0][0].fence.generation = 2;
	f->pools[0][0].password = PASSWORD_CURRENT;
	observed(f, 0, "SAVE 3 outcome web1/A:skipped:skipped:closes\n");
}

static void test_changed_after_it_was_written(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	fence_of_run(f, COMMITTED);
	observed(f, 0, "SAVE 3 outcome web1/A:failed:drifted:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_DRIFTED,
		   "it was written, and somebody changed it since");
	assert_int_equal(engine_result(f->engine)->n_commits, 1);
}

static void check_moved(struct fixture *f)
{
	fence_of_run(f, 0);
	observed(f, 0, "SAVE 3 outcome web1/A:failed:drifted:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_DRIFTED,
		   "it may have been written, and somebody changed it since");
}

static void test_another_user_since(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].user = "CORP\\other";
	check_moved(f);
}

static void test_another_identity_since(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].identity = IDENTITY_NETWORK_SERVICE;
	check_moved(f);
}

/* Begun, and not there: sent once more under the same number. */
static void test_begun_and_not_there(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	fence_of_run(f, 0);
	observed(f, 0, "APPLY web1 A:1\n");
}

static void test_pool_that_can_not_be_read(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].fault = "0x80070005";
	observed(f, 0, "SAVE 3 outcome web1/A:unknown:unknown\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN, "0x80070005");
}

static void test_damaged_fence(void **state)
{
	struct fixture *f = *state;
	struct observed damaged;

	lose_apply(f);
	damaged = *seen(f, 0);
	damaged.fence_damaged = true;
	tell(f, (struct event){ .kind = EVENT_OBSERVED, .observed = &damaged },
	     "SAVE 3 outcome web1/A:unknown:unknown\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN,
		   "the fence file of the server is damaged: state repair");
}

static void test_pool_that_is_gone(void **state)
{
	struct fixture *f = *state;

	lose_apply(f);
	f->pools[0][0].name = "Z";
	observed(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "the pool is not there any more");
}

static void test_lost_restart_of_a_pool_that_can_not_be_read(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	failed(f, 0, -ERR_DEADLINE, true, "TIMER 1 125000\n");
	timer(f, 1, "OBSERVE web1\n");
	f->pools[0][0].fault = "0x80070005";
	observed(f, 0, "ACTIVATE web1 A:1@5000\n");
}

/* It came so late that its request can't be under way any more. */
static void test_late_news(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	ask_first(f);
	f->mono_ms += 130000;
	failed(f, 0, -ERR_DEADLINE, true, "TIMER 1 5000\n");
}

static void test_too_slow(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "deadline",
		"SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "the server was too slow; nothing was written");
}

static void test_refused_for_another_reason(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "config_locked",
		"SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "the server refused: config_locked");
}

/* A server without a clock, and a commit without a time. */
static void test_times_of_zero(void **state)
{
	struct fixture *f = *state;
	struct applied answer = { .n_commits = 1 };
	const struct applied_row row = { .pool = "A", .generation = 1 };

	f->now_ms = 0;
	new_change(f, 1);
	ask_first(f);
	f->pools[0][0].password = PASSWORD_CURRENT;
	assert_true(array_push(&f->arena, &answer.rows, row));
	tell(f, (struct event){ .kind = EVENT_APPLIED, .applied = &answer },
	     "ACTIVATE web1 A:1@1\n");
}

/* What the server says of the activation is no answer for its pools. */
static void test_activation_with_a_fault(void **state)
{
	struct fixture *f = *state;
	const struct activated answer = { .fault = "0x80070005" };

	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	tell(f, (struct event){ .kind = EVENT_ACTIVATED, .activated = &answer },
	     "TIMER 1 1000\n");
}

/* ---- a rewrite: WAS gave up on an identity that is right ---- */

static void rewrite(struct fixture *f, size_t n)
{
	f->pools[0][0].password = PASSWORD_CURRENT;
	add_fault(f, 0, 0, 5021, 900);
	new_change(f, n);
	assert_int_equal(f->plan.changes.items[0].kind, CHANGE_REWRITE);
}

static void answer_kept(struct fixture *f, int64_t committed_ms,
			const char *expected)
{
	struct applied answer = { 0 };
	const struct applied_row row = { .pool = "A",
					 .generation = 1,
					 .status = APPLIED_KEPT,
					 .why = "",
					 .committed_ms = committed_ms };

	assert_true(array_push(&f->arena, &answer.rows, row));
	tell(f, (struct event){ .kind = EVENT_APPLIED, .applied = &answer },
	     expected);
}

static void test_rewrite_kept_from_before(void **state)
{
	struct fixture *f = *state;

	rewrite(f, 1);
	ask_first(f);
	answer_kept(f, 999, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "the server kept it as it is: WAS will not try its identity "
		   "again");
}

static void test_rewrite_kept_of_this_run(void **state)
{
	struct fixture *f = *state;

	rewrite(f, 1);
	ask_first(f);
	answer_kept(f, 1000, "ACTIVATE web1 A:1@1000\n");
}

/* An equal password written again can't be told from one that was not. */
static void test_rewrite_never_seen(void **state)
{
	struct fixture *f = *state;

	rewrite(f, 1);
	ask_first(f);
	fence_of_run(f, 0);
	failed(f, 0, -ERR_SSH, true, "TIMER 1 125000\n");
	timer(f, 1, "OBSERVE web1\n");
	observed(f, 0, "APPLY web1 A:1\n");
	failed(f, 0, -ERR_SSH, true, "TIMER 2 125000\n");
	timer(f, 2, "OBSERVE web1\n");
	observed(f, 0, "APPLY web1 A:1\n");
	failed(f, 0, -ERR_SSH, true, "TIMER 3 125000\n");
	timer(f, 3, "OBSERVE web1\n");
	observed(f, 0, "SAVE 3 outcome web1/A:unknown:unknown\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN, BEGUN);
}

/* Meanwhile its group stopped: it is not sent again. */
static void test_rewrite_when_its_group_stopped(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.canary = 0;
	rewrite(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "APPLY web1 A:1\n");
	failed(f, 0, -ERR_SSH, true, "TIMER 1 125000\n");
	failed(f, 1, -ERR_AUTH, false, "");
	timer(f, 1, "OBSERVE web1\n");
	fence_of_run(f, 0);
	observed(f, 0, "SAVE 3 outcome web1/A:unknown:unknown\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN, BEGUN);
}

static void test_rewrite_when_stopped(void **state)
{
	struct fixture *f = *state;

	rewrite(f, 1);
	ask_first(f);
	failed(f, 0, -ERR_SSH, true, "TIMER 1 125000\n");
	tell(f, (struct event){ .kind = EVENT_STOP }, "");
	timer(f, 1, "OBSERVE web1\n");
	fence_of_run(f, 0);
	observed(f, 0, "SAVE 3 outcome web1/A:unknown:unknown\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN, BEGUN);
}

/* ---- two pools in one request, one of them written ---- */

static void write_half(struct fixture *f)
{
	struct binding *binding = &f->desired.bindings.items[0];

	binding->account = SIZE_MAX;
	binding->identity = IDENTITY_NETWORK_SERVICE;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1 web1/B:1\n");
	saved(f, 2, "APPLY web1 A:1 B:1\n");
	applied(f, 0, "A", "", "OBSERVE web1\n");
	f->pools[0][0].identity = IDENTITY_NETWORK_SERVICE;
	f->pools[0][0].user = "";
	fence_of_run(f, COMMITTED);
	observed(f, 0, "APPLY web1 B:1\n");
}

static void test_the_other_half_is_lost(void **state)
{
	struct fixture *f = *state;

	write_half(f);
	failed(f, 0, -ERR_SSH, true, "TIMER 1 125000\n");
	timer(f, 1, "OBSERVE web1\n");
	observed(f, 0, "APPLY web1 B:1\n");
	applied(f, 0, "B", "", "ACTIVATE web1 A:1@5000 B:1@5000\n");
}

static void test_the_state_ends_with_half(void **state)
{
	struct fixture *f = *state;

	write_half(f);
	/* The request for B never went out. */
	tell(f, (struct event){ .kind = EVENT_STOP }, "");
	failed(f, 0, -ERR_SSH, false, "TIMER 1 1000\n");
	timer(f, 1, "OBSERVE web1\n");
	observed(f, 0, "ACTIVATE web1 A:1@5000\n");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "interrupted; the request did not get through");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_fence_of_another_run),
		TEST(test_right_under_another_fence),
		TEST(test_changed_after_it_was_written),
		TEST(test_another_user_since),
		TEST(test_another_identity_since),
		TEST(test_begun_and_not_there),
		TEST(test_pool_that_can_not_be_read),
		TEST(test_damaged_fence),
		TEST(test_pool_that_is_gone),
		TEST(test_lost_restart_of_a_pool_that_can_not_be_read),
		TEST(test_late_news),
		TEST(test_too_slow),
		TEST(test_refused_for_another_reason),
		TEST(test_times_of_zero),
		TEST(test_activation_with_a_fault),
		TEST(test_rewrite_kept_from_before),
		TEST(test_rewrite_kept_of_this_run),
		TEST(test_rewrite_never_seen),
		TEST(test_rewrite_when_its_group_stopped),
		TEST(test_rewrite_when_stopped),
		TEST(test_the_other_half_is_lost),
		TEST(test_the_state_ends_with_half),
	};

	return cmocka_run_group_tests_name("engine_rare", tests, NULL, NULL);
}
