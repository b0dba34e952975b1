/* plan_use.c - what is remembered of a saved plan: who approved it, and
 * whether it was used; see store.h. */
#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <sqlite3.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char approvals_sql[] =
	"SELECT person, actor, reason, ticket, at_ms FROM approval"
	" WHERE plan = ?1 ORDER BY seq";
/* The newest, since a run that did not end is gone on with by another. One that
 * ended and never had anything to send is no use: its window was closed. */
static const char use_sql[] =
	"SELECT id, began_ms, coalesce(ended_ms, 0)"
	" FROM ground JOIN run ON run.id = ground.run"
	" WHERE plan = ?1 AND (ended_ms IS NULL"
	"  OR EXISTS(SELECT 1 FROM intent WHERE intent.run = run.id))"
	" ORDER BY run.seq DESC LIMIT 1";
static const char approve_sql[] =
	"INSERT INTO approval(plan, person, actor, reason, ticket, at_ms)"
	" VALUES(?1, ?2, ?3, ?4, ?5, ?6)";

static int prepare_of(struct store *store, const char *sql, const char *plan,
		      struct sqlite3_stmt **ret, struct err *err)
{
	int rc = sql_prepare(store->db, sql, ret, err);

	if (!rc &&
	    sqlite3_bind_text(*ret, 1, plan, -1, SQLITE_STATIC) != SQLITE_OK)
		rc = sql_error(store->db, "using the state file", err);
	return rc;
}

static int read_approvals(struct store *store, struct arena *arena,
			  const char *plan, struct plan_approval_array *ret,
			  struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct plan_approval item = { 0 };
	const char **const places[] = { &item.person, &item.actor, &item.reason,
					&item.ticket };
	bool row = false;
	int rc = prepare_of(store, approvals_sql, plan, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		rc = store_read_texts(stmt, arena, places, 4, err);
		item.at_ms = sqlite3_column_int64(stmt, 4);
		if (!rc && !array_push(arena, ret, item))
			rc = err_set(err, -ERR_NOMEM, "reading the state");
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

static int read_use(struct store *store, struct arena *arena, const char *plan,
		    struct plan_record *ret, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	bool row = false;
	int rc = prepare_of(store, use_sql, plan, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (rc < 0 || !row)
		return rc;
	ret->used_ms = sqlite3_column_int64(stmt, 1);
	ret->used_ended = sqlite3_column_int64(stmt, 2) != 0;
	return sql_column(stmt, 0, arena, &ret->used_by, err);
}

int store_plan_record(struct store *store, struct arena *arena,
		      const char *plan, struct plan_record *ret,
		      struct err *err)
{
	struct plan_record record = { 0 };
	int rc = 0;

	if (store->db) {
		rc = store_begin_reading(store, err);
		if (rc < 0)
			return rc;
		rc = read_approvals(store, arena, plan, &record.approvals, err);
		if (!rc)
			rc = read_use(store, arena, plan, &record, err);
		rc = store_end_reading(store, rc, err);
	}
	if (!rc)
		*ret = record;
	return rc;
}

int store_approve(struct store *store, const char *plan,
		  const struct plan_approval *approval, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const struct sql_value values[] = {
		SQL_VALUE_TEXT(plan),
		SQL_VALUE_TEXT(approval->person),
		SQL_VALUE_TEXT(approval->actor),
		SQL_VALUE_TEXT(approval->reason),
		SQL_VALUE_TEXT(approval->ticket),
		SQL_VALUE_NUMBER(approval->at_ms),
	};
	int rc = write_begin(store, err);

	if (!rc)
		rc = sql_prepare(store->db, approve_sql, &stmt, err);
	if (!rc)
		rc = sql_run(stmt, values, COUNT(values), NULL, err);
	sql_finalizep(&stmt);
	if (!rc)
		rc = write_commit(store, err);
	if (rc < 0) {
		write_rollback(store);
		return err_prefix(err, rc, "state %s", store->path);
	}
	return 0;
}

const char *store_id(const struct store *store)
{
	return store->db ? store->mark.store : "";
}
