/*
 * event.h - what the engine is told. Time, randomness and results come to
 * it only in here.
 *
 * Owner    what an event points to lives as long as the run (its arena).
 */
#ifndef ENGINE_EVENT_H
#define ENGINE_EVENT_H

#include "reconciler/core/err.h"
#include "reconciler/model/applied.h"
#include "reconciler/model/observed.h"
#include "reconciler/model/proof.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum event_kind {
	EVENT_START,       /* once, first */
	EVENT_SAVED,       /* save `id` is durable */
	EVENT_SAVE_FAILED, /* it is not, and nothing later will be */
	EVENT_OBSERVED,    /* whole server */
	EVENT_APPLIED,
	EVENT_ACTIVATED,
	EVENT_VERIFIED, /* observed: only the checked pools, password
			    compared anew, events since the commit */
	EVENT_FAILED,   /* the session of the server ended before the answer */
	EVENT_TIMER,    /* timer `id` */
	EVENT_PROVED,   /* what the directory says of `account` */
	EVENT_STOP,     /* a person asked to stop */
};

struct event {
	enum event_kind kind;
	int64_t wall_ms;    /* controller's clock */
	int64_t mono_ms;    /* for intervals and deadlines */
	uint8_t random[16]; /* fresh in every event */
	uint64_t id;        /* SAVED, TIMER */
	size_t server;      /* OBSERVED .. FAILED: into desired.servers */
	const struct observed *observed;   /* OBSERVED VERIFIED */
	const struct applied *applied;     /* APPLIED */
	const struct activated *activated; /* ACTIVATED */
	struct err err;                    /* FAILED, SAVE_FAILED */
	bool sent;      /* FAILED: the request may have been carried out */
	size_t account; /* PROVED */
	enum proof_question question; /* PROVED */
	enum proof proof;             /* PROVED */
	const char *why; /* PROVED: one line, "" = nothing to add */
};

#endif
