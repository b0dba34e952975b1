/* disk.c - see disk.h. */
#include "reconciler/rehearse/disk.h"

#include <string.h>

static int add_pool(struct disk *disk, size_t index, const struct past *past)
{
	const struct farm_pool *pool = &disk->farm->pools.items[index];
	const char *key = disk->farm->desired->servers.items[pool->server].key;
	const struct past_pool *known =
		past ? past_find(past, key, pool->name) : NULL;
	const struct past_pool fresh = {
		.server = key,
		.pool = pool->name,
		.account = "",
		.reason = "",
		.run = "",
	};

	return array_push(disk->arena, &disk->pools, known ? *known : fresh)
		       ? 0
		       : -ERR_NOMEM;
}

int disk_new(struct disk *disk, struct farm *farm, const struct past *past)
{
	const size_t n = farm->pools.n;

	*disk = (struct disk){ .arena = farm->arena, .farm = farm };
	disk->corrections =
		arena_alloc(farm->arena, (n + 1) * sizeof(*disk->corrections));
	if (!disk->corrections)
		return -ERR_NOMEM;
	for (size_t i = 0; i < n; i++) {
		if (add_pool(disk, i, past))
			return -ERR_NOMEM;
	}
	if (past) {
		disk->suspensions = past->suspensions;
		disk->pairs = past->pairs;
	}
	return 0;
}

int disk_copy(const struct disk *disk, struct disk *ret)
{
	const size_t n = disk->pools.n;
	struct disk copy = *disk;
	const struct past_pool *pool;

	copy.corrections =
		arena_alloc(copy.arena, (n + 1) * sizeof(*copy.corrections));
	if (!copy.corrections)
		return -ERR_NOMEM;
	memcpy(copy.corrections, disk->corrections,
	       n * sizeof(*copy.corrections));
	copy.pools = (struct past_pool_array){ 0 };
	array_foreach(pool, &disk->pools) {
		if (!array_push(copy.arena, &copy.pools, *pool))
			return -ERR_NOMEM;
	}
	*ret = copy;
	return 0;
}

static int write_intent(struct disk *disk, struct past_pool *pool,
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
	pool->account = arena_strdup(disk->arena, row->account);
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

/* It counts once it is carried out. */
static void note_correction(struct disk_corrections *of,
			    const struct save *save, const struct save_row *row)
{
	const size_t max = sizeof(of->at_ms) / sizeof(of->at_ms[0]);

	if (save->kind == SAVE_INTENT)
		of->open = row->corrective;
	if (save->kind != SAVE_OUTCOME || row->generation == 0 || !of->open ||
	    row->outcome != OUTCOME_CHANGED)
		return;
	of->open = false;
	if (of->n == max) {
		memmove(of->at_ms, of->at_ms + 1,
			(max - 1) * sizeof(of->at_ms[0]));
		of->n--;
	}
	of->at_ms[of->n++] = save->wall_ms;
}

static int write_row(struct disk *disk, const struct save *save,
		     const struct save_row *row, struct err *err)
{
	const size_t server = farm_find_server(disk->farm, row->server);
	const size_t at = server == SIZE_MAX
				  ? SIZE_MAX
				  : farm_find(disk->farm, server, row->pool);
	struct past_pool *pool;

	if (at == SIZE_MAX)
		return 0;
	pool = &disk->pools.items[at];
	if (save->kind == SAVE_INTENT) {
		int rc = write_intent(disk, pool, row, err);

		if (rc)
			return rc;
	} else if (!pool->open) {
		pool->account = arena_strdup(disk->arena, row->account);
		if (!pool->account)
			return -ERR_NOMEM;
	}
	note_correction(&disk->corrections[at], save, row);
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

int disk_write(struct disk *disk, const struct save *save, struct err *err)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		int rc = write_row(disk, save, row, err);

		if (rc)
			return rc;
	}
	return 0;
}

static void count_corrections(const struct disk_corrections *of,
			      int64_t wall_ms, struct past_pool *pool)
{
	for (size_t i = 0; i < of->n; i++) {
		if (of->at_ms[i] <= wall_ms - PAST_CONTESTED_MS)
			continue;
		if (pool->n_corrected++ == 0)
			pool->corrected_ms = of->at_ms[i];
	}
}

int disk_past(const struct disk *disk, struct arena *arena, int64_t wall_ms,
	      struct past *ret)
{
	struct past past = { .suspensions = { 0 } };
	const struct past_suspension *suspension;
	const struct past_pair *pair;

	for (size_t i = 0; i < disk->pools.n; i++) {
		struct past_pool pool = disk->pools.items[i];

		pool.n_corrected = 0;
		count_corrections(&disk->corrections[i], wall_ms, &pool);
		if (!array_push(arena, &past.pools, pool))
			return -ERR_NOMEM;
	}
	array_foreach(suspension, &disk->suspensions) {
		if (!array_push(arena, &past.suspensions, *suspension))
			return -ERR_NOMEM;
	}
	array_foreach(pair, &disk->pairs) {
		if (!array_push(arena, &past.pairs, *pair))
			return -ERR_NOMEM;
	}
	past_sort(&past);
	*ret = past;
	return 0;
}
