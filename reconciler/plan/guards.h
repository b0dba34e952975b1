/*
 * guards.h - what the configuration forbids: before anything is sent
 * (guards_declared) and when the plan is known (guards_plan).
 */
#ifndef PLAN_GUARDS_H
#define PLAN_GUARDS_H

#include "reconciler/model/plan.h"
#include "reconciler/model/refusal.h"

/* Every declared pool of the servers in scope needs a grant: of `password`,
 * for a gMSA `identity`, for a builtin identity `builtin`. For a pattern one
 * line for the server will do, since its pools are not known yet. Only
 * -ERR_NOMEM is an error; refusals are data. */
int guards_declared(const struct desired *desired, const struct config *config,
		    const struct index_array *scope, struct arena *arena,
		    struct refusal_array *ret, struct err *err);

/* The same for one claim, or for what a binding follows: is there a line? */
int guards_claim(const struct desired *desired, const struct config *config,
		 const struct declared_pool *claim, struct arena *arena,
		 bool *ret_granted);

/* changesPerRun, unproved accounts, first pairings; and once more the grant of
 * each pool by name, `identity` for changes of identity: diff_server() holds
 * back what has none, so it is only found in a plan of another time. */
int guards_plan(const struct plan *plan, const struct desired *desired,
		const struct config *config, struct refusal_array *ret,
		struct err *err);

#endif
