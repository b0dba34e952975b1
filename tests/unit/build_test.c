/* build_test.c - waves, canaries and batches; order of servers and changes. */
#include "reconciler/plan/build.h"

#include "tests/unit/plan_world.h"
#include "tests/unit/short_memory.h"

#include <stdio.h>
#include <string.h>

/* Server i of n is stale, of another identity, fine or unread by letter: s, i,
 * f, u; U = and nothing says why. They are given in reverse, as replies may
 * come in any order. */
static struct reading_array readings_of(struct world *w, const char *letters)
{
	struct reading_array readings = { 0 };
	size_t i = strlen(letters);

	while (i-- > 0) {
		struct reading reading = world_reading(i, NULL);
		struct observed *observed = world_server(
			w, i,
			letters[i] == 's' ? PASSWORD_STALE : PASSWORD_CURRENT);

		if (letters[i] == 'i')
			observed->pools.items[0].identity =
				observed->pools.items[1].identity =
					IDENTITY_NETWORK_SERVICE;
		if (letters[i] == 'u')
			reading.reason = "ssh: no answer";
		else if (letters[i] != 'U')
			reading.observed = observed;
		PUSH(w, &readings, reading);
	}
	return readings;
}

static struct plan build(struct world *w, const char *letters)
{
	const struct reading_array readings = readings_of(w, letters);
	struct plan plan = { 0 };
	struct err err = { 0 };

	assert_int_equal(
		plan_build(&w->input, &readings, w->arena, &plan, &err), 0);
	return plan;
}

/* "01:0 03:1 ..." = number of the server and its wave, in the plan's order. */
static const char *order(struct world *w, const struct plan *plan)
{
	const char *text = "";
	size_t i;

	for (i = 0; i < plan->servers.n; i++)
		text = arena_printf(w->arena, "%s%s%zu:%u", text, i ? " " : "",
				    plan->servers.items[i].server + 1,
				    plan->servers.items[i].wave);
	return text;
}

static void test_waves(void **state)
{
	static const struct {
		const char *letters;
		const char *order;
		uint32_t canary, percent, servers;
		unsigned waves;
	} cases[] = {
		{ "fff", "1:0 2:0 3:0", 1, 25, 0, 0 },
		{ "s", "1:0", 1, 25, 0, 1 },
		{ "fsf", "1:0 2:0 3:0", 1, 25, 0, 1 },
		/* The canary is the first that changes, not the first. */
		{ "ffss", "1:0 2:0 3:0 4:1", 1, 25, 0, 2 },
		/* 25 percent of 5 is 1.25: two. */
		{ "sssss", "1:0 2:1 3:1 4:2 5:2", 1, 25, 0, 3 },
		{ "ssssssss", "1:0 2:1 3:1 4:2 5:2 6:3 7:3 8:4", 1, 25, 0, 5 },
		{ "sssss", "1:0 2:0 3:1 4:2 5:3", 2, 1, 0, 4 },
		{ "sssss", "1:0 2:1 3:1 4:1 5:1", 1, 100, 0, 2 },
		{ "ssssss", "1:0 2:1 3:1 4:1 5:2 6:2", 1, 0, 3, 3 },
		{ "sss", "1:0 2:1 3:2", 1, 0, 0, 3 },
		{ "sss", "1:0 2:0 3:0", 9, 25, 0, 1 },
		/* Percent of what changes, not of the group. */
		{ "sfffffff", "1:0 2:0 3:0 4:0 5:0 6:0 7:0 8:0", 1, 25, 0, 1 },
		{ "susuf", "1:0 2:0 4:0 5:0 3:1", 1, 50, 0, 2 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct rollout *rollout;
		struct plan plan;
		struct world w;

		arena_init(&arena, 1 << 20);
		world_init(&w, &arena, strlen(cases[i].letters));
		rollout = &w.desired.groups.items[0].rollout;
		rollout->canary = cases[i].canary;
		rollout->batch_percent = cases[i].percent;
		rollout->batch_servers = cases[i].servers;
		plan = build(&w, cases[i].letters);
		assert_string_equal(order(&w, &plan), cases[i].order);
		assert_int_equal(plan.n_waves, cases[i].waves);
	}
}

static void test_servers(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct plan_server *server;
	struct plan plan;
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 4);
	plan = build(&w, "sufs");
	assert_true(plan.arena == &arena);
	assert_int_equal(plan.servers.n, 4);
	assert_int_equal(plan.changes.n, 4);
	assert_int_equal(plan.standing.n, 2);
	array_foreach(server, &plan.servers) {
		assert_int_equal(server->group, 0);
		assert_true(server->read_ms == NOW_MS - 3000);
		for (i = 0; i < server->n_changes; i++)
			assert_int_equal(
				plan.changes.items[server->first_change + i]
					.server,
				server->server);
	}
	server = &plan.servers.items[1];
	assert_int_equal(server->server, 1);
	assert_false(server->read);
	assert_string_equal(server->reason, "ssh: no answer");
	server = &plan.servers.items[3];
	assert_int_equal(server->server, 3);
	assert_int_equal(server->wave, 1);
	assert_int_equal(server->first_change, 2);
	assert_int_equal(server->n_changes, 2);
	assert_true(server->read);
	assert_string_equal(server->reason, "");
	assert_false(plan_is_complete(&plan));
	assert_false(plan_is_held(&plan));
	assert_ptr_equal(plan_find(&plan, 3, "ordersworker"),
			 &plan.changes.items[3]);
	assert_null(plan_find(&plan, 2, "OrdersApi"));
	assert_null(plan_find(&plan, 3, "Orders"));
}

