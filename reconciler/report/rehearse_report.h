/*
 * rehearse_report.h - what a rehearsal came to, verdict first.
 */
#ifndef REPORT_REHEARSE_REPORT_H
#define REPORT_REHEARSE_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/model/rehearsal.h"
#include "reconciler/report/context.h"

struct rehearse_report {
	const struct rehearsal *rehearsal;
	const char *plan;               /* id of the saved plan; NULL = none */
	const struct text_array *notes; /* what apply would refuse it for... */
	const char *started;            /* why it starts then: "now" ... */
	const char *next;               /* or NULL */
};

int rehearse_print(const struct report_context *context,
		   const struct rehearse_report *report, struct buf *out,
		   struct err *err);
int rehearse_json(const struct report_context *context,
		  const struct rehearse_report *report, struct buf *out,
		  struct err *err);

/* The verdict, one line, without a line feed. */
void rehearse_put_verdict(const struct rehearsal *rehearsal, struct buf *out);
/* "the controller dies" ... */
const char *rehearse_fault_text(enum rehearsal_fault fault);
/* CORP\user; "builtin identities" for SIZE_MAX. */
void rehearse_put_account(const struct report_context *context,
			  const struct rehearsal_account *account,
			  struct buf *out);

#endif
