/*
 * result_report.h - how an apply went: verdict first, then only what is not
 * fine, then why it ended early and what to do next.
 */
#ifndef REPORT_RESULT_REPORT_H
#define REPORT_RESULT_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/model/result.h"
#include "reconciler/report/context.h"

struct result_report {
	const struct run_result *result;
	const char *run;  /* its id, or NULL */
	const char *next; /* after "Next: "; NULL = none */
};

/* NOMEM or LIMIT (the maximum of out). */
int result_print(const struct report_context *context,
		 const struct result_report *report, struct buf *out,
		 struct err *err);
/* lockstep.result/1.0: {schema, verdict{}, rows[]}; every row is there. */
int result_json(const struct report_context *context,
		const struct result_report *report, struct buf *out,
		struct err *err);

#endif
