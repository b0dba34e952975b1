/* repair.c - a state that was lost: what is wrong, a new beginning, and what
 * the servers' fences say; see store.h. */
#include "reconciler/sys/clock.h"
#include "reconciler/sys/file.h"
#include "state/connect.h"
#include "state/guard.h"
#include "state/lock.h"
#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char run_sql[] =
	"INSERT INTO run(id, kind, began_ms, ended_ms, outcome, reason, actor)"
	" VALUES(?1, 'repair', ?2, ?2, 'changed', ?3, ?4)";
static const char pool_sql[] =
	"INSERT INTO pool(server, pool, account, status, reason, seen_ms,"
	"  since_ms, generation, candidate, open, committed_ms, run)"
	" VALUES(?1, ?2, ?3, 'unknown',"
	"  'taken over by state repair, not compared since', ?4, ?4, ?5, ?6,"
	"  ?7, ?8, ?9)"
	" ON CONFLICT(server, pool) DO UPDATE SET"
	"  since_ms = iif(status = excluded.status, since_ms,"
	"   excluded.seen_ms),"
	"  account = excluded.account, status = excluded.status,"
	"  reason = excluded.reason, seen_ms = excluded.seen_ms,"
	"  proved_ms = 0, proved_version = 0, version = 0,"
	"  generation = excluded.generation, candidate = excluded.candidate,"
	"  open = excluded.open, committed_ms = excluded.committed_ms,"
	"  run = excluded.run"
	" WHERE generation < excluded.generation"
	"  OR (generation = excluded.generation"
	"   AND candidate IS NOT excluded.candidate)";
static const char pair_sql[] =
	"INSERT INTO pair(account, server, first_run, at_ms)"
	" VALUES(?1, ?2, ?3, ?4) ON CONFLICT(account, server) DO NOTHING";

static const char end_sql[] =
	"UPDATE run SET ended_ms = ?1, outcome = 'unknown',"
	" reason = 'an older copy of the state: how it ended is not known'"
	" WHERE ended_ms IS NULL";

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_STATE_FILE, "%s: %s", path,
		       strerrordesc_np(errno));
}

/* The file against the marker of what there was. */
static enum store_damage judge(struct store *store, const struct born *born,
			       struct err *why)
{
	store->mark.there = born->there;
	if (!born->there)
		return STORE_SOUND;
	if (strcmp(store->mark.store, born->store) != 0) {
		(void)err_set(why, -ERR_STATE_DAMAGED,
			      "it is another state than the one that %s "
			      "belongs to",
			      store->born);
		return STORE_BROKEN;
	}
	if (store->mark.epoch >= born->epoch)
		return STORE_SOUND;
	(void)err_set(why, -ERR_STATE_DAMAGED,
		      "it is an older copy (epoch %" PRId64 ", but %" PRId64
		      " was reached)",
		      store->mark.epoch, born->epoch);
	store->reached = born->epoch;
	return STORE_OLDER;
}

/* A marker that can't be read says nothing: then the servers' fences do. */
static int read_marker(struct store *store, struct born *ret, bool *ret_bad,
		       struct err *err)
{
	int rc = born_read(store->born, ret, err);

	*ret_bad = rc == -ERR_STATE_DAMAGED;
	if (!*ret_bad)
		return rc;
	*ret = (struct born){ 0 };
	return 0;
}

static int look(struct store *store, enum store_damage *ret, struct err *why,
		struct err *err)
{
	struct born born = { 0 };
	bool there = true;
	bool bad;
	int rc = read_marker(store, &born, &bad, err);

	store->mark = born;
	if (rc < 0)
		return rc;
	rc = store_look_at_file(store, &there, why);
	if (rc == -ERR_STATE_DAMAGED) {
		*ret = there ? STORE_BROKEN : STORE_MISSING;
		return 0;
	}
	if (!rc && !there && bad) {
		(void)err_set(why, -ERR_STATE_DAMAGED,
			      "it is missing, and the marker %s can't be read",
			      store->born);
		*ret = STORE_MISSING;
		return 0;
	}
	if (!rc && !there)
		return err_set(err, -ERR_STATE_FILE,
			       "there is no state %s, and nothing says that "
			       "there was one: the next plan or apply makes it",
			       store->path);
	store->mark.there = false;
	if (!rc)
		rc = store_open_file(store, why);
	if (rc == -ERR_STATE_DAMAGED) {
		connect_closep(&store->db);
		*ret = STORE_BROKEN;
		return 0;
	}
	if (rc < 0)
		return err_set(err, rc, "%s", why->what);
	*ret = judge(store, &born, why);
	if (*ret == STORE_BROKEN)
		connect_closep(&store->db);
	return *ret == STORE_SOUND ? store_raise_epoch(store, err) : 0;
}

