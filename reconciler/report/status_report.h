/*
 * status_report.h - what is remembered of every declared pool.
 *
 * No server is asked: each line says when it was seen. A pool that never
 * was is `unknown`; one that lockstep wrote and that no manifest names any
 * more is `unmanaged`. A suspended one says until when, by whom and why; what
 * is no longer suspended is told for some days.
 */
#ifndef REPORT_STATUS_REPORT_H
#define REPORT_STATUS_REPORT_H

#include "reconciler/core/arena.h"
#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"
#include "reconciler/report/unfinished.h"

#include <stddef.h>
#include <stdint.h>

struct status_row {
	const char *server;
	const char *pool;
	const char *account; /* CORP\user */
	enum status status;
	int64_t seen_ms;  /* 0 = never */
	int64_t since_ms; /* that it has this status; 0 = not known */
	const char *reason;
};

ARRAY_TYPE(status_row_array, struct status_row);

struct status_report {
	struct status_row_array rows;
	/* Suspensions whose time ran out lately. */
	struct past_suspension_array expired;
	const char *selected; /* "2 of 40 servers"; NULL = everything */
	const struct unfinished *unfinished; /* NULL = none */
};

/* Rows by the order of scope, then of bindings and pools. scope: servers. */
int status_rows(const struct report_context *context,
		const struct index_array *scope, struct arena *arena,
		struct status_row_array *ret, struct err *err);
/* NOMEM or LIMIT (the maximum of out). */
int status_print(const struct report_context *context,
		 const struct status_report *report, struct buf *out,
		 struct err *err);
/* lockstep.status/1.0: {schema, verdict{}, pools[], expired[]}, and unfinished{} when
 * a run is */
int status_json(const struct report_context *context,
		const struct status_report *report, struct buf *out,
		struct err *err);

#endif
