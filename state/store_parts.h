/*
 * store_parts.h - what is inside a store, for the files of this folder.
 */
#ifndef STATE_STORE_PARTS_H
#define STATE_STORE_PARTS_H

#include "state/born.h"
#include "state/store.h"
#include "state/write.h"

struct sqlite3;
struct sqlite3_stmt;

struct store {
	struct arena arena;
	enum store_mode mode;
	const char *path;    /* the folder in it has no links */
	const char *folder;  /* of path */
	const char *lock;    /* path.lock */
	const char *born;    /* path.born */
	const char *journal; /* path-journal: SQLite's */
	const char *fresh;   /* path.new: a file that is being made */
	const char *fresh_journal;
	int lock_fd;        /* -1 = none */
	struct sqlite3 *db; /* NULL = reading, and there is no file */
	struct born mark;   /* store id and epoch of the open file; there =
				the marker stands beside it */
	bool journaled;     /* a journal's thread uses db, nobody else may */
	struct sqlite3_stmt *writes[WRITE_COUNT];
};

#endif
