/* store_repair_test.c - copies of the state, looking at it, and a state that
 * was lost. */
#include "state/born.h"
#include "tests/unit/store_fixture.h"

static struct store *open_repair(struct folder *folder,
				 enum store_damage wanted, const char *why)
{
	enum store_damage damage = STORE_SOUND;
	struct store *store = NULL;
	struct err said;

	assert_int_equal(store_open_repair(folder->path, &store, &damage, &said,
					   &folder->err),
			 0);
	assert_int_equal(damage, wanted);
	if (!strstr(said.what, why))
		fail_msg("'%s' is not in '%s'", why, said.what);
	return store;
}

static struct fence_row fence(const char *pool, int64_t generation,
			      uint8_t candidate, int64_t committed_ms)
{
	struct fence_row row = { .server = "web01",
				 .pool = pool,
				 .account = "CORP\\svc",
				 .generation = generation,
				 .committed_ms = committed_ms,
				 .paired = true };

	row.candidate[0] = candidate;
	return row;
}

static void take_over(struct folder *folder, struct store *store,
		      struct fence_row *rows, size_t n, const char *run)
{
	const struct fence_row_array array = { rows, n, n };

	assert_int_equal(
		store_take_over(store, run, 5000, &array, &folder->err), 0);
}

static const struct past_pool *pool_of(struct folder *folder,
				       struct store *store, const char *pool)
{
	static struct past past;
	const struct past_pool *found;

	assert_int_equal(store_past(store, &folder->arena, &past, &folder->err),
			 0);
	found = past_find(&past, "web01", pool);
	assert_non_null(found);
	assert_true(past_paired(&past, "CORP\\svc", "web01"));
	return found;
}

/* What was kept aside, so that the folder can be removed. */
static void forget_aside(const char *aside)
{
	char journal[256];

	assert_true(aside[0] != '\0');
	assert_int_equal(unlink(aside), 0);
	(void)snprintf(journal, sizeof(journal), "%s-journal", aside);
	(void)unlink(journal);
}

static void test_missing(void **state)
{
	struct folder *folder = *state;
	struct fence_row rows[] = { fence("Orders", 7, 1, 9000),
				    fence("Other", 3, 2, 0) };
	const struct past_pool *pool;
	const char *aside = NULL;
	struct store *store;

	make_born(folder);
	assert_int_equal(unlink(folder->path), 0);
	store = open_repair(folder, STORE_MISSING, "it is missing");
	/* Nothing is made before somebody said yes. */
	assert_int_equal(access(folder->path, F_OK), -1);
	assert_int_equal(
		store_rebuild(store, STORE_MISSING, &aside, &folder->err), 0);
	assert_string_equal(aside, "");
	take_over(folder, store, rows, 2, "r9");
	pool = pool_of(folder, store, "Orders");
	assert_int_equal(pool->generation, 7);
	assert_int_equal(pool->candidate[0], 1);
	assert_int_equal(pool->committed_ms, 9000);
	assert_false(pool->open);
	assert_int_equal(pool->status, STATUS_UNKNOWN);
	assert_int_equal(pool->proved_ms, 0);
	/* Begun and perhaps never committed: its result is not known. */
	assert_true(pool_of(folder, store, "Other")->open);
	assert_unfinished(folder, store, NULL);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_true(store->mark.there);
	store_close(store);
}

