/* plan_file_test.c - a saved plan says what the plan said, and nothing that
 * was done to the file goes unnoticed. */
#include "reconciler/core/str.h"
#include "reconciler/report/plan_report.h"
#include "state/plan_file.h"
#include "tests/unit/plan_world.h"
#include "tests/unit/store_fixture.h"

#include <inttypes.h>

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

static void build_plan(struct scene *s)
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

static void put(struct scene *s)
{
	const struct plan_saving saving = { &s->head,         &s->world.desired,
					    &s->world.config, s->world.versions,
					    &s->plan,         &s->pairs };
	struct err err = { 0 };

	buf_clear(&s->text);
	assert_int_equal(plan_file_put(&saving, s->key, &s->text, &err), 0);
}

static int scene_setup(void **state)
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

static int scene_teardown(void **state)
{
	struct scene *s = *state;

	secret_free(s->key);
	buf_done(&s->text);
	arena_done(&s->arena);
	free(s);
	return 0;
}

static void parse(struct scene *s, struct plan_file *ret)
{
	struct err err = { 0 };

	assert_int_equal(plan_file_parse(buf_text(&s->text), s->text.len,
					 &s->arena, ret, &err),
			 0);
	assert_int_equal(plan_file_check(ret, s->key, &err), 0);
}

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

/* Is this text refused, in the reading or by its seal? */
static bool refused(const struct scene *s, const char *text, size_t len)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan_file file = { 0 };
	struct err err = { 0 };
	int rc;

	arena_init(&arena, 1 << 24);
	rc = plan_file_parse(text, len, &arena, &file, &err);
	if (!rc)
		rc = plan_file_check(&file, s->key, &err);
	assert_true(rc == 0 || rc == -ERR_PLAN_FILE);
	assert_int_equal(err.code, rc);
	return rc != 0;
}

static void test_every_bit(void **state)
{
	struct scene *s = *state;

	assert_false(refused(s, s->text.data, s->text.len));
	for (size_t i = 0; i < s->text.len * 8; i++) {
		s->text.data[i / 8] ^= (char)(1 << i % 8);
		if (!refused(s, s->text.data, s->text.len))
			fail_msg("bit %zu of byte %zu", i % 8, i / 8);
		s->text.data[i / 8] ^= (char)(1 << i % 8);
	}
	assert_false(refused(s, s->text.data, s->text.len));
}

static void test_every_cut(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < s->text.len; i++)
		assert_true(refused(s, s->text.data, i));
	buf_puts(&s->text, "\n");
	assert_true(refused(s, s->text.data, s->text.len));
}

/* Lines i and k in each other's place. */
static void put_swapped(const char *text, size_t i, size_t k, struct buf *out)
{
	const char *lines[256];
	size_t n = 0;

	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		lines[n++] = at;
	lines[n] = text + strlen(text);
	for (size_t at = 0; at < n; at++) {
		size_t from = at == i ? k : at == k ? i : at;

		buf_put(out, lines[from],
			(size_t)(lines[from + 1] - lines[from]));
	}
}

static void test_lines(void **state)
{
	struct scene *s = *state;
	size_t n = 0;

	for (size_t i = 0; i < s->text.len; i++)
		n += s->text.data[i] == '\n';
	assert_in_range(n, 10, 255);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			CLEANUP(buf_done) struct buf text = { 0 };

			buf_init(&text, TEXT_BYTES_MAX);
			put_swapped(buf_text(&s->text), i, k, &text);
			assert_int_equal(text.len, s->text.len);
			assert_true(refused(s, text.data, text.len));
		}
}

static void test_other_key(void **state)
{
	CLEANUP(secret_freep) struct secret *other = NULL;
	struct scene *s = *state;
	struct plan_file file = { 0 };
	struct err err = { 0 };

	parse(s, &file);
	assert_int_equal(secret_new("0123456789abcdef0123456789abcdeF", 32,
				    &other, &err),
			 0);
	assert_int_equal(plan_file_check(&file, other, &err), -ERR_PLAN_FILE);
	assert_string_equal(err.what,
			    "it was edited, or another controller made it: its "
			    "seal is not of this one");
}

/* Sealed by whoever holds the key, and still no plan: nothing in it may lead
 * out of it. */
static void test_foreign_numbers(void **state)
{
	static const struct {
		const char *from;
		const char *to;
	} edits[] = {
		{ "change\tserver=0", "change\tserver=1" },
		{ "change\tserver=0", "change\tserver=9" },
		{ "change\tserver=0\tbinding=0",
		  "change\tserver=0\tbinding=1" },
		{ "account=0", "account=1" },
		{ "group=0", "group=1" },
		{ "wave=0", "wave=7" },
		{ "changes=2", "changes=3" },
		{ "changes=2", "changes=1" },
		{ "kind=password", "kind=Password" },
		{ "cause=intentional", "cause=none" },
		{ "identity=SpecificUser", "identity=LocalSystem" },
		{ "version=", "version=0" },
		{ "state=stopped", "state=gone" },
		{ "name=web01", "name=web\\t01" },
		{ "host=web01", "host=##[web01" },
		{ "made_ms=", "made_ms=-" },
		{ "format=1", "format=2" },
		{ "standing\tserver=1", "standing\tserver=9" },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		const char *at = strstr(buf_text(&s->text), edits[i].from);
		struct plan_file file = { 0 };
		struct err err = { 0 };
		const char *text;

		arena_init(&arena, 1 << 24);
		if (!at)
			fail_msg("no %s in the file", edits[i].from);
		text = arena_printf(&arena, "%.*s%s%s",
				    (int)(at - buf_text(&s->text)),
				    buf_text(&s->text), edits[i].to,
				    at + strlen(edits[i].from));
		if (plan_file_parse(text, strlen(text), &arena, &file, &err) !=
		    -ERR_PLAN_FILE)
			fail_msg("%s for %s", edits[i].to, edits[i].from);
		assert_true(str_starts(err.what,
				       "it is no saved plan, or damaged: "));
	}
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

#define TEST(name) \
	cmocka_unit_test_setup_teardown(name, scene_setup, scene_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_says_the_same),
		TEST(test_head),
		TEST(test_does_the_same),
		TEST(test_other_manifests),
		TEST(test_tells_no_place),
		TEST(test_every_bit),
		TEST(test_every_cut),
		TEST(test_lines),
		TEST(test_other_key),
		TEST(test_foreign_numbers),
		cmocka_unit_test_setup_teardown(test_files, setup, teardown),
	};
	struct err err = { 0 };

	if (secret_heap_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
