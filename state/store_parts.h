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
	int64_t reached;   /* epoch of the marker, found by store_open_repair */
	const char *actor; /* who asked, for what is written; "" = nobody */
	int64_t run_began_ms; /* of the journal's run */
	bool journaled;       /* a journal's thread uses db, nobody else may */
	struct sqlite3_stmt *writes[WRITE_COUNT];
};

/* store.c: the steps of opening. */
struct store *store_new(enum store_mode mode);
/* *ret_there false: the folder is not there. Links in front of the file's
 * own name are the administrator's and followed once, here. */
int store_set_paths(struct store *store, const char *path, bool *ret_there,
		    struct err *err);
/* The file is there, and can be what it must be. *ret_there false: it is
 * not, and may be made. */
int store_look_at_file(const struct store *store, bool *ret_there,
		       struct err *err);
int store_open_file(struct store *store, struct err *err);
/* From here on every older writer fails. */
int store_raise_epoch(struct store *store, struct err *err);
/* A new and empty file at store->fresh; its id. */
int store_make_fresh(const struct store *store, char ret_id[STORE_ID_BYTES],
		     struct err *err);

/* backup.c: all of db into a file that is made, and checked. */
int backup_write(struct sqlite3 *db, const char *path, struct err *err);
/* All of one database into another that is open. */
int backup_copy(struct sqlite3 *from, struct sqlite3 *to, struct err *err);

/* past.c: one transaction, so what is read is of one moment. */
int store_begin_reading(struct store *store, struct err *err);
int store_end_reading(struct store *store, int rc, struct err *err);
/* The first n columns, all texts, into places. */
int store_read_texts(struct sqlite3_stmt *stmt, struct arena *arena,
		     const char **const places[], int n, struct err *err);

/* suspension.c: those in force at now_ms. */
int suspension_read(struct store *store, struct arena *arena, int64_t now_ms,
		    struct past_suspension_array *ret, struct err *err);

#endif
