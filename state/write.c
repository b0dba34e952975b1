/* write.c - the statements behind each kind of save. */
#include "state/write.h"

#include "state/sql.h"
#include "state/store_parts.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* A run that begins twice keeps its row. Only runs with changes to approve
 * begin; one that just looked gets its row when it ends. */
static const char *const statements[WRITE_COUNT] = {
	[WRITE_EPOCH] = "SELECT epoch FROM meta WHERE epoch = ?1",
	[WRITE_RUN] = "INSERT INTO run(id, kind, began_ms, desired_digest,"
		      "  config_digest, actor)"
		      " VALUES(?1, 'change', ?2, ?3, ?4, ?5)"
		      " ON CONFLICT(id) DO UPDATE SET"
		      "  desired_digest = excluded.desired_digest,"
		      "  config_digest = excluded.config_digest"
		      " WHERE ended_ms IS NULL",
	/* A plan that a run has carried out is used, whoever asks; see
	 * plan_use.c. */
	[WRITE_GROUND] =
		"INSERT INTO ground(run, plan, reason, ticket, override,"
		"  forward)"
		" SELECT ?1, ?2, ?3, ?4, ?5, ?6 WHERE ?2 = '' OR NOT EXISTS("
		"  SELECT 1 FROM ground JOIN run ON run.id = ground.run"
		"   WHERE plan = ?2 AND ended_ms IS NOT NULL"
		"   AND EXISTS(SELECT 1 FROM intent WHERE intent.run = run.id))"
		" ON CONFLICT(run) DO UPDATE SET plan = excluded.plan,"
		"  reason = excluded.reason, ticket = excluded.ticket,"
		"  override = excluded.override, forward = excluded.forward",
	[WRITE_RUN_CHANGE] =
		"INSERT INTO run_change(run, server, pool, account, kind,"
		"  version)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6)"
		" ON CONFLICT(run, server, pool) DO UPDATE SET"
		"  account = excluded.account, kind = excluded.kind,"
		"  version = excluded.version",
	[WRITE_RUN_END] =
		"INSERT INTO run(id, kind, began_ms, ended_ms, outcome, reason,"
		"  actor)"
		" VALUES(?1, 'observe', ?5, ?2, ?3, ?4, ?6)"
		" ON CONFLICT(id) DO UPDATE SET ended_ms = excluded.ended_ms,"
		"  outcome = excluded.outcome, reason = excluded.reason"
		" WHERE ended_ms IS NULL",
	[WRITE_INTENT] =
		"INSERT INTO intent(run, server, request, pool, account,"
		"  generation, candidate, kind, version, began_ms, corrective)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
	/* A lower generation, or the same with another candidate, would make
	 * the server's fence look ahead of the state. */
	[WRITE_POOL_INTENT] =
		"INSERT INTO pool(run, server, pool, account, generation,"
		"  candidate, seen_ms, since_ms, version, open, status, reason)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8, 1, 'unknown',"
		"  'request sent, no answer yet')"
		" ON CONFLICT(server, pool) DO UPDATE SET run = excluded.run,"
		"  pool = excluded.pool, account = excluded.account,"
		"  since_ms = iif(status = excluded.status, since_ms,"
		"   excluded.seen_ms),"
		"  status = excluded.status, reason = excluded.reason,"
		"  seen_ms = excluded.seen_ms,"
		"  committed_ms = CASE WHEN generation = excluded.generation"
		"   THEN committed_ms ELSE 0 END,"
		"  generation = excluded.generation,"
		"  candidate = excluded.candidate,"
		"  version = excluded.version, open = 1"
		" WHERE generation < excluded.generation"
		"  OR (generation = excluded.generation"
		"   AND candidate = excluded.candidate)",
	[WRITE_OUTCOME] =
		"INSERT INTO outcome(run, server, pool, generation, outcome,"
		"  status, reason, committed_ms, at_ms)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
	/* What became of an older intent says nothing about the newest; whose
	 * the newest is must be known as long as it is open. */
	[WRITE_POOL_OUTCOME] =
		"INSERT INTO pool(server, pool, account, status, reason,"
		"  seen_ms, since_ms, proved_ms, proved_version)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6, iif(?7, ?6, 0),"
		"  iif(?7, ?8, 0))"
		" ON CONFLICT(server, pool) DO UPDATE SET"
		"  since_ms = iif(status = excluded.status, since_ms,"
		"   excluded.seen_ms),"
		"  account = iif(open AND ?9 <> generation, account,"
		"   excluded.account), status = excluded.status,"
		"  reason = excluded.reason, seen_ms = excluded.seen_ms,"
		"  proved_ms = iif(?7, ?6, proved_ms),"
		"  proved_version = iif(?7, ?8, proved_version),"
		"  committed_ms = iif(?9 = generation AND ?10 > 0, ?10,"
		"   committed_ms),"
		"  open = iif(?9 = generation AND ?11, 0, open)",
	[WRITE_POOL_OBSERVED] =
		"INSERT INTO pool(server, pool, account, status, reason,"
		"  seen_ms, since_ms, proved_ms, proved_version)"
		" VALUES(?1, ?2, ?3, ?4, ?5, ?6, ?6, iif(?7, ?6, 0),"
		"  iif(?7, ?8, 0))"
		" ON CONFLICT(server, pool) DO UPDATE SET"
		"  since_ms = iif(status = excluded.status, since_ms,"
		"   excluded.seen_ms),"
		"  account = iif(open, account, excluded.account),"
		"  status = excluded.status,"
		"  reason = excluded.reason, seen_ms = excluded.seen_ms,"
		"  proved_ms = iif(?7, ?6, proved_ms),"
		"  proved_version = iif(?7, ?8, proved_version)",
	[WRITE_PAIR] = "INSERT INTO pair(account, server, first_run, at_ms)"
		       " VALUES(?1, ?2, ?3, ?4)"
		       " ON CONFLICT(account, server) DO NOTHING",
};

