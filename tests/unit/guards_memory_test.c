/* guards_memory_test.c - a guard that finds no memory says so, and refuses
 * nothing less. */
#include "reconciler/plan/guards.h"

#include "tests/unit/plan_world.h"
#include "tests/unit/short_memory.h"

struct guarded {
	struct world w;
	struct plan plan;
	struct refusal_array refusals;
};

static int guard_declared(struct arena *arena, void *closure, struct err *err)
{
	const struct declared_pool claim = { .name = "OrdersApi" };
	struct guarded *guarded = closure;
	struct index_array scope = { 0 };
	bool granted;
	int rc;

	PUSH(&guarded->w, &scope, 0);
	PUSH(&guarded->w, &scope, 1);
	guarded->refusals = (struct refusal_array){ 0 };
	rc = guards_declared(&guarded->w.desired, &guarded->w.config, &scope,
			     arena, &guarded->refusals, err);
	if (rc)
		return rc;
	rc = guards_claim(&guarded->w.desired, &guarded->w.config, &claim,
			  arena, &granted);
	return rc ? err_set(err, rc, "claim") : 0;
}

static int guard_plan(struct arena *arena, void *closure, struct err *err)
{
	struct guarded *guarded = closure;
	struct plan plan = guarded->plan;

	plan.arena = arena;
	guarded->refusals = (struct refusal_array){ 0 };
	return guards_plan(&plan, &guarded->w.desired, &guarded->w.config,
			   &guarded->refusals, err);
}

static void test_no_memory(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct guarded guarded = { 0 };
	struct world *w = &guarded.w;

	(void)state;
	arena_init(&arena, 1 << 22);
	world_init(w, &arena, 2);
	guarded.plan = world_stale_plan(w);
	PUSH(w, &guarded.plan.standing,
	     (struct standing){ .pool = "OrdersX",
				.status = STATUS_CONVERGED });
	w->config.grants.n = 0;
	w->config.new_pairs_ask = true;
	w->config.allow_unproved = false;
	w->config.caps.changes_per_run = 1;
	assert_true(memory_enough(guard_declared, &guarded) > 1024);
	assert_int_equal(guarded.refusals.n, 4);
	assert_true(memory_enough(guard_plan, &guarded) > 1024);
	/* Four changes, one standing, the cap, the account, two pairs. */
	assert_int_equal(guarded.refusals.n, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
