/* guards_test.c - what the configuration refuses, word by word. */
#include "reconciler/plan/guards.h"

#include "reconciler/core/err.h"

#include "tests/unit/plan_world.h"

#include <string.h>

static struct refusal_array declared(struct world *w)
{
	struct refusal_array refusals = { 0 };
	struct index_array scope = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < w->desired.servers.n; i++)
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

static void test_declared(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
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
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct refusal_array refusals;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	plan = world_stale_plan(&w);
	assert_int_equal(planned(&w, &plan).n, 0);
	w.config.grants.items[0].rights = GRANT_PASSWORD;
	assert_int_equal(declared(&w).n, 0);
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 1);
	plan = world_stale_plan(&w); /* anew: only that pool is held back */
	assert_int_equal(planned(&w, &plan).n, 0);
	assert_int_equal(plan.changes.n, 3);
	assert_int_equal(plan.standing.n, 1);
	assert_true(plan.standing.items[0].guard);
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

/* What a pattern matched is known only in the plan: it is held back there, and
 * so is what was named and turns out to run as somebody else. A plan that was
 * made when it was granted is refused. */
static void test_pattern(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct refusal_array refusals;
	struct binding *binding;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	binding = &w.desired.bindings.items[0];
	binding->pools.n = 1;
	binding->pools.items[0].name = "Orders*";
	binding->pools.items[0].glob = true;
	w.config.grants.items[0].pools.items[0] = "*Worker";
	assert_int_equal(declared(&w).n, 0);
	plan = world_stale_plan(&w);
	assert_int_equal(planned(&w, &plan).n, 0);
	assert_int_equal(plan.changes.n, 2); /* OrdersWorker of both */
	assert_int_equal(plan.standing.n, 2);
	assert_true(plan.standing.items[0].guard);
	assert_int_equal(plan.standing.items[0].status, STATUS_SKIPPED);
	assert_string_equal(
		plan.standing.items[0].reason,
		"no grant allows the identity of CORP\\svc-orders there "
		"(orders.yaml:8, binding orders-prod); it needs this line "
		"under grants in /etc/lockstep/config.yaml: {accounts: "
		"['CORP\\svc-orders'], servers: ['web01.corp.example'], "
		"pools: ['OrdersApi'], allow: [password, identity]}");
	assert_true(plan.standing.items[1].guard);
	assert_non_null(strstr(plan.standing.items[1].reason,
			       "no grant allows the password of "));
	w.config.grants.items[0].pools.items[0] = "*";
	plan = world_stale_plan(&w);
	assert_int_equal(plan.changes.n, 4);
	w.config.grants.items[0].pools.items[0] = "*Worker";
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 2); /* OrdersApi of both */
	assert_non_null(strstr(refusals.items[0].text,
			       "web01/OrdersApi: no grant allows the identity "
			       "of CORP\\svc-orders there (orders.yaml:8"));
	assert_non_null(strstr(refusals.items[1].text,
			       "web02/OrdersApi: no grant allows the password "
			       "of CORP\\svc-orders there (orders.yaml:8"));
	/* One that needs no change is refused alike. */
	plan.standing.n = 0;
	PUSH(&w, &plan.standing,
	     (struct standing){ .pool = "OrdersX",
				.status = STATUS_CONVERGED });
	assert_int_equal(planned(&w, &plan).n, 3);
	plan.standing.items[0].status = STATUS_SKIPPED;
	assert_int_equal(planned(&w, &plan).n, 2);
}

/* Neither a pair nor a proof: Windows knows a builtin identity. */
static void test_builtin(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct refusal_array refusals;
	struct binding *binding;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	binding = &w.desired.bindings.items[0];
	binding->account = SIZE_MAX;
	binding->identity = IDENTITY_LOCAL_SERVICE;
	w.config.allow_unproved = false;
	w.config.new_pairs_ask = true;
	plan = world_stale_plan(&w);
	assert_int_equal(plan.changes.n, 2);
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 2);
	assert_string_equal(
		refusals.items[1].text,
		"web01/OrdersWorker: no grant allows the identity of "
		"LocalService there (orders.yaml:9, binding orders-prod); it "
		"needs this line under grants in /etc/lockstep/config.yaml: "
		"{accounts: ['LocalService'], servers: "
		"['web01.corp.example'], pools: ['OrdersWorker'], allow: "
		"[builtin]}");
	w.config.grants.items[0].accounts.items[0] = "Local*";
	w.config.grants.items[0].rights = GRANT_BUILTIN;
	assert_int_equal(planned(&w, &plan).n, 0);
}

/* A password that Windows manages is neither proved nor granted. */
static void test_gmsa(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	w.desired.accounts.items[0].type = ACCOUNT_GMSA;
	w.desired.accounts.items[0].secret = SIZE_MAX;
	w.desired.accounts.items[0].user = "svc-web$";
	w.config.allow_unproved = false;
	w.config.grants.items[0].rights = GRANT_IDENTITY;
	plan = world_stale_plan(&w);
	assert_int_equal(plan.changes.n, 2);
	assert_int_equal(planned(&w, &plan).n, 0);
	w.config.grants.items[0].rights = GRANT_PASSWORD;
	assert_int_equal(planned(&w, &plan).n, 2);
	w.config.grants.items[0].rights = GRANT_IDENTITY;
	w.config.new_pairs_ask = true;
	assert_int_equal(planned(&w, &plan).n, 1);
}