/* *ret_changes may be NULL. */
static int run_statement(struct store *store, enum write_statement which,
			 const struct sql_value *values, size_t n,
			 int64_t *ret_changes, struct err *err)
{
	int rc = 0;

	if (!store->writes[which])
		rc = sql_prepare(store->db, statements[which],
				 &store->writes[which], err);
	if (!rc)
		rc = sql_run(store->writes[which], values, n, ret_changes, err);
	return rc;
}

/* The transaction holds the only right to write from its beginning, so the
 * epoch can't be raised between this look and the commit. */
int write_begin(struct store *store, struct err *err)
{
	struct sqlite3_stmt **stmt = &store->writes[WRITE_EPOCH];
	bool row = false;
	int rc = sql_exec(store->db, "BEGIN IMMEDIATE", err);

	if (!rc && !*stmt)
		rc = sql_prepare(store->db, statements[WRITE_EPOCH], stmt, err);
	if (rc < 0)
		return rc;
	if (sqlite3_bind_int64(*stmt, 1, store->mark.epoch) != SQLITE_OK)
		return sql_error(store->db, "using the state file", err);
	rc = sql_step(*stmt, &row, err);
	(void)sqlite3_reset(*stmt);
	if (rc < 0)
		return rc;
	if (!row)
		return err_set(err, -ERR_LOCKED,
			       "another writer has taken %s over since this "
			       "run opened it: nothing more is written",
			       store->path);
	return 0;
}

/* Before the commit: nothing that must not be lost is ever without it. */
int write_born(struct store *store, struct err *err)
{
	int rc;

	if (store->mark.there)
		return 0;
	rc = born_write(store->born, store->fresh, store->folder, &store->mark,
			err);
	if (!rc)
		store->mark.there = true;
	return rc;
}

static const char *text_of(const char *text)
{
	return text ? text : "";
}

