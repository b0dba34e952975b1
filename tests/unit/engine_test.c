/* engine_test.c - scripted runs: what is told, and exactly what is asked. */
#include "tests/unit/engine_world.h"

static void test_change_goes_all_the_way(void **state)
{
	struct fixture *f = *state;
	const struct run_result *result;

	new_change(f, 1);
	open_first(f);
	set_worker(f, 0, 0, "CORP\\one", COMMITTED + 1);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
	saved(f, 3, "SAVE 4 intent web1/B:1\n");
	saved(f, 4, "APPLY web1 B:1\n");
	applied(f, 0, "B", "", "ACTIVATE web1 B:1@5000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 B:1@5000\n");
	verified(f, 0,
		 "SAVE 5 outcome web1/B:changed:converged:proved:closes\n");
	saved(f, 5, "CLOSE web1\nSAVE 6 end changed\n");
	assert_false(engine_ended(f->engine));
	saved(f, 6, "END\n");
	assert_true(engine_ended(f->engine));
	result = engine_result(f->engine);
	assert_int_equal(result->rows.n, 2);
	assert_int_equal(result->n_changed, 2);
	assert_int_equal(result->n_commits, 2);
	assert_null(result->stop_reason);
	assert_row(f, 0, OUTCOME_CHANGED, STATUS_CONVERGED, "");
}

static void test_nothing_to_do_ends_at_once(void **state)
{
	struct fixture *f = *state;

	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][1].password = PASSWORD_CURRENT;
	new_change(f, 1);
	start(f, "SAVE 1 begin\n");
	saved(f, 1, "SAVE 2 end kept\n");
	saved(f, 2, "END\n");
	assert_int_equal(engine_result(f->engine)->rows.n, 0);
}

/* One server holds the opening, the other is read and waits for it; after
 * the proof it writes both pools in one request. */
static void test_first_commit_is_alone_in_the_farm(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.canary = 0;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 1, "SAVE 2 intent web2/A:1\n");
	observed(f, 0, "");
	saved(f, 2, "APPLY web2 A:1\n");
	applied(f, 1, "A", "", "ACTIVATE web2 A:1@5000\n");
	activated(f, 1, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web2 A:1@5000\n");
	verified(f, 1,
		 "SAVE 3 outcome web2/A:changed:converged:proved:closes\n");
	saved(f, 3,
	      "SAVE 4 intent web2/B:1\nSAVE 5 intent web1/A:1 web1/B:1\n");
	saved(f, 5, "APPLY web1 A:1 B:1\n");
}

static void test_candidates_differ_by_pool(void **state)
{
	struct fixture *f = *state;
	const struct save_row *rows;

	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][1].password = PASSWORD_CURRENT;
	f->pools[1][1].password = PASSWORD_CURRENT;
	f->desired.groups.items[0].rollout.canary = 0;
	new_change(f, 3);
	start(f, "SAVE 1 begin web2/A web3/A web3/B\n");
	saved(f, 1, "OBSERVE web2\nOBSERVE web3\n");
	observed(f, 1, "SAVE 2 intent web2/A:1\n");
	observed(f, 2, "");
	saved(f, 2, "APPLY web2 A:1\n");
	applied(f, 1, "A", "", "ACTIVATE web2 A:1@5000\n");
	activated(f, 1, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web2 A:1@5000\n");
	verified(f, 1,
		 "SAVE 3 outcome web2/A:changed:converged:proved:closes\n");
	saved(f, 3, "CLOSE web2\nSAVE 4 intent web3/A:1 web3/B:1\n");
	rows = f->actions.items[1].save->rows.items;
	assert_memory_not_equal(rows[0].candidate, rows[1].candidate, 16);
}

static void test_parallel_is_capped(void **state)
{
	struct fixture *f = *state;

	f->config.caps.parallel = 1;
	f->desired.groups.items[0].rollout.canary = 0;
	f->desired.bindings.items[0].pools.n = 1;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web2/A\n");
	saved(f, 1, "OBSERVE web1\n");
	f->pools[0][0].user = "CORP\\other";
	observed(f, 0, "CLOSE web1\nOBSERVE web2\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "replan: the server is no longer as the plan saw it");
}

static void test_identity_fault_stops_the_account(void **state)
{
	struct fixture *f = *state;
	const struct run_result *result;

	f->desired.groups.items[0].rollout.max_failures = 5;
	f->desired.groups.items[0].rollout.canary = 0;
	f->n_pools[0] = 3;
	f->desired.bindings.items[0].pools.n = 2;
	add_binding(f, "second", 1, 2, 3);
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B web1/C\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	add_fault(f, 0, 0, 5021, COMMITTED);
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	saved(f, 3, "SAVE 4 intent web1/C:1\n");
	saved(f, 4, "APPLY web1 C:1\n");
	result = engine_result(f->engine);
	assert_true(result->identity_fault);
	assert_string_equal(
		result->stop_reason,
		"account CORP\\one stopped: WAS reported event 5021 for pool A "
		"on web1 after its password was written, and whether the "
		"account or that server is at fault nobody can say. Check the "
		"value of "
		"secret one, and that the account may log on as a batch job "
		"there; no other pool of it was touched");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS refused its identity: event 5021");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one stopped: event 5021 on web1/A");
}

