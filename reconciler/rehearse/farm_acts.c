/* farm_acts.c - what a server does: the fence, commits, logons, recycles. */
#include "reconciler/rehearse/farm.h"

#include <string.h>

#define LOGON_FAILURE 0x8007052eU /* wrong password */
#define LOGON_RIGHT   0x80070569U /* may not log on as a batch job */
#define LOGON_LOCKED  0x80070775U /* the account is locked out */
#define EVENT_MS      5           /* after what it is about */

static bool has_password(const struct farm *farm, const struct farm_who *who)
{
	return who->account < farm->n_accounts &&
	       !farm->accounts[who->account].managed;
}

uint32_t farm_logon_error(const struct farm *farm, size_t index)
{
	const struct farm_pool *pool = &farm->pools.items[index];
	const struct farm_account *account;

	if (pool->who.account >= farm->n_accounts)
		return 0;
	account = &farm->accounts[pool->who.account];
	if (account->managed ? account->truth != account->declared
			     : pool->password != account->truth)
		return LOGON_FAILURE;
	return farm->servers[pool->server].no_right[pool->who.account]
		       ? LOGON_RIGHT
		       : 0;
}

static bool is_recent(const struct farm_account *account, int64_t password)
{
	return password == account->before[0] || password == account->before[1];
}

/* A logon at the domain. now_ms: its clock. */
static bool logon(struct farm *farm, struct farm_account *account,
		  int64_t password, int64_t now_ms)
{
	if (account->locked_ms > now_ms)
		return false;
	if (now_ms > account->bad_ms + FARM_LOCKED_MS)
		account->n_bad = 0;
	if (password == account->truth) {
		account->n_bad = 0;
		return true;
	}
	if (is_recent(account, password))
		return false;
	account->n_bad++;
	account->bad_ms = now_ms;
	account->n_tool_bad += farm->by_tool;
	if (account->lock_at > 0 && account->n_bad >= account->lock_at) {
		account->locked_ms = now_ms + FARM_LOCKED_MS;
		account->n_tool_lock += farm->by_tool;
	}
	return false;
}

static uint32_t logon_error(struct farm *farm, size_t index, int64_t now_ms)
{
	const struct farm_pool *pool = &farm->pools.items[index];
	const int64_t domain_ms =
		now_ms - farm->servers[pool->server].clock_offset_ms;
	struct farm_account *account;

	if (!has_password(farm, &pool->who))
		return farm_logon_error(farm, index);
	account = &farm->accounts[pool->who.account];
	if (account->locked_ms > domain_ms)
		return LOGON_LOCKED;
	(void)logon(farm, account, pool->password, domain_ms);
	return farm_logon_error(farm, index);
}

bool farm_account_works(const struct farm_account *account, int64_t now_ms)
{
	return account->truth == account->declared &&
	       account->locked_ms <= now_ms;
}

void farm_set_password(struct farm *farm, size_t index, int64_t password)
{
	struct farm_account *account = &farm->accounts[index];

	if (password == account->truth)
		return;
	account->before[1] = account->before[0];
	account->before[0] = account->truth;
	account->truth = password;
}

/* WAS looks at the identity when it changes and when a worker starts. */
static void try_logon(struct farm *farm, size_t index, int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools.items[index];
	uint32_t error;

	/* Nobody logs on for a pool that a person stopped. */
	if (pool->held)
		return;
	error = logon_error(farm, index, now_ms);
	if (error == 0)
		return;
	pool->fault_before_ms = pool->fault_ms;
	pool->fault_before_code = pool->fault_code;
	pool->fault_ms = now_ms + EVENT_MS;
	pool->fault_code = error;
	pool->worker_ms = 0;
	/* Without a worker it is stopped only when a request comes. */
	if (!pool->on_demand)
		pool->state = POOL_STOPPED;
}

