/* watch.c - see watch.h. */
#include "reconciler/rehearse/watch.h"

#include <stdlib.h>

static struct farm_pool *pool_at(const struct watch *watch, size_t pool)
{
	return &watch->world->farm.pools.items[pool];
}

static bool runs(const struct watch *watch, size_t index)
{
	const struct farm_pool *pool = pool_at(watch, index);

	if (pool->state != POOL_STARTED)
		return false;
	/* Without a worker it runs when a request comes, if it can log on. */
	return pool->worker_ms > 0 ||
	       (pool->on_demand &&
		farm_logon_error(&watch->world->farm, index) == 0);
}

int watch_new(struct watch *ret, struct rehearse *world,
	      const struct planned *planned, uint64_t seed)
{
	struct arena *arena = world->arena;
	const size_t n = world->farm.pools.n;

	*ret = (struct watch){
		.world = world,
		.planned = planned,
		.dice = { seed },
		.began_ms = world->now_ms,
		.pools = arena_alloc(arena, (n + 1) * sizeof(*ret->pools)),
		.accounts = arena_alloc(arena, (world->farm.n_accounts + 1) *
						       sizeof(*ret->accounts)),
	};
	if (!ret->pools || !ret->accounts)
		return -ERR_NOMEM;
	for (size_t p = 0; p < n; p++) {
		const struct farm_pool *pool = pool_at(ret, p);

		ret->pools[p] = (struct pool_watch){
			.ran = runs(ret, p),
			.who = pool->who,
			.password = pool->password,
		};
	}
	return 0;
}

static bool is_request(enum action_kind kind)
{
	return kind == ACTION_OBSERVE || kind == ACTION_APPLY ||
	       kind == ACTION_ACTIVATE || kind == ACTION_VERIFY;
}

void watch_action(void *user, struct controller *controller,
		  const struct action *action)
{
	struct watch *watch = user;

	if (is_request(action->kind) && !controller->session[action->server])
		watch->n_sessions++;
}

static void put_outage(struct watch *watch, size_t pool, int64_t from_ms,
		       int64_t to_ms)
{
	const struct outage outage = { pool, from_ms, to_ms };

	if (to_ms > from_ms &&
	    !array_push(watch->world->arena, &watch->outages, outage))
		rehearse_fail(watch->world, -ERR_NOMEM, "rehearsing");
}

/* One that is restarted stands still for as long as the request takes. */
static void see_restart(struct watch *watch, const struct request *request,
			const struct farm_row *row)
{
	const struct change *change =
		watch->planned->pools.items[row->pool].change;
	const struct binding *binding =
		&watch->planned->desired->bindings.items[change->binding];
	const struct farm_pool *pool = pool_at(watch, row->pool);
	const struct pace *pace = watch->planned->paces[request->server];
	const int64_t now_ms = watch->world->now_ms;

	if (binding->restart == RESTART_RESTART && row->recycle &&
	    runs(watch, row->pool) && pool->worker_ms > 0 &&
	    pool->worker_ms < row->committed_ms)
		put_outage(watch, row->pool,
			   now_ms - dice_span(&watch->dice, &pace->activate),
			   now_ms);
}

void watch_lands(void *user, const struct request *request)
{
	struct watch *watch = user;

	watch->landed = request;
	if (request->kind != ACTION_ACTIVATE)
		return;
	for (size_t i = 0; i < request->n_rows; i++)
		see_restart(watch, request, &request->rows[i]);
}

void watch_commit(void *user, const struct request *request,
		  const struct farm_row *row, int64_t before)
{
	struct watch *watch = user;
	const size_t account = row->to.account < watch->world->farm.n_accounts
				       ? row->to.account
				       : watch->world->farm.n_accounts;
	struct account_watch *times = &watch->accounts[account];
	const uint32_t max = watch->planned->config.caps.pools_per_commit;
	const size_t at = (size_t)(row - request->rows);

	(void)before;
	/* One commit holds so many pools of a request. */
	if (max < 2 || at % max == 0)
		watch->n_commits++;
	if (times->first_ms == 0)
		times->first_ms = watch->world->now_ms;
	times->last_ms = watch->world->now_ms;
}

static void see_pool(struct watch *watch, size_t index)
{
	struct pool_watch *pool = &watch->pools[index];
	const int64_t now_ms = watch->world->now_ms;

	if (!pool->ran)
		return;
	if (!runs(watch, index)) {
		if (pool->down_ms == 0)
			pool->down_ms = now_ms;
	} else if (pool->down_ms > 0) {
		put_outage(watch, index, pool->down_ms, now_ms);
		pool->down_ms = 0;
	}
}

