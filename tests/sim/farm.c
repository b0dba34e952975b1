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

enum identity_type farm_type(const struct farm *farm, size_t account,
			     enum farm_who who)
{
	const bool builtin = farm->accounts[account].kind == FARM_BUILTIN;

	if (who == WHO_DECLARED)
		return builtin ? IDENTITY_NETWORK_SERVICE
			       : IDENTITY_SPECIFIC_USER;
	return who == WHO_SERVICE ? IDENTITY_LOCAL_SERVICE
				  : IDENTITY_SPECIFIC_USER;
}

const char *farm_user(const struct farm *farm, size_t account,
		      enum farm_who who)
{
	static const char *const users[ACCOUNTS_MAX] = { "CORP\\u0", "CORP\\u1",
							 "CORP\\u2" };
	static const char *const managed[ACCOUNTS_MAX] = { "CORP\\u0$",
							   "CORP\\u1$",
							   "CORP\\u2$" };

	switch (who) {
	case WHO_OTHER:
		return "CORP\\other";
	case WHO_MANAGED:
		return "CORP\\old$";
	case WHO_SERVICE:
	case WHO_COUNT:
		return "";
	case WHO_DECLARED:
		break;
	}
	if (farm->accounts[account].kind == FARM_BUILTIN)
		return "";
	return farm->accounts[account].kind == FARM_GMSA ? managed[account]
							 : users[account];
}

enum farm_who farm_who_is(const struct farm *farm, size_t account,
			  enum identity_type type, const char *user)
{
	enum farm_who who = WHO_DECLARED;

	while (who < WHO_COUNT &&
	       (farm_type(farm, account, who) != type ||
		strcmp(farm_user(farm, account, who), user) != 0))
		who++;
	return who;
}

/* 0 = it works, else the error that WAS logs. */
static uint32_t logon_error(const struct farm *farm, size_t server,
			    const struct farm_pool *pool)
{
	const struct farm_account *account = &farm->accounts[pool->account];

	if (pool->who != WHO_DECLARED || account->kind == FARM_BUILTIN)
		return 0;
	if (account->kind == FARM_USER ? pool->password != account->truth
				       : account->truth != account->declared)
		return 0x8007052e;
	return farm->no_right[server][pool->account] ? 0x80070569 : 0;
}

/* WAS looks at the identity when it changes and when a worker starts. */
static void try_logon(struct farm *farm, size_t server, struct farm_pool *pool,
		      int64_t now_ms)
{
	const uint32_t error = logon_error(farm, server, pool);

	/* Nobody logs on for a pool that a person stopped. */
	if (error == 0 || pool->held)
		return;
	pool->fault_before_ms = pool->fault_ms;
	pool->fault_before_code = pool->fault_code;
	pool->fault_ms = now_ms + 5;
	pool->fault_code = error;
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
	try_logon(farm, server, pool, now_ms);
	if (pool->state != POOL_STARTED || pool->on_demand)
		return;
	if (pool->crashes) {
		pool->state = POOL_STOPPED;
		pool->disabled_ms = now_ms + 5;
		return;
	}
	pool->worker_ms = now_ms + 5;
	pool->worker_who = pool->who;
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
	pool->who = row->to;
	pool->inherited = false;
	pool->version = row->version;
	pool->commit_ms = now_ms;
	pool->n_commits++;
	pool->n_same++;
	/* Faults from before are settled: WAS tries the identity again. */
	try_logon(farm, server, pool, now_ms);
	if (pool->rotates)
		farm_recycle(farm, server, row->pool, now_ms);
}

/* Does the pool itself store what the row says? */
static bool holds(const struct farm *farm, const struct farm_pool *pool,
		  const struct farm_row *row)
{
	const bool user = row->to == WHO_DECLARED &&
			  farm->accounts[pool->account].kind == FARM_USER;

	return pool->who == row->to && !pool->inherited &&
	       (!user || pool->password == row->password);
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

	if (pool->gone)
		answer.why = "missing";
	if (answer.why[0])
		return answer;
	if (holds(farm, pool, row) &&
	    (!row->rewrite || (same && pool->fence.committed_ms > 0))) {
		if (same && pool->fence.committed_ms == 0)
			pool->fence.committed_ms = now_ms;
		answer.status = APPLIED_KEPT;
		answer.committed_ms = pool->fence.committed_ms;
		return answer;
	}
	if (pool->who != row->seen)
		answer.why = "user_changed";
	else if (pool->inherited == row->seen_local)
		answer.why = "local_changed";
	if (answer.why[0])
		return answer;
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

	if (pool->gone)
		return;
	if (row->revive && pool->state == POOL_STOPPED && !pool->stuck) {
		pool->state = POOL_STARTED;
		farm_recycle(farm, server, row->pool, now_ms);
	}
	if (row->recycle && pool->worker_ms > 0 &&
	    pool->worker_ms < row->committed_ms)
		farm_recycle(farm, server, row->pool, now_ms);
}

