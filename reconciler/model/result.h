/*
 * result.h - how a run went: one row for every change of its plan.
 *
 * Owner    the arena of the run. Made by engine/, read by report/ and cmd/.
 */
#ifndef MODEL_RESULT_H
#define MODEL_RESULT_H

#include "reconciler/core/array.h"
#include "reconciler/model/identity_type.h"
#include "reconciler/model/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How it went for one change of the plan, or for a server as a whole
 * (pool ""). */
struct result_row {
	size_t server;
	const char *pool;
	size_t account; /* SIZE_MAX for a server */
	enum outcome outcome;
	enum status status;
	const char *reason; /* "" = nothing to say */
	/* Whom the pool was to run as when account is SIZE_MAX. */
	enum identity_type identity;
};

ARRAY_TYPE(result_array, struct result_row);

struct run_result {
	struct result_array rows; /* every change of the plan has one */
	unsigned n_changed, n_kept, n_skipped, n_failed, n_unknown;
	unsigned n_commits;
	bool stopped;        /* by EVENT_STOP */
	bool identity_fault; /* an account was stopped; stop_reason says */
	/* An account was not touched, or not written, since the directory did
	 * not prove it: stop_reason says. */
	bool gate_closed;
	/* A safety rule held a pool back after the plan, as a fence that is
	 * ahead: another controller was there. */
	bool guarded;
	const char *stop_reason; /* why the run ended early, or NULL */
	/* Skipped since their window is closed, and the earliest moment at which
	 * one of them may start; 0 = none within 400 days. */
	unsigned n_closed;
	int64_t retry_at_ms;
	int save_failed; /* negative err_code, 0 = state was kept */
};

#endif
