/* engine_waves_test.c - which server may start when: canary, pause, batches,
 * forward mode. */
#include "tests/unit/engine_world.h"

#define BEGIN_ALL "SAVE 1 begin web1/A web2/A web3/A\n"
#define DONE(save, server) \
	"SAVE " #save " outcome " #server "/A:changed:converged:proved:closes\n"

/* One pool of account one on each server. */
static void one_pool(struct fixture *f)
{
	f->desired.bindings.items[0].pools.n = 1;
}

static struct rollout *rollout(struct fixture *f)
{
	return &f->desired.groups.items[0].rollout;
}

/* From the save of an intent to the look that proves pool A. */
static void write_pool(struct fixture *f, size_t server, uint64_t intent,
		       uint64_t pause)
{
	const char *name = server_names[server];
	char ask[3][64];

	(void)snprintf(ask[0], 64, "APPLY %s A:1\n", name);
	(void)snprintf(ask[1], 64, "ACTIVATE %s A:1@5000\n", name);
	(void)snprintf(ask[2], 64, "TIMER %d 1000\n", (int)pause);
	saved(f, intent, ask[0]);
	applied(f, server, "A", "", ask[1]);
	activated(f, server, ask[2]);
	(void)snprintf(ask[0], 64, "VERIFY %s A:1@5000\n", name);
	timer(f, pause, ask[0]);
}

static void test_waves_wait_for_the_canary(void **state)
{
	struct fixture *f = *state;

	one_pool(f);
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	verified(f, 0, DONE(3, web1));
	saved(f, 3, "CLOSE web1\nOBSERVE web2\nOBSERVE web3\n");
}

/* A canary that changed nothing proves nothing: the next one is it. */
static void test_idle_canary_is_replaced(void **state)
{
	struct fixture *f = *state;

	one_pool(f);
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	f->pools[0][0].password = PASSWORD_CURRENT;
	observed(f, 0,
		 "SAVE 2 observed web1/A:converged:proved\nCLOSE web1\n"
		 "OBSERVE web2\n");
	f->pools[1][0].user = "CORP\\other";
	observed(f, 1, "CLOSE web2\nOBSERVE web3\n");
}

static void test_failed_canary_stops(void **state)
{
	struct fixture *f = *state;

	rollout(f)->max_failures = 3;
	one_pool(f);
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false,
	       "SAVE 2 outcome web1/A:failed:unreadable:closes "
	       "web2/A:skipped:skipped:closes "
	       "web3/A:skipped:skipped:closes\nSAVE 3 end failed\n");
	assert_row(f, 2, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "group web stopped: its canary server web1 failed");
}

/* Batches of one: each waits for the one before. */
static void test_batches(void **state)
{
	struct fixture *f = *state;

	*rollout(f) = (struct rollout){ .batch_servers = 1, .max_failures = 1 };
	one_pool(f);
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	f->pools[0][0].password = PASSWORD_CURRENT;
	observed(f, 0,
		 "SAVE 2 observed web1/A:converged:proved\nCLOSE web1\n"
		 "OBSERVE web2\n");
}

static void open_pause(struct fixture *f)
{
	rollout(f)->pause_ms = 120000;
	f->mono_ms = 7000;
	one_pool(f);
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	verified(f, 0, DONE(3, web1));
	saved(f, 3, "CLOSE web1\nTIMER 2 120000\n");
}

static void test_pause_after_canary(void **state)
{
	struct fixture *f = *state;

	struct run_waits waits;

	open_pause(f);
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_paused, 1);
	assert_string_equal(waits.paused, "web");
	assert_int_equal(waits.paused_until_ms, 127000);
	timer(f, 2, "OBSERVE web2\nOBSERVE web3\n");
	engine_waits(f->engine, &waits);
	assert_int_equal(waits.n_paused, 0);
}

static void test_stop_ends_the_pause(void **state)
{
	struct fixture *f = *state;

	open_pause(f);
	tell(f, (struct event){ .kind = EVENT_STOP },
	     "SAVE 4 outcome web2/A:skipped:skipped:closes "
	     "web3/A:skipped:skipped:closes\nSAVE 5 end skipped\n");
	timer(f, 2, "");
	saved(f, 4, "");
	saved(f, 5, "END\n");
}

/* An idle canary has no pause: nothing is to be seen of it. */
static void test_no_pause_after_idle_canary(void **state)
{
	struct fixture *f = *state;

	rollout(f)->pause_ms = 120000;
	one_pool(f);
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	f->pools[0][0].password = PASSWORD_CURRENT;
	observed(f, 0,
		 "SAVE 2 observed web1/A:converged:proved\nCLOSE web1\n"
		 "OBSERVE web2\n");
}

