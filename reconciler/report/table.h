/*
 * table.h - lines whose columns stand under each other.
 *
 * Cells are escaped when put, so they may hold what a server said. A table
 * that ran out of memory says so once, in table_check().
 * Owner    memory is from the arena.
 */
#ifndef REPORT_TABLE_H
#define REPORT_TABLE_H

#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"
#include "reconciler/core/buf.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_COLUMNS_MAX 10

struct table {
	struct arena *arena;
	size_t n_columns;
	ARRAY(const char *) cells; /* row after row */
	size_t widths[TABLE_COLUMNS_MAX];
	bool failed;
};

void table_init(struct table *table, struct arena *arena, size_t n_columns);
void table_put(struct table *table, const char *text); /* NULL fails */
size_t table_rows(const struct table *table);
/* Columns two spaces apart, no spaces at the end, no line feed. */
void table_put_row(struct buf *out, const struct table *table, size_t row,
		   const char *indent);
int table_check(const struct table *table, struct err *err);

#endif
