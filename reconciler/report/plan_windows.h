/*
 * plan_windows.h - may what a plan changes start now, or when: a line for the
 * changes of a binding and class that have the same answer.
 */
#ifndef REPORT_PLAN_WINDOWS_H
#define REPORT_PLAN_WINDOWS_H

#include "reconciler/core/buf.h"
#include "reconciler/model/plan.h"
#include "reconciler/report/context.h"
#include "reconciler/report/json_out.h"

/* Memory is the arena's; asked of context->wall_ms. */
int plan_put_windows(const struct report_context *context,
		     const struct plan *plan, struct arena *arena,
		     struct buf *out, struct err *err);
/* windows[]: window_row_json() and changes. */
int plan_put_windows_json(const struct report_context *context,
			  const struct plan *plan, struct json_out *json,
			  struct err *err);

#endif
