/* check.c - looking at a state without changing anything; see store.h. */
#include "reconciler/core/str.h"
#include "state/connect.h"
#include "state/lock.h"
#include "state/schema.h"
#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <string.h>

/* The first thing that a whole check finds, or NULL. */
static int check_pages(struct sqlite3 *db, struct arena *arena,
		       const char **ret, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	bool row = false;
	int rc = sql_prepare(db, "PRAGMA integrity_check(1)", &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (!rc && row)
		rc = sql_column(stmt, 0, arena, ret, err);
	if (!rc && *ret && str_eq(*ret, "ok"))
		*ret = NULL;
	return rc;
}

static int check_references(struct sqlite3 *db, struct arena *arena,
			    const char **ret, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const char *table = "";
	const char *parent = "";
	bool row = false;
	int rc = sql_prepare(db, "PRAGMA foreign_key_check", &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (rc < 0 || !row)
		return rc;
	rc = sql_column(stmt, 0, arena, &table, err);
	if (!rc)
		rc = sql_column(stmt, 2, arena, &parent, err);
	if (rc < 0)
		return rc;
	*ret = arena_printf(arena, "a row of %s names a %s that is not there",
			    table, parent);
	return *ret ? 0 : err_set(err, -ERR_NOMEM, "checking the state");
}

static int count_all(struct store *store, struct store_health *ret,
		     struct err *err)
{
	const struct {
		const char *sql;
		int64_t *place;
	} counts[] = {
		{ "SELECT count(*) FROM run", &ret->n_runs },
		{ "SELECT count(*) FROM pool", &ret->n_pools },
		{ "SELECT count(*) FROM pool WHERE open", &ret->n_open },
		{ "PRAGMA user_version", &ret->schema },
	};
	int rc = 0;

	for (size_t i = 0; !rc && i < sizeof(counts) / sizeof(counts[0]); i++)
		rc = sql_number(store->db, counts[i].sql, counts[i].place, err);
	return rc;
}

/* What the other readers make of it: a word that is no status is damage too. */
static int read_all(struct store *store, struct arena *arena,
		    struct store_health *ret, struct err *err)
{
	struct stored_run run = { 0 };
	struct past past = { 0 };
	bool found = false;
	int rc = store_past(store, arena, &past, err);

	if (!rc)
		rc = store_unfinished(store, arena, &run, &found, err);
	if (rc < 0)
		return rc;
	ret->n_suspended = (int64_t)past.suspensions.n;
	ret->unfinished = found ? run.id : NULL;
	ret->n_unfinished = run.changes.n;
	return 0;
}

static int look_inside(struct store *store, struct arena *arena,
		       struct store_health *ret, struct err *err)
{
	int rc = check_pages(store->db, arena, &ret->problem, err);

	if (!rc && !ret->problem)
		rc = check_references(store->db, arena, &ret->problem, err);
	if (!rc && ret->problem)
		ret->code = -ERR_STATE_DAMAGED;
	if (!rc && !ret->problem)
		rc = count_all(store, ret, err);
	if (!rc && !ret->problem)
		rc = read_all(store, arena, ret, err);
	return rc;
}

int store_check(const char *path, struct arena *arena, struct store_health *ret,
		struct err *err)
{
	CLEANUP(store_closep) struct store *store = NULL;
	const char *lock = arena_printf(arena, "%s.lock", path);
	struct store_health health = { 0 };
	struct err why = { 0 };
	int rc;

	if (!lock)
		return err_set(err, -ERR_NOMEM, "checking the state");
	rc = lock_holder(lock, arena, &health.holder, err);
	if (rc < 0)
		return rc;
	rc = store_open(path, STORE_READ, &store, &why);
	if (!rc && store->db)
		rc = look_inside(store, arena, &health, &why);
	if (rc == -ERR_NOMEM)
		return err_set(err, rc, "%s", why.what);
	if (rc < 0) {
		health.code = rc;
		health.problem = arena_strdup(arena, why.what);
	}
	if (store) {
		health.there = store->db != NULL;
		health.born = store->mark.there;
		health.epoch = store->mark.epoch;
		memcpy(health.store, store->mark.store, sizeof(health.store));
	}
	*ret = health;
	return 0;
}
