/*
 * planned.h - what a plan tells of its servers, as a farm to rehearse in: the
 * pools that change, as they were seen, and what must be remembered so that the
 * engine finds the very same changes.
 *
 * A plan alone is enough: no server, state or secret is looked at. Servers and
 * pools that do not change are not in it.
 *
 * Owner    the arena; desired, config and plan are the caller's and outlive it.
 * Shapes   pools of the farm have the numbers of those of `pools`.
 */
#ifndef REHEARSE_PLANNED_H
#define REHEARSE_PLANNED_H

#include "reconciler/rehearse/rehearse.h"

struct planned_server {
	const struct observed *seen;
};

struct planned_pool {
	const struct change *change;
};

ARRAY_TYPE(planned_server_array, struct planned_server);
ARRAY_TYPE(planned_pool_array, struct planned_pool);

struct planned {
	const struct desired *desired;
	const struct plan *plan;
	const struct selection *selection;
	struct config config;    /* no directory is asked for a proof */
	const int64_t *versions; /* by index in config.secrets */
	struct past past;
	struct planned_server_array servers; /* those that change */
	struct planned_pool_array pools;     /* as those of the farm */
	const struct pace **paces;           /* by server */
	size_t n_timed;
	/* Of desired, with every window taken away. */
	struct desired anytime;
};

int planned_new(struct planned *ret, struct arena *arena,
		const struct desired *desired, const struct config *config,
		const struct plan *plan);

#endif
