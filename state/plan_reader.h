/*
 * plan_reader.h - the rows of a plan file as they are taken, for the files that
 * read it. Each function takes the rows of its kinds and leaves the next.
 *
 * Errors   PLAN_FILE, NOMEM. What is read is safe to walk and to show: every
 *          number refers to a row that is there, names are names, rows of one
 *          server stand together.
 */
#ifndef STATE_PLAN_READER_H
#define STATE_PLAN_READER_H

#include "state/plan_file.h"
#include "state/plan_rows.h"

struct reader {
	struct arena *arena;
	struct record_list list;
	size_t next;
	const struct record *row; /* the one in hand */
	struct err *err;
};

/* The next row if it is of this kind, else NULL; it is in hand then, and not
 * yet passed over. */
const struct record *reader_row(struct reader *r, enum plan_row kind);
int reader_fail(struct reader *r, const char *why);

/* Fields of the row in hand. */
int reader_name(struct reader *r, const char *field, const char **ret);
/* A text that is printed as it is. */
int reader_plain(struct reader *r, const char *field, const char **ret);
int reader_number(struct reader *r, const char *field, int64_t max,
		  int64_t *ret);
int reader_count(struct reader *r, const char *field, unsigned *ret);
int reader_flag(struct reader *r, const char *field, bool *ret);
/* The number of one of n rows; "" is SIZE_MAX, if it may be. */
int reader_index(struct reader *r, const char *field, size_t n, bool may_miss,
		 size_t *ret);
/* One of the words, which end with NULL. */
int reader_word(struct reader *r, const char *field, const char *const words[],
		unsigned *ret);
int reader_identity(struct reader *r, const char *field,
		    enum identity_type *ret);

int reader_head(struct reader *r, struct plan_file *file);
/* plan_reader_catalog.c: accounts, groups, bindings. */
int reader_catalog(struct reader *r, struct plan_file *file);
int reader_servers(struct reader *r, struct plan_file *file);
int reader_changes(struct reader *r, struct plan_file *file);
int reader_standing(struct reader *r, struct plan_file *file);
/* Unmanaged pools, notes, first pairings. */
int reader_rest(struct reader *r, struct plan_file *file);

#endif
