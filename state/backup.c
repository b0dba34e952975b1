/* backup.c - a copy of the state, whole and checked. */
#include "reconciler/sys/clock.h"
#include "state/connect.h"
#include "state/guard.h"
#include "state/schema.h"
#include "state/sql.h"
#include "state/store.h"
#include "state/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define BUSY_MS  10000 /* a commit holds the file for milliseconds */
#define PAUSE_NS 20000000

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_FILE, "%s: %s", path, strerrordesc_np(errno));
}

static int make_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0 && errno == EEXIST)
		return err_set(err, -ERR_FILE,
			       "%s is there already: nothing is overwritten",
			       path);
	if (fd < 0)
		return fail_errno(path, err);
	(void)close(fd);
	return 0;
}

int backup_copy(struct sqlite3 *from, struct sqlite3 *to, struct err *err)
{
	const struct timespec pause = { .tv_nsec = PAUSE_NS };
	const int64_t until_ms = clock_mono_ms() + BUSY_MS;
	sqlite3_backup *backup = sqlite3_backup_init(to, "main", from, "main");
	int result;

	if (!backup)
		return sql_error(to, "copying", err);
	do {
		result = sqlite3_backup_step(backup, -1);
		if ((result & 0xff) == SQLITE_BUSY ||
		    (result & 0xff) == SQLITE_LOCKED)
			(void)nanosleep(&pause, NULL);
	} while (((result & 0xff) == SQLITE_BUSY ||
		  (result & 0xff) == SQLITE_LOCKED) &&
		 clock_mono_ms() < until_ms);
	if (sqlite3_backup_finish(backup) != SQLITE_OK)
		return sql_error(to, "copying", err);
	if (result != SQLITE_DONE)
		return err_set(err, -ERR_STATE_FILE,
			       "the state is written all the time");
	return 0;
}

/* Opened anew: what is checked is what reached the file. */
static int check_copy(const char *path, struct err *err)
{
	CLEANUP(connect_closep) struct sqlite3 *db = NULL;
	int64_t version = 0;
	int rc = connect_open(path, false, &db, err);

	if (!rc)
		rc = schema_version(db, state_schema, &version, err);
	if (!rc)
		rc = schema_check(db, state_schema, version, err);
	return rc ? rc : connect_check(db, err);
}

static int sync_file(const char *path, struct err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0 || fsync(fd))
		rc = fail_errno(path, err);
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

static int fill(struct sqlite3 *db, const char *path, struct err *err)
{
	CLEANUP(connect_closep) struct sqlite3 *to = NULL;
	int rc = connect_open(path, true, &to, err);

	return rc ? rc : backup_copy(db, to, err);
}

int backup_write(struct sqlite3 *db, const char *path, struct err *err)
{
	int rc = make_file(path, err);

	if (rc < 0)
		return rc;
	rc = fill(db, path, err);
	if (!rc)
		rc = check_copy(path, err);
	if (!rc)
		rc = sync_file(path, err);
	if (rc < 0)
		(void)unlink(path); /* it is ours, and no backup */
	return rc;
}

int store_backup(struct store *store, const char *file, struct err *err)
{
	int rc;

	if (!store->db)
		return err_set(err, -ERR_STATE_FILE,
			       "there is no state %s yet: nothing to copy",
			       store->path);
	rc = backup_write(store->db, file, err);
	if (rc < 0 && rc != -ERR_FILE)
		return err_prefix(err, rc, "backup %s", file);
	return rc;
}
