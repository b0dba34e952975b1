/* farm.c - see farm.h. */
#include "tests/sim/farm.h"

#include <string.h>

#define FAULT_SHOWN_MS 700

uint64_t rng_next(struct sim_rng *rng)
{
	uint64_t z = (rng->state += 0x9E3779B97F4A7C15U);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
	return z ^ (z >> 31);
}

int64_t rng_range(struct sim_rng *rng, int64_t low, int64_t high)
{
	return low + (int64_t)(rng_next(rng) % (uint64_t)(high - low + 1));
}

bool rng_chance(struct sim_rng *rng, unsigned permille)
{
	return rng_next(rng) % 1000 < permille;
}

const char *farm_pool_name(size_t pool)
{
	static const char *const names[POOLS_MAX] = { "P0", "P1", "P2", "P3" };

	return names[pool];
}

static bool logon_works(const struct farm *farm, const struct farm_pool *pool)
{
	return pool->foreign ||
	       pool->password == farm->accounts[pool->account].truth;
}

/* WAS looks at the identity when it changes and when a worker starts. */
static void try_logon(struct farm *farm, struct farm_pool *pool, int64_t now_ms)
{
	if (logon_works(farm, pool))
		return;
	pool->fault_before_ms = pool->fault_ms;
	pool->fault_ms = now_ms + 5;
	pool->worker_ms = 0;
	/* Without a worker it is stopped only when a request comes. */
	if (!pool->on_demand)
		pool->state = POOL_STOPPED;
}

void farm_recycle(struct farm *farm, size_t server, size_t index,
		  int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools[server][index];

	if (pool->state != POOL_STARTED || pool->stuck)
		return;
	pool->recycled_ms = now_ms;
	pool->worker_ms = 0;
	try_logon(farm, pool, now_ms);
	if (pool->state == POOL_STARTED && !pool->on_demand) {
		pool->worker_ms = now_ms + 5;
		pool->worker_foreign = pool->foreign;
	}
}

static const char *refusal(const struct farm_pool *pool,
			   const struct farm_row *row)
{
	const struct fence *fence = &pool->fence;

	if (fence->present && row->generation < fence->generation)
		return "generation_behind";
	if (fence->present && row->generation == fence->generation &&
	    memcmp(row->candidate, fence->candidate, 16) != 0)
		return "candidate_differs";
	return "";
}

static void begin(struct farm_pool *pool, const struct farm_row *row)
{
	if (!pool->fence.present || pool->fence.generation != row->generation) {
		pool->fence = (struct fence){ .present = true,
					      .generation = row->generation };
		memcpy(pool->fence.candidate, row->candidate, 16);
		pool->n_same = 0;
	}
}

static void commit(struct farm *farm, size_t server, const struct farm_row *row,
		   int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools[server][row->pool];

	pool->password = row->password;
	pool->foreign = false;
	pool->version = row->version;
	pool->commit_ms = now_ms;
	pool->n_commits++;
	pool->n_same++;
	/* Faults from before are settled: WAS tries the identity again. */
	try_logon(farm, pool, now_ms);
	if (pool->rotates)
		farm_recycle(farm, server, row->pool, now_ms);
}

struct applied_row farm_apply(struct farm *farm, size_t server,
			      const struct farm_row *row, enum farm_end end,
			      int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools[server][row->pool];
	struct applied_row answer = { .pool = farm_pool_name(row->pool),
				      .generation = row->generation,
				      .status = APPLIED_REFUSED,
				      .why = refusal(pool, row) };
	const bool same = pool->fence.present &&
			  pool->fence.generation == row->generation;

	if (answer.why[0])
		return answer;
	if (!pool->foreign && pool->password == row->password &&
	    (!row->rewrite || (same && pool->fence.committed_ms > 0))) {
		if (same && pool->fence.committed_ms == 0)
			pool->fence.committed_ms = now_ms;
		answer.status = APPLIED_KEPT;
		answer.committed_ms = pool->fence.committed_ms;
		return answer;
	}
	if (pool->foreign != row->seen_foreign) {
		answer.why = "user_changed";
		return answer;
	}
	begin(pool, row);
	answer.pool = NULL;
	if (end == FARM_BEGUN || end == FARM_FAULT)
		return answer;
	commit(farm, server, row, now_ms);
	if (end == FARM_COMMITTED)
		return answer;
	pool->fence.committed_ms = now_ms;
	answer.pool = farm_pool_name(row->pool);
	answer.status = APPLIED_SET;
	answer.committed_ms = now_ms;
	return answer;
}

