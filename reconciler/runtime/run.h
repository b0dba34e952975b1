/*
 * run.h - carries out one engine run: sessions, requests, saves, timers. One
 * function per kind of action, no rules of its own.
 *
 * Owner    everything in struct run_options is the caller's and outlives the
 *          run; results live in the arena.
 * Signals  SIGINT, SIGTERM and SIGHUP become EVENT_STOP; a second one ends the
 *          program at once (what was begun is resumed by the next apply).
 */
#ifndef RUNTIME_RUN_H
#define RUNTIME_RUN_H

#include "reconciler/engine/engine.h"
#include "reconciler/runtime/passwords.h"
#include "state/store.h"

struct run_options {
	struct engine_input engine;
	const struct passwords *passwords;
	struct store *store; /* STORE_WRITE; NULL = nothing is saved */
	const char *run_id;
	/* Called after each step, for progress; may be NULL. */
	void (*progress)(void *user, const struct engine *engine,
			 const struct event *event);
	void *user;
};

struct run_end {
	struct engine *engine;
	int signal; /* 0, SIGINT or SIGTERM */
};

int run_carry_out(const struct run_options *options, struct run_end *ret,
		  struct err *err);

#endif
