/*
 * history.h - what runs did, as the state remembers them.
 *
 * Owner    the arena of the loader (state/history.c). Words (kind, outcome,
 *          status) are those of the state; only runs that changed something
 *          or were meant to are remembered, reading alone is not.
 */
#ifndef MODEL_HISTORY_H
#define MODEL_HISTORY_H

#include "reconciler/core/array.h"
#include "reconciler/model/intent.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct history_run {
	const char *id;
	const char *kind;    /* change, repair, observe */
	const char *outcome; /* "" = it did not end */
	const char *reason;  /* why it ended early, "" = nothing to say */
	const char *actor;   /* who asked, "" = not known */
	struct run_grounds grounds; /* no NULL */
	/* The newest approval of its saved plan before it began; "" = none. */
	const char *approved_by;
	const char *approved_reason;
	const char *approved_ticket;
	int64_t began_ms;
	int64_t ended_ms; /* 0 = it did not end */
	int64_t n_approved, n_changed, n_failed, n_unknown;
};

/* A pool that was approved for a run, and what became of it. */
struct history_row {
	const char *run;
	const char *server; /* key */
	const char *pool;
	const char *account;
	const char *kind;    /* of the change */
	const char *outcome; /* "" = none is known */
	const char *status;
	const char *reason;
	int64_t at_ms; /* of the outcome, else when it was sent; 0 = never */
	bool sent;     /* a request was about to be sent */
};

ARRAY_TYPE(history_run_array, struct history_run);
ARRAY_TYPE(history_row_array, struct history_row);

#endif
