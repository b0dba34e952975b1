/*
 * inside.h - what the files of this folder share; not for others.
 */
#ifndef REHEARSE_INSIDE_H
#define REHEARSE_INSIDE_H

#include "reconciler/rehearse/rehearse.h"

enum happening_kind {
	HAPPENS_LANDS,
	HAPPENS_FAILS, /* the session ends without an answer */
	HAPPENS_SAVED,
	HAPPENS_TIMER,
	HAPPENS_ANSWER,
	HAPPENS_PROVED,
};

/* Something that will happen. */
struct happening {
	enum happening_kind kind;
	struct controller *controller;
	struct request *request;
	const struct save *save;
	struct event event; /* but of LANDS */
	struct happening *next;
};

/* Puts a copy; its time is from now on. */
void rehearse_later(struct rehearse *rehearse, int64_t in_ms,
		    const struct happening *happening);
/* Does it happen? Counts it. */
bool rehearse_fault(struct rehearse *rehearse, enum fault_kind kind,
		    unsigned permille);

/* request.c */
void request_send(struct rehearse *rehearse, struct controller *controller,
		  const struct action *action);
/* land.c */
void request_lands(struct rehearse *rehearse, struct request *request);

#endif
