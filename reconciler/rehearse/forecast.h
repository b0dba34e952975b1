/*
 * forecast.h - rehearses a plan, seed after seed: what struct rehearsal tells.
 *
 * Owner    results live in the arena; they refer to desired and plan.
 * Errors   NOMEM; BUG: the engine failed.
 */
#ifndef REHEARSE_FORECAST_H
#define REHEARSE_FORECAST_H

#include "reconciler/model/plan.h"
#include "reconciler/model/rehearsal.h"
#include "reconciler/model/selection.h"

struct forecast_input {
	struct arena *arena;
	const struct desired *desired;
	const struct config *config;
	const struct plan *plan;           /* has changes */
	const struct selection *selection; /* NULL = everything */
	uint64_t first_seed;
	size_t n_seeds;       /* at least 1 */
	size_t n_fault_seeds; /* at most n_seeds */
	int64_t start_ms;     /* not before the plan's servers were read */
};

int forecast(const struct forecast_input *input, struct rehearsal *ret,
	     struct err *err);
/* The first moment from wall_ms on at which every change may start; if there
 * is none within 400 days, that at which some may; 0 = never. */
int64_t forecast_start(const struct desired *desired, const struct plan *plan,
		       int64_t wall_ms);
/* So many seeds of each fault end within seconds. */
size_t forecast_fault_seeds(const struct plan *plan, size_t n_seeds);

#endif
