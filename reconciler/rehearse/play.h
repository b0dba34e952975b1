/*
 * play.h - plays a plan once in the farm of struct planned: without a fault, or
 * with one, and then once more to see whether a plain apply finishes.
 *
 * Same planned, seed and start: the same figures, on every machine.
 * Errors   NOMEM; BUG: the engine failed.
 */
#ifndef REHEARSE_PLAY_H
#define REHEARSE_PLAY_H

#include "reconciler/model/rehearsal.h"
#include "reconciler/rehearse/planned.h"
#include "reconciler/rehearse/watch.h"

struct play_input {
	const struct planned *planned;
	uint64_t seed;
	int64_t start_ms;
	int64_t closes_ms; /* of the windows that it starts in; INT64_MAX */
};

/* Without a fault. accounts[] is by index in desired.accounts, then one for
 * builtin identities: from first to last pool, -1 = none was written. done[] is
 * by number of the change. Both are the caller's. */
struct played {
	size_t n_steps;
	int64_t took_ms;
	int64_t n_commits, n_sessions;
	struct outage_sum outages;
	int64_t n_left; /* servers: their window was closed */
	bool fits;
	size_t n_undone;
	size_t undone; /* number of the first such change, SIZE_MAX */
	char why[160]; /* of that one */
	int64_t *accounts;
	bool *done;
};

struct played_fault {
	int64_t changed, old, down, unknown, neither;
	bool finished;
	int64_t finish_ms;
};

int play_clean(const struct play_input *input, struct played *ret,
	       struct err *err);
/* clean: of the same seed. */
int play_fault(const struct play_input *input, enum rehearsal_fault fault,
	       const struct played *clean, struct played_fault *ret,
	       struct err *err);
/* Can it happen to this plan at all? */
bool play_can_fail(const struct planned *planned, enum rehearsal_fault fault);

#endif
