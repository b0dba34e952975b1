/* store.c - opening the state file, or saying why it can't be trusted. */
#include "state/store.h"

#include "reconciler/sys/digest.h"
#include "reconciler/sys/file.h"
#include "state/connect.h"
#include "state/guard.h"
#include "state/lock.h"
#include "state/schema.h"
#include "state/sql.h"
#include "state/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATHS_BYTES_MAX 65536
#define PAGE_BYTES_MIN  512 /* pages of SQLite are multiples of it */

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_STATE_FILE, "%s: %s", path,
		       strerrordesc_np(errno));
}

static void freep(char **text)
{
	free(*text);
}

int store_set_paths(struct store *store, const char *path, bool *ret_there,
		    struct err *err)
{
	CLEANUP(freep) char *folder = NULL;
	struct arena *arena = &store->arena;
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	char *named =
		slash ? arena_strndup(arena, path, (size_t)(slash - path) + 1)
		      : arena_strdup(arena, ".");

	if (!named)
		return err_set(err, -ERR_NOMEM, "opening the state");
	if (!*name)
		return err_set(err, -ERR_STATE_FILE, "'%s' names no file",
			       path);
	folder = realpath(named, NULL);
	if (!folder && (errno != ENOENT || store->mode == STORE_WRITE))
		return fail_errno(named, err);
	*ret_there = folder != NULL;
	store->folder = arena_strdup(arena, folder ? folder : named);
	store->path = arena_printf(arena, "%s/%s", store->folder, name);
	store->lock = arena_printf(arena, "%s.lock", store->path);
	store->born = arena_printf(arena, "%s.born", store->path);
	store->journal = arena_printf(arena, "%s-journal", store->path);
	store->fresh = arena_printf(arena, "%s.new", store->path);
	store->fresh_journal =
		arena_printf(arena, "%s.new-journal", store->path);
	if (!store->folder || !store->path || !store->lock || !store->born ||
	    !store->journal || !store->fresh || !store->fresh_journal)
		return err_set(err, -ERR_NOMEM, "opening the state");
	return 0;
}

static int fill_fresh(const struct store *store, char ret_id[STORE_ID_BYTES],
		      struct err *err)
{
	CLEANUP(connect_closep) struct sqlite3 *db = NULL;
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	uint8_t id[(STORE_ID_BYTES - 1) / 2];
	struct sql_value values[1];
	int rc = digest_random(id, sizeof(id), err);

	if (rc < 0)
		return rc;
	digest_hex(id, sizeof(id), ret_id);
	values[0] = SQL_VALUE_TEXT(ret_id);
	rc = connect_open(store->fresh, true, &db, err);
	if (!rc)
		rc = sql_exec(db, "BEGIN IMMEDIATE", err);
	if (!rc)
		rc = schema_apply(db, state_schema, 0, err);
	if (!rc)
		rc = sql_prepare(db,
				 "INSERT INTO meta(one, store, epoch)"
				 " VALUES(1, ?1, 0)",
				 &stmt, err);
	if (!rc)
		rc = sql_run(stmt, values, 1, NULL, err);
	return rc ? rc : sql_exec(db, "COMMIT", err);
}

int store_make_fresh(const struct store *store, char ret_id[STORE_ID_BYTES],
		     struct err *err)
{
	int fd;

	if ((unlink(store->fresh) && errno != ENOENT) ||
	    (unlink(store->fresh_journal) && errno != ENOENT))
		return fail_errno(store->fresh, err);
	/* Made here for its mode, which SQLite would have wider. */
	fd = open(store->fresh, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(store->fresh, err);
	(void)close(fd);
	return fill_fresh(store, ret_id, err);
}

/* Under a name of its own until it is whole: a state file that is empty or
 * cut short is then never the trace of a first run that was killed. */
static int make_file(const struct store *store, struct err *err)
{
	char id[STORE_ID_BYTES];
	int rc = store_make_fresh(store, id, err);

	if (!rc && rename(store->fresh, store->path))
		rc = fail_errno(store->path, err);
	return rc ? rc : guard_sync_folder(store->folder, err);
}

int store_look_at_file(const struct store *store, bool *ret_there,
		       struct err *err)
{
	struct stat st;
	bool has_journal;
	int rc = guard_file(store->journal, &has_journal, err);

