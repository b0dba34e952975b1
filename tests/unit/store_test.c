/* store_test.c - opening the state file: modes, lock, epoch, schema. */
#include "state/schema.h"
#include "state/write.h"
#include "tests/unit/store_fixture.h"

static unsigned mode_of(const char *path)
{
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	return st.st_mode & 07777U;
}

static void test_first_opening(void **state)
{
	struct folder *folder = *state;
	struct store *store;
	struct past past;

	assert_int_equal(rmdir(folder->name), 0);
	/* Reading makes nothing. */
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_past(store, &folder->arena, &past, &folder->err),
			 0);
	assert_int_equal(past.pools.n + past.pairs.n, 0);
	assert_unfinished(folder, store, NULL);
	store_close(store);
	assert_int_equal(access(folder->name, F_OK), -1);

	(void)umask(0);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	(void)umask(022);
	assert_int_equal(mode_of(folder->name), 0700);
	assert_int_equal(mode_of(folder->path), 0600);
	assert_int_equal(mode_of(beside(folder, ".lock")), 0600);
	assert_int_equal(access(beside(folder, ".new"), F_OK), -1);
	assert_int_equal(store->mark.epoch, 1);
	/* Nothing was applied: the file may still be removed. */
	assert_int_equal(access(beside(folder, ".born"), F_OK), -1);
	begin_run(store, "r1");
	assert_int_equal(mode_of(beside(folder, ".born")), 0600);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(store->mark.epoch, 2);
	store_close(store);
	store_close(NULL);
}

