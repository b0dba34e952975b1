/*
 * action.h - what the engine wants done. Whoever carries it out (runtime/,
 * a rehearsal, a test) adds no rules of its own.
 *
 * Every OBSERVE, APPLY, ACTIVATE and VERIFY is answered by exactly one event
 * of its name or by FAILED; SAVE by SAVED or SAVE_FAILED; TIMER by TIMER;
 * PROVE by PROVED.
 * At most one request per server is in the air.
 */
#ifndef ENGINE_ACTION_H
#define ENGINE_ACTION_H

#include "reconciler/core/array.h"
#include "reconciler/model/change.h"
#include "reconciler/model/intent.h"
#include "reconciler/model/proof.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum action_kind {
	ACTION_OBSERVE, /* opens the session when there is none */
	ACTION_SAVE,
	ACTION_APPLY,
	ACTION_ACTIVATE,
	ACTION_VERIFY,
	ACTION_CLOSE, /* ends the session; no event answers it */
	ACTION_TIMER,
	ACTION_PROVE, /* ask the directory about an account's password */
	ACTION_END,   /* last action of a run */
};

/* One pool of APPLY, ACTIVATE or VERIFY. */
struct action_row {
	const struct change *change;
	int64_t generation;
	uint8_t candidate[16];
	int64_t committed_ms; /* ACTIVATE, VERIFY: server's clock */
	int64_t since_ms;     /* VERIFY: faults from then on are told */
	bool http;            /* VERIFY: ask its sites too (binding.http) */
};

ARRAY_TYPE(action_row_array, struct action_row);

struct action {
	enum action_kind kind;
	size_t server; /* SIZE_MAX: PROVE, and TIMER of a group */
	struct action_row_array rows; /* APPLY ACTIVATE VERIFY */
	uint32_t pools_per_commit;    /* APPLY */
	uint32_t timeout_ms;          /* the answer must be there by then */
	const struct save *save;      /* SAVE */
	uint64_t timer;               /* TIMER */
	uint32_t delay_ms;            /* TIMER */
	size_t account;               /* PROVE: into desired.accounts */
	enum proof_question question; /* PROVE */
};

ARRAY_TYPE(action_array, struct action);

#endif
