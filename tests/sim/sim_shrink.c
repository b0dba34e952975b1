/* sim_shrink.c - makes a seed that breaks a rule as short as it can be, and
 * tells it. */
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>

/* Does it still break the same rule? */
static bool still_breaks(struct sim *sim, const struct sim_order *order,
			 const struct sim_cuts *cuts, enum sim_rule rule)
{
	struct sim_totals totals = { 0 };
	struct sim_order shorter = *order;

	shorter.cuts = cuts;
	shorter.trace = false;
	return !sim_play(sim, &shorter, &totals) && sim->rule == rule;
}

/* Fewer servers, pools and runs, as long as it breaks. */
static void shrink_sizes(struct sim *sim, const struct sim_order *order,
			 struct sim_cuts *cuts, enum sim_rule rule)
{
	unsigned *const sizes[] = { &cuts->servers, &cuts->pools,
				    &cuts->accounts };

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		const unsigned before = *sizes[i];

		for (*sizes[i] = 1; *sizes[i] < before; ++*sizes[i]) {
			if (still_breaks(sim, order, cuts, rule))
				break;
		}
	}
	for (int64_t runs = 1; runs < cuts->runs; runs++) {
		struct sim_cuts fewer = *cuts;

		fewer.runs = runs;
		if (still_breaks(sim, order, &fewer, rule)) {
			*cuts = fewer;
			break;
		}
	}
}

/* Leaves out faults: many at once, then fewer, then one by one. */
static void shrink_faults(struct sim *sim, const struct sim_order *order,
			  struct sim_cuts *cuts, enum sim_rule rule)
{
	size_t n;

	(void)still_breaks(sim, order, cuts, rule);
	n = sim->n_faults < CUTS_MAX ? sim->n_faults : CUTS_MAX;
	for (size_t step = n > 0 ? n : 1; step > 0; step /= 2) {
		for (size_t at = 0; at < n; at += step) {
			struct sim_cuts fewer = *cuts;

			for (size_t i = at; i < at + step && i < n; i++)
				fewer.skip[i] = true;
			if (still_breaks(sim, order, &fewer, rule))
				*cuts = fewer;
		}
	}
}

bool sim_shrink(struct sim *sim, const struct sim_order *order)
{
	struct sim_cuts cuts = { .servers = UINT32_MAX,
				 .pools = UINT32_MAX,
				 .accounts = UINT32_MAX,
				 .runs = INT64_MAX };
	struct sim_totals totals = { 0 };
	struct sim_order shorter = *order;
	enum sim_rule rule;
	size_t n_before;

	shorter.trace = false;
	if (sim_play(sim, &shorter, &totals))
		return false;
	rule = sim->rule;
	n_before = sim->n_faults;
	cuts.servers = SIM_SERVERS_MOST;
	cuts.pools = SIM_POOLS_MOST;
	cuts.accounts = ACCOUNTS_MAX;
	cuts.runs = SIM_RUNS_MOST;
	shrink_sizes(sim, order, &cuts, rule);
	shrink_faults(sim, order, &cuts, rule);
	shrink_sizes(sim, order, &cuts, rule);
	shrink_faults(sim, order, &cuts, rule);
	shorter.cuts = &cuts;
	shorter.trace = true;
	(void)sim_play(sim, &shorter, &totals);
	printf("seed %" PRIu64 ": %s: %s: %s\n", order->seed,
	       sim_mode_name(order->mode), sim_rule_name(rule), sim->broken);
	printf("%zu faults of %zu, %zu servers with %zu pools are left\n",
	       sim->n_happened, n_before, sim->world.farm.n_servers,
	       sim->n_pools);
	return true;
}
