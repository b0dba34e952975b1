/* sim_main.c - sim [SEEDS [FIRST [trace]]]: plays seeds, reports those that
 * break a rule. A seed is played the same way each time: once with pools of one
 * account each, once with bindings and pools of every kind. */
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_DEFAULT 10000
#define FAULTY_RUNS   4

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
	if (disk_past(&sim->disk, &sim->run_arena, &past))
		sim_break(sim, RULE_RUN, "no memory");
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

static bool play(uint64_t seed, bool kinds, bool trace,
		 struct sim_totals *totals)
{
	static struct sim sim;
	const int64_t runs = FAULTY_RUNS;
	size_t n;
	bool good;

	sim_world(&sim, seed, kinds);
	sim.trace = trace;
	for (int64_t i = dice_range(&sim.world.dice, 0, runs - 1); i < runs;
	     i++) {
		(void)apply(&sim, totals, &n);
		if (sim.broken[0])
			break;
		if (dice_chance(&sim.world.dice, 300))
			sim.world.now_ms +=
				dice_range(&sim.world.dice, 0, 200000);
		/* Meanwhile the secret gets another value. */
		if (dice_chance(&sim.world.dice, 150)) {
			sim.world.farm.accounts[0].declared++;
			sim.world.farm.accounts[0].truth =
				sim.world.farm.accounts[0].declared;
			sim.versions[0]++;
		}
	}
	if (!sim.broken[0])
		sim_mend(&sim);
	if (!sim.broken[0])
		check_end(&sim, totals);
	good = !sim.broken[0];
	if (!good)
		printf("seed %" PRIu64 ":%s %s\n", seed,
		       kinds ? " with kinds:" : "", sim.broken);
	totals->n_events += sim.world.n_events;
	for (size_t i = 0; i < FAULT_COUNT; i++)
		totals->n_faults[i] += sim.world.n_faults[i];
	arena_done(&sim.run_arena);
	arena_done(&sim.arena);
	return good;
}

int main(int argc, char **argv)
{
	const uint64_t n =
		argc > 1 ? strtoull(argv[1], NULL, 10) : SEEDS_DEFAULT;
	const uint64_t first = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
	struct sim_totals totals = { 0 };
	uint64_t n_failed = 0;

	for (uint64_t seed = first; seed < first + n; seed++)
		n_failed += !play(seed, false, argc > 3, &totals) ||
			    !play(seed, true, argc > 3, &totals);
	printf("%" PRIu64 " runs, %" PRIu64 " events, %" PRIu64
	       " crashes, %" PRIu64 " commits, %" PRIu64 " virtual hours\n",
	       totals.n_runs, totals.n_events, totals.n_faults[FAULT_CRASH],
	       totals.n_commits, totals.n_ms / 3600000);
	printf("%" PRIu64 " put back, %" PRIu64 " not put back, %" PRIu64
	       " without the right, %" PRIu64 " sites, %" PRIu64
	       " crashed, %" PRIu64 " told only\n",
	       totals.n_put_back, totals.n_not_put_back, totals.n_right,
	       totals.n_site, totals.n_crashed, totals.n_told_only);
	printf("%" PRIu64 " passed, %" PRIu64 " failed, 0 skipped\n",
	       n - n_failed, n_failed);
	return n_failed > 0;
}
