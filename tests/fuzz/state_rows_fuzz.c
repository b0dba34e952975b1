/* state_rows_fuzz.c - rows of a state file with any values in any column, as
 * if its checks were not there. The input is a list of cells. */
#include "tests/fuzz/fuzz.h"

#include "state/schema.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <sqlite3.h>
#include <string.h>

/* The tables with no types and no checks. */
static const char tables_sql[] =
	"CREATE TABLE run(seq, id, kind, ended_ms, desired_digest, config_digest);"
	"CREATE TABLE run_change(seq, run, server, pool, account, kind, version);"
	"CREATE TABLE pool(server, pool, account, status, reason, seen_ms,"
	"  proved_ms, proved_version, generation, candidate, version, open,"
	"  committed_ms, run);"
	"CREATE TABLE pair(account, server);"
	"INSERT INTO run VALUES(1, 'r1', 'change', NULL, 'd', 'c');";

static const struct {
	uint8_t id;
	int columns;
	const char *sql;
} inserts[] = {
	{ 'p', 14, "INSERT INTO pool VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?)" },
	{ 'c', 7, "INSERT INTO run_change VALUES(?,?,?,?,?,?,?)" },
	{ 'a', 2, "INSERT INTO pair VALUES(?,?)" },
	{ 'r', 6, "INSERT INTO run VALUES(?,?,?,?,?,?)" },
};

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

static void insert_row(sqlite3 *db, const char *sql, int columns,
		       struct cells *cells)
{
	sqlite3_stmt *stmt = NULL;

	FUZZ_REQUIRE(sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK);
	for (int i = 1; i <= columns; i++)
		bind_cell(stmt, i, cells);
	FUZZ_REQUIRE(sqlite3_step(stmt) == SQLITE_DONE);
	(void)sqlite3_finalize(stmt);
}

static void insert_rows(sqlite3 *db, struct cells *cells)
{
	const size_t n = sizeof(inserts) / sizeof(*inserts);

	while (cells->left) {
		uint8_t id = next_byte(cells);

		for (size_t i = 0; i < n; i++)
			if (inserts[i].id == id)
				insert_row(db, inserts[i].sql,
					   inserts[i].columns, cells);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(arena_done) struct arena arena;
	struct store store = { .path = "S", .lock_fd = -1 };
	struct cells cells = { bytes, len };
	struct stored_run run = { 0 };
	struct past past = { 0 };
	struct err err = { 0 };
	bool found = false;
	int rc;

	arena_init(&arena, 1 << 26);
	FUZZ_REQUIRE(sqlite3_open(":memory:", &store.db) == SQLITE_OK);
	FUZZ_REQUIRE(sqlite3_exec(store.db, tables_sql, NULL, NULL, NULL) ==
		     SQLITE_OK);
	insert_rows(store.db, &cells);
	rc = store_past(&store, &arena, &past, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_STATE_DAMAGED);
	for (size_t i = 0; i < past.pools.n; i++) {
		const struct past_pool *pool = &past.pools.items[i];

		FUZZ_REQUIRE(pool->server && pool->pool && pool->account);
		FUZZ_REQUIRE(pool->reason && pool->run);
		FUZZ_REQUIRE(status_name(pool->status) != NULL);
		FUZZ_REQUIRE(past_find(&past, pool->server, pool->pool) !=
			     NULL);
	}
	rc = store_unfinished(&store, &arena, &run, &found, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_STATE_DAMAGED);
	FUZZ_REQUIRE(!found || (run.id && run.desired_digest));
	FUZZ_REQUIRE(sqlite3_close(store.db) == SQLITE_OK);
	return 0;
}
