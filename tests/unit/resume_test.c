/* resume_test.c - which servers a run that did not end is finished on. */
#include "reconciler/cmd/resume.h"

#include "tests/unit/plan_world.h"

/* A binding that follows names no pool, and its servers are read all the
 * same: else their open writes would be passed over in silence. */
static void test_followed(void **state)
{
	const struct stored_change change = { .server = "web02",
					      .pool = "Found",
					      .account = "CORP\\svc-orders" };
	struct stored_run run = { .id = "r1" };
	struct context context = { 0 };
	struct err err = { 0 };
	struct world w;

	(void)state;
	arena_init(&context.arena, 1 << 20);
	world_init(&w, &context.arena, 2);
	w.desired.bindings.items[0].pools.n = 0;
	w.desired.bindings.items[0].follow = true;
	context.desired = w.desired;
	PUSH(&w, &run.changes, change);
	assert_int_equal(resume_scope(&context, &run, &err), 0);
	assert_int_equal(context.scope.n, 1);
	assert_int_equal(context.scope.items[0], 1);
	/* No binding is left that means it. */
	context.desired.bindings.n = 0;
	assert_int_equal(resume_scope(&context, &run, &err), 0);
	assert_int_equal(context.scope.n, 0);
	arena_done(&context.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_followed) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
