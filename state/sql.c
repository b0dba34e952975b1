/* sql.c - running statements, and what their failures mean. */
#include "state/sql.h"

#include <errno.h>
#include <limits.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH_BYTES 512

static int code_of(int result)
{
	switch (result & 0xff) {
	case SQLITE_NOMEM:
		return -ERR_NOMEM;
	/* The statements are constants: when SQLite does not understand one,
	 * or the form of the file, the file is not what they were made for. */
	case SQLITE_ERROR:
	case SQLITE_CORRUPT:
	case SQLITE_NOTADB:
		return -ERR_STATE_DAMAGED;
	case SQLITE_CONSTRAINT:
	case SQLITE_MISMATCH:
	case SQLITE_MISUSE:
	case SQLITE_RANGE:
		return -ERR_BUG;
	default:
		return -ERR_STATE_FILE;
	}
}

/* What of the file system failed is told in SQLite's log only: its errors
 * keep no errno of a sync or of a file that can't be opened. */
static _Thread_local struct {
	int number; /* errno; 0 = nothing failed since sql_begin() */
	char path[PATH_BYTES];
} last;

/* "os_unix.c:42314: (5) full_fsync(/var/lib/state.db) - Input/output error" */
static void on_log(void *user, int result, const char *text)
{
	const char *at = strstr(text, ": (");
	const char *path;
	char *end;
	size_t len;

	(void)user;
	if (((result & 0xff) != SQLITE_IOERR &&
	     (result & 0xff) != SQLITE_CANTOPEN) ||
	    !at || last.number)
		return;
	last.number = (int)strtol(at + 3, &end, 10);
	path = strchr(end, '(');
	len = path ? strcspn(path + 1, ")") : 0;
	(void)snprintf(last.path, sizeof(last.path), "%.*s", (int)len,
		       path ? path + 1 : "");
}

void sql_begin(void)
{
	last.number = 0;
	errno = 0;
	/* The first call counts, later ones are refused. */
	(void)sqlite3_config(SQLITE_CONFIG_LOG, on_log, NULL);
}

/* A write that fails in a commit is told nowhere; errno is what it left, when
 * it is none that looking for files leaves. */
static int disk_errno(int number)
{
	switch (number) {
	case EIO:
	case ENOSPC:
	case EDQUOT:
	case EROFS:
	case EFBIG:
	case EACCES:
	case EPERM:
	case ESTALE:
		return number;
	default:
		return 0;
	}
}

int sql_error(struct sqlite3 *db, const char *doing, struct err *err)
{
	int left = disk_errno(errno);
	int result = db ? sqlite3_extended_errcode(db) : SQLITE_NOMEM;
	int number = db ? sqlite3_system_errno(db) : 0;
	const char *text = db ? sqlite3_errmsg(db) : "out of memory";
	bool opening = (result & 0xff) == SQLITE_CANTOPEN;

	if ((result & 0xff) != SQLITE_IOERR && !opening)
		return err_set(err, code_of(result), "%s: %s", doing, text);
	/* A file that could not be made was tried once more, without making
	 * it: why the first try failed is lost. */
	if (opening && last.number == ENOENT)
		return err_set(err, code_of(result),
			       "%s: %s (%s can't be made)", doing, text,
			       last.path);
	if (last.number)
		return err_set(err, code_of(result), "%s: %s (%s: %s)", doing,
			       text, last.path, strerrordesc_np(last.number));
	if (!number || opening)
		number = left;
	return number ? err_set(err, code_of(result), "%s: %s (%s)", doing,
				text, strerrordesc_np(number))
		      : err_set(err, code_of(result), "%s: %s", doing, text);
}

int sql_exec(struct sqlite3 *db, const char *sql, struct err *err)
{
	sql_begin();
	if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
		return sql_error(db, "using the state file", err);
	return 0;
}

int sql_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **ret,
		struct err *err)
{
	sql_begin();
	if (sqlite3_prepare_v2(db, sql, -1, ret, NULL) != SQLITE_OK)
		return sql_error(db, "using the state file", err);
	return 0;
}

void sql_finalizep(struct sqlite3_stmt **stmt)
{
	(void)sqlite3_finalize(*stmt); /* NULL is fine */
	*stmt = NULL;
}

int sql_step(struct sqlite3_stmt *stmt, bool *ret_row, struct err *err)
{
	int result;

	sql_begin();
	result = sqlite3_step(stmt);
	if (result != SQLITE_ROW && result != SQLITE_DONE)
		return sql_error(sqlite3_db_handle(stmt),
				 "using the state file", err);
	*ret_row = result == SQLITE_ROW;
	return 0;
}

static int bind_value(struct sqlite3_stmt *stmt, int n,
		      const struct sql_value *value)
{
	switch (value->type) {
	case SQL_NUMBER:
		return sqlite3_bind_int64(stmt, n, value->number);
	case SQL_TEXT:
		return sqlite3_bind_text(stmt, n,
					 value->text ? value->text : "", -1,
					 SQLITE_STATIC);
	case SQL_BLOB:
		return sqlite3_bind_blob64(stmt, n, value->blob,
					   value->blob_len, SQLITE_STATIC);
	case SQL_NULL:
	default:
		return sqlite3_bind_null(stmt, n);
	}
}

int sql_run(struct sqlite3_stmt *stmt, const struct sql_value *values, size_t n,
	    int64_t *ret_changes, struct err *err)
{
	struct sqlite3 *db = sqlite3_db_handle(stmt);
	int64_t before = sqlite3_total_changes64(db);
	bool row = true;
	int rc = 0;

	for (size_t i = 0; !rc && i < n; i++) {
		if (bind_value(stmt, (int)i + 1, &values[i]) != SQLITE_OK)
			rc = sql_error(db, "using the state file", err);
	}
	while (!rc && row)
		rc = sql_step(stmt, &row, err);
	(void)sqlite3_reset(stmt);
	(void)sqlite3_clear_bindings(stmt); /* they point to the caller's */
	if (rc < 0)
		return rc;
	if (ret_changes)
		*ret_changes = sqlite3_total_changes64(db) - before;
	return 0;
}

int sql_number(struct sqlite3 *db, const char *sql, int64_t *ret,
	       struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	bool row = false;
	int rc = sql_prepare(db, sql, &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (rc < 0)
		return rc;
	if (!row || sqlite3_column_type(stmt, 0) != SQLITE_INTEGER)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "a number that must be there is missing");
	*ret = sqlite3_column_int64(stmt, 0);
	return 0;
}

int sql_column(struct sqlite3_stmt *stmt, int column, struct arena *arena,
	       const char **ret, struct err *err)
{
	const unsigned char *text = sqlite3_column_text(stmt, column);
	size_t len = (size_t)sqlite3_column_bytes(stmt, column);
	char *copy;

	if (!text && sqlite3_column_type(stmt, column) != SQLITE_NULL)
		return err_set(err, -ERR_NOMEM, "reading the state file");
	/* Text was bound as a C string: a NUL inside is not lockstep's. */
	if (text && memchr(text, '\0', len))
		return err_set(err, -ERR_STATE_DAMAGED,
			       "a text in it holds a NUL");
	copy = arena_strndup(arena, text ? (const char *)text : "", len);
	if (!copy)
		return err_set(err, -ERR_NOMEM, "reading the state file");
	*ret = copy;
	return 0;
}