void watch_step(struct watch *watch)
{
	const struct request *landed = watch->landed;

	for (size_t i = 0; landed && i < landed->n_rows; i++)
		see_pool(watch, landed->rows[i].pool);
	watch->landed = NULL;
}

void watch_server(struct watch *watch, size_t server)
{
	const struct farm_server *at = &watch->world->farm.servers[server];

	for (size_t i = 0; i < at->n_pools; i++)
		see_pool(watch, at->first_pool + i);
}

void watch_reboot(struct watch *watch, size_t server, int64_t up_ms)
{
	const struct farm_server *at = &watch->world->farm.servers[server];
	const int64_t now_ms = watch->world->now_ms;

	for (size_t i = at->first_pool; i < at->first_pool + at->n_pools; i++) {
		struct pool_watch *pool = &watch->pools[i];

		if (!pool->ran || pool->down_ms > 0)
			continue;
		if (runs(watch, i))
			put_outage(watch, i, now_ms, up_ms);
		else
			pool->down_ms = now_ms;
	}
}

/* A pool goes down, or comes back. */
struct edge {
	int64_t at_ms;
	int step;
};

/* Who comes back at a moment does so before others go down. */
static int by_time(const void *a, const void *b)
{
	const struct edge *x = a;
	const struct edge *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	return (x->step > y->step) - (x->step < y->step);
}

static struct outage_sum sweep(const struct edge *edges, size_t n)
{
	struct outage_sum sum = { 0 };
	int64_t down = 0;

	for (size_t i = 0; i < n; i++) {
		if (down > 0)
			sum.any_ms += edges[i].at_ms - edges[i - 1].at_ms;
		down += edges[i].step;
		if (down > sum.at_once)
			sum.at_once = down;
	}
	return sum;
}

int watch_sum(struct watch *watch, struct outage_sum *ret)
{
	const int64_t now_ms = watch->world->now_ms;
	struct outage_sum sum;
	struct edge *edges;
	size_t n;

	for (size_t p = 0; p < watch->world->farm.pools.n; p++) {
		if (watch->pools[p].down_ms > 0)
			put_outage(watch, p, watch->pools[p].down_ms, now_ms);
	}
	n = watch->outages.n;
	edges = arena_alloc(watch->world->arena, (2 * n + 1) * sizeof(*edges));
	if (!edges || watch->world->rc)
		return -ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		edges[2 * i] =
			(struct edge){ watch->outages.items[i].from_ms, 1 };
		edges[2 * i + 1] =
			(struct edge){ watch->outages.items[i].to_ms, -1 };
	}
	qsort(edges, 2 * n, sizeof(*edges), by_time);
	sum = sweep(edges, 2 * n);
	for (size_t i = 0; i < n; i++) {
		const struct outage *outage = &watch->outages.items[i];

		if (outage->to_ms - outage->from_ms > sum.longest_ms)
			sum.longest_ms = outage->to_ms - outage->from_ms;
	}
	*ret = sum;
	return 0;
}

size_t watch_n_down(const struct watch *watch)
{
	size_t n = 0;

	for (size_t p = 0; p < watch->world->farm.pools.n; p++)
		n += watch->pools[p].down_ms > 0;
	return n;
}

bool watch_is_old(const struct watch *watch, size_t index)
{
	const struct farm_pool *pool = pool_at(watch, index);
	const struct pool_watch *before = &watch->pools[index];

	return farm_who_same(&pool->who, &before->who) &&
	       pool->password == before->password;
}

bool watch_is_new(const struct watch *watch, size_t index)
{
	const struct change *change = watch->planned->pools.items[index].change;
	const struct farm_pool *pool = pool_at(watch, index);
	const struct farm_who to = { change->identity, change->user,
				     change->account };

	return farm_who_same(&pool->who, &to) &&
	       (!change->secret ||
		pool->password ==
			watch->world->farm.accounts[change->account].declared);
}

bool watch_is_done(const struct watch *watch, size_t index)
{
	const struct change *change = watch->planned->pools.items[index].change;
	const struct farm_pool *pool = pool_at(watch, index);
	const bool recycles =
		watch->planned->desired->bindings.items[change->binding]
			.restart != RESTART_NONE;

	if (!watch_is_new(watch, index) || !pool->local ||
	    (watch->pools[index].ran && !runs(watch, index)))
		return false;
	/* What is only finished had a worker from before the write. */
	return pool->worker_ms == 0 || !recycles ||
	       (pool->worker_ms >= pool->commit_ms &&
		(change->kind != CHANGE_FINISH ||
		 pool->worker_ms >= watch->began_ms));
}
