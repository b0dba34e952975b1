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
	HAPPENS_WAKES,
};

/* Something that will happen. */
struct happening {
	enum happening_kind kind;
	struct controller *controller;
	struct request *request;
	const struct save *save;
	const struct action *rest; /* WAKES: what it was about to do */
	size_t n_rest;
	struct event event; /* but of LANDS WAKES */
	struct happening *next;
};

/* Puts a copy; its time is from now on. */
void rehearse_later(struct rehearse *rehearse, int64_t in_ms,
		    const struct happening *happening);
/* Does it happen? Counts it. */
bool rehearse_fault(struct rehearse *rehearse, enum fault_kind kind,
		    unsigned permille);

/* The same; a chance of 0 draws nothing. */
bool rehearse_rare(struct rehearse *rehearse, enum fault_kind kind,
		   unsigned permille);

/* controller.c */
void controller_tell(struct rehearse *rehearse, struct controller *controller,
		     struct event *event);
void controller_saved(struct rehearse *rehearse, struct happening *saved);
void controller_wakes(struct rehearse *rehearse, const struct happening *wakes);

/* request.c */
void request_send(struct rehearse *rehearse, struct controller *controller,
		  const struct action *action);
/* An answer that its server did not live to give is none. */
void request_answers(struct rehearse *rehearse, struct happening *answer);
/* The session ends in_ms from now. */
void request_fails(struct rehearse *rehearse, const struct request *request,
		   int64_t in_ms, int code, bool sent);
/* land.c */
void request_lands(struct rehearse *rehearse, struct request *request);

#endif
