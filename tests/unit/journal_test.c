/* journal_test.c - saves become durable, in groups and in order, or nothing
 * later does. */
#include "reconciler/sys/clock.h"
#include "tests/unit/journal_fixture.h"

/* Open, put the saves, close: all must be saved. */
static void save_all(struct folder *folder, const char *run,
		     const struct save *saves, const struct save_row *rows,
		     size_t n)
{
	struct answers answers = ANSWERS;
	struct journal *journal;
	struct store *store;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(journal_new(store, run, &handlers, &answers, &journal,
				     &folder->err),
			 0);
	for (size_t i = 0; i < n; i++) {
		struct save save = saves[i];

		save.id = i + 1;
		put(journal, save, rows[i]);
	}
	journal_free(journal);
	store_close(store);
	if (answers.n_failed)
		fail_msg("%s", answers.err.what);
	assert_int_equal(answers.n_saved, n);
	assert_true(answers.in_order);
}

static const struct save_row first_intent = { .pool = "Orders",
					      .kind = CHANGE_PASSWORD,
					      .version = 7,
					      .generation = 3,
					      .candidate = { 1, 0, 3 } };

static void test_begin(void **state)
{
	const struct save save = { .kind = SAVE_BEGIN,
				   .wall_ms = 1000,
				   .desired_digest = "dd",
				   .config_digest = "cc" };
	const struct save_row row = { .pool = "Orders",
				      .kind = CHANGE_IDENTITY,
				      .version = 7 };
	const struct save end = { .kind = SAVE_END,
				  .wall_ms = 2000,
				  .outcome = OUTCOME_FAILED,
				  .reason = "stopped" };
	struct folder *folder = *state;
	struct stored_run run;
	struct store *store;
	struct past past;
	bool found = false;

	save_all(folder, "r1", &save, &row, 1);
	load(folder, &past);
	assert_int_equal(past.pools.n, 0);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_unfinished(store, &folder->arena, &run, &found,
					  &folder->err),
			 0);
	store_close(store);
	assert_true(found);
	assert_string_equal(run.id, "r1");
	assert_string_equal(run.desired_digest, "dd");
	assert_string_equal(run.config_digest, "cc");
	assert_int_equal(run.changes.n, 1);
	assert_string_equal(run.changes.items[0].server, "web01");
	assert_string_equal(run.changes.items[0].pool, "Orders");
	assert_string_equal(run.changes.items[0].account, "CORP\\svc");
	assert_int_equal(run.changes.items[0].kind, CHANGE_IDENTITY);
	assert_int_equal(run.changes.items[0].version, 7);
	assert_false(run.changes.items[0].done);

	save_all(folder, "r1", &end, &row, 1);
	assert_left(folder, NULL);
	/* A run that only looked comes between; then a later run takes the
	 * place of one that did not end. */
	save_all(folder, "r2", &save, &row, 1);
	save_all(folder, "look", &end, &row, 1);
	assert_left(folder, "r2");
	save_all(folder, "r3", &save, &row, 1);
	save_all(folder, "r3", &end, &row, 1);
	assert_left(folder, NULL);
}

/* What of an unfinished run is done. */
static void assert_done(struct folder *folder, bool wanted)
{
	struct stored_run run;
	struct store *store;
	bool found = false;

	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_unfinished(store, &folder->arena, &run, &found,
					  &folder->err),
			 0);
	store_close(store);
	assert_true(found);
	assert_int_equal(run.changes.n, 1);
	assert_int_equal(run.changes.items[0].done, wanted);
}

static void test_intent_and_outcome(void **state)
{
	const struct save saves[] = {
		{ .kind = SAVE_BEGIN, .wall_ms = 1000 },
		{ .kind = SAVE_INTENT, .wall_ms = 1100 },
	};
	const struct save_row rows[] = { first_intent, first_intent };
	const struct save outcome = { .kind = SAVE_OUTCOME, .wall_ms = 1200 };
	struct save_row result = { .pool = "ORDERS",
				   .version = 7,
				   .generation = 3,
				   .outcome = OUTCOME_CHANGED,
				   .status = STATUS_PENDING_RECYCLE,
				   .reason = "older \"worker\"",
				   .committed_ms = 555 };
	const struct past_pool *pool;
	struct folder *folder = *state;
	struct past past;

	save_all(folder, "r1", saves, rows, 2);
	load(folder, &past);
	assert_int_equal(past.pools.n, 1);
	assert_false(past_paired(&past, "CORP\\svc", "web01"));
	pool = past_find(&past, "web01", "oRDERS");
	assert_non_null(pool);
	assert_null(past_find(&past, "WEB01", "Orders"));
	assert_string_equal(pool->account, "CORP\\svc");
	assert_string_equal(pool->run, "r1");
	assert_int_equal(pool->status, STATUS_UNKNOWN);
	assert_string_equal(pool->reason, "request sent, no answer yet");
	assert_int_equal(pool->seen_ms, 1100);
	assert_int_equal(pool->generation, 3);
	assert_memory_equal(pool->candidate, first_intent.candidate, 16);
	assert_int_equal(pool->version, 7);
	assert_true(pool->open);
	assert_int_equal(pool->committed_ms, 0);

	save_all(folder, "r1", &outcome, &result, 1);
	load(folder, &past);
	pool = past_find(&past, "web01", "orders");
	assert_int_equal(past.pools.n, 1);
	assert_true(pool->open);
	assert_int_equal(pool->status, STATUS_PENDING_RECYCLE);
	assert_string_equal(pool->reason, "older \"worker\"");
	assert_int_equal(pool->committed_ms, 555);
	assert_int_equal(pool->proved_ms, 0);
	assert_true(past_paired(&past, "corp\\SVC", "web01"));
	assert_done(folder, false);
	assert_false(past_paired(&past, "CORP\\svc", "web02"));

	result.status = STATUS_CONVERGED;
	result.committed_ms = 0;
	result.proved = result.closes = true;
	save_all(folder, "r1", &outcome, &result, 1);
	load(folder, &past);
	pool = past_find(&past, "web01", "orders");
	assert_false(pool->open);
	assert_done(folder, true);
	assert_int_equal(pool->committed_ms, 555);
	assert_int_equal(pool->proved_ms, 1200);
	assert_int_equal(pool->proved_version, 7);
	assert_int_equal(past.pairs.n, 1);
}

