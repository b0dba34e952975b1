/* farm_look.c - what a look at a server of the model sees. */
#include "reconciler/rehearse/farm.h"

static const char *owner_of(const struct farm *farm,
			    const struct farm_pool *pool, struct arena *arena)
{
	const struct farm_who *who = &pool->worker_who;

	/* The one that ran when the server was read. */
	if (pool->base.workers.n > 0 &&
	    pool->worker_ms == observed_worker_start(&pool->base))
		return pool->base.workers.items[0].owner;
	switch (who->type) {
	case IDENTITY_NETWORK_SERVICE:
		return "NT AUTHORITY\\NETWORK SERVICE";
	case IDENTITY_LOCAL_SERVICE:
		return "NT AUTHORITY\\LOCAL SERVICE";
	case IDENTITY_LOCAL_SYSTEM:
		return "NT AUTHORITY\\SYSTEM";
	case IDENTITY_APPLICATION_POOL:
		return arena_printf(arena, "IIS APPPOOL\\%s", pool->name);
	case IDENTITY_SPECIFIC_USER:
	case IDENTITY_COUNT:
		break;
	}
	return who->account < farm->n_accounts
		       ? farm->accounts[who->account].shown
		       : who->user;
}

static bool see_events(const struct farm_pool *pool, struct arena *arena,
		       int64_t now_ms, struct observed_pool *seen)
{
	/* The log is behind. */
	const bool shown = now_ms >= pool->fault_ms + FARM_FAULT_SHOWN_MS;
	const struct was_event fault = {
		.id = 5021,
		.time_ms = shown ? pool->fault_ms : pool->fault_before_ms,
		.code = shown ? pool->fault_code : pool->fault_before_code,
	};
	const struct was_event disabled = { .id = 5002,
					    .time_ms = pool->disabled_ms };

	if (fault.time_ms > 0 && !array_push(arena, &seen->events, fault))
		return false;
	return disabled.time_ms == 0 ||
	       now_ms < pool->disabled_ms + FARM_FAULT_SHOWN_MS ||
	       array_push(arena, &seen->events, disabled);
}

/* What was absent or unreadable when it was read stays so until it is
 * written. */
static enum password_state password_of(const struct farm *farm,
				       const struct farm_pool *pool)
{
	const struct farm_account *account;

	if (pool->who.account >= farm->n_accounts)
		return PASSWORD_NOT_COMPARED;
	account = &farm->accounts[pool->who.account];
	if (account->managed)
		return PASSWORD_NOT_COMPARED;
	if (pool->password == account->declared)
		return PASSWORD_CURRENT;
	if (pool->commit_ms == 0 &&
	    (pool->base.password == PASSWORD_ABSENT ||
	     pool->base.password == PASSWORD_UNREADABLE))
		return pool->base.password;
	return PASSWORD_STALE;
}

static bool observe_pool(const struct farm *farm, const struct farm_pool *pool,
			 struct arena *arena, struct observed *observed)
{
	struct observed_pool seen = pool->base;
	const struct worker worker = {
		.pid = 1,
		.owner = owner_of(farm, pool, arena),
		.started_ms = pool->worker_ms,
	};

	seen.name = pool->gone ? "" : pool->name;
	seen.identity = pool->who.type;
	seen.identity_local = pool->local;
	seen.user = pool->who.user;
	seen.user_from = pool->user_from;
	seen.password_from = pool->password_from;
	seen.password = password_of(farm, pool);
	seen.account = seen.password == PASSWORD_NOT_COMPARED
			       ? SIZE_MAX
			       : pool->who.account;
	seen.state = pool->state;
	seen.always_running = !pool->on_demand;
	seen.rotates = pool->rotates;
	seen.fence = pool->fence;
	seen.workers = (struct worker_array){ 0 };
	seen.events = (struct was_event_array){ 0 };
	seen.answers = (struct http_answer_array){ 0 };
	if (!worker.owner ||
	    (pool->worker_ms > 0 && !array_push(arena, &seen.workers, worker)))
		return false;
	return see_events(pool, arena, observed->now_ms, &seen) &&
	       array_push(arena, &observed->pools, seen);
}

struct observed *farm_observe(const struct farm *farm, size_t server,
			      struct arena *arena, int64_t now_ms)
{
	const struct farm_server *at = &farm->servers[server];
	struct observed *observed = arena_alloc(arena, sizeof(*observed));

	if (!observed)
		return NULL;
	*observed = at->base;
	observed->server = server;
	observed->now_ms = now_ms;
	observed->pools = (struct observed_pool_array){ 0 };
	for (size_t i = 0; i < at->n_pools; i++) {
		if (!observe_pool(farm, &farm->pools.items[at->first_pool + i],
				  arena, observed))
			return NULL;
	}
	return observed;
}

void farm_drop_gone(struct observed *observed)
{
	size_t n = 0;

	for (size_t p = 0; p < observed->pools.n; p++) {
		if (observed->pools.items[p].name[0])
			observed->pools.items[n++] = observed->pools.items[p];
	}
	observed->pools.n = n;
}
