/* store.c - see store.h. */
#include "reconciler/rehearse/store.h"

#include <string.h>

static int add_pool(struct store *store, size_t index, const struct past *past)
{
	const struct farm_pool *pool = &store->farm->pools.items[index];
	const char *key = store->farm->desired->servers.items[pool->server].key;
	const struct past_pool *known =
		past ? past_find(past, key, pool->name) : NULL;
	const struct past_pool fresh = {
		.server = key,
		.pool = pool->name,
		.account = "",
		.reason = "",
		.run = "",
	};

	return array_push(store->arena, &store->pools, known ? *known : fresh)
		       ? 0
		       : -ERR_NOMEM;
}

int store_new(struct store *store, struct farm *farm, const struct past *past)
{
	*store = (struct store){ .arena = farm->arena, .farm = farm };
	for (size_t i = 0; i < farm->pools.n; i++) {
		if (add_pool(store, i, past))
			return -ERR_NOMEM;
	}
	if (past) {
		store->suspensions = past->suspensions;
		store->pairs = past->pairs;
	}
	return 0;
}

int store_copy(const struct store *store, struct store *ret)
{
	struct store copy = *store;
	const struct past_pool *pool;

	copy.pools = (struct past_pool_array){ 0 };
	array_foreach(pool, &store->pools) {
		if (!array_push(copy.arena, &copy.pools, *pool))
			return -ERR_NOMEM;
	}
	*ret = copy;
	return 0;
}

static int write_intent(struct store *store, struct past_pool *pool,
			const struct save_row *row, struct err *err)
{
	const bool same = row->generation == pool->generation &&
			  memcmp(row->candidate, pool->candidate, 16) == 0;

	if (row->generation < pool->generation ||
	    (row->generation == pool->generation && !same))
		return err_set(err, -ERR_BUG,
			       "intent %s/%s: generation %lld after %lld",
			       row->server, row->pool,
			       (long long)row->generation,
			       (long long)pool->generation);
	if (!same)
		pool->committed_ms = 0;
	pool->account = arena_strdup(store->arena, row->account);
	pool->generation = row->generation;
	memcpy(pool->candidate, row->candidate, 16);
	pool->open = true;
	pool->version = row->version;
	return pool->account ? 0 : -ERR_NOMEM;
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

static int write_row(struct store *store, const struct save *save,
		     const struct save_row *row, struct err *err)
{
	const size_t server = farm_find_server(store->farm, row->server);
	const size_t at = server == SIZE_MAX
				  ? SIZE_MAX
				  : farm_find(store->farm, server, row->pool);
	struct past_pool *pool;

	if (at == SIZE_MAX)
		return 0;
	pool = &store->pools.items[at];
	if (save->kind == SAVE_INTENT) {
		int rc = write_intent(store, pool, row, err);

		if (rc)
			return rc;
	} else if (!pool->open) {
		pool->account = arena_strdup(store->arena, row->account);
		if (!pool->account)
			return -ERR_NOMEM;
	}
	if (save->kind == SAVE_OUTCOME)
		write_outcome(pool, row);
	if (save->kind == SAVE_OUTCOME || save->kind == SAVE_OBSERVED)
		pool->status = row->status;
	if (row->proved) {
		pool->proved_ms = save->wall_ms;
		pool->proved_version = row->version;
	}
	return 0;
}

int store_write(struct store *store, const struct save *save, struct err *err)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		int rc = write_row(store, save, row, err);

		if (rc)
			return rc;
	}
	return 0;
}

int store_past(const struct store *store, struct arena *arena, struct past *ret)
{
	struct past past = { .pairs = store->pairs, .suspensions = { 0 } };
	const struct past_suspension *suspension;
	const struct past_pool *pool;

	array_foreach(pool, &store->pools) {
		if (!array_push(arena, &past.pools, *pool))
			return -ERR_NOMEM;
	}
	array_foreach(suspension, &store->suspensions) {
		if (!array_push(arena, &past.suspensions, *suspension))
			return -ERR_NOMEM;
	}
	past_sort(&past);
	*ret = past;
	return 0;
}
