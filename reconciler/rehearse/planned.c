/* planned.c - see planned.h. */
#include "reconciler/rehearse/planned.h"

#include "reconciler/rehearse/pace.h"

#define DAY_MS    INT64_C(86400000)
#define HOUR_MS   INT64_C(3600000)
#define MINUTE_MS INT64_C(60000)

/* WAS gave up on its identity: so it says, or it would not be written though
 * its password is right. */
static bool is_faulted(const struct change *change)
{
	return change->revive ||
	       (change->kind == CHANGE_REWRITE && change->account != SIZE_MAX);
}

static int add_worker(struct arena *arena, const struct change *change,
		      int64_t read_ms, struct observed_pool *pool)
{
	const struct worker worker = { .pid = 1,
				       .owner = change->seen_user,
				       .started_ms = read_ms - DAY_MS };

	return array_push(arena, &pool->workers, worker) ? 0 : -ERR_NOMEM;
}

static int pool_of(struct arena *arena, const struct planned *planned,
		   const struct change *change, int64_t read_ms,
		   struct observed_pool *ret)
{
	const struct was_event fault = { .id = 5021,
					 .time_ms = read_ms - MINUTE_MS,
					 .code = 0x8007052eU };
	const bool inherited =
		!change->seen_local || change->kind == CHANGE_LOCAL;
	struct observed_pool pool = {
		.name = change->pool,
		.identity = change->seen_identity,
		.identity_local = change->seen_local,
		.user = change->seen_user ? change->seen_user : "",
		.user_from = inherited ? VALUE_INHERITED : VALUE_LOCAL,
		.password_from = inherited ? VALUE_INHERITED : VALUE_LOCAL,
		.password = change->seen_password,
		.account = SIZE_MAX,
		.state = change->seen_state,
		.auto_start = change->seen_auto_start,
		.always_running = change->seen_always_running,
		.rotates = change->rotates,
		.n_sites = change->n_sites,
	};

	if (pool.password != PASSWORD_NOT_COMPARED)
		pool.account = identity_account(planned->desired,
						&planned->config, pool.user);
	if (change->seen_worker && add_worker(arena, change, read_ms, &pool))
		return -ERR_NOMEM;
	if (is_faulted(change) && !array_push(arena, &pool.events, fault))
		return -ERR_NOMEM;
	*ret = pool;
	return 0;
}

static const char *shown(struct arena *arena, const struct planned *planned,
			 const struct change *change)
{
	const struct account *account;

	if (change->account == SIZE_MAX)
		return identity_type_name(change->identity);
	account = &planned->desired->accounts.items[change->account];
	return identity_show(arena,
			     &planned->config.domains.items[account->domain],
			     account->user);
}

/* What lockstep must remember of the pool so that this change is found. When
 * it was written is by the clock of a server that is not here; the worker is
 * older. */
static int remember(struct arena *arena, struct planned *planned,
		    const struct change *change, int64_t read_ms)
{
	const char *key = planned->desired->servers.items[change->server].key;
	struct past_pool pool = {
		.server = key,
		.pool = change->pool,
		.account = shown(arena, planned, change),
		.reason = "",
		.run = "",
		.generation = 1,
		.version = change->version,
		.committed_ms =
			change->committed_ms > 0 ? read_ms - HOUR_MS : 0,
		.open = !change->lags,
	};
	const struct past_pair pair = { pool.account, key };

	if (!pool.account)
		return -ERR_NOMEM;
	/* Another identity was under way when it was seen. */
	if (change->kind == CHANGE_REWRITE)
		pool.account = "";
	if (change->kind == CHANGE_FINISH ||
	    (change->kind == CHANGE_REWRITE && change->account == SIZE_MAX)) {
		if (!array_push(arena, &planned->past.pools, pool))
			return -ERR_NOMEM;
	}
	return change->first_pair || change->account == SIZE_MAX ||
			       array_push(arena, &planned->past.pairs, pair)
		       ? 0
		       : -ERR_NOMEM;
}

static int add_change(struct arena *arena, struct planned *planned,
		      const struct plan_server *placed,
		      const struct change *change, struct observed *observed)
{
	const struct planned_pool planned_pool = { change };
	struct observed_pool pool;

	if (pool_of(arena, planned, change, placed->read_ms, &pool) ||
	    !array_push(arena, &observed->pools, pool) ||
	    !array_push(arena, &planned->pools, planned_pool) ||
	    remember(arena, planned, change, placed->read_ms))
		return -ERR_NOMEM;
	return 0;
}

static int add_server(struct arena *arena, struct planned *planned,
		      const struct plan_server *placed)
{
	struct observed *observed = arena_alloc(arena, sizeof(*observed));
	struct pace *pace = arena_alloc(arena, sizeof(*pace));
	const struct planned_server server = { observed };

	if (!observed || !pace)
		return -ERR_NOMEM;
	observed->server = placed->server;
	observed->writable = true;
	observed->now_ms = placed->read_ms;
	pace_of_reading(placed->read_took_ms, pace);
	planned->paces[placed->server] = pace;
	planned->n_timed += placed->read_took_ms > 0;
	for (size_t i = 0; i < placed->n_changes; i++) {
		const struct change *change =
			&planned->plan->changes.items[placed->first_change + i];

		if (add_change(arena, planned, placed, change, observed))
			return -ERR_NOMEM;
	}
	return array_push(arena, &planned->servers, server) ? 0 : -ERR_NOMEM;
}

static int take_versions(struct arena *arena, struct planned *planned)
{
	int64_t *versions = arena_alloc(arena, (planned->config.secrets.n + 1) *
						       sizeof(*versions));
	const struct change *change;

	if (!versions)
		return -ERR_NOMEM;
	array_foreach(change, &planned->plan->changes) {
		const struct account *account;

		if (change->account == SIZE_MAX)
			continue;
		account = &planned->desired->accounts.items[change->account];
		if (account->secret < planned->config.secrets.n)
			versions[account->secret] = change->version;
	}
	planned->versions = versions;
	return 0;
}

/* The same declarations, at any time. */
static int take_windows_away(struct arena *arena, struct planned *planned)
{
	const struct binding *binding;

	planned->anytime = *planned->desired;
	planned->anytime.windows = (struct window_ref_array){ 0 };
	planned->anytime.bindings = (struct binding_array){ 0 };
	array_foreach(binding, &planned->desired->bindings) {
		struct binding copy = *binding;

		copy.windows[0] = copy.windows[1] = (struct window_choice){ 0 };
		if (!array_push(arena, &planned->anytime.bindings, copy))
			return -ERR_NOMEM;
	}
	return 0;
}

int planned_new(struct planned *ret, struct arena *arena,
		const struct desired *desired, const struct config *config,
		const struct plan *plan)
{
	const struct plan_server *placed;

	*ret = (struct planned){ .desired = desired,
				 .plan = plan,
				 .config = *config };
	ret->config.allow_unproved = true;
	ret->paces =
		arena_alloc(arena, (desired->servers.n + 1) * sizeof(void *));
	if (!ret->paces || take_versions(arena, ret) ||
	    take_windows_away(arena, ret))
		return -ERR_NOMEM;
	array_foreach(placed, &plan->servers) {
		if (placed->n_changes > 0 && add_server(arena, ret, placed))
			return -ERR_NOMEM;
	}
	past_sort(&ret->past);
	return 0;
}