/* Most runs have none, and then no row. */
static int save_grounds(struct store *store, const char *run,
			const struct run_grounds *grounds, struct err *err)
{
	const char *const texts[] = { grounds->plan, grounds->reason,
				      grounds->ticket, grounds->override,
				      grounds->forward };
	struct sql_value values[COUNT(texts) + 1] = { SQL_VALUE_TEXT(run) };
	int64_t changes = 0;
	bool any = false;
	int rc;

	for (size_t i = 0; i < COUNT(texts); i++) {
		values[i + 1] = SQL_VALUE_TEXT(text_of(texts[i]));
		any = any || *text_of(texts[i]);
	}
	if (!any)
		return 0;
	rc = run_statement(store, WRITE_GROUND, values, COUNT(values), &changes,
			   err);
	if (!rc && changes != 1)
		return err_set(err, -ERR_PLAN_FILE,
			       "the saved plan %s was carried out before: a "
			       "plan is used once",
			       grounds->plan);
	return rc;
}

static int save_begin(struct store *store, const char *run,
		      const struct save *save, struct err *err)
{
	const struct sql_value values[] = {
		SQL_VALUE_TEXT(run),
		SQL_VALUE_NUMBER(save->wall_ms),
		SQL_VALUE_TEXT(save->desired_digest),
		SQL_VALUE_TEXT(save->config_digest),
		SQL_VALUE_TEXT(store->actor),
	};
	const struct save_row *row;
	int64_t changes = 0;
	int rc = run_statement(store, WRITE_RUN, values, COUNT(values),
			       &changes, err);

	if (rc < 0)
		return rc;
	if (changes != 1)
		return err_set(err, -ERR_BUG, "run %s has ended already", run);
	rc = save_grounds(store, run, &save->grounds, err);
	if (rc < 0)
		return rc;
	array_foreach(row, &save->rows) {
		const struct sql_value change[] = {
			SQL_VALUE_TEXT(run),
			SQL_VALUE_TEXT(row->server),
			SQL_VALUE_TEXT(row->pool),
			SQL_VALUE_TEXT(row->account),
			SQL_VALUE_TEXT(change_kind_name(row->kind)),
			SQL_VALUE_NUMBER(row->version),
		};

		rc = run_statement(store, WRITE_RUN_CHANGE, change,
				   COUNT(change), NULL, err);
		if (rc < 0)
			return rc;
	}
	return write_born(store, err);
}

static int save_intent(struct store *store, const char *run,
		       const struct save *save, const struct save_row *row,
		       struct err *err)
{
	const struct sql_value intent[] = {
		SQL_VALUE_TEXT(run),
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_NUMBER((int64_t)save->id),
		SQL_VALUE_TEXT(row->pool),
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_NUMBER(row->generation),
		SQL_VALUE_BLOB(row->candidate, sizeof(row->candidate)),
		SQL_VALUE_TEXT(change_kind_name(row->kind)),
		SQL_VALUE_NUMBER(row->version),
		SQL_VALUE_NUMBER(save->wall_ms),
		SQL_VALUE_NUMBER(row->corrective),
	};
	const struct sql_value pool[] = {
		SQL_VALUE_TEXT(run),
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(row->pool),
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_NUMBER(row->generation),
		SQL_VALUE_BLOB(row->candidate, sizeof(row->candidate)),
		SQL_VALUE_NUMBER(save->wall_ms),
		SQL_VALUE_NUMBER(row->version),
	};
	int64_t changes = 0;
	int rc = run_statement(store, WRITE_INTENT, intent, COUNT(intent), NULL,
			       err);

	if (!rc)
		rc = run_statement(store, WRITE_POOL_INTENT, pool, COUNT(pool),
				   &changes, err);
	if (!rc && changes != 1)
		return err_set(err, -ERR_BUG,
			       "generation %" PRId64 " of %s on %s is older "
			       "than what is known, or of another candidate",
			       row->generation, row->pool, row->server);
	return rc;
}

static int save_pair(struct store *store, const char *run,
		     const struct save *save, const struct save_row *row,
		     struct err *err)
{
	const struct sql_value pair[] = {
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(run),
		SQL_VALUE_NUMBER(save->wall_ms),
	};