static int64_t pragma(struct store *store, const char *name)
{
	char sql[64];
	sqlite3_stmt *stmt;
	int64_t value;

	(void)snprintf(sql, sizeof(sql), "PRAGMA %s", name);
	assert_int_equal(sqlite3_prepare_v2(store->db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	(void)sqlite3_finalize(stmt);
	return value;
}

static void test_settings(void **state)
{
	struct folder *folder = *state;
	struct store *store;
	int on = 0;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(pragma(store, "synchronous"), 3);
	assert_int_equal(pragma(store, "secure_delete"), 1);
	assert_int_equal(pragma(store, "temp_store"), 2);
	assert_int_equal(pragma(store, "cell_size_check"), 1);
	assert_int_equal(pragma(store, "foreign_keys"), 1);
	assert_int_equal(pragma(store, "trusted_schema"), 0);
	assert_int_equal(pragma(store, "user_version"), 2);
	assert_int_equal(pragma(store, "application_id"),
			 SCHEMA_APPLICATION_ID);
	assert_int_equal(sqlite3_db_config(store->db, SQLITE_DBCONFIG_DEFENSIVE,
					   -1, &on),
			 SQLITE_OK);
	assert_int_equal(on, 1);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(
		sqlite3_exec(store->db, "DELETE FROM meta", NULL, NULL, NULL),
		SQLITE_READONLY);
	store_close(store);
}

static void test_modes_refused(void **state)
{
	struct folder *folder = *state;

	make_born(folder);
	assert_int_equal(chmod(folder->path, 0640), 0);
	assert_refused(folder, -ERR_FILE_MODE, "chmod 600 '");
	assert_int_equal(chmod(folder->path, 0600), 0);
	assert_int_equal(chmod(folder->name, 0750), 0);
	assert_refused(folder, -ERR_FILE_MODE, "a folder of its own");
	assert_int_equal(chmod(folder->name, 0700), 0);
	assert_int_equal(chmod(beside(folder, ".born"), 0604), 0);
	assert_refused(folder, -ERR_FILE_MODE, "chmod 600 '");
	assert_int_equal(chmod(beside(folder, ".born"), 0600), 0);
	if (geteuid() == 0) {
		assert_int_equal(chown(folder->path, 65534, 65534), 0);
		assert_refused(folder, -ERR_FILE_MODE, "belongs to uid 65534");
		assert_int_equal(chown(folder->path, 0, 0), 0);
	}
	assert_int_equal(rename(folder->path, beside(folder, ".old")), 0);
	assert_int_equal(symlink("state.db.old", folder->path), 0);
	assert_refused(folder, -ERR_FILE_MODE, "not a regular file but a link");
	assert_int_equal(unlink(folder->path), 0);
	assert_int_equal(rename(beside(folder, ".old"), folder->path), 0);
	assert_int_equal(symlink("x", beside(folder, "-journal")), 0);
	assert_refused(folder, -ERR_FILE_MODE, "not a regular file but a link");
}

static void test_second_writer(void **state)
{
	struct folder *folder = *state;
	struct store *store;
	struct store *reader;
	struct past past;
	char pid[32];
	int status;
	pid_t child;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	begin_run(store, "r1");
	(void)snprintf(pid, sizeof(pid), "process %ld of ", (long)getpid());
	child = fork();
	if (!child) {
		struct store *second;
		int rc = open_as(folder, STORE_WRITE, &second);

		_exit(rc == -ERR_LOCKED && strstr(folder->err.what, pid) &&
				      strstr(folder->err.what, " since 20")
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	/* The same process is no exception; readers need no lock. */
	assert_int_equal(open_as(folder, STORE_WRITE, &reader), -ERR_LOCKED);
	assert_int_equal(open_as(folder, STORE_READ, &reader), 0);
	assert_int_equal(
		store_past(reader, &folder->arena, &past, &folder->err), 0);
	assert_unfinished(folder, reader, "r1");
	store_close(reader);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	store_close(store);
}

/* Somebody removed the lock file, and a second writer came. */
static void test_overtaken(void **state)
{
	struct folder *folder = *state;
	struct store *first;
	struct store *second;

	assert_int_equal(open_as(folder, STORE_WRITE, &first), 0);
	assert_int_equal(unlink(beside(folder, ".lock")), 0);
	assert_int_equal(open_as(folder, STORE_WRITE, &second), 0);
	folder->err = (struct err){ 0 };
	assert_int_equal(write_begin(first, &folder->err), -ERR_LOCKED);
	assert_non_null(strstr(folder->err.what, "taken"));
	write_rollback(first);
	assert_int_equal(write_begin(second, &folder->err), 0);
	write_rollback(second);
	store_close(first);
	store_close(second);
}

/* A folder that can't be written: an error, and nothing is made. */
static void test_read_only_folder(void **state)
{
	struct folder *folder = *state;
	int status;
	pid_t child;

	if (geteuid() == 0)
		assert_int_equal(chown(folder->name, 65534, 65534), 0);
	assert_int_equal(chmod(folder->name, 0500), 0);
	child = fork();
	if (!child) {
		struct store *store;

		if (geteuid() == 0 && setresuid(65534, 65534, 65534))
			_exit(2);
		_exit(open_as(folder, STORE_WRITE, &store) == -ERR_STATE_FILE
			      ? 0
			      : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	if (geteuid() == 0)
		assert_int_equal(chown(folder->name, 0, 0), 0);
	assert_int_equal(chmod(folder->name, 0700), 0);
	assert_int_equal(rmdir(folder->name), 0);
}

/* A later schema file is applied to an older file; both are then equal. */
static void test_next_schema(void **state)
{
	static const char start[] = "CREATE TABLE a(b INTEGER) STRICT";
	static const char next[] = "ALTER TABLE a ADD COLUMN c TEXT;"
				   "CREATE INDEX i ON a(c)";
	static const char *const lists[] = { start, next, NULL };
	static const char *const first[] = { start, NULL };
	struct folder *folder = *state;
	struct err err = { 0 };
	int64_t version = 0;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(folder->path, &db), SQLITE_OK);
	assert_int_equal(schema_apply(db, first, 0, &err), 0);
	assert_int_equal(schema_version(db, lists, &version, &err), 0);
	assert_int_equal(version, 1);
	assert_int_equal(schema_check(db, lists, 1, &err), 0);
	assert_int_equal(schema_check(db, lists, 2, &err), -ERR_STATE_DAMAGED);
	assert_int_equal(schema_apply(db, lists, version, &err), 0);
	assert_int_equal(schema_version(db, lists, &version, &err), 0);
	assert_int_equal(version, 2);
	assert_int_equal(schema_check(db, lists, 2, &err), 0);
	assert_int_equal(schema_version(db, first, &version, &err),
			 -ERR_STATE_FILE);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_opening), TEST(test_settings),
		TEST(test_modes_refused), TEST(test_second_writer),
		TEST(test_overtaken),     TEST(test_read_only_folder),
		TEST(test_next_schema),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
