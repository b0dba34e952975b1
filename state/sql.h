/*
 * sql.h - SQLite's results as errors of lockstep, and short ways to run a
 * statement.
 *
 * Errors   NOMEM; STATE_DAMAGED: the file is not a sound database;
 *          BUG: a row broke a constraint; STATE_FILE: everything else (disk full,
 *          input/output, permissions, busy for too long).
 */
#ifndef STATE_SQL_H
#define STATE_SQL_H

#include "reconciler/core/arena.h"
#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sqlite3;
struct sqlite3_stmt;

enum sql_type { SQL_NULL, SQL_NUMBER, SQL_TEXT, SQL_BLOB };

struct sql_value {
	enum sql_type type;
	int64_t number;
	const char *text; /* NULL is "" */
	const void *blob;
	size_t blob_len;
};

#define SQL_VALUE_TEXT(value)                     \
	(struct sql_value)                        \
	{                                         \
		.type = SQL_TEXT, .text = (value) \
	}
#define SQL_VALUE_NUMBER(value)                       \
	(struct sql_value)                            \
	{                                             \
		.type = SQL_NUMBER, .number = (value) \
	}
#define SQL_VALUE_BLOB(value, len)                                   \
	(struct sql_value)                                           \
	{                                                            \
		.type = SQL_BLOB, .blob = (value), .blob_len = (len) \
	}

/* Before a call of SQLite: forgets why an earlier one failed. */
void sql_begin(void);
/* The error of the last call on db; `doing` says what was tried. */
int sql_error(struct sqlite3 *db, const char *doing, struct err *err);
int sql_exec(struct sqlite3 *db, const char *sql, struct err *err);
int sql_prepare(struct sqlite3 *db, const char *sql, struct sqlite3_stmt **ret,
		struct err *err);
void sql_finalizep(struct sqlite3_stmt **stmt); /* CLEANUP(sql_finalizep) */
/* *ret_row: is there one? */
int sql_step(struct sqlite3_stmt *stmt, bool *ret_row, struct err *err);
/* Bind values[0..n) to ?1.., run to the end, reset. *ret_changes (may be
 * NULL): rows that were written. */
int sql_run(struct sqlite3_stmt *stmt, const struct sql_value *values, size_t n,
	    int64_t *ret_changes, struct err *err);
/* The only value of the only row. */
int sql_number(struct sqlite3 *db, const char *sql, int64_t *ret,
	       struct err *err);
/* A column as text in arena; NULL in the table is "". */
int sql_column(struct sqlite3_stmt *stmt, int column, struct arena *arena,
	       const char **ret, struct err *err);

#endif
