/*
 * store.h - what is remembered across crashes: made of saves, as state/ makes
 * it, and read as struct past.
 *
 * A save is durable once store_write() was told of it; what a crash finds
 * unwritten is lost. One writer: each run takes the next epoch, and the saves
 * of an older one fail.
 *
 * Owner    the arena; one row for each pool of the farm.
 */
#ifndef REHEARSE_STORE_H
#define REHEARSE_STORE_H

#include "reconciler/model/intent.h"
#include "reconciler/model/past.h"
#include "reconciler/rehearse/farm.h"

struct store {
	struct arena *arena;
	struct farm *farm;
	struct past_pool_array pools; /* by index in farm.pools */
	struct past_suspension_array suspensions;
	struct past_pair_array pairs;
	uint64_t epoch;
};

/* past: what is remembered already; NULL = nothing. */
int store_new(struct store *store, struct farm *farm, const struct past *past);
/* A copy that goes its own way from now on. */
int store_copy(const struct store *store, struct store *ret);
/* -ERR_NOMEM; -ERR_BUG: an intent that goes back to an older generation.
 * Pools that the farm does not have are passed over. */
int store_write(struct store *store, const struct save *save, struct err *err);
/* As a run loads it; sorted, memory of the arena. */
int store_past(const struct store *store, struct arena *arena,
	       struct past *ret);

#endif