/* Every server is a group of its own. */
static void many_groups(struct fixture *f)
{
	struct resource_group group = f->desired.groups.items[0];

	group.rollout.canary = 0;
	f->desired.groups.n = 0;
	for (size_t i = 0; i < N_SERVERS; i++) {
		group.name = server_names[i];
		group.servers = (struct index_array){ 0 };
		assert_true(array_push(&f->arena, &group.servers, i));
		assert_true(array_push(&f->arena, &f->desired.groups, group));
		if (i > 0)
			assert_true(array_push(
				&f->arena, &f->desired.bindings.items[0].groups,
				i));
	}
}

/* Many small groups are no way round the batch of the run. */
static void test_batch_over_the_run(void **state)
{
	struct fixture *f = *state;

	many_groups(f);
	one_pool(f);
	f->config.caps.batch_percent = 34; /* of three: two */
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	f->pools[1][0].password = PASSWORD_CURRENT;
	observed(f, 1,
		 "SAVE 2 observed web2/A:converged:proved\nCLOSE web2\n"
		 "OBSERVE web3\n");
}

static void test_batch_is_one_at_least(void **state)
{
	struct fixture *f = *state;

	many_groups(f);
	one_pool(f);
	f->config.caps.batch_percent = 1;
	new_change(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
}

/* The canary, then everybody: batches are for what stopping does not hurt. */
static void test_forward_is_wide(void **state)
{
	struct fixture *f = *state;

	*rollout(f) = (struct rollout){ .canary = 1,
					.batch_servers = 1,
					.max_failures = 1,
					.pause_ms = 60000 };
	f->config.caps.batch_percent = 1;
	one_pool(f);
	new_forward(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	verified(f, 0, DONE(3, web1));
	saved(f, 3, "CLOSE web1\nOBSERVE web2\nOBSERVE web3\n");
}

static void test_forward_is_capped(void **state)
{
	struct fixture *f = *state;

	rollout(f)->canary = 0;
	f->config.caps.parallel = 2;
	one_pool(f);
	new_forward(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
}

/* Who is given another identity waits as ever: its old password is as good as
 * it was, so stopping takes nothing down. */
static void test_forward_is_of_passwords(void **state)
{
	struct fixture *f = *state;

	*rollout(f) = (struct rollout){ .batch_servers = 1, .max_failures = 1 };
	one_pool(f);
	f->pools[0][0].user = "CORP\\other";
	f->pools[1][0].user = "CORP\\other";
	new_forward(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web3\nOBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false, ""); /* nor web2 */
}

/* Not even the canary that failed stops the others. */
static void test_forward_does_not_stop(void **state)
{
	struct fixture *f = *state;

	one_pool(f);
	new_forward(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false, "OBSERVE web2\nOBSERVE web3\n");
	failed(f, 1, -ERR_AUTH, false, "");
	observed(f, 2, "SAVE 2 intent web3/A:1\n");
	assert_null(engine_result(f->engine)->stop_reason);
}

/* Only a fault of the account does. */
static void test_forward_stops_for_the_account(void **state)
{
	struct fixture *f = *state;

	one_pool(f);
	new_forward(f, 3);
	start(f, BEGIN_ALL);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	add_fault(f, 0, 0, 5021, COMMITTED);
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	saved(f, 3,
	      "CLOSE web1\nSAVE 4 outcome web2/A:skipped:skipped:closes "
	      "web3/A:skipped:skipped:closes\nSAVE 5 end failed\n");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one stopped: event 5021 on web1/A");
}

/* Server web1 has a pool of each mode: it is visited for what is forward, and
 * again when its wave has come. */
static void test_both_modes(void **state)
{
	struct fixture *f = *state;

	f->n_pools[0] = f->n_pools[1] = 3;
	one_pool(f);
	add_binding(f, "second", 1, 2, 3);
	f->pools[1][0].password = PASSWORD_CURRENT;
	new_forward(f, 2);
	start(f, "SAVE 1 begin web1/A web1/C web2/C\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	verified(f, 0, DONE(3, web1));
	saved(f, 3, "CLOSE web1\nOBSERVE web1\n");
	observed(f, 0, "SAVE 4 intent web1/C:1\n");
	saved(f, 4, "APPLY web1 C:1\n");
	applied(f, 0, "C", "", "ACTIVATE web1 C:1@5000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 C:1@5000\n");
	verified(f, 0,
		 "SAVE 5 outcome web1/C:changed:converged:proved:closes\n");
	saved(f, 5, "CLOSE web1\nOBSERVE web2\n");
	assert_row(f, 0, OUTCOME_CHANGED, STATUS_CONVERGED, "");
	assert_row(f, 1, OUTCOME_CHANGED, STATUS_CONVERGED, "");
}

/* The second visit finds nobody: what the first did stays done. */
static void test_second_visit_fails(void **state)
{
	struct fixture *f = *state;

	f->n_pools[0] = 3;
	one_pool(f);
	add_binding(f, "second", 1, 2, 3);
	new_forward(f, 1);
	start(f, "SAVE 1 begin web1/A web1/C\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	verified(f, 0, DONE(3, web1));
	saved(f, 3, "CLOSE web1\nOBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false,
	       "SAVE 4 outcome web1/C:failed:unreadable:closes\n"
	       "SAVE 5 end failed\n");
	assert_row(f, 0, OUTCOME_CHANGED, STATUS_CONVERGED, "");
	assert_row(f, 1, OUTCOME_FAILED, STATUS_UNREADABLE,
		   "unreachable: no answer");
}

/* A server that fails in its forward visit fails for what is of CHANGE too,
 * and stops the group of others. */
static void test_forward_failure_counts_for_change(void **state)
{
	struct fixture *f = *state;

	f->n_pools[0] = f->n_pools[1] = 3;
	one_pool(f);
	add_binding(f, "second", 1, 2, 3);
	f->pools[1][0].password = PASSWORD_CURRENT;
	rollout(f)->canary = 0;
	rollout(f)->batch_servers = 1;
	rollout(f)->batch_percent = 0;
	new_forward(f, 2);
	start(f, "SAVE 1 begin web1/A web1/C web2/C\n");
	saved(f, 1, "OBSERVE web1\n");
	failed(f, 0, -ERR_AUTH, false,
	       "SAVE 2 outcome web1/A:failed:unreadable:closes "
	       "web1/C:failed:unreadable:closes "
	       "web2/C:skipped:skipped:closes\nSAVE 3 end failed\n");
}

static void test_stop_between_the_visits(void **state)
{
	struct fixture *f = *state;

	f->n_pools[0] = 3;
	one_pool(f);
	add_binding(f, "second", 1, 2, 3);
	new_forward(f, 1);
	start(f, "SAVE 1 begin web1/A web1/C\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	write_pool(f, 0, 2, 1);
	tell(f, (struct event){ .kind = EVENT_STOP }, "");
	verified(f, 0, DONE(3, web1));
	saved(f, 3,
	      "CLOSE web1\nSAVE 4 outcome web1/C:skipped:skipped:closes\n"
	      "SAVE 5 end skipped\n");
}

/* A group that stopped starts nobody out of turn: who waits for the canary of
 * its forward visit still does. */
static void test_stopped_group_keeps_the_forward_order(void **state)
{
	static const bool forward[] = { true, false };
	struct fixture *f = *state;
	struct engine_input input = input_of(f, RUN_CHANGE);
	struct plan_server *server;

	one_pool(f);
	add_binding(f, "second", 1, 2, 3);
	f->n_pools[1] = f->n_pools[2] = 3;
	f->pools[0][0].password = PASSWORD_CURRENT;
	plan_first(f, 3);
	array_foreach(server, &f->plan.servers) {
		if (server->server == 0) {
			server->read = false;
			server->reason = "no answer";
		}
	}
	input.forward = forward;
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
	start(f, "SAVE 1 begin web2/A web2/C web3/A web3/C\n");
	saved(f, 1, "OBSERVE web2\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_waves_wait_for_the_canary),
		TEST(test_idle_canary_is_replaced),
		TEST(test_failed_canary_stops),
		TEST(test_batches),
		TEST(test_pause_after_canary),
		TEST(test_stop_ends_the_pause),
		TEST(test_no_pause_after_idle_canary),
		TEST(test_batch_over_the_run),
		TEST(test_batch_is_one_at_least),
		TEST(test_forward_is_wide),
		TEST(test_forward_is_capped),
		TEST(test_forward_is_of_passwords),
		TEST(test_forward_does_not_stop),
		TEST(test_forward_stops_for_the_account),
		TEST(test_both_modes),
		TEST(test_second_visit_fails),
		TEST(test_forward_failure_counts_for_change),
		TEST(test_stop_between_the_visits),
		TEST(test_stopped_group_keeps_the_forward_order),
	};

	return cmocka_run_group_tests_name("engine_waves", tests, NULL, NULL);
}
