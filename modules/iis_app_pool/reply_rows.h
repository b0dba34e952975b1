/*
 * reply_rows.h - the rows of a look that stand beside the pools: what belongs
 * to a pool, and what belongs to the server. For reply_pools.c only.
 */
#ifndef IIS_APP_POOL_REPLY_ROWS_H
#define IIS_APP_POOL_REPLY_ROWS_H

#include "modules/iis_app_pool/reply_common.h"

/* Pools sorted by name: rows of workers, events and fences find theirs. */
struct pool_index {
	struct observed_pool **pools;
	size_t n;
};

/* Two rows for one pool are -ERR_RECORD. */
int pool_index_make(struct arena *arena, struct observed *observed,
		    struct pool_index *ret, struct err *err);
struct observed_pool *pool_index_find(const struct pool_index *index,
				      const char *name);

/* What a row is put into. */
struct look {
	struct arena *arena;
	const struct iis_compare *compare;
	const struct pool_index *index;
	struct observed *observed;
	unsigned n_server; /* rows `server` so far */
};

/* Every record but `pool` and `done`. */
int reply_row(struct look *look, const struct record *record, struct err *err);

#endif
