/*
 * guards.h - what the configuration forbids: before anything is sent
 * (guards_declared) and when the plan is known (guards_plan).
 */
#ifndef PLAN_GUARDS_H
#define PLAN_GUARDS_H

#include "reconciler/model/plan.h"
#include "reconciler/model/refusal.h"

/* Every declared pool of the servers in scope needs a grant: `password` of a
 * user, `identity` of a gMSA, `builtin` of a builtin identity; a pattern needs
 * a line for some pool of the server. What follows is seen when it was read.
 * Only -ERR_NOMEM is an error; refusals are data. */
int guards_declared(const struct desired *desired, const struct config *config,
		    const struct index_array *scope, struct arena *arena,
		    struct refusal_array *ret, struct err *err);

/* identity right for changes of identity, changesPerRun, unproved accounts,
 * first pairings. */
int guards_plan(const struct plan *plan, const struct desired *desired,
		const struct config *config, struct refusal_array *ret,
		struct err *err);

#endif
