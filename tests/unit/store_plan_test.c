/* store_plan_test.c - what the state keeps of saved plans, the grounds of a
 * run and corrections; and a state of the first schema that is brought up to
 * date. */
#include "reconciler/sys/clock.h"
#include "state/schema.h"
#include "tests/unit/journal_fixture.h"

static void commit(struct store *store, const char *run,
		   const struct save *save, int wanted)
{
	struct err err = { 0 };

	assert_int_equal(write_begin(store, &err), 0);
	assert_int_equal(write_save(store, run, save, &err), wanted);
	if (wanted == 0)
		assert_int_equal(write_commit(store, &err), 0);
	else
		write_rollback(store);
	if (wanted == -ERR_PLAN_FILE)
		assert_non_null(strstr(err.what, "a plan is used once"));
}

static void begin(struct store *store, const char *run,
		  const struct run_grounds *grounds, int wanted)
{
	const struct save save = { .kind = SAVE_BEGIN,
				   .id = 1,
				   .wall_ms = 5000,
				   .desired_digest = "d",
				   .config_digest = "c",
				   .grounds = *grounds };

	commit(store, run, &save, wanted);
}

static void end(struct store *store, const char *run)
{
	const struct save save = { .kind = SAVE_END,
				   .id = 2,
				   .wall_ms = 6000,
				   .outcome = OUTCOME_CHANGED,
				   .reason = "" };

	commit(store, run, &save, 0);
}

/* One intent and its outcome. */
struct deed {
	const char *pool;
	int64_t generation;
	int64_t at_ms;
	bool corrective;
	enum outcome outcome;
};

static void put_deed(struct store *store, const char *run,
		     const struct deed *deed)
{
	struct save_row row = { .server = "web01",
				.pool = deed->pool,
				.account = "CORP\\svc",
				.version = 7,
				.generation = deed->generation,
				.candidate = { 1 },
				.corrective = deed->corrective,
				.outcome = deed->outcome,
				.status = STATUS_CONVERGED,
				.reason = "" };
	struct save save = { .kind = SAVE_INTENT,
			     .id = 7,
			     .wall_ms = deed->at_ms,
			     .rows = { &row, 1, 1 } };

	commit(store, run, &save, 0);
	save.kind = SAVE_OUTCOME;
	row.closes = true;
	commit(store, run, &save, 0);
}

static void test_plan_is_used_once(void **state)
{
	const struct deed deed = { "A", 1, 5500, false, OUTCOME_CHANGED };
	const struct run_grounds grounds = { .plan = "p1" };
	struct folder *folder = *state;
	struct plan_record record = { 0 };
	struct stored_run run = { 0 };
	struct store *store;
	bool found = false;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(store_plan_record(store, &folder->arena, "p1", &record,
					   &folder->err),
			 0);
	assert_null(record.used_by);
	/* Nothing could be sent: that is no use. */
	begin(store, "r0", &grounds, 0);
	end(store, "r0");
	assert_int_equal(store_plan_record(store, &folder->arena, "p1", &record,
					   &folder->err),
			 0);
	assert_null(record.used_by);
	begin(store, "r1", &grounds, 0);
	assert_int_equal(store_unfinished(store, &folder->arena, &run, &found,
					  &folder->err),
			 0);
	assert_true(found);
	assert_string_equal(run.grounds.plan, "p1");
	assert_string_equal(run.grounds.forward, "");
	/* It did not end: it may be gone on with. */
	begin(store, "r2", &grounds, 0);
	assert_int_equal(store_plan_record(store, &folder->arena, "p1", &record,
					   &folder->err),
			 0);
	assert_string_equal(record.used_by, "r2");
	assert_int_equal(record.used_ms, 5000);
	assert_false(record.used_ended);
	put_deed(store, "r2", &deed);
	end(store, "r2");
	assert_int_equal(store_plan_record(store, &folder->arena, "p1", &record,
					   &folder->err),
			 0);
	assert_true(record.used_ended);
	begin(store, "r3", &grounds, -ERR_PLAN_FILE);
	/* Another plan is another matter, and so is none. */
	begin(store, "r4", &(struct run_grounds){ .plan = "p2" }, 0);
	begin(store, "r5", &(struct run_grounds){ 0 }, 0);
	store_close(store);
}

