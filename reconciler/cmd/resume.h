/*
 * resume.h - finishing a run that did not end: exactly what was approved
 * then, and no more.
 */
#ifndef CMD_RESUME_H
#define CMD_RESUME_H

#include "reconciler/cmd/context.h"
#include "reconciler/model/plan.h"
#include "reconciler/report/unfinished.h"

/* The run that did not end, as plan and status tell it; *ret_found false:
 * there is none. From context->arena. */
int resume_unfinished(struct context *context, struct unfinished *ret,
		      bool *ret_found, struct err *err);

/* Scope = the servers of the run that are still declared; perhaps none. */
int resume_scope(struct context *context, const struct stored_run *run,
		 struct err *err);

/* Is what was approved still what is declared? Else the rest of the run must
 * be approved anew. */
bool resume_as_approved(const struct context *context,
			const struct stored_run *run);

/* The changes of plan that the run was approved for; the rest of it is as
 * before. From context->arena. */
int resume_plan(struct context *context, const struct plan *plan,
		const struct stored_run *run, const struct plan **ret,
		struct err *err);

#endif
