/* engine_edges_test.c - runs that begin or end oddly, plans that are older than
 * what they meet, and what is waited for. */
#include "tests/unit/engine_world.h"

#include "reconciler/model/zone.h"

/* ---- the start ---- */

static void test_plan_of_another_farm(void **state)
{
	struct fixture *f = *state;
	struct engine_input input = input_of(f, RUN_CHANGE);
	struct err err = { 0 };

	plan_first(f, 1);
	f->plan.servers.items[0].server = N_SERVERS;
	assert_int_equal(engine_new(&input, &f->engine, &err), -ERR_BUG);
	assert_int_equal(err.code, -ERR_BUG);
}

static void test_scope_of_another_farm(void **state)
{
	struct fixture *f = *state;
	struct engine_input input = input_of(f, RUN_OBSERVE);

	assert_true(array_push(&f->arena, &input.scope, 0));
	assert_true(array_push(&f->arena, &input.scope, N_SERVERS));
	assert_true(array_push(&f->arena, &input.scope, 1));
	assert_int_equal(engine_new(&input, &f->engine, NULL), -ERR_BUG);
}

/* The plan did not read it, and nobody said why. */
static void test_unread_without_a_reason(void **state)
{
	struct fixture *f = *state;
	struct engine_input input = input_of(f, RUN_CHANGE);

	f->desired.groups.items[0].rollout.max_failures = 2;
	plan_first(f, 2);
	f->plan.servers.items[0].read = false;
	f->plan.servers.items[0].reason = NULL;
	f->plan.servers.items[0].n_changes = 0;
	f->plan.changes.items += 2;
	f->plan.changes.n = 2;
	f->plan.servers.items[1].first_change = 0;
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
	start(f, "SAVE 1 begin web2/A web2/B\n");
	assert_row(f, 2, OUTCOME_FAILED, STATUS_UNREADABLE, "");
}

/* Of a server in no group the configuration's maxFailures holds. */
static void test_server_of_no_group(void **state)
{
	struct fixture *f = *state;
	struct engine_input input = input_of(f, RUN_CHANGE);

	plan_first(f, 2);
	f->plan.servers.items[0].group = SIZE_MAX;
	f->plan.servers.items[1].group = SIZE_MAX;
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false,
	       "SAVE 2 outcome web1/A:failed:unreadable:closes "
	       "web1/B:failed:unreadable:closes "
	       "web2/A:skipped:skipped:closes "
	       "web2/B:skipped:skipped:closes\nSAVE 3 end failed\n");
	assert_row(f, 2, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "group (none) stopped: 1 failed (first: web1), its "
		   "maxFailures is 1");
}

/* None is allowed to fail: one that did is the first too many. */
static void test_no_failures_at_all(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.max_failures = 0;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false,
	       "SAVE 2 outcome web1/A:failed:unreadable:closes "
	       "web1/B:failed:unreadable:closes "
	       "web2/A:skipped:skipped:closes "
	       "web2/B:skipped:skipped:closes\nSAVE 3 end failed\n");
}

static void test_parallel_of_zero_is_one(void **state)
{
	struct fixture *f = *state;

	f->config.caps.parallel = 0;
	new_observe(f, false);
	start(f, "OBSERVE web1\n");
	observed(f, 0, "CLOSE web1\nOBSERVE web2\n");
}

/* Forward is for accounts; a builtin identity has none. */
static void test_builtin_is_never_forward(void **state)
{
	struct fixture *f = *state;

	f->desired.bindings.items[0].account = SIZE_MAX;
	f->desired.bindings.items[0].identity = IDENTITY_LOCAL_SERVICE;
	f->config.caps.batch_percent = 1;
	f->desired.groups.items[0].rollout.canary = 0;
	new_forward(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\n");
}

/* ---- plans that are older than what they meet ---- */

/* A person suspended it after the plan was saved. */
static void test_suspended_since(void **state)
{
	struct fixture *f = *state;
	struct engine_input input = input_of(f, RUN_CHANGE);
	const struct past_suspension suspension = { .server = "web1",
						    .pool = "A",
						    .reason = "CHG1",
						    .by = "ada",
						    .until_ms = 86400000 };

	plan_first(f, 1);
	assert_true(array_push(&f->arena, &f->past.suspensions, suspension));
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/B:1\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SUSPENDED,
		   "suspended until 2 Jan 00:00 UTC by ada: CHG1");
	assert_false(engine_result(f->engine)->guarded);
}

/* Somebody wrote it under a higher generation since the plan. */
static void test_fence_ahead_since(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	f->pools[0][0].fence =
		(struct fence){ .present = true, .generation = 4 };
	observed(f, 0, "SAVE 2 intent web1/B:1\n");
	assert_true(engine_result(f->engine)->guarded);
}

/* It can't be read any more: not as planned, and no reason to stop. */
static void test_unreadable_since(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	f->pools[0][0].fault = "0x80070005";
	observed(f, 0, "SAVE 2 intent web1/B:1\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "replan: the server is no longer as the plan saw it");
}

static void test_ssh_is_tried_twice(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_SSH, false, "TIMER 1 1000\n");
}