static void test_a_failed_server_stops_its_group(void **state)
{
	struct fixture *f = *state;

	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false,
	       "SAVE 2 outcome web1/A:failed:unreadable:closes "
	       "web1/B:failed:unreadable:closes "
	       "web2/A:skipped:skipped:closes "
	       "web2/B:skipped:skipped:closes\nSAVE 3 end failed\n");
	saved(f, 2, "");
	saved(f, 3, "END\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_UNREADABLE,
		   "unreachable: no answer");
	assert_row(f, 3, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "group web stopped: 1 failed (first: web1), its maxFailures "
		   "is 1");
	assert_string_equal(engine_result(f->engine)->stop_reason,
			    "group web stopped: 1 failed (first: web1), its "
			    "maxFailures is 1");
}

static void test_stop_finishes_what_is_in_hand(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	open_first(f);
	tell(f, (struct event){ .kind = EVENT_STOP }, "");
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
	saved(f, 3,
	      "CLOSE web1\nSAVE 4 outcome web1/B:skipped:skipped:closes\n"
	      "SAVE 5 end skipped\n");
	saved(f, 4, "");
	saved(f, 5, "END\n");
	assert_true(engine_result(f->engine)->stopped);
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED, "interrupted");
}

static void save_fails(struct fixture *f, uint64_t id, const char *expected)
{
	struct event event = { .kind = EVENT_SAVE_FAILED, .id = id };

	(void)err_set(&event.err, -ERR_STATE_FILE, "disk full");
	tell(f, event, expected);
}

static void test_without_state_nothing_is_sent(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.canary = 0;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	save_fails(f, 2, "CLOSE web1\n");
	observed(f, 1, "CLOSE web2\nEND\n");
	assert_int_equal(engine_result(f->engine)->save_failed,
			 -ERR_STATE_FILE);
	assert_int_equal(engine_result(f->engine)->n_skipped, 4);
	assert_int_equal(engine_result(f->engine)->rows.n, 4);
}

static void test_written_but_not_kept_is_unknown(void **state)
{
	struct fixture *f = *state;

	new_change(f, 1);
	open_first(f);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
	saved(f, 3, "SAVE 4 intent web1/B:1\n");
	saved(f, 4, "APPLY web1 B:1\n");
	applied(f, 0, "B", "", "ACTIVATE web1 B:1@5000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 B:1@5000\n");
	verified(f, 0,
		 "SAVE 5 outcome web1/B:changed:converged:proved:closes\n");
	save_fails(f, 5, "CLOSE web1\nEND\n");
	assert_row(f, 1, OUTCOME_CHANGED, STATUS_CONVERGED, "");
}

static void test_open_intent_is_finished(void **state)
{
	struct fixture *f = *state;
	const struct past_pool past = { .server = "web1",
					.pool = "A",
					.account = "CORP\\one",
					.reason = "",
					.generation = 1,
					.candidate = { 9 },
					.open = true,
					.version = VERSION };

	f->past.pools = (struct past_pool_array){ 0 };
	assert_true(array_push(&f->arena, &f->past.pools, past));
	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][0].fence = (struct fence){ .present = true,
					       .generation = 1,
					       .candidate = { 9 },
					       .committed_ms = 4000 };
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "ACTIVATE web1 A:1@4000\n");
}

static void check_resumed(struct fixture *f, int64_t version,
			  const char *expected, int first_byte)
{
	const struct past_pool past = { .server = "web1",
					.pool = "A",
					.account = "CORP\\one",
					.reason = "",
					.generation = 6,
					.candidate = { 9 },
					.open = true,
					.version = version };

	assert_true(array_push(&f->arena, &f->past.pools, past));
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, expected);
	assert_int_equal(f->actions.items[0].save->rows.items[0].candidate[0],
			 first_byte);
}

static void test_open_intent_keeps_its_number(void **state)
{
	check_resumed(*state, VERSION, "SAVE 2 intent web1/A:6\n", 9);
}

static void test_other_secret_takes_the_next_number(void **state)
{
	check_resumed(*state, VERSION - 1, "SAVE 2 intent web1/A:7\n", 0);
}

static void test_observe_reads_and_remembers(void **state)
{
	struct fixture *f = *state;

	f->config.caps.parallel = 2;
	f->pools[0][1].password = PASSWORD_CURRENT;
	f->pools[1][0].user = "CORP\\other";
	new_observe(f, true);
	start(f, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "CLOSE web1\nOBSERVE web3\n");
	failed(f, 2, -ERR_CONNECT, false, "TIMER 1 1000\n");
	timer(f, 1, "OBSERVE web3\n");
	failed(f, 2, -ERR_CONNECT, false, "");
	observed(f, 1,
		 "CLOSE web2\n"
		 "SAVE 1 observed web1/A:stale web1/B:converged:proved\n"
		 "SAVE 2 observed web2/A:drifted web2/B:stale\n"
		 "SAVE 3 observed web3/A:unreadable web3/B:unreadable\n");
	saved(f, 1, "");
	saved(f, 3, "");
	saved(f, 2, "END\n");
	assert_int_equal(engine_plan(f->engine)->changes.n, 3);
	assert_int_equal(engine_plan(f->engine)->servers.n, 3);
	assert_int_equal(engine_result(f->engine)->n_failed, 1);
	assert_row(f, 0, OUTCOME_FAILED, STATUS_UNREADABLE, "no answer");
}

