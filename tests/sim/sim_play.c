/* sim_play.c - one seed: runs with faults, then one that must converge, then
 * one that must find nothing to do. */
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#define FAULTY_RUNS 4
#define WAITS_MAX   60 /* for windows */

static const char *const modes[SIM_MODE_COUNT] = { "plain", "kinds", "wide" };

const char *sim_mode_name(enum sim_mode mode)
{
	return modes[mode];
}

struct engine_input sim_input(struct sim *sim, struct arena *arena)
{
	struct engine_input input = { .arena = arena,
				      .desired = &sim->desired,
				      .config = &sim->config,
				      .versions = sim->versions,
				      .kind = RUN_OBSERVE,
				      .record = true };
	struct past *past = sim_zeroed(sim, 1, sizeof(*past));

	if (disk_past(sim->used, arena,
		      sim->world.now_ms + sim->world.wall_offset_ms, past))
		abort();
	input.past = past;
	for (size_t s = 0; s < sim->world.farm.n_servers; s++)
		(void)array_push(arena, &input.scope, s);
	if (sim->wide)
		wide_run(sim, &input);
	return input;
}

bool sim_apply(struct sim *sim, struct sim_totals *totals, size_t *ret_n,
	       int64_t *ret_retry_ms)
{
	struct engine_input input;
	const struct run_result *result;
	struct plan plan;

	*ret_retry_ms = 0;
	arena_done(&sim->run_arena);
	arena_init(&sim->run_arena, (size_t)64 << 20);
	input = sim_input(sim, &sim->run_arena);
	if (!sim_run(sim, &input, totals) ||
	    engine_result(sim->run->controller->engine)->save_failed)
		return false;
	plan = *engine_plan(sim->run->controller->engine);
	*ret_n = plan.changes.n;
	input.kind = RUN_CHANGE;
	input.plan = &plan;
	if (plan.changes.n == 0)
		return true;
	if (!sim_run(sim, &input, totals))
		return false;
	result = engine_result(sim->run->controller->engine);
	if (result->n_closed > 0)
		*ret_retry_ms =
			result->retry_at_ms > 0 ? result->retry_at_ms : -1;
	return true;
}

/* A run that had to leave something for a window is not the last. */
static bool wait_for_window(struct sim *sim, int64_t retry_ms)
{
	const int64_t wall_ms = sim->world.now_ms + sim->world.wall_offset_ms;

	if (retry_ms == 0)
		return false;
	if (retry_ms < 0)
		windows_remove(sim);
	else if (retry_ms > wall_ms)
		(void)rehearse_wait(&sim->world, retry_ms - wall_ms);
	return true;
}

static void check_end(struct sim *sim, struct sim_totals *totals)
{
	size_t pool = 0, n = 1;
	unsigned runs = 0, waits = 0;
	int64_t retry_ms = 0;

	/* One plain run finishes whatever the faults left; the next finds
	 * nothing to do. */
	while (n > 0 && runs < 3 && waits < WAITS_MAX) {
		if (!sim_apply(sim, totals, &n, &retry_ms))
			sim_break(sim, RULE_LIVENESS,
				  "a plain run did not end");
		if (sim->broken[0])
			return;
		if (n > 0 && wait_for_window(sim, retry_ms))
			waits++;
		else if (n > 0)
			runs++;
	}
	if (runs > 1 || waits == WAITS_MAX)
		sim_break(sim, RULE_LIVENESS,
			  "one plain run did not finish it");
	if (!sim_all_converged(sim, &pool))
		sim_break(sim, RULE_LIVENESS, "pool %zu did not converge",
			  pool);
	if (n != 0)
		sim_break(sim, RULE_IDEMPOTENT, "run %u has %zu changes", runs,
			  n);
}

/* One run, or two at a time. */
static void play_run(struct sim *sim, struct sim_totals *totals)
{
	int64_t retry_ms;
	size_t n;

	if (sim->wide && sim->wide->race > 0 &&
	    sim_fault(sim, &sim->wide->dice, SIM_FAULT_RACE, sim->wide->race))
		sim_race(sim, totals);
	else
		(void)sim_apply(sim, totals, &n, &retry_ms);
}

static void play_faults(struct sim *sim, struct sim_totals *totals)
{
	struct dice *dice = &sim->world.dice;
	const int64_t runs = FAULTY_RUNS;
	int64_t first = dice_range(dice, 0, runs - 1);

	if (sim->cuts && first < runs - sim->cuts->runs)
		first = runs - sim->cuts->runs;
	for (int64_t i = first; i < runs && !sim->broken[0]; i++) {
		play_run(sim, totals);
		if (sim->broken[0])
			return;
		if (sim_fault(sim, dice, SIM_FAULT_WAIT, 300))
			(void)rehearse_wait(&sim->world,
					    dice_range(dice, 0, 200000));
		/* Meanwhile the secret gets another value. */
		if (sim_fault(sim, dice, SIM_FAULT_SECRET, 150)) {
			struct farm *farm = &sim->world.farm;

			farm->accounts[0].declared++;
			farm_set_password(farm, 0, farm->accounts[0].declared);
			sim->versions[0]++;
		}
	}
}

bool sim_play(struct sim *sim, const struct sim_order *order,
	      struct sim_totals *totals)
{
	sim_world(sim, order);
	play_faults(sim, totals);
	if (!sim->broken[0])
		sim_mend(sim);
	if (!sim->broken[0])
		check_end(sim, totals);
	totals->n_events += sim->world.n_events;
	for (size_t i = 0; i < FAULT_COUNT; i++)
		totals->n_faults[i] += sim->world.n_faults[i];
	for (size_t i = 0; i < SIM_FAULT_COUNT; i++)
		totals->n_sim_faults[i] += sim->n_sim_faults[i];
	if (sim->wide)
		arena_done(&sim->wide->other_arena);
	arena_done(&sim->run_arena);
	arena_done(&sim->arena);
	return !sim->broken[0];
}
