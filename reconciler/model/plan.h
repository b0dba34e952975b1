/*
 * plan.h - the plan: what would be done to whom, in which order, and what
 * would not be and why. Data only; made by plan/, walked by the engine.
 */
#ifndef MODEL_PLAN_H
#define MODEL_PLAN_H

#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"
#include "reconciler/model/change.h"
#include "reconciler/model/outcome.h"

#include <stdbool.h>
#include <stddef.h>

/* A declared pool that needs no change, or can't have one. */
struct standing {
	size_t server;
	size_t binding;
	const char *pool;
	enum status status; /* CONVERGED, PENDING_RECYCLE, FAILED, SKIPPED... */
	const char *reason; /* "" for CONVERGED */
	bool guard; /* a safety rule holds it back, as a fence that is ahead */
};

/* One server of the plan. */
struct plan_server {
	size_t server;
	bool read;           /* false: unreadable, reason says why */
	const char *reason;  /* "" when read */
	int code;            /* negative err_code of the reason, 0 = none */
	size_t first_change; /* changes of a server stand together */
	size_t n_changes;
	unsigned wave;   /* 0 = canary, then 1, 2 ... ; set by plan_waves */
	size_t group;    /* into desired.groups: whose rollout holds */
	int64_t read_ms; /* controller's clock */
	int64_t read_took_ms; /* from connecting to the answer; 0 = not known */
	char config_digest[65];
};

/* A pool that runs as a declared account's user but that nobody declared. */
struct unmanaged {
	size_t server;
	const char *pool;
	const char *user;
};

/* Something that a person should know before saying yes, or a reason to look
 * at a server. */
enum plan_note_kind {
	NOTE_ELSEWHERE, /* the account is used in other places there */
	NOTE_BLIND,     /* where else could not be read in full */
	NOTE_DEPENDS,   /* what depends on the identity that changes */
	NOTE_FOREIGN,   /* another product manages this pool */
	NOTE_ROLLBACK,  /* onVerifyFail: rollback can't put this back */
	NOTE_DOWN,      /* WAS disabled it for crashes, or it is stopped */
	NOTE_HTTP,      /* verify.http has nothing to ask there */
	NOTE_COUNT,
};

struct plan_note {
	enum plan_note_kind kind;
	size_t server;    /* SIZE_MAX = of the binding as a whole */
	size_t binding;   /* SIZE_MAX = none */
	const char *pool; /* "" = the server */
	const char *text; /* one line, without server and pool */
};

ARRAY_TYPE(plan_note_array, struct plan_note);
ARRAY_TYPE(standing_array, struct standing);
ARRAY_TYPE(plan_server_array, struct plan_server);
ARRAY_TYPE(unmanaged_array, struct unmanaged);

struct plan {
	struct arena *arena;              /* not owned */
	struct plan_server_array servers; /* by wave, then name */
	struct change_array changes;      /* in the order of servers */
	struct standing_array standing;
	struct unmanaged_array unmanaged;
	struct plan_note_array notes;
	unsigned n_waves;
};

/* "elsewhere" "blind" "depends" "foreign" "rollback" "down" "http". */
const char *plan_note_kind_name(enum plan_note_kind kind);
/* The change of a pool, or NULL. */
const struct change *plan_find(const struct plan *plan, size_t server,
			       const char *pool);
/* Was every server, and every declared pool of it, read in full? */
bool plan_is_complete(const struct plan *plan);
/* Is a pool held back by a safety rule (standing.guard)? */
bool plan_is_held(const struct plan *plan);

#endif
