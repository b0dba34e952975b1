/*
 * intent.h - what must be durable: before an effect the intent, after it the
 * outcome. The engine asks for it in an action SAVE and goes on only when
 * the event SAVED with the same id comes. state/ writes it.
 *
 * Owner    the arena of the run; a save is not changed once handed out.
 */
#ifndef MODEL_INTENT_H
#define MODEL_INTENT_H

#include "reconciler/core/array.h"
#include "reconciler/model/change.h"
#include "reconciler/model/outcome.h"

#include <stdbool.h>
#include <stdint.h>

enum save_kind {
	SAVE_BEGIN,    /* a run starts; rows = the changes that were approved */
	SAVE_INTENT,   /* rows = one request to one server, not sent yet */
	SAVE_OUTCOME,  /* rows = what became of intents */
	SAVE_OBSERVED, /* rows = what a server was seen to hold */
	SAVE_END,      /* the run ended; outcome and reason say how */
};

/* On what a run stands; "" or NULL = nothing. Kept with its SAVE_BEGIN. */
struct run_grounds {
	const char *plan;   /* id of the saved plan that it carries out */
	const char *reason; /* why windows are overridden, or it is forward */
	const char *ticket;
	const char *override; /* names of the windows overridden, with commas */
	const char *forward;  /* names of the accounts, with commas */
};

/* One pool. Fields that a kind does not list are zero.
 * BEGIN     server pool account kind version
 * INTENT    server pool account kind version generation candidate
 *           corrective
 * OUTCOME   server pool account generation outcome status reason
 *           committed_ms version proved closes
 * OBSERVED  server pool account status reason version proved */
struct save_row {
	const char *server; /* the key of struct server */
	const char *pool;
	const char *account; /* as identity_show() */
	enum change_kind kind;
	int64_t version; /* of the secret */
	int64_t generation;
	uint8_t candidate[16];
	enum outcome outcome;
	enum status status;
	const char *reason; /* one line, "" = none */
	int64_t committed_ms;
	bool proved;     /* converged in the sense of promise 3, at `version` */
	bool closes;     /* the intent is over: its result is known */
	bool corrective; /* it puts right what somebody changed */
};

ARRAY_TYPE(save_row_array, struct save_row);

struct save {
	enum save_kind kind;
	uint64_t id; /* from 1, one more for each */
	int64_t wall_ms;
	struct save_row_array rows;
	enum outcome outcome;       /* END */
	const char *reason;         /* END, "" = none */
	const char *desired_digest; /* BEGIN */
	const char *config_digest;  /* BEGIN */
	struct run_grounds grounds; /* BEGIN */
};

#endif
