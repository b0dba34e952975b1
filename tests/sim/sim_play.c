/* sim_play.c - one seed: runs with faults, then one that must converge, then
 * one that must find nothing to do. */
#include "tests/sim/sim.h"

#include <stdlib.h>
#include <string.h>

#define FAULTY_RUNS 4

static const char *const modes[SIM_MODE_COUNT] = { "plain", "kinds" };

const char *sim_mode_name(enum sim_mode mode)
{
	return modes[mode];
}

/* What a person does: plan, then apply what it says. */
static bool apply(struct sim *sim, struct sim_totals *totals, size_t *ret_n)
{
	struct engine_input input = { .desired = &sim->desired,
				      .config = &sim->config,
				      .versions = sim->versions,
				      .kind = RUN_OBSERVE,
				      .record = true };
	struct plan plan;
	struct past past;

	arena_done(&sim->run_arena);
	arena_init(&sim->run_arena, (size_t)64 << 20);
	input.arena = &sim->run_arena;
	if (disk_past(&sim->disk, &sim->run_arena,
		      sim->world.now_ms + sim->world.wall_offset_ms, &past))
		abort();
	input.past = &past;
	for (size_t s = 0; s < sim->world.farm.n_servers; s++)
		(void)array_push(&sim->run_arena, &input.scope, s);
	if (!sim_run(sim, &input, totals) ||
	    engine_result(sim->run->controller->engine)->save_failed)
		return false;
	plan = *engine_plan(sim->run->controller->engine);
	*ret_n = plan.changes.n;
	input.kind = RUN_CHANGE;
	input.plan = &plan;
	return plan.changes.n == 0 || sim_run(sim, &input, totals);
}

static void check_end(struct sim *sim, struct sim_totals *totals)
{
	size_t pool = 0, n = 1;
	unsigned runs = 0;

	/* One plain run finishes whatever the faults left; the next finds
	 * nothing to do. */
	while (n > 0 && runs < 3) {
		if (!apply(sim, totals, &n))
			sim_break(sim, RULE_LIVENESS,
				  "a plain run did not end");
		if (sim->broken[0])
			return;
		if (n > 0)
			runs++;
	}
	if (runs > 1)
		sim_break(sim, RULE_LIVENESS,
			  "one plain run did not finish it");
	if (!sim_all_converged(sim, &pool))
		sim_break(sim, RULE_LIVENESS, "pool %zu did not converge",
			  pool);
	if (n != 0)
		sim_break(sim, RULE_IDEMPOTENT, "run %u has %zu changes", runs,
			  n);
}

static void play_faults(struct sim *sim, struct sim_totals *totals)
{
	struct dice *dice = &sim->world.dice;
	const int64_t runs = FAULTY_RUNS;
	int64_t first = dice_range(dice, 0, runs - 1);
	size_t n;

	if (sim->cuts && first < runs - sim->cuts->runs)
		first = runs - sim->cuts->runs;
	for (int64_t i = first; i < runs && !sim->broken[0]; i++) {
		(void)apply(sim, totals, &n);
		if (sim->broken[0])
			return;
		if (sim_fault(sim, dice, SIM_FAULT_WAIT, 300))
			(void)rehearse_wait(&sim->world,
					    dice_range(dice, 0, 200000));
		/* Meanwhile the secret gets another value. */
		if (sim_fault(sim, dice, SIM_FAULT_SECRET, 150)) {
			sim->world.farm.accounts[0].declared++;
			sim->world.farm.accounts[0].truth =
				sim->world.farm.accounts[0].declared;
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
	arena_done(&sim->run_arena);
	arena_done(&sim->arena);
	return !sim->broken[0];
}
