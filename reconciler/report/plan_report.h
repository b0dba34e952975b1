/*
 * plan_report.h - the plan as people and programs read it.
 *
 * Verdict first, then what changes, then what is held back and why; one line
 * for a server that is fine. A server that could not be read is never part
 * of "no changes". JSON: lockstep.plan/1.0, see plan_json().
 */
#ifndef REPORT_PLAN_REPORT_H
#define REPORT_PLAN_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/model/plan.h"
#include "reconciler/model/refusal.h"
#include "reconciler/report/context.h"
#include "reconciler/report/saved_report.h"
#include "reconciler/report/unfinished.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct plan_report {
	const struct plan *plan;
	const struct refusal_array *refusals; /* NULL = none */
	const int64_t *versions;              /* by index in config.secrets */
	const char *selected; /* "2 of 40 servers"; NULL = everything */
	const struct unfinished *unfinished; /* NULL = none */
	const struct saved_report *saved;    /* NULL = it is not saved */
	const char *next;                    /* after "Next: "; NULL = none */
};

/* How much of what is in a plan. */
struct plan_counts {
	size_t servers, unread, changing; /* servers */
	size_t changes;                   /* pools that change */
	size_t causes[3];                 /* enum change_cause */
	size_t converged, held;           /* pools that do not change */
	size_t statuses[STATUS_COUNT];    /* of those */
	bool complete;                    /* all was read */
};

void plan_count(const struct plan *plan, struct plan_counts *ret);

/* NOMEM or LIMIT (the maximum of out). */
int plan_print(const struct report_context *context,
	       const struct plan_report *report, struct buf *out,
	       struct err *err);
/* {schema, verdict{}, accounts[], changes[], standing[], servers[],
 *  unreadable[], notes[], unmanaged[], refusals[], windows[]}, unfinished{} when a run is,
 *  and saved{} of a saved plan */
int plan_json(const struct report_context *context,
	      const struct plan_report *report, struct buf *out,
	      struct err *err);

#endif
