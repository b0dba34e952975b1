/*
 * disk.h - what is remembered across crashes: made of saves, as state/ makes
 * it, and read as struct past.
 *
 * A save is durable once disk_write() was told of it; what a crash finds
 * unwritten is lost. One writer: each run takes the next epoch, and the saves
 * of an older one fail.
 *
 * Owner    the arena; one row for each pool of the farm.
 */
#ifndef REHEARSE_DISK_H
#define REHEARSE_DISK_H

#include "reconciler/model/intent.h"
#include "reconciler/model/past.h"
#include "reconciler/rehearse/farm.h"

/* Corrections of a pool that were carried out, newest last. */
struct disk_corrections {
	bool open; /* the newest intent is one */
	size_t n;
	int64_t at_ms[PAST_CONTESTED + 1];
};

struct disk {
	struct arena *arena;
	struct farm *farm;
	struct past_pool_array pools;         /* by index in farm.pools */
	struct disk_corrections *corrections; /* beside pools */
	struct past_suspension_array suspensions;
	struct past_pair_array pairs;
	uint64_t epoch;
};

/* past: what is remembered already; NULL = nothing. */
int disk_new(struct disk *disk, struct farm *farm, const struct past *past);
/* A copy that goes its own way from now on. */
int disk_copy(const struct disk *disk, struct disk *ret);
/* -ERR_NOMEM; -ERR_BUG: an intent that goes back to an older generation.
 * Pools that the farm does not have are passed over. */
int disk_write(struct disk *disk, const struct save *save, struct err *err);
/* As a run loads it at that time; sorted, memory of the arena. */
int disk_past(const struct disk *disk, struct arena *arena, int64_t wall_ms,
	      struct past *ret);

#endif
