/* plan_file_test.c - a saved plan says what the plan said. */
#include "reconciler/core/str.h"
#include "reconciler/report/plan_report.h"
#include "tests/unit/plan_file_scene.h"

static void print(const struct report_context *named,
		  const struct plan_report *report, bool json, struct buf *out)
{
	struct err err = { 0 };

	buf_init(out, TEXT_BYTES_MAX);
	assert_int_equal(json ? plan_json(named, report, out, &err)
			      : plan_print(named, report, out, &err),
			 0);
}

/* Shown from the file alone it reads as it did when it was made. */
static void test_says_the_same(void **state)
{
	struct scene *s = *state;
	struct plan_file file = { 0 };
	struct past nothing = { 0 };

	parse(s, &file);
	assert_int_equal(file.pairs.n, 1);
	for (int json = 0; json < 2; json++) {
		CLEANUP(buf_done) struct buf before = { 0 };
		CLEANUP(buf_done) struct buf after = { 0 };
		const struct report_context was = { .desired =
							    &s->world.desired,
						    .config = &s->world.config,
						    .past = &nothing,
						    .wall_ms = NOW_MS };
		const struct report_context is = { .desired = &file.desired,
						   .config = &file.config,
						   .past = &nothing,
						   .wall_ms = NOW_MS };
		const struct plan_report saved = { .plan = &s->plan,
						   .refusals = &s->pairs,
						   .versions =
							   s->world.versions };
		const struct plan_report read = { .plan = &file.plan,
						  .refusals = &file.pairs,
						  .versions = file.versions };

		print(&was, &saved, json, &before);
		print(&is, &read, json, &after);
		assert_string_equal(buf_text(&after), buf_text(&before));
		assert_non_null(strstr(buf_text(&after), "NetworkService"));
	}
}

static void test_head(void **state)
{
	struct scene *s = *state;
	struct plan_file file = { 0 };

	s->head.contested = true;
	put(s);
	parse(s, &file);
	assert_string_equal(file.head.id, s->head.id);
	assert_string_equal(file.head.store, s->head.store);
	assert_string_equal(file.head.person, "ada");
	assert_string_equal(file.head.actor, s->head.actor);
	assert_string_equal(file.head.desired_digest, zeros);
	assert_string_equal(file.head.selected, "4 of 4 servers");
	assert_int_equal(file.head.made_ms, NOW_MS);
	assert_int_equal(file.head.expires_ms, NOW_MS + 86400000);
	assert_true(file.head.contested);
	assert_int_equal(file.plan.n_waves, s->plan.n_waves);
}

/* And in terms of the manifests it does the same. */
static void test_does_the_same(void **state)
{
	struct scene *s = *state;
	struct plan_file file = { 0 };
	struct plan plan = { 0 };
	struct err err = { 0 };

	parse(s, &file);
	/* The file numbers what it names: other numbers than the manifests'. */
	s->world.desired.servers.items[0].name = "web04";
	s->world.desired.servers.items[3].name = "web01";
	s->world.desired.servers.items[0].key = "web04";
	s->world.desired.servers.items[3].key = "web01";
	assert_int_equal(plan_file_match(&file, &s->world.desired, &s->arena,
					 &plan, &err),
			 0);
	assert_int_equal(plan.servers.n, s->plan.servers.n);
	assert_int_equal(plan.changes.n, 3);
	assert_int_equal(s->plan.changes.n, 3);
	for (size_t i = 0; i < plan.changes.n; i++) {
		struct change was = s->plan.changes.items[i];
		const struct change *is = &plan.changes.items[i];

		if (was.server == 0)
			was.server = 3;
		assert_true(change_same(&was, is));
		assert_int_equal(is->cause, was.cause);
		assert_int_equal(is->n_sites, was.n_sites);
		assert_int_equal(is->seen_state, was.seen_state);
		assert_int_equal(is->seen_worker, was.seen_worker);
		assert_int_equal(is->seen_always_running,
				 was.seen_always_running);
		assert_int_equal(is->seen_auto_start, was.seen_auto_start);
	}
	assert_int_equal(plan.changes.items[0].seen_state, POOL_STOPPED);
	assert_true(plan.changes.items[1].seen_worker);
	assert_true(plan.changes.items[1].seen_always_running);
	for (size_t i = 0; i < plan.servers.n; i++) {
		const struct plan_server *was = &s->plan.servers.items[i];
		const struct plan_server *is = &plan.servers.items[i];

		assert_int_equal(is->first_change, was->first_change);
		assert_int_equal(is->n_changes, was->n_changes);
		assert_int_equal(is->wave, was->wave);
		assert_int_equal(is->group, was->group);
		assert_int_equal(is->read_ms, was->read_ms);
		assert_int_equal(is->read_took_ms, was->read_took_ms);
		assert_string_equal(is->config_digest, was->config_digest);
	}
	assert_int_equal(plan.standing.n, s->plan.standing.n);
	assert_int_equal(plan.unmanaged.n, 2);
	assert_string_equal(plan.unmanaged.items[0].pool,
			    "Legacy\033[2JPay\t\\");
}

