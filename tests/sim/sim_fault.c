/* sim_fault.c - faults that people make, and which faults are left out of a
 * seed that is made shorter. */
#include "tests/sim/sim.h"

const char *sim_fault_name(enum sim_fault_kind kind)
{
	static const char *const names[SIM_FAULT_COUNT] = {
		"changed by hand",        "pool removed",
		"password reset",         "secret changed",
		"pause between runs",     "second controller",
		"older copy of the state"
	};

	return names[kind];
}

/* Every fault of a seed has a number. */
bool sim_may_fault(struct sim *sim)
{
	const size_t number = sim->n_faults++;
	const struct sim_cuts *cuts = sim->cuts;

	if (cuts && number < CUTS_MAX && cuts->skip[number])
		return false;
	sim->n_happened++;
	return true;
}

bool sim_fault(struct sim *sim, struct dice *dice, enum sim_fault_kind kind,
	       unsigned permille)
{
	if (!dice_chance(dice, permille) || !sim_may_fault(sim))
		return false;
	sim->n_sim_faults[kind]++;
	return true;
}
