/* sim_kinds.c - bindings and pools of every kind, and what happens to them. */
#include "tests/sim/sim.h"

static bool chance(struct sim *sim, unsigned permille)
{
	return dice_chance(&sim->kinds_dice, permille);
}

static int64_t range(struct sim *sim, int64_t low, int64_t high)
{
	return dice_range(&sim->kinds_dice, low, high);
}

void kinds_accounts(struct sim *sim, size_t n_servers, size_t *n_accounts)
{
	if (chance(sim, 300))
		*n_accounts = ACCOUNTS_MAX;
	for (size_t i = 0; i < *n_accounts; i++)
		sim->kind_of[i] =
			(enum sim_kind)range(sim, SIM_USER, SIM_BUILTIN);
	sim->no_right = sim_zeroed(sim, n_servers, sizeof(*sim->no_right));
	for (size_t s = 0; s < n_servers; s++) {
		for (size_t i = 0; i < *n_accounts; i++)
			sim->no_right[s][i] = chance(sim, 80);
	}
}

void kinds_binding(struct sim *sim, size_t n_accounts, size_t account,
		   struct binding *binding)
{
	const enum sim_kind kind = sim->kind_of[account];

	if (kind == SIM_BUILTIN) {
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
	if (kind == SIM_USER && chance(sim, 200)) {
		binding->follow = true;
		binding->pools.n = 0;
	} else if (n_accounts == 1 && chance(sim, 500)) {
		binding->pools.n = 1;
		binding->pools.items[0].name = "P?";
		binding->pools.items[0].glob = true;
	}
}

static enum sim_who draw_other(struct sim *sim)
{
	return (enum sim_who)range(sim, WHO_OTHER, WHO_MANAGED);
}

static void set_inherited(struct farm_pool *pool)
{
	pool->local = false;
	pool->user_from = pool->password_from = VALUE_INHERITED;
}

static void draw_pool(struct sim *sim, size_t index)
{
	struct farm_pool *pool = sim_pool(sim, index);
	struct sim_pool *known = &sim->pools[index];
	enum sim_who who;

	known->alt = draw_other(sim);
	if (chance(sim, 250)) {
		who = draw_other(sim);
		pool->who = sim_who(sim, known->account, who);
	}
	if (pool->who.type != IDENTITY_LOCAL_SERVICE && chance(sim, 100))
		set_inherited(pool);
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
	const int64_t last_server = (int64_t)sim->world.farm.n_servers - 1;
	const int64_t last_pool = (int64_t)sim->n_pools - 1;
	size_t server;

	for (size_t p = 0; p < sim->world.farm.pools.n; p++)
		draw_pool(sim, p);
	sim->suspends = chance(sim, 150);
	server = (size_t)range(sim, 0, last_server);
	sim->suspended =
		server * sim->n_pools + (size_t)range(sim, 0, last_pool);
}

/* Somebody removes a pool, or makes it anew. */
void kinds_disturb(struct sim *sim)
{
	const int64_t last_server = (int64_t)sim->world.farm.n_servers - 1;
	const int64_t last_pool = (int64_t)sim->n_pools - 1;
	struct farm_pool *pool;
	size_t index;

	if (!sim->kinds ||
	    !sim_fault(sim, &sim->kinds_dice, SIM_FAULT_GONE, sim->meddle))
		return;
	index = (size_t)range(sim, 0, last_server) * sim->n_pools;
	index += (size_t)range(sim, 0, last_pool);
	pool = sim_pool(sim, index);
	if (!pool->gone && !chance(sim, 300))
		return;
	pool->gone = !pool->gone;
	pool->n_same = 0;
	sim_meddled(sim, index);
	pool->worker_ms = 0;
	if (!pool->gone)
		sim_recycle(sim, index);
}

static void mend_pool(struct sim *sim, size_t index)
{
	struct farm_pool *pool = sim_pool(sim, index);

	pool->http_bad = pool->crashes = false;
	if (pool->gone) {
		pool->gone = false;
		sim_recycle(sim, index);
	}
	if (pool->state == POOL_STOPPED && !pool->held &&
	    pool->disabled_ms > pool->fault_ms) {
		pool->state = POOL_STARTED;
		sim_recycle(sim, index);
	}
}

/* People mend what only they can: rights, programs, sites, pools. */
void kinds_mend(struct sim *sim)
{
	struct farm *farm = &sim->world.farm;

	for (size_t s = 0; s < farm->n_servers; s++) {
		for (size_t i = 0; i < farm->n_accounts; i++)
			farm->servers[s].no_right[i] = false;
	}
	for (size_t p = 0; p < farm->pools.n; p++)
		mend_pool(sim, p);
}

bool sim_is_suspended(const struct sim *sim, size_t pool)
{
	return sim->suspends && pool == sim->suspended;
}

bool kinds_left_alone(const struct sim *sim, size_t index)
{
	const struct farm_pool *pool = &sim->world.farm.pools.items[index];
	const size_t account = sim->pools[index].account;
	const struct binding *binding = &sim->desired.bindings.items[account];
	const struct farm_who declared = sim_who(sim, account, WHO_DECLARED);

	if (sim_is_suspended(sim, index))
		return true;
	if (binding->follow && !farm_who_same(&pool->who, &declared))
		return true;
	return !pool->local && binding->inherited == INHERITED_REFUSE &&
	       pool->who.type == IDENTITY_SPECIFIC_USER;
}