static void test_broken(void **state)
{
	struct folder *folder = *state;
	char kept[256];
	const char *aside = NULL;
	struct store *store;
	char bytes[8] = "";
	int fd;

	make_born(folder);
	put_bytes(folder->path, "garbage", 7, 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "");
	store = open_repair(folder, STORE_BROKEN, "");
	assert_int_equal(
		store_rebuild(store, STORE_BROKEN, &aside, &folder->err), 0);
	fd = open(aside, O_RDONLY | O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(read(fd, bytes, 7), 7);
	assert_string_equal(bytes, "garbage");
	assert_int_equal(close(fd), 0);
	(void)snprintf(kept, sizeof(kept), "%s", aside);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	store_close(store);
	forget_aside(kept);
}

/* Killed after the marker was replaced and before the file was. */
static void test_interrupted(void **state)
{
	struct folder *folder = *state;
	const struct born other = { .there = true,
				    .store = "0123456789abcdef"
					     "0123456789abcdef",
				    .epoch = 0 };
	const char *aside = NULL;
	struct store *store;

	make_born(folder);
	assert_int_equal(born_write(beside(folder, ".born"),
				    beside(folder, ".old"), folder->name,
				    &other, &folder->err),
			 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "another state");
	store = open_repair(folder, STORE_BROKEN, "another state");
	assert_int_equal(
		store_rebuild(store, STORE_BROKEN, &aside, &folder->err), 0);
	forget_aside(aside);
	store_close(store);
}

static void test_older(void **state)
{
	struct folder *folder = *state;
	struct fence_row rows[] = { fence("Orders", 4, 9, 9000) };
	const char *aside = NULL;
	char copy[128];
	struct store *store;

	make_born(folder);
	(void)snprintf(copy, sizeof(copy), "%s", beside(folder, ".old"));
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_backup(store, copy, &folder->err), 0);
	assert_int_equal(store_backup(store, copy, &folder->err), -ERR_FILE);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	store_close(store);
	assert_int_equal(rename(copy, folder->path), 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "older copy");
	store = open_repair(folder, STORE_OLDER, "older copy");
	assert_int_equal(
		store_rebuild(store, STORE_OLDER, &aside, &folder->err), 0);
	forget_aside(aside);
	take_over(folder, store, rows, 1, "r9");
	assert_int_equal(pool_of(folder, store, "Orders")->generation, 4);
	/* A lower generation is left as it is, an equal one is another's. */
	rows[0] = fence("Orders", 3, 8, 9000);
	take_over(folder, store, rows, 1, "r10");
	assert_int_equal(pool_of(folder, store, "Orders")->candidate[0], 9);
	rows[0] = fence("Orders", 4, 8, 9000);
	take_over(folder, store, rows, 1, "r11");
	assert_int_equal(pool_of(folder, store, "Orders")->candidate[0], 8);
	/* Whether r1 ended since is not known: what is left of it must be
	 * planned and confirmed like anything else. */
	assert_unfinished(folder, store, NULL);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	store_close(store);
}

static void test_lock(void **state)
{
	struct folder *folder = *state;
	struct store_health health = { 0 };
	enum store_damage damage;
	struct store *holder;
	struct store *store = NULL;
	struct err why;

	assert_int_equal(store_check(folder->path, &folder->arena, &health,
				     &folder->err),
			 0);
	assert_false(health.there);
	make_born(folder);
	assert_int_equal(open_as(folder, STORE_WRITE, &holder), 0);
	assert_int_equal(store_open_repair(folder->path, &store, &damage, &why,
					   &folder->err),
			 -ERR_LOCKED);
	assert_int_equal(store_check(folder->path, &folder->arena, &health,
				     &folder->err),
			 0);
	assert_non_null(health.holder);
	assert_non_null(strstr(health.holder, "process "));
	assert_int_equal(health.code, 0);
	assert_string_equal(health.unfinished, "r1");
	assert_int_equal(health.n_unfinished, 1);
	store_close(holder);
	assert_int_equal(store_check(folder->path, &folder->arena, &health,
				     &folder->err),
			 0);
	assert_null(health.holder);
}

static void test_check_finds(void **state)
{
	struct folder *folder = *state;
	struct store_health health = { 0 };

	make_born(folder);
	run_sql(folder->path,
		"PRAGMA foreign_keys=OFF;"
		"INSERT INTO pair VALUES('CORP\\svc', 'web01', 'no run', 1)");
	assert_int_equal(store_check(folder->path, &folder->arena, &health,
				     &folder->err),
			 0);
	assert_int_equal(health.code, -ERR_STATE_DAMAGED);
	assert_string_equal(health.problem,
			    "a row of pair names a run that is not there");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_missing, setup, teardown),
		cmocka_unit_test_setup_teardown(test_broken, setup, teardown),
		cmocka_unit_test_setup_teardown(test_interrupted, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_older, setup, teardown),
		cmocka_unit_test_setup_teardown(test_lock, setup, teardown),
		cmocka_unit_test_setup_teardown(test_check_finds, setup,
						teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