void farm_activate(struct farm *farm, size_t server, const struct farm_row *row,
		   int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools[server][row->pool];

	if (row->revive && pool->state == POOL_STOPPED && !pool->stuck) {
		pool->state = POOL_STARTED;
		farm_recycle(farm, server, row->pool, now_ms);
	}
	if (row->recycle && pool->worker_ms > 0 &&
	    pool->worker_ms < row->committed_ms)
		farm_recycle(farm, server, row->pool, now_ms);
}

static void observe_pool(const struct farm *farm, size_t server, size_t index,
			 struct arena *arena, struct observed *observed)
{
	const int64_t now_ms = observed->now_ms;
	const struct farm_pool *pool = &farm->pools[server][index];
	const char *user = pool->account == 0 ? "CORP\\u0" : "CORP\\u1";
	struct observed_pool seen = {
		.name = farm_pool_name(index),
		.identity = IDENTITY_SPECIFIC_USER,
		.identity_local = true,
		.user = pool->foreign ? "CORP\\other" : user,
		.user_from = VALUE_LOCAL,
		.password_from = VALUE_LOCAL,
		.account = pool->foreign ? SIZE_MAX : pool->account,
		.state = pool->state,
		.auto_start = true,
		.rotates = pool->rotates,
		.fence = pool->fence,
	};
	const struct worker worker = {
		.pid = 1,
		.owner = pool->worker_foreign ? "CORP\\other" : user,
		.started_ms = pool->worker_ms,
	};
	/* The log is behind. */
	const bool shown = now_ms >= pool->fault_ms + FAULT_SHOWN_MS;
	const struct was_event event = {
		.id = 5021,
		.time_ms = shown ? pool->fault_ms : pool->fault_before_ms,
	};

	if (!pool->foreign)
		seen.password =
			pool->password == farm->accounts[pool->account].declared
				? PASSWORD_CURRENT
				: PASSWORD_STALE;
	if (pool->worker_ms > 0)
		(void)array_push(arena, &seen.workers, worker);
	if (event.time_ms > 0)
		(void)array_push(arena, &seen.events, event);
	(void)array_push(arena, &observed->pools, seen);
}

struct observed *farm_observe(const struct farm *farm, size_t server,
			      struct arena *arena, int64_t now_ms)
{
	struct observed *observed = arena_alloc(arena, sizeof(*observed));

	observed->server = server;
	observed->writable = true;
	observed->now_ms = now_ms;
	for (size_t i = 0; i < farm->n_pools; i++)
		observe_pool(farm, server, i, arena, observed);
	return observed;
}

bool farm_converged(const struct farm *farm, size_t server, size_t index)
{
	const struct farm_pool *pool = &farm->pools[server][index];

	return !pool->foreign &&
	       pool->password == farm->accounts[pool->account].declared &&
	       (pool->worker_ms == 0 || !pool->worker_foreign) &&
	       (pool->worker_ms == 0 || pool->worker_ms >= pool->commit_ms) &&
	       (pool->fault_ms == 0 || pool->fault_ms < pool->commit_ms ||
		pool->fault_ms < pool->worker_ms);
}

void farm_meddle(struct farm *farm, size_t server, size_t index,
		 struct sim_rng *rng, int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools[server][index];

	pool->n_same = 0;
	switch (rng_range(rng, 0, 3)) {
	case 0:
		pool->password = rng_range(rng, 900, 999);
		pool->meddled = true;
		break;
	case 1:
		pool->foreign = !pool->foreign;
		pool->meddled = true;
		break;
	default:
		break;
	}
	farm_recycle(farm, server, index, now_ms);
	if (!logon_works(farm, pool))
		pool->meddled = true;
	/* People put right what they broke at once; lockstep mends the rest. */
	if (pool->state == POOL_STOPPED && pool->meddled)
		pool->state = POOL_STARTED;
}
