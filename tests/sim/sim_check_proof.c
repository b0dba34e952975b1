/* sim_check_proof.c - the gate and the breaker: what the directory says of an
 * account, and what may be done after it. */
#include "tests/sim/sim.h"

/* Each question once for an account and run, and only of those that have a
 * password. */
void check_asked(struct sim *sim, const struct action *action)
{
	const size_t account = action->account;

	if (!sim->run->change || sim->kind_of[account] != SIM_USER)
		sim_break(sim, RULE_GATE, "the directory is asked for nothing");
	if (++sim->run->n_asked[account][action->question] > 1)
		sim_break(sim, RULE_GATE, "the directory is asked twice");
	if (action->question == PROOF_BREAKER && !sim->run->told[account])
		sim_break(sim, RULE_BREAKER, "the breaker asks for nothing");
}

void check_proof(struct sim *sim, const struct event *event)
{
	const size_t account = event->account;
	const bool proved = event->proof == PROOF_PROVED;
	struct sim_run *run = sim->run;

	if (event->question == PROOF_BREAKER) {
		run->blameless[account] = proved;
		/* Its server was at fault: the next one may be the first. */
		if (proved)
			run->first[account] = SIZE_MAX;
		return;
	}
	run->may_finish[account] = event->proof != PROOF_REFUSED;
	run->may_write[account] = proved || (event->proof == PROOF_UNPROVED &&
					     sim->config.allow_unproved);
}

/* May APPLY or ACTIVATE touch it? */
void check_account(struct sim *sim, enum action_kind kind, size_t pool)
{
	const size_t account = sim->pools[pool].account;
	const size_t server = sim_pool(sim, pool)->server;
	const struct sim_run *run = sim->run;

	if (run->faulted[account] &&
	    (!run->blameless[account] || run->faulted_at[server][account]))
		sim_break(sim, RULE_BREAKER,
			  "pool %zu: its account has a fault", pool);
	if (sim->kind_of[account] != SIM_USER)
		return;
	if (!run->may_finish[account] ||
	    (kind == ACTION_APPLY && !run->may_write[account]))
		sim_break(sim, RULE_GATE,
			  "pool %zu: its account did not pass the gate", pool);
}
