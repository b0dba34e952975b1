/*
 * window_rows.h - servers that get the same answer from change windows, by
 * binding and class of change: what reports show as one line.
 */
#ifndef REPORT_WINDOW_ROWS_H
#define REPORT_WINDOW_ROWS_H

#include "reconciler/model/window.h"
#include "reconciler/report/json_out.h"

struct window_row {
	size_t binding;
	enum window_class of;
	struct window_answer answer;
	struct index_array servers; /* each once */
	size_t n_added;
};

ARRAY_TYPE(window_row_array, struct window_row);

/* Adds the server to the row that is like `asked`, or to a new one. Those of
 * one server are added one after the other; false = no memory. */
bool window_rows_add(struct window_row_array *rows,
		     const struct window_row *asked, size_t server,
		     struct arena *arena);
/* {binding, class, servers[], open, may_start, may_override, window,
 *  closes_at, cutoff_at, next_at, text}; a time is null where there is none
 *  within 400 days. */
json_t *window_row_json(const struct desired *desired,
			const struct window_row *row);

#endif