static int open_repair(struct store *store, const char *path,
		       enum store_damage *ret, struct err *why, struct err *err)
{
	bool there = false;
	int rc = file_make_folder(path, err);

	if (rc == -ERR_FILE && err)
		err->code = rc = -ERR_STATE_FILE;
	if (!rc)
		rc = store_set_paths(store, path, &there, err);
	if (!rc)
		rc = guard_folder(store->folder, &there, err);
	if (!rc)
		rc = lock_take(store->lock, &store->lock_fd, err);
	return rc ? rc : look(store, ret, why, err);
}

int store_open_repair(const char *path, struct store **ret,
		      enum store_damage *ret_damage, struct err *ret_why,
		      struct err *err)
{
	CLEANUP(store_closep) struct store *store = store_new(STORE_WRITE);
	int rc;

	if (!store)
		return err_set(err, -ERR_NOMEM, "opening the state");
	*ret_why = (struct err){ 0 };
	rc = open_repair(store, path, ret_damage, ret_why, err);
	if (rc < 0)
		return err_prefix(err, rc, "state %s", path);
	*ret = store;
	store = NULL;
	return 0;
}

/* state.db.20261125-015300 */
static const char *name_aside(struct store *store)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	struct tm tm;
	char stamp[32];

	if (!gmtime_r(&now, &tm) ||
	    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm) == 0)
		return NULL;
	return arena_printf(&store->arena, "%s.%s", store->path, stamp);
}

/* Nothing is ever moved over a file that is there. */
static int move_aside(const char *from, const char *to, bool *ret_moved,
		      struct err *err)
{
	*ret_moved = false;
	if (renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_NOREPLACE)) {
		if (errno == ENOENT)
			return 0;
		return fail_errno(to, err);
	}
	*ret_moved = true;
	return 0;
}

/* The marker of the new state first: whatever happens in between, a state
 * that is not the marker's is never taken for a new beginning. */
static int begin_anew(struct store *store, const char *aside, bool *ret_moved,
		      struct err *err)
{
	const char *journal = arena_printf(&store->arena, "%s-journal", aside);
	const char *marker = arena_printf(&store->arena, "%s.new", store->born);
	struct born born = { .there = true };
	bool ignored;
	int rc;

	if (!journal || !marker)
		return err_set(err, -ERR_NOMEM, "rebuilding the state");
	rc = store_make_fresh(store, born.store, err);
	if (!rc)
		rc = born_write(store->born, marker, store->folder, &born, err);
	if (!rc)
		rc = move_aside(store->path, aside, ret_moved, err);
	if (!rc)
		rc = move_aside(store->journal, journal, &ignored, err);
	if (!rc && rename(store->fresh, store->path))
		rc = fail_errno(store->path, err);
	if (!rc)
		rc = guard_sync_folder(store->folder, err);
	store->mark = born;
	return rc ? rc : store_open_file(store, err);
}

/* Whether what the copy knows as unfinished ended since is not known: nothing
 * of it goes on as approved. */
static int end_runs(struct store *store, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const struct sql_value values[] = { SQL_VALUE_NUMBER(clock_wall_ms()) };
	int rc = sql_prepare(store->db, end_sql, &stmt, err);

	return rc ? rc : sql_run(stmt, values, COUNT(values), NULL, err);
}

