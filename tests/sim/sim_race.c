/* sim_race.c - two controllers: one that is in the middle of a run, and one
 * that takes over, or that knows an older copy of the state. */
#include "tests/sim/sim.h"

#include <string.h>

#define ALONE_MAX 120 /* events */

/* What `state repair` does: the fences of the servers decide. */
void sim_repair(struct sim *sim)
{
	for (size_t i = 0; i < sim->disk.pools.n; i++) {
		const struct fence *fence = &sim_pool(sim, i)->fence;
		struct past_pool *pool = &sim->disk.pools.items[i];

		if (!fence->present || fence->generation < pool->generation ||
		    (fence->generation == pool->generation &&
		     memcmp(fence->candidate, pool->candidate, 16) == 0))
			continue;
		/* Whom it runs as now, if that is somebody who is declared. */
		pool->account = sim_pool(sim, i)->who.account == SIZE_MAX
					? ""
					: sim_pool(sim, i)->who.user;
		pool->generation = fence->generation;
		memcpy(pool->candidate, fence->candidate, 16);
		pool->open = fence->committed_ms == 0;
		pool->committed_ms = fence->committed_ms;
		pool->status = STATUS_UNKNOWN;
		pool->proved_ms = pool->proved_version = pool->version = 0;
	}
}

/* The first one: it looks, and begins to change things. NULL = it has nothing
 * to do, or is over. */
static struct controller *begin(struct sim *sim, struct sim_totals *totals)
{
	struct sim_wide *wide = sim->wide;
	struct engine_input input;
	struct controller *controller;
	struct plan *plan;

	arena_done(&wide->other_arena);
	arena_init(&wide->other_arena, (size_t)64 << 20);
	input = sim_input(sim, &wide->other_arena);
	if (!sim_run(sim, &input, totals) ||
	    engine_result(sim->run->controller->engine)->save_failed)
		return NULL;
	plan = sim_zeroed(sim, 1, sizeof(*plan));
	*plan = *engine_plan(sim->run->controller->engine);
	if (plan->changes.n == 0)
		return NULL;
	input.kind = RUN_CHANGE;
	input.plan = plan;
	sim_begin(sim, &input);
	controller =
		rehearse_start(&sim->world, &sim->begins->input, sim->used);
	if (!controller) {
		sim_break(sim, RULE_RUN, "%s", sim->world.err.what);
		return NULL;
	}
	return controller;
}

static void go_on(struct sim *sim, struct controller *first,
		  struct sim_totals *totals)
{
	if (sim->broken[0])
		return;
	if (!rehearse_until_over(&sim->world, first)) {
		sim_break(sim, RULE_RUN, "%s", sim->world.err.what);
		return;
	}
	if (!first->crashed && !sim->broken[0])
		(void)sim_judge(sim, first, totals);
}

void sim_race(struct sim *sim, struct sim_totals *totals)
{
	struct dice *dice = &sim->wide->dice;
	const bool copies = sim_fault(sim, dice, SIM_FAULT_COPY, 500);
	int64_t steps = dice_range(dice, 1, ALONE_MAX);
	struct controller *first;
	int64_t retry_ms;
	size_t n;

	sim->racing = true;
	if (copies && disk_copy(&sim->disk, &sim->wide->copy))
		sim_break(sim, RULE_RUN, "no memory");
	first = begin(sim, totals);
	if (!first || sim->broken[0])
		return;
	while (steps-- > 0 && !rehearse_is_over(first) && !sim->broken[0])
		(void)rehearse_step(&sim->world);
	if (!rehearse_is_over(first) && dice_chance(dice, 500))
		rehearse_sleep(&sim->world, first, dice_range(dice, 1, 900000));
	if (copies)
		sim->used = &sim->wide->copy;
	(void)sim_apply(sim, totals, &n, &retry_ms);
	sim->used = &sim->disk;
	go_on(sim, first, totals);
	if (copies)
		sim_repair(sim);
}
