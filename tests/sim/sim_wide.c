/* sim_wide.c - wide seeds: many servers with clocks of their own, rollouts of
 * every kind, forward accounts, lockout, and every fault there is. */
#include "tests/sim/sim.h"

#include <string.h>

#define CLOCK_MS 600000
/* 23 March 2026, 00:00 UTC; a week later Europe turns its clocks. */
#define SPRING_MS INT64_C(1774224000000)
#define WEEK_MS   INT64_C(604800000)

static bool chance(struct sim *sim, unsigned permille)
{
	return dice_chance(&sim->wide->dice, permille);
}

static int64_t range(struct sim *sim, int64_t low, int64_t high)
{
	return dice_range(&sim->wide->dice, low, high);
}

void wide_new(struct sim *sim, size_t *n_servers, size_t *n_accounts)
{
	struct sim_wide *wide = sim_zeroed(sim, 1, sizeof(*wide));

	sim->wide = wide;
	wide->dice.state = sim->seed * 0xBF58476D1CE4E5B9U + 11;
	*n_servers = (size_t)range(sim, 1, 6);
	if (chance(sim, 250))
		*n_servers = (size_t)range(sim, 7, 24);
	sim->n_pools = (size_t)range(sim, 1, POOLS_MAX);
	*n_accounts = (size_t)range(sim, 1, ACCOUNTS_MAX);
	if (*n_accounts > sim->n_pools)
		*n_accounts = sim->n_pools;
	wide->n_groups = (size_t)range(sim, 1, 3);
	wide->race = chance(sim, 300) ? (unsigned)range(sim, 100, 600) : 0;
	arena_init(&wide->other_arena, (size_t)64 << 20);
}

void wide_rollout(struct sim *sim, struct rollout *rollout)
{
	rollout->canary = (uint32_t)range(sim, 0, 2);
	if (chance(sim, 500))
		rollout->batch_percent = (uint32_t)range(sim, 1, 100);
	rollout->max_failures = (uint32_t)range(sim, 1, 4);
	if (chance(sim, 250))
		rollout->pause_ms = (uint32_t)range(sim, 1, 600000);
}

void wide_farm(struct sim *sim)
{
	struct farm *farm = &sim->world.farm;
	const int64_t began_ms = SPRING_MS + range(sim, 0, WEEK_MS);

	sim->world.now_ms = began_ms;
	if (chance(sim, 300))
		sim->world.wall_offset_ms = range(sim, -CLOCK_MS, CLOCK_MS);
	for (size_t s = 0; s < farm->n_servers; s++) {
		if (chance(sim, 400))
			farm->servers[s].clock_offset_ms =
				range(sim, -CLOCK_MS, CLOCK_MS);
	}
	for (size_t i = 0; i < farm->n_accounts; i++) {
		farm->accounts[i].before[0] = 1;
		if (chance(sim, 300))
			farm->accounts[i].lock_at = (unsigned)range(sim, 5, 12);
	}
	/* They have run for a while. */
	for (size_t p = 0; p < farm->pools.n; p++) {
		struct farm_pool *pool = &farm->pools.items[p];

		if (pool->worker_ms > 0)
			pool->worker_ms = farm_clock(farm, pool->server,
						     began_ms - WEEK_MS);
	}
}

static unsigned draw(struct sim *sim, unsigned max)
{
	return chance(sim, 400) ? (unsigned)range(sim, 0, max) : 0;
}

/* What comes after everything else was drawn. */
void wide_rest(struct sim *sim)
{
	struct chances *chances = &sim->world.chances;
	struct caps *caps = &sim->config.caps;

	caps->parallel = (uint32_t)range(sim, 1, 12);
	caps->pools_per_commit = (uint32_t)range(sim, 1, 5);
	caps->batch_percent = (uint32_t)range(sim, 1, 100);
	caps->max_failures = (uint32_t)range(sim, 1, 4);
	chances->doubled = draw(sim, 200);
	chances->pause = draw(sim, 20);
	/* What a controller did not live to do can't be counted. */
	if (sim->short_memory)
		chances->pause = 0;
	chances->reboot = draw(sim, 15);
	chances->clock = draw(sim, 10);
	windows_new(sim);
}

/* How a person asks for this run. */
void wide_run(struct sim *sim, struct engine_input *input)
{
	struct sim_wide *wide = sim->wide;

	for (size_t i = 0; i < ACCOUNTS_MAX; i++)
		wide->forward[i] = chance(sim, 120);
	wide->override_windows = chance(sim, 100);
	wide->contested = chance(sim, 100);
	input->forward = wide->forward;
	input->override_windows = wide->override_windows;
	input->contested = wide->contested;
}

void wide_mend(struct sim *sim)
{
	struct farm *farm = &sim->world.farm;

	for (size_t i = 0; i < farm->n_accounts; i++) {
		farm->accounts[i].locked_ms = 0;
		farm->accounts[i].n_bad = 0;
	}
	if (chance(sim, 500))
		windows_remove(sim);
}