/* The copy goes on, above everything that was reached. */
static int continue_copy(struct store *store, const char *aside,
			 struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const struct sql_value values[] = { SQL_VALUE_NUMBER(store->reached) };
	int rc = backup_write(store->db, aside, err);

	if (!rc)
		rc = sql_prepare(store->db, "UPDATE meta SET epoch = ?1", &stmt,
				 err);
	if (!rc)
		rc = sql_run(stmt, values, COUNT(values), NULL, err);
	if (!rc)
		rc = end_runs(store, err);
	if (!rc)
		store->mark.epoch = store->reached;
	return rc;
}

int store_rebuild(struct store *store, enum store_damage damage,
		  const char **ret_aside, struct err *err)
{
	const char *aside = name_aside(store);
	bool moved = true;
	int rc = 0;

	if (damage == STORE_SOUND) {
		*ret_aside = "";
		return 0;
	}
	if (!aside)
		return err_set(err, -ERR_NOMEM, "rebuilding the state");
	rc = damage == STORE_OLDER ? continue_copy(store, aside, err)
				   : begin_anew(store, aside, &moved, err);
	if (!rc)
		rc = store_raise_epoch(store, err);
	if (rc < 0)
		return err_prefix(err, rc, "state %s", store->path);
	*ret_aside = moved ? aside : "";
	return 0;
}

/* The statements of one taking over. */
struct takeover {
	struct store *store;
	const char *run;
	int64_t now_ms;
	struct sqlite3_stmt *pool;
	struct sqlite3_stmt *pair;
};

static int put_run(const struct takeover *takeover, size_t n, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	char reason[64];
	const struct sql_value values[] = {
		SQL_VALUE_TEXT(takeover->run),
		SQL_VALUE_NUMBER(takeover->now_ms),
		SQL_VALUE_TEXT(reason),
		SQL_VALUE_TEXT(takeover->store->actor),
	};
	int rc = sql_prepare(takeover->store->db, run_sql, &stmt, err);

	(void)snprintf(reason, sizeof(reason), "%zu generations taken over", n);
	return rc ? rc : sql_run(stmt, values, COUNT(values), NULL, err);
}

static int put_row(const struct takeover *takeover, const struct fence_row *row,
		   struct err *err)
{
	const struct sql_value pool[] = {
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(row->pool),
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_NUMBER(takeover->now_ms),
		SQL_VALUE_NUMBER(row->generation),
		SQL_VALUE_BLOB(row->candidate, sizeof(row->candidate)),
		SQL_VALUE_NUMBER(row->committed_ms == 0),
		SQL_VALUE_NUMBER(row->committed_ms),
		SQL_VALUE_TEXT(takeover->run),
	};
	const struct sql_value pair[] = {
		SQL_VALUE_TEXT(row->account),
		SQL_VALUE_TEXT(row->server),
		SQL_VALUE_TEXT(takeover->run),
		SQL_VALUE_NUMBER(takeover->now_ms),
	};
	int rc = sql_run(takeover->pool, pool, COUNT(pool), NULL, err);

	if (!rc && row->paired)
		rc = sql_run(takeover->pair, pair, COUNT(pair), NULL, err);
	return rc;
}

static int take_over(struct takeover *takeover,
		     const struct fence_row_array *rows, struct err *err)
{
	const struct fence_row *row;
	int rc = put_run(takeover, rows->n, err);

	if (!rc)
		rc = sql_prepare(takeover->store->db, pool_sql, &takeover->pool,
				 err);
	if (!rc)
		rc = sql_prepare(takeover->store->db, pair_sql, &takeover->pair,
				 err);
	array_foreach(row, rows) {
		if (!rc)
			rc = put_row(takeover, row, err);
	}
	sql_finalizep(&takeover->pool);
	sql_finalizep(&takeover->pair);
	return rc ? rc : write_born(takeover->store, err);
}

int store_take_over(struct store *store, const char *run, int64_t now_ms,
		    const struct fence_row_array *rows, struct err *err)
{
	struct takeover takeover = { .store = store,
				     .run = run,
				     .now_ms = now_ms };
	bool was_born = store->mark.there;
	int rc = write_begin(store, err);

	if (!rc)
		rc = take_over(&takeover, rows, err);
	if (!rc)
		rc = write_commit(store, err);
	if (rc < 0) {
		write_rollback(store);
		store->mark.there = was_born;
		return err_prefix(err, rc, "state %s", store->path);
	}
	return 0;
}
