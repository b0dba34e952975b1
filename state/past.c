/* past.c - reads what is remembered; see model/past.h and store.h. */
#include "reconciler/model/past.h"

#include "reconciler/sys/clock.h"
#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <sqlite3.h>
#include <string.h>

static const char pools_sql[] =
	"SELECT server, pool, account, reason, run, status, seen_ms,"
	"  proved_ms, proved_version, generation, candidate, open,"
	"  committed_ms, version, since_ms"
	" FROM pool ORDER BY server, pool";
static const char pairs_sql[] =
	"SELECT account, server FROM pair ORDER BY account, server";
/* Only the newest run with changes can be unfinished: whoever began a later
 * one looked at every pool anew. */
static const char unfinished_sql[] =
	"SELECT id, desired_digest, config_digest, plan, ground.reason, ticket,"
	"  override, forward"
	" FROM run LEFT JOIN ground ON ground.run = run.id WHERE seq = (SELECT max(seq) FROM run WHERE kind = 'change')"
	"  AND ended_ms IS NULL";
static const char changes_sql[] =
	"SELECT server, pool, account, kind, version,"
	"  coalesce((SELECT outcome FROM outcome AS o WHERE o.run = c.run"
	"    AND o.server = c.server AND o.pool = c.pool"
	"    ORDER BY seq DESC LIMIT 1) IN ('changed', 'kept'), 0)"
	"  AND NOT EXISTS (SELECT 1 FROM pool AS p WHERE p.server = c.server"
	"    AND p.pool = c.pool AND p.run = c.run AND p.open)"
	" FROM run_change AS c WHERE run = ?1 ORDER BY seq";

/* Intents that put right what somebody had changed, and did. A request that
 * was sent again keeps its generation. */
static const char corrected_sql[] =
	"SELECT server, pool, count(*), min(at_ms) FROM ("
	"  SELECT server, pool, min(began_ms) AS at_ms FROM intent AS i"
	"   WHERE corrective AND began_ms > ?1 AND 'changed' ="
	"    (SELECT outcome FROM outcome AS o WHERE o.run = i.run"
	"     AND o.server = i.server AND o.pool = i.pool"
	"     AND o.generation = i.generation ORDER BY seq DESC LIMIT 1)"
	"   GROUP BY server, pool, generation)"
	" GROUP BY server, pool";

static int fail_nomem(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "reading the state");
}

int store_read_texts(struct sqlite3_stmt *stmt, struct arena *arena,
		     const char **const places[], int n, struct err *err)
{
	int rc = 0;

	for (int i = 0; !rc && i < n; i++)
		rc = sql_column(stmt, i, arena, places[i], err);
	return rc;
}

static int read_pool(struct sqlite3_stmt *stmt, struct arena *arena,
		     struct past_pool *ret, struct err *err)
{
	struct past_pool pool = { 0 };
	const char *status = "";
	const char **const places[] = { &pool.server, &pool.pool, &pool.account,
					&pool.reason, &pool.run,  &status };
	const void *candidate = sqlite3_column_blob(stmt, 10);
	int rc = store_read_texts(stmt, arena, places, 6, err);
	int number;

	if (rc < 0)
		return rc;
	number = status_parse(status);
	if (number < 0)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "a pool in it has no known status");
	pool.status = (enum status)number;
	pool.seen_ms = sqlite3_column_int64(stmt, 6);
	pool.proved_ms = sqlite3_column_int64(stmt, 7);
	pool.proved_version = sqlite3_column_int64(stmt, 8);
	pool.generation = sqlite3_column_int64(stmt, 9);
	pool.open = sqlite3_column_int64(stmt, 11) != 0;
	pool.committed_ms = sqlite3_column_int64(stmt, 12);
	pool.version = sqlite3_column_int64(stmt, 13);
	pool.since_ms = sqlite3_column_int64(stmt, 14);
	if (pool.generation && (!candidate || sqlite3_column_bytes(stmt, 10) !=
						      sizeof(pool.candidate)))
		return err_set(err, -ERR_STATE_DAMAGED,
			       "a pool in it has no candidate");
	if (candidate && pool.generation)
		memcpy(pool.candidate, candidate, sizeof(pool.candidate));
	*ret = pool;
	return 0;
}

