/*
 * engine.h - every rule of order: gate and breaker, first commit of an account
 * alone, waves and canary, windows, failures, resume, look before writing
 * again. Pure.
 *
 *   engine_new() -> engine_step(START) -> actions ... -> ACTION_END
 *
 * Kinds    OBSERVE reads every server in scope, in parallel up to the cap,
 *          and ends with a plan. CHANGE walks a plan: it re-reads each
 *          server, derives its changes again and carries out only those
 *          equal to the plan's; a server that moved is skipped as "replan".
 * Rules    1. An action with an outside effect follows the SAVED of its
 *             intent; a result counts for later steps once it is SAVED.
 *          2. The gate: the directory is asked once for each account and
 *             run, before any pool of it is touched. Refused: none is.
 *             Unproved (nobody can say): only with the configuration's
 *             allow: {unproved}, else what is stored already is finished and
 *             nothing is written. An account's first commit of a run is one
 *             pool in the whole farm, verified before its next commit
 *             anywhere. Until a worker started with it, or the directory
 *             proved it, every pool whose worker would start goes so. Of a gMSA nothing is asked; a builtin identity needs
 *             neither; what is put back (7) waits for neither.
 *          3. Waves: wave n+1 of a group starts when every server of wave n
 *             ended well; a group stops at its max_failures-th failed,
 *             unknown or unreadable server of the run, and when its canary
 *             fails. A canary that changed nothing (it was right already, it
 *             moved, its window is closed) proves nothing: the next server is
 *             the canary. After the canary the group pauses (pause_ms), and
 *             does not read it again. At most caps.batch_percent of the
 *             servers of the run that change are started at a time, however
 *             many groups they are in; at most caps.parallel of all.
 *          4. The breaker: an identity fault (5021 5057 5059) after a commit
 *             bars its account on that server. Unless its code says that the
 *             server is at fault (a missing logon right), nothing of the
 *             account is written or recycled anywhere until the directory,
 *             asked once for each account and run, has answered. Proved: the
 *             server was at fault, others go on. Refused or unproved: no pool
 *             of the account is touched any more. A crash (5002) alone
 *             fails its pool.
 *          5. A request whose answer did not come is "unknown": the server
 *             is read again before anything else is written there.
 *          6. STOP starts nothing new; servers in hand are finished. A lost
 *             answer is waited for only until its request can't land any
 *             more, then looked for once, and nothing is sent again.
 *          7. onVerifyFail: rollback puts back an identity that needs no
 *             password, under an intent of its own, before anything else of
 *             that server; continue tells and does not count.
 *          8. Windows: a server is started only when some change of it may
 *             start now (open, and before the cutoff), and asked again
 *             before its first intent; what may not is skipped, which is no
 *             failure. Once the first intent is saved the server is finished,
 *             whatever the clock says. An override holds for the whole run and
 *             opens everything but a deny that forbids it.
 *          9. Forward mode, for accounts whose new password the directory
 *             holds already: the window is asked with the start of the run
 *             only; the canary of the group, then every server up to
 *             caps.parallel, no batch and no pause; a failed server stops
 *             nobody, only a fault of the account does (2, 4). A change of
 *             identity is never forward. A server with changes of both modes
 *             is visited twice, for what is forward first.
 * Owner    all memory is from the arena of the input; actions and results
 *          stay valid until it is freed.
 * Errors   engine_step: NOMEM, BUG (an event that answers nothing).
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "reconciler/engine/action.h"
#include "reconciler/engine/event.h"
#include "reconciler/model/past.h"
#include "reconciler/model/plan.h"
#include "reconciler/model/result.h"
#include "reconciler/model/selection.h"
#include "reconciler/model/window.h"
#include "reconciler/plan/build.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum run_kind { RUN_OBSERVE, RUN_CHANGE };

struct engine_input {
	struct arena *arena;
	const struct desired *desired;
	const struct config *config;
	const struct past *past;
	const int64_t *versions; /* of secrets, by index in config.secrets */
	enum run_kind kind;
	struct index_array scope;          /* OBSERVE: the servers to read */
	const struct plan *plan;           /* CHANGE: what was approved */
	const struct selection *selection; /* NULL = everything */
	bool record;    /* OBSERVE: save what was seen (the state is ours) */
	bool contested; /* correct contested pools once more (diff.h) */
	/* CHANGE. forward: by account, NULL = none: the directory holds its new
	 * password already, so stopping is the outage. override: a person
	 * opened the allow windows for this run, and the denies that let
	 * themselves be overridden. */
	const bool *forward;
	bool override_windows;
	struct run_grounds grounds;
};

struct engine;

int engine_new(const struct engine_input *input, struct engine **ret,
	       struct err *err);
/* Appends to *actions, which the caller empties. */
int engine_step(struct engine *engine, const struct event *event,
		struct action_array *actions, struct err *err);
bool engine_ended(const struct engine *engine);

/* After the end of an OBSERVE run. */
const struct plan *engine_plan(const struct engine *engine);

/* What each server of an OBSERVE run said. */
const struct reading_array *engine_readings(const struct engine *engine);

const struct run_result *engine_result(const struct engine *engine);

/* What a run waits for that may take a while; for progress. Times are
 * monotonic; a name is of the one that is waited for longest, or NULL. */
struct run_waits {
	size_t n_lost; /* servers whose answer got lost */
	const char *lost;
	int64_t lost_until_ms; /* then it is looked what became of it */
	size_t n_paused;       /* groups, after their canary */
	const char *paused;
	int64_t paused_until_ms;
	size_t n_asked; /* questions to the directory */
};

void engine_waits(const struct engine *engine, struct run_waits *ret);

/* For progress: servers ended, and in all. */
void engine_progress(const struct engine *engine, size_t *ret_done,
		     size_t *ret_all);

#endif
