/* store_damage_test.c - every way in which a file may not be the state that
 * was left: it is refused, and never taken for a new beginning. */
#include "tests/unit/store_fixture.h"

static void test_missing(void **state)
{
	struct folder *folder = *state;
	struct store *store;

	make_born(folder);
	assert_int_equal(unlink(folder->path), 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "it is missing");
	assert_int_equal(access(folder->path, F_OK), -1);
	assert_int_equal(unlink(beside(folder, ".born")), 0);
	put_bytes(beside(folder, "-journal"), "x", 1, 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "journal");
	assert_int_equal(unlink(beside(folder, "-journal")), 0);
	/* What a first run that was killed left is not in the way. */
	put_bytes(beside(folder, ".new"), "x", 1, 0);
	put_bytes(beside(folder, ".new-journal"), "x", 1, 0);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	store_close(store);
}

static void test_older_copy(void **state)
{
	struct folder *folder = *state;
	struct store *store;

	make_born(folder);
	copy_file(folder->path, beside(folder, ".old"));
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	store_close(store);
	copy_file(beside(folder, ".old"), folder->path);
	assert_refused(folder, -ERR_STATE_DAMAGED,
		       "an older copy (epoch 1, but 2 was reached)");
	/* Killed between the file and the marker: ahead is not older. */
	run_sql(folder->path, "UPDATE meta SET epoch = 9");
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(store->mark.epoch, 10);
	store_close(store);
}

static void test_another_state(void **state)
{
	struct folder *folder = *state;
	char marker[128];

	(void)snprintf(marker, sizeof(marker), "%s", beside(folder, ".born"));
	make_born(folder);
	copy_file(marker, beside(folder, ".old"));
	assert_int_equal(unlink(marker), 0);
	assert_int_equal(unlink(folder->path), 0);
	make_born(folder);
	copy_file(beside(folder, ".old"), marker);
	assert_refused(folder, -ERR_STATE_DAMAGED, "another state");
	put_bytes(marker, "born\tstorm", 10, 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "marker");
	assert_int_equal(truncate(marker, 0), 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "marker");
}

static void test_garbage(void **state)
{
	struct folder *folder = *state;
	struct stat st;

	put_bytes(folder->path, "", 0, 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "it is empty");
	put_bytes(folder->path, "this is no database, it is a text", 33, 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "");
	assert_int_equal(unlink(folder->path), 0);
	run_sql(folder->path, "CREATE TABLE a(b)");
	assert_int_equal(chmod(folder->path, 0600), 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "not a state file");
	assert_int_equal(unlink(folder->path), 0);
	make_born(folder);
	copy_file(folder->path, beside(folder, ".old"));
	put_bytes(folder->path, "\x55", 1, 47); /* SQLite's schema format */
	assert_refused(folder, -ERR_STATE_DAMAGED, "unsupported file format");
	copy_file(beside(folder, ".old"), folder->path);
	assert_int_equal(stat(folder->path, &st), 0);
	assert_int_equal(truncate(folder->path, st.st_size - 4096), 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "");
}

static void test_foreign_objects(void **state)
{
	static const char *const objects[] = {
		"CREATE TRIGGER t AFTER INSERT ON outcome"
		" BEGIN DELETE FROM intent; END",
		"CREATE VIEW v AS SELECT * FROM pool",
		"CREATE TABLE aaa(b)",
		"CREATE INDEX zzz ON intent(run)",
		"DROP TABLE outcome",
		"ALTER TABLE pool RENAME TO pool2;"
		"CREATE VIEW pool AS SELECT * FROM pool2",
	};
	struct folder *folder = *state;

	make_born(folder);
	copy_file(folder->path, beside(folder, ".old"));
	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
		run_sql(folder->path, objects[i]);
		assert_refused(folder, -ERR_STATE_DAMAGED,
			       "it holds what lockstep did not make: ");
		copy_file(beside(folder, ".old"), folder->path);
	}
	run_sql(folder->path, "PRAGMA user_version=3");
	assert_refused(folder, -ERR_STATE_FILE, "a newer lockstep made it");
	run_sql(folder->path, "PRAGMA user_version=0");
	assert_refused(folder, -ERR_STATE_DAMAGED, "not a state file");
	run_sql(folder->path, "PRAGMA user_version=2;"
			      "PRAGMA application_id=5");
	assert_refused(folder, -ERR_STATE_DAMAGED, "not a state file");
	copy_file(beside(folder, ".old"), folder->path);
	run_sql(folder->path, "PRAGMA journal_mode=WAL");
	assert_refused(folder, -ERR_STATE_DAMAGED, "journal mode");
}

/* Each page zeroed in turn: noticed when it is opened for writing. */
static void test_pages(void **state)
{
	static const char zeros[4096];
	struct folder *folder = *state;
	struct stat st;

	make_born(folder);
	copy_file(folder->path, beside(folder, ".old"));
	assert_int_equal(stat(folder->path, &st), 0);
	assert_true(st.st_size > 32768 && st.st_size % 4096 == 0);
	for (off_t at = 0; at < st.st_size; at += 4096) {
		struct store *store;

		put_bytes(folder->path, zeros, sizeof(zeros), at);
		assert_int_equal(open_as(folder, STORE_WRITE, &store),
				 -ERR_STATE_DAMAGED);
		copy_file(beside(folder, ".old"), folder->path);
	}
}

/* A writer is killed with half of a commit in the file: a reader sees what
 * was before it. */
static void test_hot_journal(void **state)
{
	struct folder *folder = *state;
	struct store *store;
	struct past past;
	int status;
	pid_t child;

	make_born(folder);
	child = fork();
	if (!child) {
		sqlite3 *db;

		(void)sqlite3_open(folder->path, &db);
		(void)sqlite3_exec(db,
				   "PRAGMA cache_size=2; BEGIN;"
				   "DELETE FROM run_change; DELETE FROM run;"
				   "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL"
				   " SELECT i + 1 FROM n WHERE i < 2000)"
				   "INSERT INTO pool(server, pool, account,"
				   " status, reason, seen_ms) SELECT 'x', i,"
				   " 'a', 'failed', 'half', 1 FROM n",
				   NULL, NULL, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(access(beside(folder, "-journal"), F_OK), 0);
	assert_int_equal(chmod(beside(folder, "-journal"), 0600), 0);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_past(store, &folder->arena, &past, &folder->err),
			 0);
	assert_int_equal(past.pools.n, 0);
	assert_unfinished(folder, store, "r1");
	store_close(store);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_missing),         TEST(test_older_copy),
		TEST(test_another_state),   TEST(test_garbage),
		TEST(test_foreign_objects), TEST(test_pages),
		TEST(test_hot_journal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