/* What is seen does not settle an intent; a late answer to an older one
 * neither. */
static void test_observed(void **state)
{
	const struct save saves[] = {
		{ .kind = SAVE_OBSERVED, .wall_ms = 900 },
		{ .kind = SAVE_BEGIN, .wall_ms = 1000 },
		{ .kind = SAVE_INTENT, .wall_ms = 1100 },
		{ .kind = SAVE_OBSERVED, .wall_ms = 1200 },
		{ .kind = SAVE_OUTCOME, .wall_ms = 1300 },
	};
	const struct save_row rows[] = {
		{ .pool = "Orders",
		  .status = STATUS_CONVERGED,
		  .reason = "",
		  .version = 6,
		  .proved = true },
		first_intent,
		first_intent,
		{ .pool = "Orders", .status = STATUS_STALE, .reason = "old" },
		{ .pool = "Orders",
		  .generation = 2,
		  .status = STATUS_FAILED,
		  .outcome = OUTCOME_FAILED,
		  .committed_ms = 77,
		  .closes = true },
	};
	const struct past_pool *pool;
	struct folder *folder = *state;
	struct past past;

	save_all(folder, "r1", saves, rows, 1);
	load(folder, &past);
	pool = past_find(&past, "web01", "Orders");
	assert_int_equal(pool->status, STATUS_CONVERGED);
	assert_int_equal(pool->proved_ms, 900);
	assert_int_equal(pool->generation, 0);
	assert_string_equal(pool->run, "");
	assert_left(folder, NULL);

	save_all(folder, "r1", saves + 1, rows + 1, 4);
	load(folder, &past);
	pool = past_find(&past, "web01", "Orders");
	assert_int_equal(pool->status, STATUS_FAILED);
	assert_int_equal(pool->seen_ms, 1300);
	assert_int_equal(pool->proved_ms, 900);
	assert_int_equal(pool->proved_version, 6);
	assert_int_equal(pool->generation, 3);
	assert_memory_equal(pool->candidate, first_intent.candidate, 16);
	assert_true(pool->open);
	assert_int_equal(pool->committed_ms, 0);
}

/* A save that can not be: it and everything later fail, and nothing of them
 * is there afterwards. */
static void test_failure_is_final(void **state)
{
	const struct save begin = { .kind = SAVE_BEGIN, .id = 1 };
	const struct save intent = { .kind = SAVE_INTENT, .id = 2 };
	const struct save bad = { .kind = SAVE_INTENT, .id = 1 };
	struct save seen = { .kind = SAVE_OBSERVED, .id = 2 };
	const struct save_row row = { .pool = "Later", .reason = "" };
	struct save_row lower = first_intent;
	struct answers answers = ANSWERS;
	struct folder *folder = *state;
	struct journal *journal;
	struct store *store;
	struct past past;
	struct err err = { 0 };

	save_all(folder, "r0", (const struct save[]){ begin, intent },
		 (const struct save_row[]){ first_intent, first_intent }, 2);
	lower.generation = 2;
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(
		journal_new(store, "r0", &handlers, &answers, &journal, &err),
		0);
	/* The connection is the thread's now. */
	assert_int_equal(store_past(store, &folder->arena, &past, &err),
			 -ERR_BUG);
	put(journal, bad, lower);
	put(journal, seen, row);
	assert_int_equal(journal_put(journal, &seen, &err), -ERR_BUG);
	(void)usleep(50000);
	seen.id = 9;
	put(journal, seen, row);
	journal_free(journal);
	store_close(store);
	assert_int_equal(answers.n_saved, 0);
	assert_int_equal(answers.n_failed, 3);
	assert_true(answers.in_order);
	assert_int_equal(answers.err.code, -ERR_BUG);
	load(folder, &past);
	assert_int_equal(past.pools.n, 1);
	assert_left(folder, "r0");
	assert_int_equal(past.pools.items[0].generation, 3);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(
		journal_new(store, "r0", &handlers, &answers, &journal, &err),
		-ERR_BUG);
	store_close(store);
	journal_free(NULL);
}

/* A thousand saves take far fewer commits than saves. */
static void test_grouped(void **state)
{
	struct answers answers = ANSWERS;
	struct folder *folder = *state;
	struct journal *journal;
	struct store *store;
	struct past past;
	char name[32];
	int64_t began = clock_mono_ms();

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(journal_new(store, "r0", &handlers, &answers, &journal,
				     &folder->err),
			 0);
	for (unsigned i = 1; i <= 1000; i++) {
		(void)snprintf(name, sizeof(name), "pool%u", i);
		put(journal, (struct save){ .kind = SAVE_OBSERVED, .id = i },
		    (struct save_row){ .pool = name, .reason = "r" });
	}
	journal_free(journal);
	store_close(store);
	assert_int_equal(answers.n_saved, 1000);
	assert_true(answers.in_order);
	assert_in_range(clock_mono_ms() - began, 0, 5000);
	load(folder, &past);
	assert_int_equal(past.pools.n, 1000);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_begin),    TEST(test_intent_and_outcome),
		TEST(test_observed), TEST(test_failure_is_final),
		TEST(test_grouped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
