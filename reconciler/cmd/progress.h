/*
 * progress.h - how far a run is, on standard error: one live line on a
 * terminal, a plain line every 30 s elsewhere, every step with -v.
 */
#ifndef CMD_PROGRESS_H
#define CMD_PROGRESS_H

#include "reconciler/cmd/options.h"
#include "reconciler/engine/engine.h"

struct progress {
	const struct desired *desired;
	const char *verb; /* "reading", "changing" */
	bool live;
	bool verbose;
	bool shown; /* a live line stands on the terminal */
	int64_t last_ms;
	size_t n_lost, n_paused; /* at the last step; engine_waits() */
};

void progress_init(struct progress *progress, const struct options *options,
		   const struct desired *desired, const char *verb);
/* For run_options.progress; user is the struct progress. */
void progress_step(void *user, const struct engine *engine,
		   const struct event *event);
void progress_done(struct progress *progress);

#endif
