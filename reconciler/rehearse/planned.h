/*
 * planned.h - what a plan tells of its servers, as a farm to rehearse in: the
 * pools that change, as they were seen, and what must be remembered so that the
 * engine finds the very same changes.
 *
 * A plan alone is enough: no server, state or secret is looked at. Servers and
 * pools that do not change are not in it.
 *
 * Owner    the arena; desired, config and plan are the caller's and outlive it.
 * Shapes   pools of the farm have the numbers of the changes of `order`.
 */
#ifndef REHEARSE_PLANNED_H
#define REHEARSE_PLANNED_H

#include "reconciler/rehearse/rehearse.h"

ARRAY_TYPE(observed_ref_array, const struct observed *);
ARRAY_TYPE(change_ref_array, const struct change *);

struct planned {
	const struct desired *desired;
	const struct plan *plan;
	const struct selection *selection;
	struct config config;    /* no directory is asked for a proof */
	const int64_t *versions; /* by index in config.secrets */
	struct past past;
	struct observed_ref_array servers; /* those that change */
	struct change_ref_array order;     /* by number of the pool */
	const struct pace **paces;         /* by server */
	size_t n_timed;
	/* Of desired, with every window taken away. */
	struct desired anytime;
};

int planned_new(struct planned *ret, struct arena *arena,
		const struct desired *desired, const struct config *config,
		const struct plan *plan);

#endif
