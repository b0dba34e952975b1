/* sim_kinds.c - bindings and pools of every kind, and what happens to them. */
#include "tests/sim/sim.h"

static bool chance(struct sim *sim, unsigned permille)
{
	return rng_chance(&sim->kinds_rng, permille);
}

static int64_t range(struct sim *sim, int64_t low, int64_t high)
{
	return rng_range(&sim->kinds_rng, low, high);
}

void kinds_accounts(struct sim *sim)
{
	if (chance(sim, 300))
		sim->farm.n_accounts = ACCOUNTS_MAX;
	for (size_t i = 0; i < sim->farm.n_accounts; i++)
		sim->farm.accounts[i].kind =
			(enum farm_kind)range(sim, FARM_USER, FARM_BUILTIN);
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		for (size_t i = 0; i < sim->farm.n_accounts; i++)
			sim->farm.no_right[s][i] = chance(sim, 80);
	}
}

void kinds_binding(struct sim *sim, size_t account, struct binding *binding)
{
	const enum farm_kind kind = sim->farm.accounts[account].kind;

	if (kind == FARM_BUILTIN) {
		binding->account = SIZE_MAX;
		binding->identity = IDENTITY_NETWORK_SERVICE;
	}
	binding->on_verify_fail = (enum on_verify_fail)range(
		sim, VERIFY_FAIL_STOP, VERIFY_FAIL_CONTINUE);
	if (chance(sim, 700))
		binding->inherited = INHERITED_MAKE_LOCAL;
	if (chance(sim, 300))
		binding->http = (struct http_check){ .path = "/health",
						     .expect = { 200 },
						     .n_expect = 1,
						     .within_ms = 1000 };
	if (kind == FARM_USER && chance(sim, 200)) {
		binding->follow = true;
		binding->pools.n = 0;
	} else if (sim->farm.n_accounts == 1 && chance(sim, 500)) {
		binding->pools.n = 1;
		binding->pools.items[0].name = "P?";
		binding->pools.items[0].glob = true;
	}
}

static enum farm_who draw_other(struct sim *sim)
{
	return (enum farm_who)range(sim, WHO_OTHER, WHO_MANAGED);
}

static void draw_pool(struct sim *sim, struct farm_pool *pool)
{
	pool->alt = draw_other(sim);
	if (chance(sim, 250))
		pool->who = draw_other(sim);
	if (pool->who != WHO_SERVICE)
		pool->inherited = chance(sim, 100);
	pool->worker_who = pool->who;
	pool->crashes = chance(sim, 60);
	pool->http_bad = chance(sim, 100);
	pool->held = chance(sim, 80);
	if (pool->held) {
		pool->state = POOL_STOPPED;
		pool->worker_ms = 0;
	}
}

void kinds_pools(struct sim *sim)
{
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		for (size_t p = 0; p < sim->farm.n_pools; p++)
			draw_pool(sim, &sim->farm.pools[s][p]);
	}
	sim->suspends = chance(sim, 150);
	sim->suspended_server =
		(size_t)range(sim, 0, (int64_t)sim->farm.n_servers - 1);
	sim->suspended_pool =
		(size_t)range(sim, 0, (int64_t)sim->farm.n_pools - 1);
}

/* Somebody removes a pool, or makes it anew. */
void kinds_disturb(struct sim *sim)
{
	struct farm_pool *pool;
	size_t server, index;

	if (!sim->kinds || !chance(sim, sim->faults.meddle))
		return;
	server = (size_t)range(sim, 0, (int64_t)sim->farm.n_servers - 1);
	index = (size_t)range(sim, 0, (int64_t)sim->farm.n_pools - 1);
	pool = &sim->farm.pools[server][index];
	if (!pool->gone && !chance(sim, 300))
		return;
	pool->gone = !pool->gone;
	pool->n_same = 0;
	pool->meddled = true;
	pool->worker_ms = 0;
	if (!pool->gone)
		farm_recycle(&sim->farm, server, index, sim->now_ms);
}

/* People mend what only they can: rights, programs, sites, pools. */
void kinds_mend(struct sim *sim)
{
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		for (size_t i = 0; i < sim->farm.n_accounts; i++)
			sim->farm.no_right[s][i] = false;
		for (size_t p = 0; p < sim->farm.n_pools; p++) {
			struct farm_pool *pool = &sim->farm.pools[s][p];

			pool->http_bad = pool->crashes = false;
			if (pool->gone) {
				pool->gone = false;
				farm_recycle(&sim->farm, s, p, sim->now_ms);
			}
			if (pool->state == POOL_STOPPED && !pool->held &&
			    pool->disabled_ms > pool->fault_ms) {
				pool->state = POOL_STARTED;
				farm_recycle(&sim->farm, s, p, sim->now_ms);
			}
		}
	}
}

bool sim_is_suspended(const struct sim *sim, size_t server, size_t pool)
{
	return sim->suspends && server == sim->suspended_server &&
	       pool == sim->suspended_pool;
}

bool kinds_left_alone(const struct sim *sim, size_t server, size_t index)
{
	const struct farm_pool *pool = &sim->farm.pools[server][index];
	const struct binding *binding =
		&sim->desired.bindings.items[pool->account];

	if (sim_is_suspended(sim, server, index))
		return true;
	if (binding->follow && pool->who != WHO_DECLARED)
		return true;
	return pool->inherited && binding->inherited == INHERITED_REFUSE &&
	       farm_type(&sim->farm, pool->account, pool->who) ==
		       IDENTITY_SPECIFIC_USER;
}
