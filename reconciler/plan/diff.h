/*
 * diff.h - desired x observed -> changes of one server. Pure.
 *
 * Equal in effect is no change: another spelling of the same account is
 * none. A pool of the right account whose stored password is CURRENT is
 * converged, unless an older worker or an identity fault newer than its
 * newest worker says otherwise (PENDING_RECYCLE, REWRITE), or an open intent of the
 * past must be finished (FINISH).
 * Refused (standing SKIPPED with the reason): a pool that is not there, one
 * whose SpecificUser, userName or password is inherited from
 * applicationPoolDefaults, a gMSA, a server with shared configuration or
 * damaged or foreign fence, one that lockstep may not write.
 */
#ifndef PLAN_DIFF_H
#define PLAN_DIFF_H

#include "reconciler/model/past.h"
#include "reconciler/model/plan.h"
#include "reconciler/model/selection.h"

struct diff_input {
	const struct desired *desired;
	const struct config *config;
	const struct past *past;
	const int64_t *versions;           /* by index in config.secrets */
	const struct selection *selection; /* NULL = everything */
};

/* Appends; what it allocates is from arena. */
struct diff_output {
	struct arena *arena;
	struct change_array changes;
	struct standing_array standing;
	struct unmanaged_array unmanaged;
};

int diff_server(const struct diff_input *input, const struct observed *observed,
		struct diff_output *output, struct err *err);

#endif