/* ---- what a run that reads remembers ---- */

static void test_what_is_remembered(void **state)
{
	struct fixture *f = *state;
	struct binding *binding = &f->desired.bindings.items[0];
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
	binding->pools.items[1].name = "B*";
	binding->pools.items[1].glob = true;
	f->n_pools[1] = 1;
	new_observe(f, true);
	start(f, "OBSERVE web1\nOBSERVE web2\nOBSERVE web3\n");
	observed(f, 0, "CLOSE web1\n");
	/* No pool of web2 matches the pattern: that is no pool. */
	observed(f, 1, "CLOSE web2\n");
	failed(f, 2, -ERR_AUTH, false,
	       "SAVE 1 observed web1/A:unknown web1/B:stale\n"
	       "SAVE 2 observed web2/A:stale\n"
	       "SAVE 3 observed web3/A:unreadable\n");
	assert_string_equal(f->actions.items[0].save->rows.items[0].reason,
			    "written by a run that did not end");
	assert_string_equal(f->actions.items[0].save->rows.items[1].reason,
			    "it holds another password");
}

/* ---- what is waited for ---- */

static void test_waits(void **state)
{
	struct fixture *f = *state;
	struct run_waits waits;

	f->desired.groups.items[0].rollout.canary = 0;
	f->desired.bindings.items[0].account = SIZE_MAX;
	f->desired.bindings.items[0].identity = IDENTITY_NETWORK_SERVICE;
	new_change(f, 3);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B web3/A web3/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\nOBSERVE web3\n");
	for (size_t i = 0; i < 2; i++) {
		char save[64], apply[64];

		(void)snprintf(save, sizeof(save),
			       "SAVE %zu intent %s/A:1 %s/B:1\n", i + 2,
			       server_names[i], server_names[i]);
		(void)snprintf(apply, sizeof(apply), "APPLY %s A:1 B:1\n",
			       server_names[i]);
		observed(f, i, save);
		saved(f, i + 2, apply);
	}
	f->mono_ms = 1000;
	failed(f, 1, -ERR_SSH, true, "TIMER 1 124000\n");
	f->mono_ms = 2000;
	failed(f, 0, -ERR_SSH, true, "TIMER 2 123000\n");
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_lost, 2);
	assert_int_equal(waits.lost_until_ms, 125000);
	assert_non_null(waits.lost);
	f->mono_ms = 125000;
	timer(f, 1, "OBSERVE web2\n");
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_lost, 1);
	assert_string_equal(waits.lost, "web1");
}

static void test_waits_of_a_look(void **state)
{
	struct fixture *f = *state;
	struct run_waits waits;

	new_observe(f, false);
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_lost + waits.n_paused + waits.n_asked, 0);
}

/* ---- windows ---- */

static const struct zone utc = { .name = "Etc/UTC" };

static void limit(struct fixture *f, const struct window *const windows[],
		  size_t n)
{
	struct window_choice *choices = f->desired.bindings.items[0].windows;

	for (size_t i = 0; i < n; i++) {
		assert_true(
			array_push(&f->arena, &f->desired.windows, windows[i]));
		assert_true(array_push(&f->arena,
				       &choices[WINDOW_PASSWORD].windows, i));
	}
	choices[WINDOW_PASSWORD].limited = true;
}

/* None of its windows is for this server. */
static void test_no_window_covers_it(void **state)
{
	struct fixture *f = *state;

	limit(f, NULL, 0);
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1,
	      "SAVE 2 outcome web1/A:skipped:skipped:closes "
	      "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED, "window closed");
	assert_int_equal(engine_result(f->engine)->retry_at_ms, 0);
	assert_int_equal(engine_result(f->engine)->n_closed, 2);
}

static void test_window_that_never_opens_in_time(void **state)
{
	struct fixture *f = *state;
	/* Open for an hour, and closed by its own cutoff. */
	const struct window useless = { .name = "useless",
					.zone = &utc,
					.days = 0x7f,
					.duration_ms = 3600000,
					.cutoff_ms = 3600000 };
	const struct window *const windows[] = { &useless };

	limit(f, windows, 1);
	f->wall_ms = 12 * INT64_C(3600000);
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1,
	      "SAVE 2 outcome web1/A:skipped:skipped:closes "
	      "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "window closed: useless, and nothing may start within 400 "
		   "days");
	assert_int_equal(engine_result(f->engine)->retry_at_ms, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plan_of_another_farm),
		TEST(test_scope_of_another_farm),
		TEST(test_unread_without_a_reason),
		TEST(test_server_of_no_group),
		TEST(test_no_failures_at_all),
		TEST(test_parallel_of_zero_is_one),
		TEST(test_builtin_is_never_forward),
		TEST(test_suspended_since),
		TEST(test_fence_ahead_since),
		TEST(test_unreadable_since),
		TEST(test_ssh_is_tried_twice),
		TEST(test_what_is_remembered),
		TEST(test_waits),
		TEST(test_waits_of_a_look),
		TEST(test_no_window_covers_it),
		TEST(test_window_that_never_opens_in_time),
	};

	return cmocka_run_group_tests_name("engine_edges", tests, NULL, NULL);
}