static void test_approvals(void **state)
{
	const struct plan_approval first = { "ada", "ada on pts/1",
					     "read by two", "CHG1", 4000 };
	const struct plan_approval late = { "eve", "eve", "later", "", 9000 };
	const struct run_grounds grounds = { .plan = "p1",
					     .reason = "because",
					     .ticket = "INC7",
					     .override = "weekend",
					     .forward = "svc" };
	struct history_run_array runs = { 0 };
	struct plan_record record = { 0 };
	struct folder *folder = *state;
	struct store *store;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(store_approve(store, "p1", &first, &folder->err), 0);
	begin(store, "r1", &grounds, 0);
	assert_int_equal(store_approve(store, "p1", &late, &folder->err), 0);
	begin(store, "r2", &(struct run_grounds){ 0 }, 0);
	store_close(store);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_plan_record(store, &folder->arena, "p1", &record,
					   &folder->err),
			 0);
	assert_int_equal(record.approvals.n, 2);
	assert_string_equal(record.approvals.items[0].person, "ada");
	assert_string_equal(record.approvals.items[0].actor, "ada on pts/1");
	assert_string_equal(record.approvals.items[0].ticket, "CHG1");
	assert_int_equal(record.approvals.items[1].at_ms, 9000);
	assert_int_equal(store_plan_record(store, &folder->arena, "p2", &record,
					   &folder->err),
			 0);
	assert_int_equal(record.approvals.n, 0);
	assert_int_equal(
		store_history(store, &folder->arena, &runs, NULL, &folder->err),
		0);
	assert_int_equal(runs.n, 2);
	assert_string_equal(runs.items[0].id, "r2");
	assert_string_equal(runs.items[0].grounds.plan, "");
	assert_string_equal(runs.items[0].approved_by, "");
	assert_string_equal(runs.items[1].grounds.plan, "p1");
	assert_string_equal(runs.items[1].grounds.reason, "because");
	assert_string_equal(runs.items[1].grounds.ticket, "INC7");
	assert_string_equal(runs.items[1].grounds.override, "weekend");
	assert_string_equal(runs.items[1].grounds.forward, "svc");
	/* Who approved it after it began did not approve that run. */
	assert_string_equal(runs.items[1].approved_by, "ada");
	assert_string_equal(runs.items[1].approved_reason, "read by two");
	assert_string_equal(runs.items[1].approved_ticket, "CHG1");
	store_close(store);
}

/* Through the journal, which copies the texts. */
static void test_grounds_are_copied(void **state)
{
	struct answers answers = ANSWERS;
	struct folder *folder = *state;
	struct stored_run run = { 0 };
	struct journal *journal;
	struct store *store;
	char plan[] = "p1";
	bool found = false;
	const struct save save = { .kind = SAVE_BEGIN,
				   .id = 1,
				   .wall_ms = 5000,
				   .grounds = { .plan = plan } };

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_int_equal(journal_new(store, "r1", &handlers, &answers, &journal,
				     &folder->err),
			 0);
	assert_int_equal(journal_put(journal, &save, &folder->err), 0);
	memset(plan, 'x', sizeof(plan) - 1);
	journal_free(journal);
	assert_int_equal(answers.n_saved, 1);
	assert_int_equal(store_unfinished(store, &folder->arena, &run, &found,
					  &folder->err),
			 0);
	assert_string_equal(run.grounds.plan, "p1");
	store_close(store);
}

static void assert_corrected(const struct past *past, const char *pool,
			     unsigned n, int64_t first_ms)
{
	const struct past_pool *found = past_find(past, "web01", pool);

	assert_non_null(found);
	assert_int_equal(found->n_corrected, n);
	assert_int_equal(found->corrected_ms, first_ms);
}

static void test_corrections(void **state)
{
	const int64_t now_ms = clock_wall_ms();
	const int64_t hour_ms = 3600000;
	const struct deed deeds[] = {
		/* Too long ago, then three in time. */
		{ "A", 1, now_ms - 25 * hour_ms, true, OUTCOME_CHANGED },
		{ "A", 2, now_ms - 23 * hour_ms, true, OUTCOME_CHANGED },
		{ "A", 3, now_ms - 2 * hour_ms, true, OUTCOME_CHANGED },
		{ "a", 4, now_ms - 1 * hour_ms, true, OUTCOME_CHANGED },
		/* What git asked for, what failed, what was sent twice. */
		{ "B", 1, now_ms - 3 * hour_ms, false, OUTCOME_CHANGED },
		{ "B", 2, now_ms - 2 * hour_ms, true, OUTCOME_FAILED },
		{ "B", 3, now_ms - 1 * hour_ms, true, OUTCOME_CHANGED },
		{ "B", 3, now_ms - 1 * hour_ms + 5, true, OUTCOME_CHANGED },
		{ "C", 1, now_ms - 1 * hour_ms, false, OUTCOME_CHANGED },
	};
	struct folder *folder = *state;
	struct past past = { 0 };
	struct store *store;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	begin(store, "r1", &(struct run_grounds){ 0 }, 0);
	for (size_t i = 0; i < sizeof(deeds) / sizeof(deeds[0]); i++)
		put_deed(store, "r1", &deeds[i]);
	store_close(store);
	load(folder, &past);
	assert_corrected(&past, "A", 3, now_ms - 23 * hour_ms);
	assert_corrected(&past, "B", 1, now_ms - 1 * hour_ms);
	assert_corrected(&past, "C", 0, 0);
}