/* A second group with its own rollout: each has its own canary. */
static void test_groups(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct resource_group group = { .name = "web-test",
					.rollout = { .canary = 1,
						     .batch_percent = 100,
						     .max_failures = 2 } };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 5);
	w.desired.groups.items[0].servers.n = 3;
	PUSH(&w, &group.servers, 3);
	PUSH(&w, &group.servers, 4);
	PUSH(&w, &w.desired.groups, group);
	PUSH(&w, &w.desired.bindings.items[0].groups, 1);
	plan = build(&w, "sssss");
	assert_string_equal(order(&w, &plan), "1:0 4:0 2:1 5:1 3:2");
	assert_int_equal(plan.n_waves, 3);
	assert_int_equal(plan.servers.items[0].group, 0);
	assert_int_equal(plan.servers.items[1].group, 1);
}

/* Selected, but in no group that a binding names. */
static void test_alone(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	w.desired.groups.items[0].servers.n = 1;
	plan = build(&w, "fs");
	assert_string_equal(order(&w, &plan), "1:0 2:0");
	assert_int_equal(plan.changes.n, 0);
	assert_true(plan.servers.items[1].group == SIZE_MAX);
	assert_int_equal(plan.unmanaged.n, 2);
	assert_true(plan_is_complete(&plan));
}

static void test_nothing(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	plan = build(&w, "");
	assert_int_equal(plan.servers.n, 0);
	assert_int_equal(plan.n_waves, 0);
}

static void test_no_reason(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	plan = build(&w, "U");
	assert_false(plan.servers.items[0].read);
	assert_string_equal(plan.servers.items[0].reason, "");
}

/* Once for the binding, however many of its pools and servers change. */
static void test_notes_of_a_binding(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 3);
	w.desired.bindings.items[0].on_verify_fail = VERIFY_FAIL_ROLLBACK;
	plan = build(&w, "isi");
	assert_int_equal(plan.changes.n, 6);
	assert_int_equal(plan.notes.n, 2);
	assert_int_equal(plan.notes.items[0].kind, NOTE_DEPENDS);
	assert_true(plan.notes.items[0].server == SIZE_MAX);
	assert_int_equal(plan.notes.items[1].kind, NOTE_ROLLBACK);
	/* What was builtin or managed can be put back. */
	plan = build(&w, "i");
	assert_int_equal(plan.notes.n, 1);
	assert_int_equal(plan.notes.items[0].kind, NOTE_DEPENDS);
}

struct planned {
	struct world w;
	struct reading_array readings;
	struct plan plan;
};

static int plan_again(struct arena *arena, void *closure, struct err *err)
{
	struct planned *planned = closure;

	planned->plan.servers.n = 0;
	return plan_build(&planned->w.input, &planned->readings, arena,
			  &planned->plan, err);
}

static void test_no_memory(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct planned planned;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&planned.w, &arena, 9);
	planned.w.desired.bindings.items[0].on_verify_fail =
		VERIFY_FAIL_ROLLBACK;
	planned.readings = readings_of(&planned.w, "iusisiffs");
	assert_true(memory_enough(plan_again, &planned) > 4096);
	assert_int_equal(planned.plan.servers.n, 9);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_waves),
		cmocka_unit_test(test_servers),
		cmocka_unit_test(test_groups),
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_no_reason),
		cmocka_unit_test(test_notes_of_a_binding),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
