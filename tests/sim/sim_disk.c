/* sim_disk.c - the state file of the simulator: what a save makes durable. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

#include <string.h>

bool sim_find(const struct sim *sim, const char *server, const char *pool,
	      size_t *ret_server, size_t *ret_pool)
{
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		if (!str_eq(sim->desired.servers.items[s].name, server))
			continue;
		for (size_t p = 0; p < sim->farm.n_pools; p++) {
			if (!str_eq(farm_pool_name(p), pool))
				continue;
			*ret_server = s;
			*ret_pool = p;
			return true;
		}
	}
	return false;
}

static void add_pool(struct sim *sim, size_t server, size_t index)
{
	const struct past_pool pool = {
		.server = sim->desired.servers.items[server].name,
		.pool = farm_pool_name(index),
		.account = "",
		.reason = "",
		.run = "",
	};

	(void)array_push(&sim->arena, &sim->past.pools, pool);
}

void disk_new(struct sim *sim)
{
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		for (size_t p = 0; p < sim->farm.n_pools; p++)
			add_pool(sim, s, p);
	}
}

struct past disk_past(const struct sim *sim, struct arena *arena)
{
	struct past past = { .pairs = { 0 } };
	const struct past_suspension suspension = {
		.server =
			sim->desired.servers.items[sim->suspended_server].name,
		.pool = farm_pool_name(sim->suspended_pool),
		.reason = "change freeze",
		.by = "ada",
		.until_ms = INT64_MAX,
	};
	const struct past_pool *pool;

	if (sim->suspends)
		(void)array_push(arena, &past.suspensions, suspension);

	array_foreach(pool, &sim->past.pools) {
		(void)array_push(arena, &past.pools, *pool);
	}
	return past;
}

static void write_intent(struct sim *sim, struct past_pool *pool,
			 const struct save_row *row)
{
	const bool same = row->generation == pool->generation &&
			  memcmp(row->candidate, pool->candidate, 16) == 0;

	if (row->generation < pool->generation ||
	    (row->generation == pool->generation && !same))
		sim_break(sim, "intent %s/%s: generation %lld after %lld",
			  row->server, row->pool, (long long)row->generation,
			  (long long)pool->generation);
	if (!same)
		pool->committed_ms = 0;
	pool->account = arena_strdup(&sim->arena, row->account);
	pool->generation = row->generation;
	memcpy(pool->candidate, row->candidate, 16);
	pool->open = true;
	pool->version = row->version;
}

static void write_outcome(struct past_pool *pool, const struct save_row *row)
{
	if (row->generation != pool->generation)
		return;
	if (row->committed_ms > 0)
		pool->committed_ms = row->committed_ms;
	if (row->closes)
		pool->open = false;
}

void disk_write(struct sim *sim, const struct save *save)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		size_t server = 0, at = 0;
		struct past_pool *pool;

		if (!sim_find(sim, row->server, row->pool, &server, &at)) {
			sim_break(sim, "a save names %s/%s", row->server,
				  row->pool);
			return;
		}
		pool = &sim->past.pools.items[server * sim->farm.n_pools + at];
		if (save->kind == SAVE_INTENT)
			write_intent(sim, pool, row);
		else if (!pool->open)
			pool->account = arena_strdup(&sim->arena, row->account);
		if (save->kind == SAVE_OUTCOME)
			write_outcome(pool, row);
		if (save->kind == SAVE_OUTCOME || save->kind == SAVE_OBSERVED)
			pool->status = row->status;
		if (row->proved) {
			pool->proved_ms = save->wall_ms;
			pool->proved_version = row->version;
		}
	}
}