	if ((row->outcome != OUTCOME_CHANGED && row->committed_ms <= 0) ||
	    !row->account || !*row->account)
		return 0;
	return run_statement(store, WRITE_PAIR, pair, COUNT(pair), NULL, err);
}

static int save_outcome(struct store *store, const char *run,
			const struct save *save, const struct save_row *row,
			struct err *err)
{
	const struct sql_value outcome[] = {
		SQL_VALUE_TEXT(run),
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(row->pool),
		SQL_VALUE_NUMBER(row->generation),
		SQL_VALUE_TEXT(outcome_name(row->outcome)),
		SQL_VALUE_TEXT(status_name(row->status)),
		SQL_VALUE_TEXT(row->reason),
		SQL_VALUE_NUMBER(row->committed_ms),
		SQL_VALUE_NUMBER(save->wall_ms),
	};
	const struct sql_value pool[] = {
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(row->pool),
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_TEXT(status_name(row->status)),
		SQL_VALUE_TEXT(row->reason),
		SQL_VALUE_NUMBER(save->wall_ms),
		SQL_VALUE_NUMBER(row->proved),
		SQL_VALUE_NUMBER(row->version),
		SQL_VALUE_NUMBER(row->generation),
		SQL_VALUE_NUMBER(row->committed_ms),
		SQL_VALUE_NUMBER(row->closes),
	};
	int rc = run_statement(store, WRITE_OUTCOME, outcome, COUNT(outcome),
			       NULL, err);

	if (!rc)
		rc = run_statement(store, WRITE_POOL_OUTCOME, pool, COUNT(pool),
				   NULL, err);
	return rc ? rc : save_pair(store, run, save, row, err);
}

static int save_observed(struct store *store, const struct save *save,
			 const struct save_row *row, struct err *err)
{
	const struct sql_value pool[] = {
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(row->pool),
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_TEXT(status_name(row->status)),
		SQL_VALUE_TEXT(row->reason),
		SQL_VALUE_NUMBER(save->wall_ms),
		SQL_VALUE_NUMBER(row->proved),
		SQL_VALUE_NUMBER(row->version),
	};

	return run_statement(store, WRITE_POOL_OBSERVED, pool, COUNT(pool),
			     NULL, err);
}

static int save_end(struct store *store, const char *run,
		    const struct save *save, struct err *err)
{
	const struct sql_value values[] = {
		SQL_VALUE_TEXT(run),
		SQL_VALUE_NUMBER(save->wall_ms),
		SQL_VALUE_TEXT(outcome_name(save->outcome)),
		SQL_VALUE_TEXT(save->reason),
		SQL_VALUE_NUMBER(store->run_began_ms ? store->run_began_ms
						     : save->wall_ms),
		SQL_VALUE_TEXT(store->actor),
	};
	int64_t changes = 0;
	int rc = run_statement(store, WRITE_RUN_END, values, COUNT(values),
			       &changes, err);

	if (!rc && changes != 1)
		return err_set(err, -ERR_BUG, "run %s has ended already", run);
	return rc;
}

int write_save(struct store *store, const char *run, const struct save *save,
	       struct err *err)
{
	const struct save_row *row;

	if (save->kind == SAVE_BEGIN)
		return save_begin(store, run, save, err);
	if (save->kind == SAVE_END)
		return save_end(store, run, save, err);
	array_foreach(row, &save->rows) {
		int rc;

		if (save->kind == SAVE_INTENT)
			rc = save_intent(store, run, save, row, err);
		else if (save->kind == SAVE_OUTCOME)
			rc = save_outcome(store, run, save, row, err);
		else
			rc = save_observed(store, save, row, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int write_commit(struct store *store, struct err *err)
{
	return sql_exec(store->db, "COMMIT", err);
}

void write_rollback(struct store *store)
{
	/* SQLite has done it already after some failures. */
	if (!sqlite3_get_autocommit(store->db))
		(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
}

void write_done(struct store *store)
{
	for (size_t i = 0; i < WRITE_COUNT; i++)
		sql_finalizep(&store->writes[i]);
}
