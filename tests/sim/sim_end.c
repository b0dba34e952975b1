/* sim_end.c - when faults stop: people mend, and a plain run converges. */
#include "tests/sim/sim.h"

#include <string.h>

static bool is_current(const struct sim *sim, size_t index)
{
	const struct farm_pool *pool = &sim->world.farm.pools.items[index];
	const size_t account = sim->pools[index].account;

	/* A builtin identity that is inherited is the declared one all the
	 * same. */
	if (!sim_runs_declared(sim, index) ||
	    sim->kind_of[account] == SIM_BUILTIN)
		return sim_runs_declared(sim, index);
	return pool->local &&
	       (sim->kind_of[account] == SIM_GMSA ||
		pool->password == sim->world.farm.accounts[account].declared);
}

bool is_converged(const struct sim *sim, size_t index)
{
	const struct farm_pool *pool = &sim->world.farm.pools.items[index];
	const size_t account = sim->pools[index].account;
	const struct farm_who declared = sim_who(sim, account, WHO_DECLARED);
	const bool builtin = sim->kind_of[account] == SIM_BUILTIN;

	return is_current(sim, index) &&
	       (pool->worker_ms == 0 ||
		farm_who_same(&pool->worker_who, &declared)) &&
	       (pool->worker_ms == 0 || pool->worker_ms >= pool->commit_ms) &&
	       (builtin || pool->fault_ms == 0 ||
		pool->fault_ms < pool->commit_ms ||
		pool->fault_ms < pool->worker_ms ||
		/* What crashed later had started after the fault. */
		pool->fault_ms < pool->disabled_ms) &&
	       (pool->disabled_ms == 0 || pool->disabled_ms < pool->commit_ms ||
		pool->disabled_ms < pool->worker_ms ||
		pool->state == POOL_STARTED);
}

static void mend_accounts(struct sim *sim)
{
	struct farm *farm = &sim->world.farm;

	for (size_t i = 0; i < farm->n_accounts; i++) {
		struct farm_account *account = &farm->accounts[i];

		if (account->truth == account->declared)
			continue;
		if (dice_chance(&sim->world.dice, 500)) {
			farm_set_password(farm, i, account->declared);
		} else {
			account->declared = 30 + (int64_t)i;
			farm_set_password(farm, i, account->declared);
			sim->versions[i]++;
		}
	}
}

void sim_mend(struct sim *sim)
{
	struct farm *farm = &sim->world.farm;

	memset(&sim->world.chances, 0, sizeof(sim->world.chances));
	sim->meddle = sim->reset = 0;
	if (!rehearse_settle(&sim->world))
		sim_break(sim, RULE_RUN, "%s", sim->world.err.what);
	sim->world.now_ms += 600000;
	/* What an older copy of the state sent may have landed only now. */
	if (sim->racing)
		sim_repair(sim);
	kinds_mend(sim);
	mend_accounts(sim);
	if (sim->wide)
		wide_mend(sim);
	for (size_t p = 0; p < farm->pools.n; p++) {
		struct farm_pool *pool = &farm->pools.items[p];
		const struct farm_who declared =
			sim_who(sim, sim->pools[p].account, WHO_DECLARED);

		pool->stuck = false;
		/* A worker of somebody else is nothing that lockstep may end
		 * unasked. */
		if (!farm_who_same(&pool->worker_who, &declared) &&
		    sim_runs_declared(sim, p))
			sim_recycle(sim, p);
	}
	sim->world.now_ms += 10000; /* logs catch up */
}

bool sim_all_converged(const struct sim *sim, size_t *ret_pool)
{
	for (size_t p = 0; p < sim->world.farm.pools.n; p++) {
		const struct binding *binding =
			&sim->desired.bindings.items[sim->pools[p].account];

		if (binding->restart == RESTART_NONE ||
		    kinds_left_alone(sim, p) || is_converged(sim, p))
			continue;
		*ret_pool = p;
		return false;
	}
	return true;
}
