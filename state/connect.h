/*
 * connect.h - opens the file with SQLite the one way it is used here:
 * rollback journal (removed at each commit, and the folder synced), wiped
 * free pages, nothing in a file trusted, no link followed.
 */
#ifndef STATE_CONNECT_H
#define STATE_CONNECT_H

#include "reconciler/core/err.h"

#include <stdbool.h>

struct sqlite3;

/* The file must exist. writes false: statements that write are refused; the
 * file is opened for writing all the same, because what a killed writer left
 * half done is undone by whoever opens the file next. */
int connect_open(const char *path, bool writes, struct sqlite3 **ret,
		 struct err *err);
/* After the schema was checked: is every page sound? */
int connect_check(struct sqlite3 *db, struct err *err);
void connect_closep(struct sqlite3 **db); /* CLEANUP(connect_closep) */

#endif
