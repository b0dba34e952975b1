/* history.c - what runs did; see model/history.h and store.h. */
#include "reconciler/model/history.h"

#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <sqlite3.h>

/* Of several outcomes of a pool in one run the last counts. */
static const char runs_sql[] =
	"SELECT id, kind, outcome, run.reason, run.actor, began_ms, ended_ms,"
	"  (SELECT count(*) FROM run_change WHERE run = id),"
	"  coalesce(changed, 0), coalesce(failed, 0), coalesce(unknown, 0),"
	"  g.plan, g.reason, g.ticket, g.override, g.forward,"
	"  a.person, a.reason, a.ticket"
	" FROM run LEFT JOIN ground AS g ON g.run = run.id"
	" LEFT JOIN approval AS a ON a.seq = (SELECT max(seq) FROM approval"
	"  WHERE plan = g.plan AND at_ms <= began_ms)"
	" LEFT JOIN ("
	"  SELECT run, sum(outcome = 'changed') AS changed,"
	"   sum(outcome = 'failed') AS failed,"
	"   sum(outcome = 'unknown') AS unknown"
	"  FROM (SELECT run, outcome, max(seq) FROM outcome"
	"   GROUP BY run, server, pool)"
	"  GROUP BY run) AS last ON last.run = id"
	" ORDER BY run.seq DESC";
static const char rows_sql[] =
	"SELECT c.run, c.server, c.pool, c.account, c.kind, o.outcome,"
	"  o.status, o.reason, coalesce(o.at_ms, i.began_ms, 0),"
	"  i.seq IS NOT NULL"
	" FROM run_change AS c"
	" LEFT JOIN outcome AS o ON o.seq = (SELECT max(seq) FROM outcome"
	"  WHERE run = c.run AND server = c.server AND pool = c.pool)"
	" LEFT JOIN intent AS i ON i.seq = (SELECT max(seq) FROM intent"
	"  WHERE run = c.run AND server = c.server AND pool = c.pool)"
	" ORDER BY c.seq";

static int fail_nomem(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "reading the state");
}

static int read_runs(struct store *store, struct arena *arena,
		     struct history_run_array *ret, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct history_run run = { 0 };
	const char **const places[] = { &run.id, &run.kind, &run.outcome,
					&run.reason, &run.actor };
	struct run_grounds *grounds = &run.grounds;
	const char **const more[] = {
		&grounds->plan,       &grounds->reason,     &grounds->ticket,
		&grounds->override,   &grounds->forward,    &run.approved_by,
		&run.approved_reason, &run.approved_ticket,
	};
	bool row = false;
	int rc = sql_prepare(store->db, runs_sql, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		rc = store_read_texts(stmt, arena, places, 5, err);
		run.began_ms = sqlite3_column_int64(stmt, 5);
		run.ended_ms = sqlite3_column_int64(stmt, 6); /* NULL is 0 */
		run.n_approved = sqlite3_column_int64(stmt, 7);
		run.n_changed = sqlite3_column_int64(stmt, 8);
		run.n_failed = sqlite3_column_int64(stmt, 9);
		run.n_unknown = sqlite3_column_int64(stmt, 10);
		for (int i = 0; !rc && i < 8; i++)
			rc = sql_column(stmt, 11 + i, arena, more[i], err);
		if (!rc && !array_push(arena, ret, run))
			return fail_nomem(err);
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

static int read_rows(struct store *store, struct arena *arena,
		     struct history_row_array *ret, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct history_row item = { 0 };
	const char **const places[] = { &item.run,    &item.server,
					&item.pool,   &item.account,
					&item.kind,   &item.outcome,
					&item.status, &item.reason };
	bool row = false;
	int rc = sql_prepare(store->db, rows_sql, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		rc = store_read_texts(stmt, arena, places, 8, err);
		item.at_ms = sqlite3_column_int64(stmt, 8);
		item.sent = sqlite3_column_int64(stmt, 9) != 0;
		if (!rc && !array_push(arena, ret, item))
			return fail_nomem(err);
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

int store_history(struct store *store, struct arena *arena,
		  struct history_run_array *ret_runs,
		  struct history_row_array *ret_rows, struct err *err)
{
	struct history_run_array runs = { 0 };
	struct history_row_array rows = { 0 };
	int rc = 0;

	if (store->db) {
		rc = store_begin_reading(store, err);
		if (rc < 0)
			return rc;
		rc = read_runs(store, arena, &runs, err);
		if (!rc && ret_rows)
			rc = read_rows(store, arena, &rows, err);
		rc = store_end_reading(store, rc, err);
	}
	if (rc < 0)
		return rc;
	*ret_runs = runs;
	if (ret_rows)
		*ret_rows = rows;
	return 0;
}