static void test_unreadable_in_the_plan_counts(void **state)
{
	struct fixture *f = *state;

	new_observe(f, false);
	start(f, "OBSERVE web1\nOBSERVE web2\nOBSERVE web3\n");
	observed(f, 0, "CLOSE web1\n");
	observed(f, 1, "CLOSE web2\n");
	failed(f, 2, -ERR_HOST_KEY, false, "END\n");
	f->plan = *engine_plan(f->engine);
	{
		struct engine_input input = input_of(f, RUN_CHANGE);

		assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
	}
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1,
	      "SAVE 2 outcome web1/A:skipped:skipped:closes "
	      "web1/B:skipped:skipped:closes web2/A:skipped:skipped:closes "
	      "web2/B:skipped:skipped:closes\nSAVE 3 end failed\n");
	assert_row(f, 4, OUTCOME_FAILED, STATUS_UNREADABLE, "no answer");
}

static void assert_bug(struct fixture *f, struct event event)
{
	struct err err = { 0 };

	f->actions.n = 0;
	assert_int_equal(engine_step(f->engine, &event, &f->actions, &err),
			 -ERR_BUG);
	assert_int_equal(f->actions.n, 0);
}

static void test_answers_to_nothing_are_bugs(void **state)
{
	struct fixture *f = *state;
	const struct event events[] = {
		{ .kind = EVENT_START },
		{ .kind = EVENT_SAVED, .id = 1 },
		{ .kind = EVENT_SAVED, .id = 2 },
		{ .kind = EVENT_SAVED, .id = 0 },
		{ .kind = EVENT_TIMER, .id = 1 },
		{ .kind = EVENT_APPLIED, .server = 0 },
		{ .kind = EVENT_OBSERVED, .server = 1 },
		{ .kind = EVENT_FAILED, .server = 99 },
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		new_change(f, 1);
		start(f, "SAVE 1 begin web1/A web1/B\n");
		saved(f, 1, "OBSERVE web1\n");
		assert_bug(f, events[i]);
	}
}

/* How many steps of a run go well with so much memory left. */
static unsigned run_within(struct fixture *f, size_t bytes)
{
	struct engine_input input = input_of(f, RUN_CHANGE);
	const struct event events[] = {
		{ .kind = EVENT_START },
		{ .kind = EVENT_SAVED, .id = 1 },
		{ .kind = EVENT_OBSERVED, .observed = seen(f, 0) },
		proof_of(0, PROOF_GATE, PROOF_PROVED, ""),
		{ .kind = EVENT_SAVED, .id = 2 },
	};
	unsigned n = 0;
	int rc;

	new_change(f, 1);
	f->arena.max_bytes = f->arena.used_bytes + bytes;
	rc = engine_new(&input, &f->engine, NULL);
	while (!rc && n < 5) {
		struct action_array actions = { 0 };

		rc = engine_step(f->engine, &events[n], &actions, NULL);
		if (!rc)
			n++;
		else
			assert_int_equal(actions.n, 0);
	}
	if (rc)
		assert_int_equal(rc, -ERR_NOMEM);
	return n;
}

static void test_no_memory_is_an_error(void **state)
{
	size_t bytes = 0;
	unsigned n = 0;

	(void)state;
	while (n < 5 && bytes < 65536) {
		void *fresh = NULL;

		assert_int_equal(setup(&fresh), 0);
		n = run_within(fresh, bytes);
		assert_int_equal(teardown(&fresh), 0);
		if (bytes == 0)
			assert_int_equal(n, 0);
		bytes += 48;
	}
	assert_int_equal(n, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_change_goes_all_the_way),
		TEST(test_nothing_to_do_ends_at_once),
		TEST(test_first_commit_is_alone_in_the_farm),
		TEST(test_candidates_differ_by_pool),
		TEST(test_parallel_is_capped),
		TEST(test_identity_fault_stops_the_account),
		TEST(test_a_failed_server_stops_its_group),
		TEST(test_stop_finishes_what_is_in_hand),
		TEST(test_without_state_nothing_is_sent),
		TEST(test_written_but_not_kept_is_unknown),
		TEST(test_open_intent_is_finished),
		TEST(test_open_intent_keeps_its_number),
		TEST(test_other_secret_takes_the_next_number),
		TEST(test_observe_reads_and_remembers),
		TEST(test_unreadable_in_the_plan_counts),
		TEST(test_answers_to_nothing_are_bugs),
		TEST(test_no_memory_is_an_error),
	};

	return cmocka_run_group_tests_name("engine", tests, NULL, NULL);
}
