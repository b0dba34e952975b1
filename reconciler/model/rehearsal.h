/*
 * rehearsal.h - what came out of rehearsing a plan: how long it takes, what is
 * down meanwhile, and what a fault would leave. Figures over many seeds.
 *
 * Owner    the arena of the rehearsal. Made by rehearse/, read by report/.
 * Units    pools unless the name says otherwise; times in milliseconds.
 */
#ifndef MODEL_REHEARSAL_H
#define MODEL_REHEARSAL_H

#include "reconciler/core/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One at a time, each in runs of its own. */
enum rehearsal_fault {
	REHEARSAL_CRASH,       /* the controller dies */
	REHEARSAL_REBOOT,      /* a server in hand reboots */
	REHEARSAL_UNREACHABLE, /* a server can't be reached at all */
	REHEARSAL_LOST,        /* answers get lost or come late */
	REHEARSAL_PASSWORD,    /* Windows refuses what the gate let pass */
	REHEARSAL_RIGHT,       /* one server denies the logon right */
	REHEARSAL_DISK,        /* the state can't be saved any more */
	REHEARSAL_CLOSE,       /* a freeze begins: every window closes */
	REHEARSAL_STOP,        /* a person stops it */
	REHEARSAL_FAULT_COUNT,
};

/* Of the same thing in every seed. */
struct spread {
	int64_t least;
	int64_t median;
	int64_t p95; /* 95 of 100 are at most this */
	int64_t worst;
};

/* From the first pool of an account that was written to the last one: so long
 * some of its pools hold the old password and some the new one. */
struct rehearsal_account {
	size_t account; /* into desired.accounts; SIZE_MAX = builtin */
	size_t n_pools;
	size_t n_servers;
	struct spread took_ms;
};

/* What one kind of fault leaves when the run has ended, and whether one plain
 * apply then finishes, once its cause is mended. */
struct rehearsal_aftermath {
	size_t n_seeds; /* 0 = it can't happen to this plan */
	struct spread changed;
	struct spread old;
	struct spread down;    /* they ran before */
	struct spread unknown; /* nobody could say when it ended: a next run
				  looks */
	size_t n_finished;
	struct spread finish_ms;
	uint64_t bad_seed; /* one that did not finish, or left a pool on
			      neither password; 0 = none */
	size_t n_neither;  /* worst seed: neither the old nor the new one */
};

ARRAY_TYPE(rehearsal_account_array, struct rehearsal_account);

struct rehearsal {
	uint64_t first_seed;
	size_t n_seeds;       /* without faults */
	size_t n_fault_seeds; /* of each kind of fault */
	int64_t start_ms;     /* wall clock */
	size_t n_servers;     /* that change */
	size_t n_timed;       /* of them; how long reading took is known */
	size_t n_pools;
	unsigned n_waves;
	/* Without faults. */
	struct spread took_ms;
	struct spread commits;
	struct spread sessions;
	struct spread pools_down;   /* most of them at once */
	struct spread down_ms;      /* how long one or more were down */
	struct spread pool_down_ms; /* the longest of one pool */
	struct rehearsal_account_array accounts;
	size_t n_undone; /* worst seed: changes not made though nothing failed,
			    but for a closed window */
	const char *undone_server; /* of the first of them */
	const char *undone_pool;
	const char *undone_why;
	/* The windows that it starts in; closes_ms 0 = none closes within 400
	 * days. */
	const char *window; /* NULL = none is named */
	int64_t closes_ms;
	int64_t cutoff_ms;
	size_t n_fits;              /* seeds that ended before it closes */
	struct spread servers_left; /* not begun before the cutoff */
	struct rehearsal_aftermath faults[REHEARSAL_FAULT_COUNT];
};

/* "crash" "reboot" "unreachable" "lost" "password" "right" "disk" "close"
 * "stop" */
const char *rehearsal_fault_name(enum rehearsal_fault fault);
/* Sorts the values; n > 0. */
struct spread spread_of(int64_t *values, size_t n);
/* Did every seed end in its window? */
bool rehearsal_fits(const struct rehearsal *rehearsal);
/* Does what must never happen not happen, and does one plain apply finish
 * whatever a fault left? */
bool rehearsal_is_safe(const struct rehearsal *rehearsal);

#endif
