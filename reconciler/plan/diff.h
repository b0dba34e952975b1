/*
 * diff.h - desired x observed -> changes of one server. Pure.
 *
 * Equal in effect is no change: another spelling of the same account, or a
 * builtin identity that is inherited. A pool of the right account whose
 * stored password is CURRENT is converged, unless an older worker or an
 * identity fault newer than its newest worker says otherwise (PENDING_RECYCLE,
 * REWRITE), or an open intent of the past must be finished (FINISH). Of a gMSA
 * no password is looked at; of a builtin identity nothing but its type.
 * Left as they are, with the reason: pools that are not there, that another
 * product manages, that a person suspended, that two bindings claim, that
 * inherit and may not be made local, that are contested (model/past.h), whose account is used elsewhere and the
 * binding minds, that no grant lets be followed; those of a server with shared
 * configuration or damaged or foreign fence, or that lockstep may not write.
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
	bool contested; /* a person said: correct contested pools once more */
};

/* Appends; what it allocates is from arena. */
struct diff_output {
	struct arena *arena;
	struct change_array changes;
	struct standing_array standing;
	struct unmanaged_array unmanaged;
	struct plan_note_array notes;
};

int diff_server(const struct diff_input *input, const struct observed *observed,
		struct diff_output *output, struct err *err);

#endif
