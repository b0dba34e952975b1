/*
 * windows_report.h - change windows: which there are, when they open next, and
 * whether a change may start at a moment. Nothing here asks a server.
 *
 * JSON     lockstep.windows/1.0    {windows[]}
 *          lockstep.openings/1.0   {openings[]}
 *          lockstep.may-start/1.0  {verdict{}, rows[]}
 */
#ifndef REPORT_WINDOWS_REPORT_H
#define REPORT_WINDOWS_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/model/window.h"
#include "reconciler/report/claims.h"
#include "reconciler/report/context.h"

struct windows_report {
	const struct claims *claims; /* what is selected */
	int64_t at_ms;               /* the moment that is asked about */
	size_t n_openings;           /* of each window */
};

/* Who a window concerns. bindings: "orders (identity, password), crm
 * (identity)"; of a deny window the bindings that have a server under it. */
struct window_use {
	size_t n_servers;
	const char *bindings; /* "" = none */
};

int window_use_find(const struct desired *desired, size_t window,
		    struct arena *arena, struct window_use *ret,
		    struct err *err);

int windows_print(const struct report_context *context,
		  const struct windows_report *report, struct buf *out,
		  struct err *err);
int windows_json(const struct report_context *context,
		 const struct windows_report *report, struct buf *out,
		 struct err *err);

int openings_print(const struct report_context *context,
		   const struct windows_report *report, struct buf *out,
		   struct err *err);
int openings_json(const struct report_context *context,
		  const struct windows_report *report, struct buf *out,
		  struct err *err);

/* May something of what is selected start? *ret_retry_ms: of what may not, the
 * first moment at which something may; 0 = never, or nothing is closed. */
int may_start_find(const struct report_context *context,
		   const struct windows_report *report, bool *ret_any,
		   int64_t *ret_retry_ms, struct err *err);
int may_start_print(const struct report_context *context,
		    const struct windows_report *report, struct buf *out,
		    struct err *err);
int may_start_json(const struct report_context *context,
		   const struct windows_report *report, struct buf *out,
		   struct err *err);

#endif
