/*
 * history_report.h - what runs did: a line a run, or a run and its pools.
 */
#ifndef REPORT_HISTORY_REPORT_H
#define REPORT_HISTORY_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/model/history.h"
#include "reconciler/report/context.h"

#include <stddef.h>

struct history_report {
	const struct report_context *context; /* desired may be empty */
	struct history_run_array runs;        /* the newest first */
	size_t n_shown;                       /* of them, in the table */
	bool filtered;
	/* One run alone: its pools. NULL = a list of runs. */
	const struct history_row_array *rows;
};

/* The name that the manifests have for the server of a key, else the key. */
const char *history_server(const struct report_context *context,
			   const char *key);

/* NOMEM or LIMIT (the maximum of out). */
int history_print(const struct history_report *report, struct buf *out,
		  struct err *err);
/* lockstep.history/1.0: {schema, runs[]} and, of one run, rows[] */
int history_json(const struct history_report *report, struct buf *out,
		 struct err *err);

#endif