static int read_pools(struct sqlite3 *db, struct arena *arena,
		      struct past *past, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct past_pool pool;
	bool row = false;
	int rc = sql_prepare(db, pools_sql, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		rc = read_pool(stmt, arena, &pool, err);
		if (!rc && !array_push(arena, &past->pools, pool))
			return fail_nomem(err);
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

/* pools stand as past_sort() leaves them. */
static int read_corrections(struct sqlite3 *db, struct arena *arena,
			    int64_t now_ms, struct past *past, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const char *server = "";
	const char *pool = "";
	const char **const places[] = { &server, &pool };
	bool row = false;
	int rc = sql_prepare(db, corrected_sql, &stmt, err);

	if (!rc && sqlite3_bind_int64(stmt, 1, now_ms - PAST_CONTESTED_MS) !=
			   SQLITE_OK)
		rc = sql_error(db, "using the state file", err);
	if (!rc)
		rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		const struct past_pool *found;

		rc = store_read_texts(stmt, arena, places, 2, err);
		found = rc ? NULL : past_find(past, server, pool);
		if (found) {
			struct past_pool *item =
				&past->pools.items[found - past->pools.items];

			item->n_corrected =
				(unsigned)sqlite3_column_int(stmt, 2);
			item->corrected_ms = sqlite3_column_int64(stmt, 3);
		}
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

static int read_pairs(struct sqlite3 *db, struct arena *arena,
		      struct past *past, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct past_pair pair = { 0 };
	const char **const places[] = { &pair.account, &pair.server };
	bool row = false;
	int rc = sql_prepare(db, pairs_sql, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		rc = store_read_texts(stmt, arena, places, 2, err);
		if (!rc && !array_push(arena, &past->pairs, pair))
			return fail_nomem(err);
		if (!rc)
			rc = sql_step(stmt, &row, err);
	}
	return rc;
}

static int read_run(struct sqlite3 *db, struct arena *arena,
		    struct stored_run *ret, bool *ret_found, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct run_grounds *grounds = &ret->grounds;
	const char **const places[] = {
		&ret->id,           &ret->desired_digest, &ret->config_digest,
		&grounds->plan,     &grounds->reason,     &grounds->ticket,
		&grounds->override, &grounds->forward
	};
	int rc = sql_prepare(db, unfinished_sql, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, ret_found, err);
	if (rc < 0 || !*ret_found)
		return rc;
	return store_read_texts(stmt, arena, places, 8, err);
}

static int read_changes(struct sqlite3 *db, struct arena *arena,
			struct stored_run *run, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct stored_change change = { 0 };
	const char *kind = "";
	const char **const places[] = { &change.server, &change.pool,
					&change.account, &kind };
	bool row = false;
	int rc = sql_prepare(db, changes_sql, &stmt, err);

	if (rc < 0)
		return rc;
	if (sqlite3_bind_text(stmt, 1, run->id, -1, SQLITE_STATIC) != SQLITE_OK)
		return sql_error(db, "using the state file", err);
	rc = sql_step(stmt, &row, err);
	while (!rc && row) {
		int number;

		rc = store_read_texts(stmt, arena, places, 4, err);
		if (rc < 0)
			return rc;
		number = change_kind_parse(kind);
		if (number < 0)
			return err_set(err, -ERR_STATE_DAMAGED,
				       "a change in it has no known kind");
		change.kind = (enum change_kind)number;
		change.version = sqlite3_column_int64(stmt, 4);
		change.done = sqlite3_column_int64(stmt, 5) != 0;
		if (!array_push(arena, &run->changes, change))
			return fail_nomem(err);
		rc = sql_step(stmt, &row, err);
	}
	return rc;
}

int store_begin_reading(struct store *store, struct err *err)
{
	if (store->journaled)
		return err_set(err, -ERR_BUG,
			       "the state is read while its journal runs");
	return sql_exec(store->db, "BEGIN", err);
}

int store_end_reading(struct store *store, int rc, struct err *err)
{
	(void)sqlite3_exec(store->db, "ROLLBACK", NULL, NULL, NULL);
	return rc < 0 ? err_prefix(err, rc, "state %s", store->path) : 0;
}

int store_past(struct store *store, struct arena *arena, struct past *ret,
	       struct err *err)
{
	const int64_t now_ms = clock_wall_ms();
	struct past past = { 0 };
	int rc;

	if (!store->db) {
		*ret = past;
		return 0;
	}
	rc = store_begin_reading(store, err);
	if (rc < 0)
		return rc;
	rc = read_pools(store->db, arena, &past, err);
	if (!rc)
		rc = read_pairs(store->db, arena, &past, err);
	if (!rc)
		rc = suspension_read(store, arena, now_ms, &past.suspensions,
				     err);
	past_sort(&past);
	if (!rc)
		rc = read_corrections(store->db, arena, now_ms, &past, err);
	rc = store_end_reading(store, rc, err);
	if (rc < 0)
		return rc;
	*ret = past;
	return 0;
}

int store_unfinished(struct store *store, struct arena *arena,
		     struct stored_run *ret, bool *ret_found, struct err *err)
{
	struct stored_run run = { 0 };
	bool found = false;
	int rc;

	if (!store->db) {
		*ret_found = false;
		return 0;
	}
	rc = store_begin_reading(store, err);
	if (rc < 0)
		return rc;
	rc = read_run(store->db, arena, &run, &found, err);
	if (!rc && found)
		rc = read_changes(store->db, arena, &run, err);
	rc = store_end_reading(store, rc, err);
	if (rc < 0)
		return rc;
	*ret_found = found;
	if (found)
		*ret = run;
	return 0;
}