static void test_cap(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct refusal_array refusals;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	plan = world_stale_plan(&w);
	w.config.caps.changes_per_run = 4;
	assert_int_equal(planned(&w, &plan).n, 0);
	w.config.caps.changes_per_run = 3;
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 1);
	assert_int_equal(refusals.items[0].code, -ERR_CAP);
	assert_string_equal(
		refusals.items[0].text,
		"the plan has 4 changes, and caps.changesPerRun in "
		"/etc/lockstep/config.yaml allows 3; the most are on "
		"web01 (2), web02 (2): leave out what should not "
		"be (--exclude-server), select fewer (--server), "
		"or have it raised");
}

static void test_unproved(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct refusal_array refusals;
	struct plan plan;
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	plan = world_stale_plan(&w);
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
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct past_pair pair = { "CORP\\svc-orders", "web02" };
	struct refusal_array refusals;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 3);
	PUSH(&w, &w.past.pairs, pair);
	plan = world_stale_plan(&w);
	w.config.new_pairs_ask = true;
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 2); /* web01 and web03, once each */
	assert_int_equal(refusals.items[0].code, -ERR_NEW_PAIR);
	assert_string_equal(
		refusals.items[0].text,
		"web01/OrdersApi: CORP\\svc-orders would reach "
		"web01.corp.example for the first time (orders.yaml:8, binding "
		"orders-prod); confirm it at a terminal, have a saved "
		"plan approved (lockstep approve PLAN), or set newPairs: "
		"allow in /etc/lockstep/config.yaml");
	assert_string_equal(
		refusals.items[1].text,
		"web03/OrdersApi: CORP\\svc-orders would reach "
		"web03.corp.example for the first time (orders.yaml:8, binding "
		"orders-prod); confirm it at a terminal, have a saved "
		"plan approved (lockstep approve PLAN), or set newPairs: "
		"allow in /etc/lockstep/config.yaml");
}

static void test_nothing_to_change(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan plan = { .arena = &arena };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	w.config.new_pairs_ask = true;
	w.config.allow_unproved = false;
	w.config.caps.changes_per_run = 0;
	assert_int_equal(planned(&w, &plan).n, 0);
}

/* One that failed is held to the same as one that is fine. */
static void test_failed(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	static const enum status asked[] = { STATUS_CONVERGED,
					     STATUS_PENDING_RECYCLE,
					     STATUS_FAILED };
	struct plan plan = { .arena = &arena };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	w.config.grants.n = 0;
	PUSH(&w, &plan.standing, (struct standing){ .pool = "OrdersApi" });
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++) {
		plan.standing.items[0].status = asked[i];
		assert_int_equal(planned(&w, &plan).n, 1);
	}
	plan.standing.items[0].status = STATUS_UNKNOWN;
	assert_int_equal(planned(&w, &plan).n, 0);
}

/* Two accounts on one server: each pairs for the first time, or does not. */
static void test_pairs_of_two(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct past_pair pair = { "CORP\\svc-orders", "web01" };
	struct refusal_array refusals;
	struct binding pay;
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	pay = w.desired.bindings.items[0];
	pay.name = "pay-prod";
	pay.account = 1;
	pay.pools.items = w.desired.bindings.items[0].pools.items + 1;
	pay.pools.n = w.desired.bindings.items[0].pools.n = 1;
	PUSH(&w, &w.desired.bindings, pay);
	plan = world_stale_plan(&w);
	assert_int_equal(plan.changes.n, 2);
	w.config.new_pairs_ask = true;
	assert_int_equal(planned(&w, &plan).n, 2);
	PUSH(&w, &w.past.pairs, pair);
	plan = world_stale_plan(&w);
	refusals = planned(&w, &plan);
	assert_int_equal(refusals.n, 1);
	assert_non_null(strstr(refusals.items[0].text,
			       "web01/OrdersWorker: CORP\\svc-pay"));
}

static void test_claim(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	static const struct {
		enum declared_how how;
		unsigned rights;
		bool granted;
	} cases[] = {
		{ DECLARED_NAME, GRANT_PASSWORD, false },
		{ DECLARED_PATTERN, GRANT_PASSWORD, true },
		{ DECLARED_FOLLOW, GRANT_PASSWORD, false },
		{ DECLARED_FOLLOW, GRANT_PASSWORD | GRANT_FOLLOW, true },
		{ DECLARED_FOLLOW, GRANT_FOLLOW, false },
	};
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	w.config.grants.items[0].pools.items[0] = "*Worker";
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const struct declared_pool claim = { .how = cases[i].how,
						     .name = "OrdersApi" };
		bool granted = !cases[i].granted;

		w.config.grants.items[0].rights = cases[i].rights;
		assert_int_equal(guards_claim(&w.desired, &w.config, &claim,
					      &arena, &granted),
				 0);
		assert_int_equal(granted, cases[i].granted);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_declared),
		cmocka_unit_test(test_identity),
		cmocka_unit_test(test_pattern),
		cmocka_unit_test(test_builtin),
		cmocka_unit_test(test_gmsa),
		cmocka_unit_test(test_cap),
		cmocka_unit_test(test_unproved),
		cmocka_unit_test(test_pairs),
		cmocka_unit_test(test_nothing_to_change),
		cmocka_unit_test(test_failed),
		cmocka_unit_test(test_pairs_of_two),
		cmocka_unit_test(test_claim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
