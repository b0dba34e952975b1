/*
 * field.h - tables of fields: one table a kind drives reading, checking and
 * explaining.
 *
 * Shapes   a table is an array of struct field that ends with name NULL; a
 *          field of type MAP has a table of its own. All tables are constant.
 *          offset is where the reader (manifest/bind.h) puts the value.
 * Errors   the text says what was expected, with an example, and what was
 *          found; it names no field and no place: the caller knows both.
 */
#ifndef CORE_FIELD_H
#define CORE_FIELD_H

#include "reconciler/core/buf.h"
#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_TEXT,         /* 1..max bytes, no control or bidi characters */
	FIELD_NAME,         /* letters, digits, '-' '_' '.'; 1..63 */
	FIELD_NUMBER,       /* canonical decimal, min..max */
	FIELD_PERCENT,      /* "25%", min..max */
	FIELD_BATCH,        /* "25%", or a number of servers */
	FIELD_BOOL,         /* true, false */
	FIELD_DURATION,     /* "90s", "2m", "4h", "30d"; min..max in ms */
	FIELD_CHOICE,       /* one of choices */
	FIELD_PATH,         /* an absolute path */
	FIELD_MAP,          /* fields */
	FIELD_MAP_BY_NAME,  /* any name -> fields */
	FIELD_TEXT_BY_NAME, /* any name -> text */
};

enum field_flag {
	FIELD_REQUIRED = 1 << 0,
	FIELD_LIST = 1 << 1, /* a list of what the type says */
	FIELD_MAY_BE_EMPTY = 1 << 2,
	FIELD_NOT_HONOURED = 1 << 3, /* known, refused by this version */
	FIELD_HIDE = 1 << 4,         /* may hold a password by mistake: no
					text ever shows the value */
	FIELD_PLACED = 1 << 5,       /* of a MAP: its struct begins with a
					struct value that says that, and
					where, the map stands */
	FIELD_ALONE = 1 << 6,        /* not beside the field that it replaces */
};

/* A list of choices ends with name NULL. */
struct field_choice {
	const char *name;
	int64_t value;
	bool not_honoured;
};

/* More that a text must be. 0, or the error "expected ...". */
typedef int (*field_check_fn)(const char *text, struct err *err);

struct field {
	const char *name;
	enum field_type type;
	unsigned flags; /* enum field_flag */
	size_t offset;
	size_t size; /* of one item: list of maps, map by name */
	int64_t min;
	int64_t max; /* of a text: bytes, 0 = FIELD_TEXT_MAX */
	const struct field_choice *choices;
	const struct field *fields;
	field_check_fn check;
	const char *replaces;      /* the required field that it stands for */
	const char *word;          /* of a LIST: may stand instead of it */
	const char *fallback;      /* the default as it would be written */
	const char *fallback_from; /* where a default comes from, in words */
	const char *expect; /* one: "the name of a pool"; NULL = by type */
	const char *example;
	const char *help;
};

#define FIELD_TEXT_MAX 256
#define FIELD_NAME_MAX 63

/* What a scalar means: number for NUMBER, PERCENT, BATCH, BOOL, the value of
 * a CHOICE, and the milliseconds of a DURATION; percent tells the two forms
 * of BATCH apart. */
struct field_scalar {
	int64_t number;
	bool percent;
};

const struct field *field_find(const struct field *fields, const char *name);
/* The name nearest to `name`, or NULL. */
const char *field_suggest(const struct field *fields, const char *name);

/* One scalar; quoted: it stood in quotes. -ERR_MANIFEST says why not. */
int field_parse(const struct field *field, const char *text, bool quoted,
		struct field_scalar *ret, struct err *err);

/* "60s", "2m", "4h", "30d": the largest unit that leaves no rest. */
void field_put_duration(int64_t ms, struct buf *out);

/* "a list, each the name of a pool, for example [OrdersApi]" */
void field_put_expected(const struct field *field, struct buf *out);
/* One item of a list: "the name of a pool". */
void field_put_expected_item(const struct field *field, struct buf *out);
/* The short form that explain shows: "number", "recycle | restart | none". */
void field_put_type(const struct field *field, struct buf *out);
/* "text" in quotes, escaped, cut to what a line can hold. */
void field_put_quoted(struct buf *out, const char *text);

/* Every field of the table and below it: path, type, default, help. */
void field_put_table(const struct field *fields, const char *prefix,
		     struct buf *out);
/* One field in full, what is below it too. */
void field_put_detail(const struct field *field, const char *path,
		      struct buf *out);

#endif