/* A state as the first schema made it, with a row in each table. */
static void make_old(struct folder *folder)
{
	const char *const first[] = { state_schema[0], NULL };
	struct err err = { 0 };
	sqlite3 *db;

	assert_int_equal(sqlite3_open(folder->path, &db), SQLITE_OK);
	assert_int_equal(schema_apply(db, first, 0, &err), 0);
	assert_int_equal(
		sqlite3_exec(
			db,
			"INSERT INTO meta VALUES(1,"
			"  '00112233445566778899aabbccddeeff', 3);"
			"INSERT INTO run VALUES(1, 'r1', 'change', 1000, NULL,"
			"  NULL, '', 'd', 'c', 'ada');"
			"INSERT INTO run_change VALUES(1, 'r1', 'web01',"
			"  'Orders', 'CORP\\svc', 'password', 7);"
			"INSERT INTO intent VALUES(1, 'r1', 'web01', 5,"
			"  'Orders', 'CORP\\svc', 4,"
			"  x'00112233445566778899aabbccddeeff', 'password', 7,"
			"  1500);"
			"INSERT INTO outcome VALUES(1, 'r1', 'web01', 'Orders',"
			"  4, 'failed', 'failed', 'why', 0, 1600);"
			"INSERT INTO pool VALUES('web01', 'Orders',"
			"  'CORP\\svc', 'failed', 'why', 1600, 1600, 0, 0, 4,"
			"  x'00112233445566778899aabbccddeeff', 7, 0, 0, 'r1');"
			"INSERT INTO pair VALUES('CORP\\svc', 'web01', 'r1',"
			"  1600);"
			"INSERT INTO suspension VALUES(1, 'web02', '', 'why',"
			"  '', 'ada', 1, 99999999999999, NULL, NULL)",
			NULL, NULL, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	assert_int_equal(chmod(folder->path, 0600), 0);
}

/* What make_old() put there, as it is read. */
static void assert_old(struct folder *folder, struct store *store)
{
	struct history_run_array runs = { 0 };
	struct history_row_array rows = { 0 };
	struct past past = { 0 };

	assert_unfinished(folder, store, "r1");
	assert_int_equal(store_past(store, &folder->arena, &past, &folder->err),
			 0);
	assert_int_equal(past.pools.n, 1);
	assert_int_equal(past.pools.items[0].generation, 4);
	assert_int_equal(past.pools.items[0].n_corrected, 0);
	assert_int_equal(past.pairs.n, 1);
	assert_int_equal(past.suspensions.n, 1);
	assert_int_equal(store_history(store, &folder->arena, &runs, &rows,
				       &folder->err),
			 0);
	assert_int_equal(runs.n, 1);
	assert_string_equal(runs.items[0].actor, "ada");
	assert_string_equal(runs.items[0].grounds.plan, "");
	assert_int_equal(rows.n, 1);
	assert_string_equal(rows.items[0].reason, "why");
}

static int64_t version_of(const char *path)
{
	struct err err = { 0 };
	int64_t version = 0;
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(schema_version(db, state_schema, &version, &err), 0);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return version;
}

/* Readers leave the old file as it is; a writer brings it up to date. */
static void test_first_schema(void **state)
{
	struct folder *folder = *state;
	struct store_health health = { 0 };
	struct store *store;

	make_old(folder);
	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_old(folder, store);
	assert_int_equal(
		store_backup(store, beside(folder, ".old"), &folder->err), 0);
	assert_int_equal(version_of(beside(folder, ".old")), 2);
	store_close(store);
	assert_int_equal(store_check(folder->path, &folder->arena, &health,
				     &folder->err),
			 0);
	assert_int_equal(health.code, 0);
	assert_int_equal(health.n_runs, 1);
	assert_string_equal(health.unfinished, "r1");
	assert_int_equal(version_of(folder->path), 1);

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	assert_old(folder, store);
	begin(store, "r2", &(struct run_grounds){ .plan = "p1" }, 0);
	put_deed(store, "r2",
		 &(struct deed){ "Orders", 5, 2000, true, OUTCOME_CHANGED });
	store_close(store);
	assert_int_equal(version_of(folder->path), 2);
	assert_int_equal(store_check(folder->path, &folder->arena, &health,
				     &folder->err),
			 0);
	assert_int_equal(health.code, 0);
	assert_int_equal(health.schema, 2);
	assert_int_equal(health.n_runs, 2);
}

/* And so does who mends one that is an older copy. */
static void test_first_schema_is_mended(void **state)
{
	struct folder *folder = *state;
	enum store_damage damage;
	const char *aside = NULL;
	struct err why = { 0 };
	struct past past = { 0 };
	struct store *store;

	make_old(folder);
	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	begin(store, "r2", &(struct run_grounds){ 0 }, 0);
	store_close(store);
	assert_int_equal(unlink(folder->path), 0);
	make_old(folder);
	assert_int_equal(store_open_repair(folder->path, &store, &damage, &why,
					   &folder->err),
			 0);
	assert_int_equal(damage, STORE_OLDER);
	assert_int_equal(store_rebuild(store, damage, &aside, &folder->err), 0);
	assert_int_equal(store_past(store, &folder->arena, &past, &folder->err),
			 0);
	assert_int_equal(past.pools.n, 1);
	assert_int_equal(past.pools.items[0].generation, 4);
	store_close(store);
	assert_int_equal(version_of(folder->path), 2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_plan_is_used_once),
		TEST(test_approvals),
		TEST(test_grounds_are_copied),
		TEST(test_corrections),
		TEST(test_first_schema),
		TEST(test_first_schema_is_mended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
