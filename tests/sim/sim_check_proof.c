/* sim_check_proof.c - the gate and the breaker: what the directory says of an
 * account, and what may be done after it. */
#include "tests/sim/sim.h"

void check_proof(struct sim *sim, const struct event *event)
{
	const size_t account = event->account;
	const bool proved = event->proof == PROOF_PROVED;

	if (sim->kind_of[account] != SIM_USER)
		sim_break(sim, "the directory is asked for nothing");
	if (event->question == PROOF_BREAKER) {
		if (!sim->told[account] || sim->blameless[account])
			sim_break(sim, "the breaker is asked for nothing");
		sim->blameless[account] = proved;
		/* Its server was at fault: the next one may be the first. */
		if (proved)
			sim->first[account] = SIZE_MAX;
		return;
	}
	if (sim->may_finish[account])
		sim_break(sim, "the gate is asked twice");
	sim->may_finish[account] = event->proof != PROOF_REFUSED;
	sim->may_write[account] = proved || (event->proof == PROOF_UNPROVED &&
					     sim->config.allow_unproved);
}

/* A pool that is written or recycled, and not put back. */
void check_account(struct sim *sim, const struct action *action, size_t pool)
{
	const size_t account = sim->watch[pool].account;

	if (sim->faulted[account] && (!sim->blameless[account] ||
				      sim->faulted_at[action->server][account]))
		sim_break(sim, "pool %zu: its account has a fault", pool);
	if (sim->kind_of[account] != SIM_USER)
		return;
	if (!sim->may_finish[account] ||
	    (action->kind == ACTION_APPLY && !sim->may_write[account]))
		sim_break(sim, "pool %zu: its account did not pass the gate",
			  pool);
}
