/* schema.c - comparing and making the tables; see schema.h. */
#include "state/schema.h"

#include "reconciler/core/buf.h"
#include "reconciler/core/str.h"
#include "state/sql.h"

#include <inttypes.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

static const char objects_sql[] =
	"SELECT type, name, tbl_name, coalesce(sql, '') FROM sqlite_schema"
	" ORDER BY type, name, tbl_name, sql";

static int64_t list_length(const char *const list[])
{
	int64_t n = 0;

	while (list[n])
		n++;
	return n;
}

int schema_version(struct sqlite3 *db, const char *const list[],
		   int64_t *ret_version, struct err *err)
{
	int64_t id = 0;
	int64_t version = 0;
	int rc = sql_number(db, "PRAGMA application_id", &id, err);

	if (!rc)
		rc = sql_number(db, "PRAGMA user_version", &version, err);
	if (rc < 0)
		return rc;
	if (id != SCHEMA_APPLICATION_ID || version < 1)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "it is not a state file of lockstep");
	if (version > list_length(list))
		return err_set(err, -ERR_STATE_FILE,
			       "a newer lockstep made it (schema %" PRId64
			       ", this one knows %" PRId64
			       "): use that release or a later one",
			       version, list_length(list));
	*ret_version = version;
	return 0;
}

/* Names in a foreign file are untrusted. */
static int fail_object(struct sqlite3_stmt *stmt, const char *what,
		       struct err *err)
{
	const unsigned char *type = sqlite3_column_text(stmt, 0);
	const unsigned char *name = sqlite3_column_text(stmt, 1);
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(buf_done) struct buf plain = { 0 };

	buf_init(&text, 512);
	buf_init(&plain, 2048);
	buf_printf(&text, "%.100s %.100s", type ? (const char *)type : "?",
		   name ? (const char *)name : "?");
	str_put_plain(&plain, buf_text(&text));
	return err_set(err, -ERR_STATE_DAMAGED, "%s: %s", what,
		       buf_text(&plain));
}

static bool same_object(struct sqlite3_stmt *a, struct sqlite3_stmt *b)
{
	for (int i = 0; i < 4; i++) {
		const unsigned char *x = sqlite3_column_text(a, i);
		const unsigned char *y = sqlite3_column_text(b, i);

		if (!x || !y || strcmp((const char *)x, (const char *)y) != 0)
			return false;
	}
	return true;
}

static void closep(struct sqlite3 **db)
{
	(void)sqlite3_close_v2(*db);
}

/* A fresh database in memory with what the first `version` texts make. */
static int make_model(const char *const list[], int64_t version,
		      struct sqlite3 **ret, struct err *err)
{
	int rc = 0;

	if (sqlite3_open_v2(":memory:", ret,
			    SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
			    NULL) != SQLITE_OK)
		return sql_error(*ret, "making a model of the tables", err);
	for (int64_t i = 0; !rc && i < version; i++)
		rc = sql_exec(*ret, list[i], err);
	return rc;
}

int schema_check(struct sqlite3 *db, const char *const list[], int64_t version,
		 struct err *err)
{
	CLEANUP(closep) struct sqlite3 *model = NULL;
	CLEANUP(sql_finalizep) struct sqlite3_stmt *want = NULL;
	CLEANUP(sql_finalizep) struct sqlite3_stmt *have = NULL;
	bool want_row = true;
	bool have_row = true;
	int rc = make_model(list, version, &model, err);

	if (!rc)
		rc = sql_prepare(model, objects_sql, &want, err);
	if (!rc)
		rc = sql_prepare(db, objects_sql, &have, err);
	while (!rc && want_row) {
		rc = sql_step(want, &want_row, err);
		if (!rc)
			rc = sql_step(have, &have_row, err);
		if (rc < 0)
			return rc;
		if (!have_row && want_row)
			return fail_object(want, "it lacks a part", err);
		if (have_row && (!want_row || !same_object(want, have)))
			return fail_object(have,
					   "it holds what lockstep did not "
					   "make",
					   err);
	}
	return rc;
}

int schema_apply(struct sqlite3 *db, const char *const list[], int64_t version,
		 struct err *err)
{
	char pragma[64];
	int rc = 0;

	for (int64_t i = version; !rc && list[i]; i++)
		rc = sql_exec(db, list[i], err);
	(void)snprintf(pragma, sizeof(pragma), "PRAGMA user_version=%" PRId64,
		       list_length(list));
	if (!rc)
		rc = sql_exec(db, pragma, err);
	(void)snprintf(pragma, sizeof(pragma), "PRAGMA application_id=%d",
		       SCHEMA_APPLICATION_ID);
	if (!rc)
		rc = sql_exec(db, pragma, err);
	return rc;
}