void farm_recycle(struct farm *farm, size_t index, int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools.items[index];

	if (pool->state != POOL_STARTED || pool->stuck)
		return;
	pool->worker_ms = 0;
	try_logon(farm, index, now_ms);
	if (pool->state != POOL_STARTED || pool->on_demand)
		return;
	if (pool->crashes) {
		pool->state = POOL_STOPPED;
		pool->disabled_ms = now_ms + EVENT_MS;
		return;
	}
	pool->worker_ms = now_ms + EVENT_MS;
	pool->worker_who = pool->who;
}

static const char *refusal(const struct farm_pool *pool,
			   const struct farm_row *row)
{
	const struct fence *fence = &pool->fence;

	if (pool->gone)
		return "missing";
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

static void commit(struct farm *farm, const struct farm_row *row,
		   int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools.items[row->pool];

	pool->password = row->password;
	pool->who = row->to;
	pool->local = true;
	pool->user_from = pool->password_from = VALUE_LOCAL;
	pool->version = row->version;
	pool->commit_ms = now_ms;
	pool->n_commits++;
	pool->n_same++;
	/* Faults from before are settled: WAS tries the identity again. */
	try_logon(farm, row->pool, now_ms);
	if (pool->rotates)
		farm_recycle(farm, row->pool, now_ms);
}

/* Does the pool itself disk what the row says? */
static bool holds(const struct farm *farm, const struct farm_pool *pool,
		  const struct farm_row *row)
{
	return farm_who_same(&pool->who, &row->to) && pool->local &&
	       pool->user_from != VALUE_INHERITED &&
	       pool->password_from != VALUE_INHERITED &&
	       (!has_password(farm, &row->to) ||
		pool->password == row->password);
}

struct applied_row farm_apply(struct farm *farm, const struct farm_row *row,
			      enum farm_end end, int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools.items[row->pool];
	struct applied_row answer = { .pool = pool->name,
				      .generation = row->generation,
				      .status = APPLIED_REFUSED,
				      .why = refusal(pool, row) };
	const bool same = pool->fence.present &&
			  pool->fence.generation == row->generation;

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
	if (!farm_who_same(&pool->who, &row->seen))
		answer.why = "user_changed";
	else if (pool->local != row->seen_local)
		answer.why = "local_changed";
	if (answer.why[0])
		return answer;
	begin(pool, row);
	answer.pool = NULL;
	if (end == FARM_BEGUN || end == FARM_FAULT)
		return answer;
	commit(farm, row, now_ms);
	if (end == FARM_COMMITTED)
		return answer;
	pool->fence.committed_ms = now_ms;
	answer.pool = pool->name;
	answer.status = APPLIED_SET;
	answer.committed_ms = now_ms;
	return answer;
}

void farm_activate(struct farm *farm, const struct farm_row *row,
		   int64_t now_ms)
{
	struct farm_pool *pool = &farm->pools.items[row->pool];

	if (pool->gone)
		return;
	if (row->revive && pool->state == POOL_STOPPED && !pool->stuck) {
		pool->state = POOL_STARTED;
		farm_recycle(farm, row->pool, now_ms);
	}
	if (row->recycle && pool->worker_ms > 0 &&
	    pool->worker_ms < row->committed_ms)
		farm_recycle(farm, row->pool, now_ms);
}

/* Pools start as they are configured, whatever stopped them before; those that
 * a person stopped stay so. */
void farm_reboot(struct farm *farm, size_t server, int64_t now_ms,
		 int64_t down_ms)
{
	struct farm_server *at = &farm->servers[server];

	at->n_boots++;
	at->up_ms = now_ms + down_ms;
	for (size_t i = at->first_pool; i < at->first_pool + at->n_pools; i++) {
		struct farm_pool *pool = &farm->pools.items[i];
		const bool stuck = pool->stuck;

		pool->worker_ms = 0;
		if (pool->gone || pool->held)
			continue;
		pool->state = POOL_STARTED;
		pool->stuck = false;
		farm_recycle(farm, i, farm_clock(farm, server, at->up_ms));
		pool->stuck = stuck;
	}
}
