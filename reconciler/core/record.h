/*
 * record.h - records: one a line, UTF-8, `kind<TAB>field=value...<LF>`.
 *
 * Escapes in values: \\ \t \n \r and nothing else. Each kind has an exact
 * list of fields; a missing, repeated, unknown or differently cased field
 * is -ERR_RECORD, as is a line without LF, an unknown escape or broken UTF-8.
 * Order of fields is free when read and that of the table when written.
 */
#ifndef CORE_RECORD_H
#define CORE_RECORD_H

#include "reconciler/core/arena.h"
#include "reconciler/core/buf.h"
#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RECORD_FIELDS_MAX 16
#define RECORD_NUMBER_MAX 9007199254740991 /* 2^53-1 */

/* A table of kinds ends with an entry whose name is NULL. */
struct record_kind {
	const char *name;
	const char *fields[RECORD_FIELDS_MAX]; /* up to the first NULL */
};

struct record {
	const struct record_kind *kind;
	const char *values[RECORD_FIELDS_MAX]; /* same order as kind->fields */
};

struct record_list {
	struct record *items;
	size_t n;
};

struct record_limits {
	size_t rows;
	size_t value_bytes;
};

/* Decode all lines of text; values live in arena. */
int records_decode(struct arena *arena, const struct record_kind *kinds,
		   const struct record_limits *limits, const char *text,
		   size_t len, struct record_list *ret, struct err *err);

/* values: as many as kind has fields, same order, none NULL. */
void record_put(struct buf *out, const struct record_kind *kind,
		const char *const values[]);

bool record_is(const struct record *record, const char *kind);
/* The value; the field must be one of the kind's. */
const char *record_value(const struct record *record, const char *field);
int record_number(const struct record *record, const char *field, int64_t max,
		  int64_t *ret, struct err *err);
int record_flag(const struct record *record, const char *field, bool *ret,
		struct err *err);
/* Exactly 2 * len lower-case hex digits. */
int record_hex(const struct record *record, const char *field, uint8_t *ret,
	       size_t len, struct err *err);

#endif
