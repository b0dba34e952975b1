/*
 * plan_file_scene.h - a world of four servers, its plan, and the saved plan's
 * text under a known key: for the tests of plan files.
 */
#ifndef TESTS_UNIT_PLAN_FILE_SCENE_H
#define TESTS_UNIT_PLAN_FILE_SCENE_H

#include "state/plan_file.h"
#include "tests/unit/plan_world.h"
#include "tests/unit/store_fixture.h"

#define TEXT_BYTES_MAX (1 << 20)

/* A world, its plan and the plan's file. */
struct scene {
	struct arena arena;
	struct world world;
	struct plan plan;
	struct refusal_array pairs;
	struct plan_head head;
	struct secret *key;
	struct buf text;
};

static const char zeros[] = "00000000000000000000000000000000"
			    "00000000000000000000000000000000";

static inline void build_plan(struct scene *s)
{
	struct world *w = &s->world;
	struct reading_array readings = { 0 };
	struct observed_pool stray = world_pool("Legacy\033[2JPay\t\\");
	struct past_pool past = { .server = "web02",
				  .pool = "OrdersWorker",
				  .account = "CORP\\svc-orders",
				  .reason = "",
				  .proved_ms = NOW_MS - 86400000,
				  .proved_version = VERSION_ORDERS };
	struct past_pair pair = { "CORP\\svc-orders", "web02" };
	struct worker worker = { 4711, "CORP\\svc-orders", 4000000 };
	struct err err = { 0 };
	struct observed *seen[4];

	for (size_t i = 0; i < 4; i++) {
		struct reading reading;

		seen[i] = world_server(w, i,
				       i ? PASSWORD_CURRENT : PASSWORD_STALE);
		(void)snprintf(seen[i]->config_digest, 65, "%.63s%zu", zeros,
			       i);
		reading = world_reading(i, i == 3 ? NULL : seen[i]);
		reading.reason = "no answer\n##vso[task.complete]";
		reading.read_took_ms = 700 + (int64_t)i;
		PUSH(w, &readings, reading);
	}
	PUSH(w, &w->past.pools, past);
	PUSH(w, &w->past.pairs, pair);
	seen[0]->pools.items[0].state = POOL_STOPPED;
	seen[0]->pools.items[1].always_running = true;
	PUSH(w, &seen[0]->pools.items[1].workers, worker);
	seen[1]->pools.items[1].identity = IDENTITY_NETWORK_SERVICE;
	stray.user = "svc-pay@bank.example";
	PUSH(w, &seen[1]->pools, stray);
	seen[2]->pools.items[0].name = "OrderApi";
	assert_int_equal(
		plan_build(&w->input, &readings, w->arena, &s->plan, &err), 0);
}

static inline void put(struct scene *s)
{
	const struct plan_saving saving = { &s->head,         &s->world.desired,
					    &s->world.config, s->world.versions,
					    &s->plan,         &s->pairs };
	struct err err = { 0 };

	buf_clear(&s->text);
	assert_int_equal(plan_file_put(&saving, s->key, &s->text, &err), 0);
}

static inline int scene_setup(void **state)
{
	struct scene *s = calloc(1, sizeof(*s));
	struct refusal pair = { .code = -ERR_NEW_PAIR,
				.text = "web01: for the first time" };
	struct err err = { 0 };

	if (!s)
		return -1;
	arena_init(&s->arena, 1 << 26);
	buf_init(&s->text, TEXT_BYTES_MAX);
	world_init(&s->world, &s->arena, 4);
	build_plan(s);
	s->head = (struct plan_head){
		.id = "20261125-040000-4f3a9c1e",
		.made_ms = NOW_MS,
		.expires_ms = NOW_MS + 86400000,
		.store = "00112233445566778899aabbccddeeff",
		.person = "ada",
		.actor = "ada via lockstep on pts/3",
		.desired_digest = zeros,
		.config_digest = zeros,
		.selected = "4 of 4 servers",
	};
	PUSH(&s->world, &s->pairs, pair);
	assert_int_equal(secret_new("0123456789abcdef0123456789abcdef", 32,
				    &s->key, &err),
			 0);
	put(s);
	*state = s;
	return 0;
}

static inline int scene_teardown(void **state)
{
	struct scene *s = *state;

	secret_free(s->key);
	buf_done(&s->text);
	arena_done(&s->arena);
	free(s);
	return 0;
}

static inline void parse(struct scene *s, struct plan_file *ret)
{
	struct err err = { 0 };

	assert_int_equal(plan_file_parse(buf_text(&s->text), s->text.len,
					 &s->arena, ret, &err),
			 0);
	assert_int_equal(plan_file_check(ret, s->key, &err), 0);
}

#define SCENE_TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

#endif