	if (!rc)
		rc = guard_file(store->path, ret_there, err);
	if (rc < 0)
		return rc;
	if (*ret_there) {
		if (lstat(store->path, &st))
			return fail_errno(store->path, err);
		if (!st.st_size)
			return err_set(err, -ERR_STATE_DAMAGED, "it is empty");
		/* SQLite takes what misses for zeros. A commit that was cut
		 * off may leave such a length, but then with its journal. */
		if (st.st_size % PAGE_BYTES_MIN && !has_journal)
			return err_set(err, -ERR_STATE_DAMAGED,
				       "its length is no number of whole "
				       "pages: it was cut short, or is no "
				       "state file");
		return 0;
	}
	if (store->mark.there)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "it is missing, but %s says that there was "
			       "one",
			       store->born);
	if (has_journal)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "it is missing, but the journal of its last "
			       "commit is there");
	return 0;
}

/* A reader changes no file, and understands one of an older lockstep: he
 * brings a copy in memory up to date. */
static int migrate_copy(struct store *store, int64_t version, struct err *err)
{
	CLEANUP(connect_closep) struct sqlite3 *copy = NULL;
	struct sqlite3 *file = store->db;
	int rc = 0;

	if (sqlite3_open_v2(":memory:", &copy,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    NULL) != SQLITE_OK)
		return sql_error(copy, "copying", err);
	rc = backup_copy(file, copy, err);
	if (!rc)
		rc = schema_apply(copy, state_schema, version, err);
	if (rc < 0)
		return rc;
	store->db = copy;
	copy = file; /* closed */
	return 0;
}

static int migrate(struct store *store, int64_t version, struct err *err)
{
	int rc;

	if (!state_schema[version])
		return 0;
	if (store->mode == STORE_READ)
		return migrate_copy(store, version, err);
	rc = sql_exec(store->db, "BEGIN IMMEDIATE", err);
	if (!rc)
		rc = schema_apply(store->db, state_schema, version, err);
	if (!rc)
		rc = sql_exec(store->db, "COMMIT", err);
	return rc;
}

/* Who the file is, against the marker. */
static int check_mark(struct store *store, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct born mark = { .there = store->mark.there };
	const unsigned char *id = NULL;
	bool row = false;
	int rc = sql_prepare(store->db, "SELECT store, epoch FROM meta", &stmt,
			     err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (rc < 0)
		return rc;
	if (row)
		id = sqlite3_column_text(stmt, 0);
	if (!id || sqlite3_column_bytes(stmt, 0) != STORE_ID_BYTES - 1)
		return err_set(err, -ERR_STATE_DAMAGED, "its id is missing");
	memcpy(mark.store, id, STORE_ID_BYTES);
	mark.epoch = sqlite3_column_int64(stmt, 1);
	if (mark.there && strcmp(mark.store, store->mark.store) != 0)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "it is another state than the one that %s "
			       "belongs to",
			       store->born);
	if (mark.there && mark.epoch < store->mark.epoch)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "it is an older copy (epoch %" PRId64
			       ", but %" PRId64 " was reached)",
			       mark.epoch, store->mark.epoch);
	store->mark = mark;
	return 0;
}

int store_open_file(struct store *store, struct err *err)
{
	bool writes = store->mode == STORE_WRITE;
	int64_t version;
	int rc = connect_open(store->path, writes, &store->db, err);

	if (!rc)
		rc = schema_version(store->db, state_schema, &version, err);
	if (!rc)
		rc = schema_check(store->db, state_schema, version, err);
	if (!rc && writes)
		rc = connect_check(store->db, err);
	if (!rc)
		rc = migrate(store, version, err);
	return rc ? rc : check_mark(store, err);
}

