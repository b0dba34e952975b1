/* unfinished_test.c - a run that did not end, as plan and status say it. */
#include "reconciler/report/json_out.h"
#include "reconciler/report/unfinished.h"

#include "tests/unit/plan_world.h"

static void check_text(struct world *w, const struct unfinished *unfinished,
		       const char *wanted)
{
	const struct report_context context = { .desired = &w->desired };
	CLEANUP(buf_done) struct buf out = { 0 };

	buf_init(&out, 65536);
	unfinished_put(&context, unfinished, &out);
	assert_string_equal(buf_text(&out), wanted);
}

static void test_text(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct unfinished unfinished = { .run = "r1", .n_pools = 9 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	check_text(&w, NULL, "");
	check_text(&w, &unfinished,
		   "Run r1 did not end: all its 9 pools are known to be done; "
		   "lockstep apply ends it.\n");
	unfinished.n_left = 1;
	w.desired.servers.items[0].key = "10.0.0.1:22";
	PUSH(&w, &unfinished.servers, "10.0.0.1:22");
	check_text(&w, &unfinished,
		   "Run r1 did not end: 1 pool of 9 is not known to be done "
		   "(on web01); lockstep apply finishes it.\n");
	unfinished.n_left = 7;
	PUSH(&w, &unfinished.servers, "gone\033[2J");
	for (int i = 0; i < 5; i++)
		PUSH(&w, &unfinished.servers, "more");
	check_text(&w, &unfinished,
		   "Run r1 did not end: 7 pools of 9 are not known to be done "
		   "(on web01, gone\\x1B[2J, more, more, more and 2 more); "
		   "lockstep apply finishes them.\n");
	unfinished.holder = "process 7 of user x";
	unfinished.servers.n = 1;
	check_text(&w, &unfinished,
		   "Run r1 has not ended: 7 pools of 9 are not known to be "
		   "done (on web01); the state is held by process 7 of user "
		   "x.\n");
}

static void test_json(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct report_context context = { 0 };
	struct unfinished unfinished = {
		.run = "r1", .n_pools = 9, .n_left = 2, .holder = "process 7"
	};
	struct err err = { 0 };
	struct json_out json;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	context.desired = &w.desired;
	buf_init(&out, 65536);
	PUSH(&w, &unfinished.servers, "web02");
	PUSH(&w, &unfinished.servers, "gone\"");
	json_out_begin(&json, &out, "s");
	unfinished_put_json(&context, NULL, &json);
	unfinished_put_json(&context, &unfinished, &json);
	assert_int_equal(json_out_end(&json, &err), 0);
	assert_string_equal(
		buf_text(&out),
		"{\"schema\":\"s\",\n\"unfinished\":{\"run\":\"r1\",\"pools\":9,"
		"\"left\":2,\"servers\":[\"web02\",\"gone\\\"\"],"
		"\"holder\":\"process 7\"}}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_text),
					    cmocka_unit_test(test_json) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