static void test_other_manifests(void **state)
{
	struct scene *s = *state;
	struct plan_file file = { 0 };
	struct plan plan = { 0 };
	struct err err = { 0 };

	parse(s, &file);
	s->world.desired.servers.items[1].key = "other";
	assert_int_equal(plan_file_match(&file, &s->world.desired, &s->arena,
					 &plan, &err),
			 -ERR_PLAN_FILE);
	assert_string_equal(err.what, "server web02 is another one there");
	s->world.desired.servers.items[1].key = "web02";
	s->world.desired.bindings.items[0].account = 1;
	assert_int_equal(plan_file_match(&file, &s->world.desired, &s->arena,
					 &plan, &err),
			 -ERR_PLAN_FILE);
	s->world.desired.bindings.items[0].account = 0;
	s->world.desired.servers.items[1].name = "gone";
	assert_int_equal(plan_file_match(&file, &s->world.desired, &s->arena,
					 &plan, &err),
			 -ERR_PLAN_FILE);
	assert_string_equal(err.what,
			    "it names web02, which the manifests do not");
}

/* No secret, and not even where it lies. */
static void test_tells_no_place(void **state)
{
	struct scene *s = *state;

	assert_non_null(strstr(buf_text(&s->text), "secret=svc-orders"));
	assert_non_null(strstr(buf_text(&s->text), "from=file:\t"));
	assert_null(strstr(buf_text(&s->text), "/secrets/"));
}

/* The file and the key on a disk. */
static void test_files(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(secret_freep) struct secret *key = NULL;
	CLEANUP(secret_freep) struct secret *again = NULL;
	struct folder *folder = *state;
	struct plan_file file = { 0 };
	struct store *store;
	struct err err = { 0 };
	struct buf text = { 0 };
	struct stat st;

	arena_init(&arena, 1 << 24);
	buf_init(&text, 64);
	buf_puts(&text, "no plan\n");
	assert_int_equal(plan_file_write(beside(folder, ".old"), &text, &err),
			 0);
	assert_int_equal(stat(beside(folder, ".old"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(plan_file_write(beside(folder, ".old"), &text, &err),
			 -ERR_FILE);
	assert_non_null(strstr(err.what, "nothing is overwritten"));
	assert_int_equal(
		plan_file_read(beside(folder, ".old"), &arena, &file, &err),
		-ERR_PLAN_FILE);
	assert_non_null(strstr(err.what, ".old: it is no saved plan"));
	buf_done(&text);

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(plan_key_load(store, false, &key, &err),
			 -ERR_PLAN_FILE);
	assert_int_equal(plan_key_load(store, true, &key, &err), 0);
	assert_int_equal(secret_len(key), 32);
	assert_int_equal(stat(beside(folder, ".key"), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_int_equal(plan_key_load(store, false, &again, &err), 0);
	assert_true(secret_eq(key, again));
	secret_freep(&again);
	assert_int_equal(chmod(beside(folder, ".key"), 0640), 0);
	assert_int_equal(plan_key_load(store, true, &again, &err),
			 -ERR_FILE_MODE);
	assert_int_equal(unlink(beside(folder, ".key")), 0);
	put_bytes(beside(folder, ".key"), "short", 5, 0);
	assert_int_equal(plan_key_load(store, true, &again, &err), -ERR_SECRET);
	assert_int_equal(unlink(beside(folder, ".key")), 0);
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_says_the_same),
		SCENE_TEST(test_head),
		SCENE_TEST(test_does_the_same),
		SCENE_TEST(test_other_manifests),
		SCENE_TEST(test_tells_no_place),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	};
	struct err err = { 0 };

	if (secret_heap_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
