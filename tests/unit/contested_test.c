/* contested_test.c - a pool that somebody keeps changing back is left alone,
 * until a person says otherwise. */
#include "reconciler/core/str.h"
#include "tests/unit/plan_world.h"

/* One look at web01 whose pool OrdersApi holds another password than what was
 * proved there. */
struct scene {
	struct arena arena;
	struct world world;
	struct past_pool past;
	enum password_state password;
};

static void scene_init(struct scene *s, unsigned n_corrected)
{
	arena_init(&s->arena, 1 << 20);
	world_init(&s->world, &s->arena, 1);
	s->world.desired.bindings.items[0].pools.n = 1;
	s->password = PASSWORD_STALE;
	s->past = (struct past_pool){
		.server = "web01",
		.pool = "OrdersApi",
		.account = "CORP\\svc-orders",
		.reason = "",
		.run = "r1",
		.generation = 4,
		.proved_ms = NOW_MS - 3600000,
		.proved_version = VERSION_ORDERS,
		.n_corrected = n_corrected,
		.corrected_ms = NOW_MS - 7200000,
	};
}

/* "corrective password", or "drifted!" and its reason, in arena. */
static const char *outcome_of(struct scene *s)
{
	struct diff_output output = { .arena = &s->arena };
	struct observed *observed = world_server(&s->world, 0, s->password);
	const struct standing *standing;
	const struct change *change;
	struct err err = { 0 };

	observed->pools.n = 1;
	PUSH(&s->world, &s->world.past.pools, s->past);
	assert_int_equal(diff_server(&s->world.input, observed, &output, &err),
			 0);
	assert_int_equal(output.changes.n + output.standing.n, 1);
	standing = output.standing.items;
	change = output.changes.items;
	if (output.standing.n)
		return arena_printf(
			&s->arena, "%s%s %s", status_name(standing->status),
			standing->guard ? "!" : "", standing->reason);
	return arena_printf(&s->arena, "%s %s",
			    change_cause_name(change->cause),
			    change_kind_name(change->kind));
}

static void test_twice(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PAST_CONTESTED - 1);
	assert_string_equal(outcome_of(&s), "corrective password");
	arena_done(&s.arena);
}

static void test_three_times(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PAST_CONTESTED);
	assert_string_equal(
		outcome_of(&s),
		"drifted! contested: lockstep corrected it 3 times since 19 "
		"Sep 18:00 UTC, and it is different again; find who changes "
		"it, then lockstep apply --contested --reason TEXT corrects "
		"it once more");
	arena_done(&s.arena);
}

static void test_a_person_says_so(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PAST_CONTESTED + 4);
	s.world.input.contested = true;
	assert_string_equal(outcome_of(&s), "corrective password");
	arena_done(&s.arena);
}

static void test_git_asks_for_it(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PAST_CONTESTED);
	s.past.proved_version = 1;
	assert_string_equal(outcome_of(&s), "intentional password");
	arena_done(&s.arena);
}

/* What lockstep began it must be able to end. */
static void test_own_work(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PAST_CONTESTED);
	s.past.open = true;
	s.past.version = VERSION_ORDERS;
	assert_string_equal(outcome_of(&s), "corrective password");
	arena_done(&s.arena);
	scene_init(&s, PAST_CONTESTED);
	s.past.open = true;
	s.past.version = VERSION_ORDERS;
	s.password = PASSWORD_CURRENT;
	assert_string_equal(outcome_of(&s), "corrective finish");
	arena_done(&s.arena);
}

static void test_as_declared(void **state)
{
	struct scene s;

	(void)state;
	scene_init(&s, PAST_CONTESTED);
	s.password = PASSWORD_CURRENT;
	assert_string_equal(outcome_of(&s), "converged ");
	arena_done(&s.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_twice),
		cmocka_unit_test(test_three_times),
		cmocka_unit_test(test_a_person_says_so),
		cmocka_unit_test(test_git_asks_for_it),
		cmocka_unit_test(test_own_work),
		cmocka_unit_test(test_as_declared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
