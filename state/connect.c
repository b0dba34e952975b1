/* connect.c - SQLite's settings. */
#include "state/connect.h"

#include "state/sql.h"

#include <sqlite3.h>
#include <string.h>

/* A reader holds the file for milliseconds, and so does a commit. */
#define BUSY_MS 10000

static int configure(struct sqlite3 *db, struct err *err)
{
	static const struct {
		int option;
		int value;
	} options[] = {
		{ SQLITE_DBCONFIG_DEFENSIVE, 1 },
		{ SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0 },
		{ SQLITE_DBCONFIG_ENABLE_TRIGGER, 0 },
		{ SQLITE_DBCONFIG_ENABLE_VIEW, 0 },
		{ SQLITE_DBCONFIG_DQS_DML, 0 },
		{ SQLITE_DBCONFIG_DQS_DDL, 0 },
	};

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		if (sqlite3_db_config(db, options[i].option, options[i].value,
				      NULL) != SQLITE_OK)
			return sql_error(db, "setting up SQLite", err);
	}
	(void)sqlite3_extended_result_codes(db, 1);
	(void)sqlite3_busy_timeout(db, BUSY_MS);
	(void)sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
	return sql_exec(db,
			"PRAGMA mmap_size=0;"
			"PRAGMA temp_store=MEMORY;"
			"PRAGMA locking_mode=NORMAL;"
			"PRAGMA synchronous=EXTRA;"
			"PRAGMA secure_delete=ON;"
			"PRAGMA cell_size_check=ON;"
			"PRAGMA foreign_keys=ON",
			err);
}

/* Nothing of lockstep ever made it a WAL file; SQLite would take one as it
 * is, with other rules for what is durable. */
static int check_journal_mode(struct sqlite3 *db, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const unsigned char *mode = NULL;
	int64_t ignored;
	bool row = false;
	/* The mode is known once the file was read. */
	int rc = sql_number(db, "SELECT count(*) FROM sqlite_schema", &ignored,
			    err);

	if (!rc)
		rc = sql_prepare(db, "PRAGMA journal_mode", &stmt, err);
	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (rc < 0)
		return rc;
	if (row)
		mode = sqlite3_column_text(stmt, 0);
	if (!mode || strcmp((const char *)mode, "delete") != 0)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "its journal mode is not lockstep's");
	return 0;
}

int connect_open(const char *path, bool writes, struct sqlite3 **ret,
		 struct err *err)
{
	const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOFOLLOW |
			  SQLITE_OPEN_FULLMUTEX | SQLITE_OPEN_PRIVATECACHE;
	CLEANUP(connect_closep) struct sqlite3 *db = NULL;
	int rc;

	sql_begin();
	if (sqlite3_open_v2(path, &db, flags, NULL) != SQLITE_OK)
		return sql_error(db, "opening", err);
	rc = configure(db, err);
	if (!rc)
		rc = check_journal_mode(db, err);
	if (!rc && !writes)
		rc = sql_exec(db, "PRAGMA query_only=ON", err);
	if (rc < 0)
		return rc;
	*ret = db;
	db = NULL;
	return 0;
}

/* A line that names the database stands before what is wrong with it. */
static const char *last_line(const char *text)
{
	const char *cut = strrchr(text, '\n');

	return cut && cut[1] ? cut + 1 : text;
}

int connect_check(struct sqlite3 *db, struct err *err)
{
	CLEANUP(sql_finalizep) struct sqlite3_stmt *stmt = NULL;
	const unsigned char *text;
	bool row = false;
	int rc = sql_prepare(db, "PRAGMA quick_check(1)", &stmt, err);

	if (!rc)
		rc = sql_step(stmt, &row, err);
	if (rc < 0)
		return rc;
	text = row ? sqlite3_column_text(stmt, 0) : NULL;
	if (!text || strcmp((const char *)text, "ok") != 0)
		return err_set(
			err, -ERR_STATE_DAMAGED, "its check fails: %.300s",
			last_line(text ? (const char *)text : "no answer"));
	return 0;
}

void connect_closep(struct sqlite3 **db)
{
	(void)sqlite3_close_v2(*db); /* NULL is fine */
	*db = NULL;
}
