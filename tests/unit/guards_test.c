/* guards_test.c - what the configuration refuses, word by word. */
#include "reconciler/plan/guards.h"

#include "reconciler/core/err.h"
#include "reconciler/plan/build.h"

#include "tests/unit/plan_world.h"

static struct refusal_array declared(struct world *w)
{
	struct refusal_array refusals = { 0 };
	struct index_array scope = { 0 };
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < w->desired.servers.n; i++)
		PUSH(w, &scope, i);
	assert_int_equal(guards_declared(&w->desired, &w->config, &scope,
					 w->arena, &refusals, &err),
			 0);
	return refusals;
}

static struct refusal_array planned(struct world *w, const struct plan *plan)
{
	struct refusal_array refusals = { 0 };
	struct err err = { 0 };

	assert_int_equal(
		guards_plan(plan, &w->desired, &w->config, &refusals, &err), 0);
	return refusals;
}

/* Every server stale; the first pool of the first one of another identity. */
static struct plan build(struct world *w)
{
	struct reading_array readings = { 0 };
	struct plan plan = { 0 };
	struct err err = { 0 };
	size_t i;

	for (i = 0; i < w->desired.servers.n; i++) {
		struct observed *observed = world_server(w, i, PASSWORD_STALE);

		if (i == 0)
			observed->pools.items[0].identity =
				IDENTITY_NETWORK_SERVICE;
		PUSH(w, &readings, world_reading(i, observed));
	}
	assert_int_equal(
		plan_build(&w->input, &readings, w->arena, &plan, &err), 0);
	return plan;
}

static void test_declared(void **state)
{
	CLEANUP(arena_done) struct arena arena;
	struct refusal_array refusals;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	assert_int_equal(declared(&w).n, 0);
	w.config.grants.items[0].servers.items[0] = "web01*";
	w.config.grants.items[0].pools.items[0] = "*Worker";
	refusals = declared(&w);
	assert_int_equal(refusals.n, 3);
	assert_int_equal(refusals.items[0].code, -ERR_GRANT);
	assert_int_equal(err_exit(refusals.items[0].code), 8);
	assert_string_equal(
		refusals.items[0].text,
		"web01/OrdersApi: no grant allows the password of "
		"CORP\\svc-orders there (orders.yaml:8, binding orders-prod); "
		"it needs this line under grants in "
		"/etc/lockstep/config.yaml: {accounts: ['CORP\\svc-orders'], "
		"servers: ['web01.corp.example'], pools: ['OrdersApi'], allow: "
		"[password]}");
	w.config.grants.items[0].rights = GRANT_IDENTITY;
	assert_int_equal(declared(&w).n, 4);
}

static void test_identity(void **state)
{
	CLEANUP(arena_done) struct arena arena;
	struct refusal_array refusals;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	plan = build(&w);
	assert_int_equal(planned(&w, &plan).n, 0);
	w.config.grants.items[0].rights = GRANT_PASSWORD;
	assert_int_equal(declared(&w).n, 0);
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 1);
	assert_int_equal(refusals.items[0].code, -ERR_GRANT);
	assert_string_equal(
		refusals.items[0].text,
		"web01/OrdersApi: no grant allows the identity of "
		"CORP\\svc-orders there (orders.yaml:8, binding orders-prod); "
		"it needs this line under grants in "
		"/etc/lockstep/config.yaml: {accounts: ['CORP\\svc-orders'], "
		"servers: ['web01.corp.example'], pools: ['OrdersApi'], allow: "
		"[password, identity]}");
}

static void test_cap(void **state)
{
	CLEANUP(arena_done) struct arena arena;
	struct refusal_array refusals;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	plan = build(&w);
	w.config.caps.changes_per_run = 4;
	assert_int_equal(planned(&w, &plan).n, 0);
	w.config.caps.changes_per_run = 3;
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 1);
	assert_int_equal(refusals.items[0].code, -ERR_CAP);
	assert_string_equal(refusals.items[0].text,
			    "the plan has 4 changes, and caps.changesPerRun in "
			    "/etc/lockstep/config.yaml allows 3: select fewer "
			    "servers (--server), or have it raised");
}

static void test_unproved(void **state)
{
	CLEANUP(arena_done) struct arena arena;
	struct refusal_array refusals;
	struct plan plan;
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	plan = build(&w);
	w.config.allow_unproved = false;
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 1); /* one for the account */
	assert_int_equal(refusals.items[0].code, -ERR_UNPROVED);
	assert_string_equal(
		refusals.items[0].text,
		"CORP\\svc-orders: no directory proves its password before it "
		"is written (accounts.yaml:3, account orders; first for "
		"web01/OrdersApi); allow: {unproved: true} in "
		"/etc/lockstep/config.yaml accepts that: one pool is then "
		"written and verified before any other");
	/* What is stored already needs no proof to be finished. */
	for (i = 0; i < plan.changes.n; i++)
		plan.changes.items[i].kind = CHANGE_FINISH;
	assert_int_equal(planned(&w, &plan).n, 0);
}

static void test_pairs(void **state)
{
	CLEANUP(arena_done) struct arena arena;
	struct past_pair pair = { "CORP\\svc-orders", "web02" };
	struct refusal_array refusals;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 3);
	PUSH(&w, &w.past.pairs, pair);
	plan = build(&w);
	w.config.new_pairs_ask = true;
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 2); /* web01 and web03, once each */
	assert_int_equal(refusals.items[0].code, -ERR_NEW_PAIR);
	assert_string_equal(
		refusals.items[0].text,
		"web01/OrdersApi: CORP\\svc-orders would reach "
		"web01.corp.example for the first time (orders.yaml:8, binding "
		"orders-prod); confirm it at a terminal, or set newPairs: "
		"allow in /etc/lockstep/config.yaml");
	assert_string_equal(
		refusals.items[1].text,
		"web03/OrdersApi: CORP\\svc-orders would reach "
		"web03.corp.example for the first time (orders.yaml:8, binding "
		"orders-prod); confirm it at a terminal, or set newPairs: "
		"allow in /etc/lockstep/config.yaml");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_unproved),
		cmocka_unit_test(test_pairs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