/* The file first, then the marker:
 * killed in between, the file is ahead, which is no sign of an old copy. */
int store_raise_epoch(struct store *store, struct err *err)
{
	int64_t changes = 0;
	int64_t n_kept = 0;
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	struct sql_value values[1];
	int rc = sql_prepare(store->db,
			     "UPDATE meta SET epoch = epoch + 1"
			     " WHERE epoch = ?1",
			     &stmt, err);

	values[0] = SQL_VALUE_NUMBER(store->mark.epoch);
	if (!rc)
		rc = sql_run(stmt, values, 1, &changes, err);
	if (rc < 0)
		return rc;
	if (changes != 1)
		return err_set(err, -ERR_LOCKED,
			       "%s was opened by another writer just now",
			       store->path);
	store->mark.epoch++;
	rc = sql_number(store->db,
			"SELECT (SELECT count(*) FROM run"
			"  WHERE kind <> 'observe')"
			" + (SELECT count(*) FROM suspension)",
			&n_kept, err);
	if (rc < 0 || (!store->mark.there && !n_kept))
		return rc;
	rc = born_write(store->born, store->fresh, store->folder, &store->mark,
			err);
	if (!rc)
		store->mark.there = true;
	return rc;
}

static int open_in_folder(struct store *store, struct err *err)
{
	bool there;
	int rc = guard_folder(store->folder, &there, err);

	if (!rc && store->mode == STORE_WRITE)
		rc = lock_take(store->lock, &store->lock_fd, err);
	/* The marker before the file: a writer moves them the other way. */
	if (!rc)
		rc = born_read(store->born, &store->mark, err);
	if (!rc)
		rc = store_look_at_file(store, &there, err);
	if (rc < 0 || (!there && store->mode == STORE_READ))
		return rc;
	if (!there)
		rc = make_file(store, err);
	if (!rc)
		rc = store_open_file(store, err);
	if (!rc && store->mode == STORE_WRITE)
		rc = store_raise_epoch(store, err);
	return rc;
}

static int open_store(struct store *store, const char *path, struct err *err)
{
	bool there = false;
	int rc = 0;

	if (store->mode == STORE_WRITE)
		rc = file_make_folder(path, err);
	if (rc == -ERR_FILE && err)
		err->code = rc = -ERR_STATE_FILE;
	if (!rc)
		rc = store_set_paths(store, path, &there, err);
	if (!rc && there)
		rc = open_in_folder(store, err);
	return rc;
}

struct store *store_new(enum store_mode mode)
{
	struct store *store = calloc(1, sizeof(*store));

	if (!store)
		return NULL;
	arena_init(&store->arena, PATHS_BYTES_MAX);
	store->mode = mode;
	store->lock_fd = -1;
	store->actor = "";
	return store;
}

int store_open(const char *path, enum store_mode mode, struct store **ret,
	       struct err *err)
{
	CLEANUP(store_closep) struct store *store = store_new(mode);
	struct err why = { 0 };
	int rc;

	if (!store)
		return err_set(err, -ERR_NOMEM, "opening the state");
	rc = open_store(store, path, &why);
	if (rc == -ERR_STATE_DAMAGED)
		return err_set(err, rc, "%s: %s; nothing was sent", path,
			       why.what);
	if (rc < 0)
		return err_set(err, rc, "state %s: %s", path, why.what);
	*ret = store;
	store = NULL;
	return 0;
}

int store_set_actor(struct store *store, const char *actor, struct err *err)
{
	const char *copy = arena_strdup(&store->arena, actor);

	if (!copy)
		return err_set(err, -ERR_NOMEM, "opening the state");
	store->actor = copy;
	return 0;
}

void store_close(struct store *store)
{
	if (!store)
		return;
	write_done(store);
	connect_closep(&store->db);
	lock_release(store->lock_fd); /* after the file: it guards it */
	arena_done(&store->arena);
	free(store);
}

void store_closep(struct store **store)
{
	store_close(*store);
	*store = NULL;
}
