/* state_rows_fuzz.c - rows of a state file with any values in any column, as
 * if its checks were not there. The input is a list of cells. */
#include "tests/fuzz/fuzz.h"

#include "state/schema.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <sqlite3.h>
#include <string.h>

/* The first byte of a row. */
static const struct {
	uint8_t id;
	const char *table;
} tables[] = {
	{ 'p', "pool" },       { 'c', "run_change" }, { 'a', "pair" },
	{ 'r', "run" },        { 'i', "intent" },     { 'o', "outcome" },
	{ 's', "suspension" },
};

#define TABLES (sizeof(tables) / sizeof(*tables))

/* That this one is read shows that the tables are those that are asked. */
static const char good_sql[] =
	"INSERT INTO run(seq, id, kind, began_ms, desired_digest,"
	"  config_digest) VALUES(1, 'r1', 'change', 1, 'd', 'c');"
	"INSERT INTO run_change(seq, run, server, pool, account, kind, version)"
	"  VALUES(1, 'r1', 'web01', 'A', 'CORP\\svc', 'password', 1);"
	"INSERT INTO pool(server, pool, account, status, reason, seen_ms,"
	"  since_ms, proved_ms, proved_version, generation, candidate, version,"
	"  open, committed_ms, run) VALUES('web01', 'A', 'CORP\\svc',"
	"  'converged', '', 1, 1, 1, 1, 1, x'00112233445566778899aabbccddeeff',"
	"  1, 0, 1, 'r1')";

struct cells {
	const uint8_t *at;
	size_t left;
};

static uint8_t next_byte(struct cells *cells)
{
	if (!cells->left)
		return 0;
	cells->left--;
	return *cells->at++;
}

/* A cell: its type, then a length and bytes, or up to 8 bytes of a number. */
static void bind_cell(sqlite3_stmt *stmt, int column, struct cells *cells)
{
	uint8_t type = next_byte(cells);
	size_t len = next_byte(cells);
	const uint8_t *bytes = cells->at;
	uint64_t number = 0;
	double real;

	if (len > cells->left)
		len = cells->left;
	for (size_t i = 0; i < len; i++) {
		uint8_t byte = next_byte(cells);

		number = number << 8 | byte;
	}
	memcpy(&real, &number, sizeof(real));
	switch (type) {
	case 't':
		(void)sqlite3_bind_text(stmt, column, (const char *)bytes,
					(int)len, SQLITE_STATIC);
		break;
	case 'b':
		(void)sqlite3_bind_blob(stmt, column, bytes, (int)len,
					SQLITE_STATIC);
		break;
	case 'n':
		(void)sqlite3_bind_int64(stmt, column, (sqlite3_int64)number);
		break;
	case 'd':
		(void)sqlite3_bind_double(stmt, column, real);
		break;
	default:
		(void)sqlite3_bind_null(stmt, column);
		break;
	}
}

/* The statement that fills a row of a table, and its number of columns. */
static sqlite3_stmt *insert_of(sqlite3 *db, const char *table, int *ret_columns)
{
	CLEANUP(buf_done) struct buf sql = { 0 };
	sqlite3_stmt *stmt = NULL;

	buf_init(&sql, 1024);
	buf_printf(&sql, "SELECT * FROM %s", table);
	FUZZ_REQUIRE(sqlite3_prepare_v2(db, buf_text(&sql), -1, &stmt, NULL) ==
		     SQLITE_OK);
	*ret_columns = sqlite3_column_count(stmt);
	(void)sqlite3_finalize(stmt);
	buf_clear(&sql);
	buf_printf(&sql, "INSERT OR IGNORE INTO %s VALUES(?", table);
	for (int i = 1; i < *ret_columns; i++)
		buf_puts(&sql, ",?");
	buf_puts(&sql, ")");
	FUZZ_REQUIRE(sqlite3_prepare_v2(db, buf_text(&sql), -1, &stmt, NULL) ==
		     SQLITE_OK);
	return stmt;
}

static void insert_row(sqlite3 *db, const char *table, struct cells *cells)
{
	int columns = 0;
	sqlite3_stmt *stmt = insert_of(db, table, &columns);

	for (int i = 1; i <= columns; i++)
		bind_cell(stmt, i, cells);
	FUZZ_REQUIRE(sqlite3_step(stmt) == SQLITE_DONE);
	(void)sqlite3_finalize(stmt);
}

