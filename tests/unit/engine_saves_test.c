/* engine_saves_test.c - saves that fail, and answers that nobody waits for. */
#include "tests/unit/engine_world.h"

static struct event save_failed(uint64_t id, int code)
{
	struct event event = { .kind = EVENT_SAVE_FAILED, .id = id };

	(void)err_set(&event.err, -ERR_STATE_FILE, "disk full");
	event.err.code = code;
	return event;
}

static void assert_bug(struct fixture *f, struct event event)
{
	struct err err = { 0 };

	f->actions.n = 0;
	assert_int_equal(engine_step(f->engine, &event, &f->actions, &err),
			 -ERR_BUG);
	assert_int_equal(f->actions.n, 0);
}

static void test_begin_is_not_saved(void **state)
{
	struct fixture *f = *state;

	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][1].password = PASSWORD_CURRENT;
	new_change(f, 1);
	start(f, "SAVE 1 begin\n");
	tell(f, save_failed(1, -ERR_STATE_FILE), "END\n");
	assert_int_equal(engine_result(f->engine)->save_failed,
			 -ERR_STATE_FILE);
}

static void test_failed_save_without_a_code(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	tell(f, save_failed(1, 0), "END\n");
	assert_int_equal(engine_result(f->engine)->save_failed,
			 -ERR_STATE_FILE);
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "the state was not kept");
}

/* Two saves are out, of web1 and web2. */
static void two_saves(struct fixture *f)
{
	struct binding *binding = &f->desired.bindings.items[0];

	f->desired.groups.items[0].rollout.canary = 0;
	binding->account = SIZE_MAX;
	binding->identity = IDENTITY_NETWORK_SERVICE;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1 web1/B:1\n");
	observed(f, 1, "SAVE 3 intent web2/A:1 web2/B:1\n");
}

static void test_two_saves_fail(void **state)
{
	struct fixture *f = *state;

	two_saves(f);
	tell(f, save_failed(2, -ERR_STATE_FILE),
	     "CLOSE web1\nCLOSE web2\nEND\n");
	assert_bug(f, save_failed(3, -ERR_STATE_FILE));
}

/* web1 waits for an answer meanwhile; the save of web2 comes to nothing. */
static void test_saves_after_one_that_failed(void **state)
{
	struct fixture *f = *state;

	two_saves(f);
	saved(f, 2, "APPLY web1 A:1 B:1\n");
	tell(f, save_failed(3, -ERR_STATE_FILE), "CLOSE web2\n");
	failed(f, 0, -ERR_SSH, true, "END\n");
	assert_row(f, 0, OUTCOME_UNKNOWN, STATUS_UNKNOWN,
		   "not verified: the state was not kept");
}

/* web1 waits for its answer while two more saves are out. */
static void three_saves(struct fixture *f)
{
	struct binding *binding = &f->desired.bindings.items[0];

	f->desired.groups.items[0].rollout.canary = 0;
	binding->account = SIZE_MAX;
	binding->identity = IDENTITY_NETWORK_SERVICE;
	binding->pools.n = 1;
	new_change(f, 3);
	start(f, "SAVE 1 begin web1/A web2/A web3/A\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\nOBSERVE web3\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "APPLY web1 A:1\n");
	observed(f, 1, "SAVE 3 intent web2/A:1\n");
	observed(f, 2, "SAVE 4 intent web3/A:1\n");
	tell(f, save_failed(3, -ERR_STATE_FILE), "CLOSE web2\nCLOSE web3\n");
}

static void test_saved_after_one_that_failed(void **state)
{
	struct fixture *f = *state;

	three_saves(f);
	saved(f, 4, "");
	failed(f, 0, -ERR_SSH, true, "END\n");
	assert_row(f, 2, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "the state was not kept");
}

static void test_failed_after_one_that_failed(void **state)
{
	struct fixture *f = *state;

	three_saves(f);
	tell(f, save_failed(4, -ERR_NOMEM), "");
	/* The first failure is the one that is told. */
	assert_int_equal(engine_result(f->engine)->save_failed,
			 -ERR_STATE_FILE);
	failed(f, 0, -ERR_SSH, true, "END\n");
}

static void test_request_that_never_left(void **state)
{
	struct fixture *f = *state;

	two_saves(f);
	saved(f, 2, "APPLY web1 A:1 B:1\n");
	tell(f, save_failed(3, -ERR_STATE_FILE), "CLOSE web2\n");
	failed(f, 0, -ERR_SSH, false, "END\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "the state was not kept");
}

static void test_save_that_nobody_asked_for(void **state)
{
	struct fixture *f = *state;

	two_saves(f);
	assert_bug(f, save_failed(9, -ERR_STATE_FILE));
	/* And it stays broken. */
	assert_bug(f, (struct event){ .kind = EVENT_SAVED, .id = 2 });
}

static void test_events_after_the_end(void **state)
{
	struct fixture *f = *state;

	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][1].password = PASSWORD_CURRENT;
	new_change(f, 1);
	start(f, "SAVE 1 begin\n");
	saved(f, 1, "SAVE 2 end kept\n");
	saved(f, 2, "END\n");
	assert_bug(f, (struct event){ .kind = EVENT_STOP });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_begin_is_not_saved),
		TEST(test_failed_save_without_a_code),
		TEST(test_two_saves_fail),
		TEST(test_saves_after_one_that_failed),
		TEST(test_saved_after_one_that_failed),
		TEST(test_failed_after_one_that_failed),
		TEST(test_request_that_never_left),
		TEST(test_save_that_nobody_asked_for),
		TEST(test_events_after_the_end),
	};

	return cmocka_run_group_tests_name("engine_saves", tests, NULL, NULL);
}
