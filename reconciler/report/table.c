/* table.c - lines whose columns stand under each other. */
#include "reconciler/report/table.h"

#include "reconciler/core/str.h"

#include <stdint.h>

#define CELL_MAX 65536

void table_init(struct table *table, struct arena *arena, size_t n_columns)
{
	*table = (struct table){ .arena = arena, .n_columns = n_columns };
}

/* Characters, not bytes: names of pools may be in any script. */
static size_t width_of(const char *text)
{
	size_t width = 0;

	for (; *text; text++) {
		if (((unsigned char)*text & 0xc0) != 0x80)
			width++;
	}
	return width;
}

void table_put(struct table *table, const char *text)
{
	CLEANUP(buf_done) struct buf plain = { 0 };
	size_t column = table->cells.n % table->n_columns;
	const char *cell;
	size_t width;

	buf_init(&plain, CELL_MAX);
	if (text)
		str_put_plain(&plain, text);
	cell = text ? arena_strdup(table->arena, buf_text(&plain)) : NULL;
	if (plain.failed || !cell ||
	    !array_push(table->arena, &table->cells, cell)) {
		table->failed = true;
		return;
	}
	width = width_of(cell);
	if (width > table->widths[column])
		table->widths[column] = width;
}

size_t table_rows(const struct table *table)
{
	return table->cells.n / table->n_columns;
}

void table_put_row(struct buf *out, const struct table *table, size_t row,
		   const char *indent)
{
	const char *const *cells = &table->cells.items[row * table->n_columns];
	size_t last = table->n_columns;
	size_t i;
	size_t pad;

	while (last > 0 && !cells[last - 1][0])
		last--;
	buf_puts(out, indent);
	for (i = 0; i < last; i++) {
		buf_puts(out, cells[i]);
		if (i + 1 == last)
			break;
		pad = table->widths[i] - width_of(cells[i]) + 2;
		while (pad-- > 0)
			buf_putc(out, ' ');
	}
}

int table_check(const struct table *table, struct err *err)
{
	if (table->failed)
		return err_set(err, -ERR_NOMEM, "writing a report");
	return 0;
}