static const char *owner_of(const struct farm *farm,
			    const struct farm_pool *pool)
{
	const enum farm_who who = pool->worker_who;
	const enum identity_type type = farm_type(farm, pool->account, who);

	if (type == IDENTITY_NETWORK_SERVICE)
		return "NT AUTHORITY\\NETWORK SERVICE";
	if (type == IDENTITY_LOCAL_SERVICE)
		return "NT AUTHORITY\\LOCAL SERVICE";
	return farm_user(farm, pool->account, who);
}

static void see_events(const struct farm_pool *pool, struct arena *arena,
		       int64_t now_ms, struct observed_pool *seen)
{
	/* The log is behind. */
	const bool shown = now_ms >= pool->fault_ms + FAULT_SHOWN_MS;
	const struct was_event fault = {
		.id = 5021,
		.time_ms = shown ? pool->fault_ms : pool->fault_before_ms,
		.code = shown ? pool->fault_code : pool->fault_before_code,
	};
	const struct was_event disabled = { .id = 5002,
					    .time_ms = pool->disabled_ms };

	if (fault.time_ms > 0)
		(void)array_push(arena, &seen->events, fault);
	if (disabled.time_ms > 0 &&
	    now_ms >= pool->disabled_ms + FAULT_SHOWN_MS)
		(void)array_push(arena, &seen->events, disabled);
}

static enum password_state password_of(const struct farm *farm,
				       const struct farm_pool *pool)
{
	const struct farm_account *account = &farm->accounts[pool->account];

	if (pool->who != WHO_DECLARED || account->kind != FARM_USER)
		return PASSWORD_NOT_COMPARED;
	return pool->password == account->declared ? PASSWORD_CURRENT
						   : PASSWORD_STALE;
}

static void observe_pool(const struct farm *farm, size_t server, size_t index,
			 struct arena *arena, struct observed *observed)
{
	const struct farm_pool *pool = &farm->pools[server][index];
	const enum value_from from =
		pool->inherited ? VALUE_INHERITED : VALUE_LOCAL;
	struct observed_pool seen = {
		.name = pool->gone ? "" : farm_pool_name(index),
		.identity = farm_type(farm, pool->account, pool->who),
		.identity_local = !pool->inherited,
		.user = farm_user(farm, pool->account, pool->who),
		.user_from = from,
		.password_from = from,
		.password = password_of(farm, pool),
		.account = SIZE_MAX,
		.state = pool->state,
		.auto_start = true,
		.always_running = !pool->on_demand,
		.rotates = pool->rotates,
		.n_sites = 1,
		.fence = pool->fence,
	};
	const struct worker worker = {
		.pid = 1,
		.owner = owner_of(farm, pool),
		.started_ms = pool->worker_ms,
	};

	if (seen.password != PASSWORD_NOT_COMPARED)
		seen.account = pool->account;
	if (pool->worker_ms > 0)
		(void)array_push(arena, &seen.workers, worker);
	see_events(pool, arena, observed->now_ms, &seen);
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

static bool is_current(const struct farm *farm, const struct farm_pool *pool)
{
	const struct farm_account *account = &farm->accounts[pool->account];

	/* A builtin identity that is inherited is the declared one all the
	 * same. */
	if (pool->who != WHO_DECLARED || account->kind == FARM_BUILTIN)
		return pool->who == WHO_DECLARED;
	return !pool->inherited && (account->kind == FARM_GMSA ||
				    pool->password == account->declared);
}

bool farm_converged(const struct farm *farm, size_t server, size_t index)
{
	const struct farm_pool *pool = &farm->pools[server][index];
	const bool builtin = farm->accounts[pool->account].kind == FARM_BUILTIN;

	return is_current(farm, pool) &&
	       (pool->worker_ms == 0 || pool->worker_who == WHO_DECLARED) &&
	       (pool->worker_ms == 0 || pool->worker_ms >= pool->commit_ms) &&
	       (builtin || pool->fault_ms == 0 ||
		pool->fault_ms < pool->commit_ms ||
		pool->fault_ms < pool->worker_ms) &&
	       (pool->disabled_ms == 0 || pool->disabled_ms < pool->commit_ms ||
		pool->disabled_ms < pool->worker_ms ||
		pool->state == POOL_STARTED);
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
		pool->who =
			pool->who == WHO_DECLARED ? pool->alt : WHO_DECLARED;
		pool->inherited = false;
		pool->meddled = true;
		break;
	default:
		break;
	}
	farm_recycle(farm, server, index, now_ms);
	if (logon_error(farm, server, pool) != 0)
		pool->meddled = true;
	/* People put right what they broke at once; lockstep mends the rest. */
	if (pool->state == POOL_STOPPED && pool->meddled && !pool->held)
		pool->state = POOL_STARTED;
}