static void insert_rows(sqlite3 *db, struct cells *cells)
{
	while (cells->left) {
		uint8_t id = next_byte(cells);

		for (size_t i = 0; i < TABLES; i++)
			if (tables[i].id == id)
				insert_row(db, tables[i].table, cells);
	}
}

/* word is blanked wherever it stands in sql. */
static void blank(char *sql, const char *word)
{
	for (char *at = strstr(sql, word); at; at = strstr(at, word))
		memset(at, ' ', strlen(word));
}

/* The real tables without their types and checks. */
static void make_tables(sqlite3 *db)
{
	static const char *const words[] = { "STRICT, WITHOUT ROWID",
					     "STRICT",
					     "NOT NULL",
					     " TEXT",
					     " INTEGER",
					     " BLOB" };

	FUZZ_REQUIRE(sqlite3_exec(db, "PRAGMA ignore_check_constraints=ON",
				  NULL, NULL, NULL) == SQLITE_OK);
	for (size_t i = 0; state_schema[i]; i++) {
		CLEANUP(buf_done) struct buf sql = { 0 };

		buf_init(&sql, 65536);
		buf_puts(&sql, state_schema[i]);
		FUZZ_REQUIRE(buf_check(&sql, NULL) == 0);
		for (size_t k = 0; k < sizeof(words) / sizeof(*words); k++)
			blank(sql.data, words[k]);
		FUZZ_REQUIRE(sqlite3_exec(db, sql.data, NULL, NULL, NULL) ==
			     SQLITE_OK);
	}
}

static void check_past(const struct past *past)
{
	for (size_t i = 0; i < past->pools.n; i++) {
		const struct past_pool *pool = &past->pools.items[i];

		FUZZ_REQUIRE(pool->server && pool->pool && pool->account);
		FUZZ_REQUIRE(pool->reason && pool->run);
		FUZZ_REQUIRE(status_name(pool->status) != NULL);
		FUZZ_REQUIRE(past_find(past, pool->server, pool->pool) != NULL);
		(void)past_suspended(past, pool->server, pool->pool);
	}
}

/* Everything that is read; true when all of it could be. */
static bool read_all(struct store *store, struct past *ret_past)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct history_run_array runs = { 0 };
	struct history_row_array rows = { 0 };
	struct past_suspension_array expired = { 0 };
	struct stored_run run = { 0 };
	struct err err = { 0 };
	bool found = false;
	bool all = true;
	int rc[4];

	arena_init(&arena, 1 << 26);
	rc[0] = store_past(store, &arena, ret_past, &err);
	rc[1] = store_unfinished(store, &arena, &run, &found, &err);
	rc[2] = store_history(store, &arena, &runs, &rows, &err);
	rc[3] = store_expired(store, &arena, 0, INT64_MAX, &expired, &err);
	for (size_t i = 0; i < 4; i++) {
		FUZZ_REQUIRE(rc[i] == 0 || rc[i] == -ERR_STATE_DAMAGED);
		all = all && rc[i] == 0;
	}
	FUZZ_REQUIRE(!found || (run.id && run.desired_digest));
	check_past(ret_past);
	return all;
}

static struct store *store_once(void)
{
	static struct store store = { .path = "S", .lock_fd = -1 };
	struct past past = { 0 };

	if (store.db)
		return &store;
	FUZZ_REQUIRE(sqlite3_open(":memory:", &store.db) == SQLITE_OK);
	make_tables(store.db);
	FUZZ_REQUIRE(sqlite3_exec(store.db, good_sql, NULL, NULL, NULL) ==
		     SQLITE_OK);
	FUZZ_REQUIRE(read_all(&store, &past));
	FUZZ_REQUIRE(past.pools.n == 1);
	return &store;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct store *store = store_once();
	struct cells cells = { bytes, len };
	struct past past = { 0 };

	FUZZ_REQUIRE(sqlite3_exec(store->db,
				  "DELETE FROM pool; DELETE FROM run_change;"
				  "DELETE FROM pair; DELETE FROM run;"
				  "DELETE FROM intent; DELETE FROM outcome;"
				  "DELETE FROM suspension",
				  NULL, NULL, NULL) == SQLITE_OK);
	insert_rows(store->db, &cells);
	if (read_all(store, &past) && len > 0)
		fuzz_accept();
	return 0;
}
