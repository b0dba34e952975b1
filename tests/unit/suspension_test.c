/* suspension_test.c - what is suspended, by whom, until when; and since when a
 * pool has had its status. */
#include "reconciler/sys/clock.h"
#include "state/write.h"
#include "tests/unit/store_fixture.h"

#define HOUR_MS INT64_C(3600000)

static struct past_suspension of(const char *server, const char *pool,
				 int64_t at_ms, int64_t until_ms)
{
	return (struct past_suspension){ .server = server,
					 .pool = pool,
					 .reason = "CHG1 \"quoted\"",
					 .ticket = "T-1",
					 .by = "ada via root",
					 .at_ms = at_ms,
					 .until_ms = until_ms };
}

static void put(struct folder *folder, const struct past_suspension *items,
		size_t n)
{
	struct store *store;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(store_suspend(store, items, n, &folder->err), 0);
	store_close(store);
}

static void get(struct folder *folder, struct past *past)
{
	struct store *store;

	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_past(store, &folder->arena, past, &folder->err),
			 0);
	store_close(store);
}

static int64_t number(const struct folder *folder, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *stmt;
	int64_t value;

	assert_int_equal(sqlite3_open(folder->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL),
			 SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	value = sqlite3_column_int64(stmt, 0);
	assert_int_equal(sqlite3_finalize(stmt), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return value;
}

static void test_in_force(void **state)
{
	struct folder *folder = *state;
	const int64_t now = clock_wall_ms();
	const struct past_suspension items[] = {
		of("web01", "", now, now + HOUR_MS),
		of("web02", "Orders", now, now + 2 * HOUR_MS),
		of("web03", "", now - 2 * HOUR_MS, now - HOUR_MS),
	};
	const struct past_suspension *found;
	struct past past;

	put(folder, items, 3);
	get(folder, &past);
	assert_int_equal(past.suspensions.n, 2);
	found = past_suspended(&past, "web01", "Anything");
	assert_non_null(found);
	assert_string_equal(found->reason, "CHG1 \"quoted\"");
	assert_string_equal(found->ticket, "T-1");
	assert_string_equal(found->by, "ada via root");
	assert_int_equal(found->at_ms, now);
	assert_int_equal(found->until_ms, now + HOUR_MS);
	assert_non_null(past_suspended(&past, "web02", "ORDERS"));
	assert_null(past_suspended(&past, "web02", "Other"));
	assert_null(past_suspended(&past, "web03", "Orders"));
	/* What is suspended must not be lost unseen. */
	assert_int_equal(access(beside(folder, ".born"), F_OK), 0);
	assert_int_equal(rename(folder->path, beside(folder, ".old")), 0);
	assert_refused(folder, -ERR_STATE_DAMAGED, "says that there was one");
}

static void test_replaced_and_ended(void **state)
{
	struct folder *folder = *state;
	const int64_t now = clock_wall_ms();
	const struct past_suspension first =
		of("web01", "Orders", now - 5, now + HOUR_MS);
	struct past_suspension second =
		of("web01", "ORDERS", now, now + 2 * HOUR_MS);
	const struct past_suspension other =
		of("web01", "", now, now + HOUR_MS);
	struct store *store;
	struct past past;

	put(folder, &first, 1);
	second.by = "bob";
	put(folder, &second, 1);
	put(folder, &other, 1);
	get(folder, &past);
	assert_int_equal(past.suspensions.n, 2);
	assert_int_equal(past_suspended(&past, "web01", "Orders")->until_ms,
			 now + 2 * HOUR_MS);
	assert_int_equal(number(folder, "SELECT count(*) FROM suspension"
					" WHERE ended_by = 'bob'"),
			 1);
	/* That of the server stays when that of the pool ends. */
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(
		store_resume(store, &first, 1, "cyd", now + 1, &folder->err),
		0);
	store_close(store);
	get(folder, &past);
	assert_int_equal(past.suspensions.n, 1);
	assert_string_equal(past.suspensions.items[0].pool, "");
	assert_int_equal(number(folder, "SELECT count(*) FROM suspension"
					" WHERE ended_by = 'cyd'"),
			 1);
	assert_int_equal(number(folder, "SELECT count(*) FROM suspension"), 3);
}

static void test_expired(void **state)
{
	struct folder *folder = *state;
	const int64_t now = clock_wall_ms();
	const struct past_suspension items[] = {
		of("web01", "", now - 9 * HOUR_MS, now - 8 * HOUR_MS),
		of("web02", "", now - 9 * HOUR_MS, now - HOUR_MS),
		of("web03", "", now - 9 * HOUR_MS, now - 2 * HOUR_MS),
		of("web03", "", now, now + HOUR_MS), /* replaces it */
		of("web04", "", now - 9 * HOUR_MS, now - 3 * HOUR_MS),
	};
	struct past_suspension_array found = { 0 };
	struct store *store;

	put(folder, items, 5);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_expired(store, &folder->arena, now - 4 * HOUR_MS,
				       now, &found, &folder->err),
			 0);
	store_close(store);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.items[0].server, "web02");
	assert_string_equal(found.items[1].server, "web04");
}

static void test_wrong_rows_change_nothing(void **state)
{
	struct folder *folder = *state;
	const int64_t now = clock_wall_ms();
	const struct past_suspension items[] = {
		of("web01", "", now, now + HOUR_MS),
		of("web02", "", now, now), /* over before it begins */
	};
	struct store *store;
	struct past past;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(store_suspend(store, items, 2, &folder->err),
			 -ERR_BUG);
	store_close(store);
	get(folder, &past);
	assert_int_equal(past.suspensions.n, 0);
}

static void see(struct store *store, enum status status, int64_t at_ms)
{
	struct save_row row = { .server = "web01",
				.pool = "Orders",
				.account = "CORP\\svc",
				.status = status,
				.reason = "" };
	const struct save save = { .kind = SAVE_OBSERVED,
				   .id = 1,
				   .wall_ms = at_ms,
				   .rows = { &row, 1, 1 } };
	struct err err = { 0 };

	assert_int_equal(write_begin(store, &err), 0);
	assert_int_equal(write_save(store, "r1", &save, &err), 0);
	assert_int_equal(write_commit(store, &err), 0);
}

static void test_since(void **state)
{
	static const struct {
		enum status status;
		int64_t at_ms;
		int64_t since_ms;
	} steps[] = {
		{ STATUS_STALE, 1000, 1000 },
		{ STATUS_STALE, 2000, 1000 },
		{ STATUS_CONVERGED, 3000, 3000 },
		{ STATUS_CONVERGED, 4000, 3000 },
		{ STATUS_STALE, 5000, 5000 },
	};
	struct folder *folder = *state;
	struct store *store;
	struct past past;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		see(store, steps[i].status, steps[i].at_ms);
		assert_int_equal(
			store_past(store, &folder->arena, &past, &folder->err),
			0);
		assert_int_equal(past.pools.items[0].since_ms,
				 steps[i].since_ms);
		assert_int_equal(past.pools.items[0].seen_ms, steps[i].at_ms);
	}
	store_close(store);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_in_force, setup, teardown),
		cmocka_unit_test_setup_teardown(test_replaced_and_ended, setup,
						teardown),
		cmocka_unit_test_setup_teardown(test_expired, setup, teardown),
		cmocka_unit_test_setup_teardown(test_wrong_rows_change_nothing,
						setup, teardown),
		cmocka_unit_test_setup_teardown(test_since, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
