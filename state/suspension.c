/* suspension.c - what a person asked to be left alone; see store.h. */
#include "reconciler/model/past.h"

#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"
#include "state/write.h"

#include <sqlite3.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#define COLUMNS "SELECT server, pool, reason, ticket, asked_by, at_ms, until_ms"

static const char in_force_sql[] =
	COLUMNS " FROM suspension"
		" WHERE ended_ms IS NULL AND until_ms > ?1"
		" ORDER BY seq";
static const char expired_sql[] =
	COLUMNS " FROM suspension AS old"
		" WHERE ended_ms IS NULL AND until_ms > ?1 AND until_ms <= ?2"
		"  AND NOT EXISTS(SELECT 1 FROM suspension AS new"
		"   WHERE new.server = old.server AND new.pool = old.pool"
		"    AND new.seq > old.seq)"
		" ORDER BY until_ms DESC, seq";
static const char end_sql[] =
	"UPDATE suspension SET ended_ms = ?3, ended_by = ?4"
	" WHERE server = ?1 AND pool = ?2 AND ended_ms IS NULL"
	"  AND until_ms > ?3";
static const char insert_sql[] =
	"INSERT INTO suspension(server, pool, reason, ticket, asked_by, at_ms,"
	"  until_ms)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7)";

static int read_rows(struct store *store, const char *sql,
		     const int64_t limits[2], struct arena *arena,
		     struct past_suspension_array *ret, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct past_suspension item = { 0 };
	const char **const places[] = { &item.server, &item.pool, &item.reason,
					&item.ticket, &item.by };
	bool row = false;
	int rc = sql_prepare(store->db, sql, &stmt, err);

	if (rc < 0)
		return rc;
	for (int i = 0; i < 2 && i < sqlite3_bind_parameter_count(stmt); i++)
		if (sqlite3_bind_int64(stmt, i + 1, limits[i]) != SQLITE_OK)
			return sql_error(store->db, "using the state file",
					 err);
	rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		rc = store_read_texts(stmt, arena, places, 5, err);
		item.at_ms = sqlite3_column_int64(stmt, 5);
		item.until_ms = sqlite3_column_int64(stmt, 6);
		if (!rc && !array_push(arena, ret, item))
			rc = err_set(err, -ERR_NOMEM, "reading the state");
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

int suspension_read(struct store *store, struct arena *arena, int64_t now_ms,
		    struct past_suspension_array *ret, struct err *err)
{
	const int64_t limits[2] = { now_ms, 0 };

	return read_rows(store, in_force_sql, limits, arena, ret, err);
}

int store_expired(struct store *store, struct arena *arena, int64_t from_ms,
		  int64_t to_ms, struct past_suspension_array *ret,
		  struct err *err)
{
	const int64_t limits[2] = { from_ms, to_ms };
	struct past_suspension_array found = { 0 };
	int rc;

	if (!store->db) {
		*ret = found;
		return 0;
	}
	rc = store_begin_reading(store, err);
	if (rc < 0)
		return rc;
	rc = read_rows(store, expired_sql, limits, arena, &found, err);
	rc = store_end_reading(store, rc, err);
	if (!rc)
		*ret = found;
	return rc;
}

/* Those in force of the same server and pool are over. */
static int end_one(struct sqlite3_stmt *stmt,
		   const struct past_suspension *item, const char *by,
		   int64_t at_ms, struct err *err)
{
	const struct sql_value values[] = {
		SQL_VALUE_TEXT(item->server),
		SQL_VALUE_TEXT(item->pool),
		SQL_VALUE_NUMBER(at_ms),
		SQL_VALUE_TEXT(by),
	};

	return sql_run(stmt, values, COUNT(values), NULL, err);
}

static int insert_one(struct sqlite3_stmt *stmt,
		      const struct past_suspension *item, struct err *err)
{
	const struct sql_value values[] = {
		SQL_VALUE_TEXT(item->server),     SQL_VALUE_TEXT(item->pool),
		SQL_VALUE_TEXT(item->reason),     SQL_VALUE_TEXT(item->ticket),
		SQL_VALUE_TEXT(item->by),         SQL_VALUE_NUMBER(item->at_ms),
		SQL_VALUE_NUMBER(item->until_ms),
	};

	return sql_run(stmt, values, COUNT(values), NULL, err);
}

/* rc of what was done since write_begin(). */
static int finish(struct store *store, int rc, struct err *err)
{
	if (!rc)
		rc = write_commit(store, err);
	if (rc < 0) {
		write_rollback(store);
		return err_prefix(err, rc, "state %s", store->path);
	}
	return 0;
}

int store_suspend(struct store *store, const struct past_suspension *items,
		  size_t n, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *end = NULL;
	CLEANUP(sql_finalizep) struct sqlite3_stmt *insert = NULL;
	bool was_born = store->mark.there;
	int rc = write_begin(store, err);

	if (!rc)
		rc = sql_prepare(store->db, end_sql, &end, err);
	if (!rc)
		rc = sql_prepare(store->db, insert_sql, &insert, err);
	for (size_t i = 0; !rc && i < n; i++) {
		rc = end_one(end, &items[i], items[i].by, items[i].at_ms, err);
		if (!rc)
			rc = insert_one(insert, &items[i], err);
	}
	/* Without the marker a lost file would be a new beginning, which
	 * suspends nothing. */
	if (!rc)
		rc = write_born(store, err);
	sql_finalizep(&end);
	sql_finalizep(&insert);
	rc = finish(store, rc, err);
	if (rc < 0)
		store->mark.there = was_born;
	return rc;
}

int store_resume(struct store *store, const struct past_suspension *items,
		 size_t n, const char *by, int64_t at_ms, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *end = NULL;
	int rc = write_begin(store, err);

	if (!rc)
		rc = sql_prepare(store->db, end_sql, &end, err);
	for (size_t i = 0; !rc && i < n; i++)
		rc = end_one(end, &items[i], by, at_ms, err);
	sql_finalizep(&end);
	return finish(store, rc, err);
}
