/*
 * conversation.h - one session with one server, as the files server_link.c
 * (opens, answers, lets go), server_ask.c (requests) and server_read.c
 * (replies) share it; not for others.
 */
#ifndef RUNTIME_CONVERSATION_H
#define RUNTIME_CONVERSATION_H

#include "modules/iis_app_pool/replies.h"
#include "reconciler/runtime/reach.h"
#include "reconciler/runtime/runner.h"

/* It outlives its link's interest in it until the session is closed. */
struct conversation {
	struct runner *runner;
	struct server_link *link; /* NULL once the link has let go */
	struct session *session;
	struct action action; /* the one that waits for its answer */
	bool waiting;
	bool probing;
	bool probed;
	int64_t probed_ms;      /* monotonic, when the reply to probe came */
	struct observed server; /* what probe said */
	struct secret *key;     /* tag key of the request in the air */
	/* Whose pools and other places are asked for, and whose passwords
	 * replies are held against; found before the first request. */
	struct reach reach;
	struct text_array watch; /* their spellings */
	bool reached;
	struct buf request;
};

static inline struct arena *conversation_arena(const struct conversation *talk)
{
	return talk->runner->options->engine.arena;
}

/* Send the request of the waiting action, after a probe when the session had
 * none yet. */
int conversation_ask(struct conversation *talk, struct err *err);

/* The reply to the waiting action -> the event that answers it. */
int conversation_read(struct conversation *talk, const struct iis_body *body,
		      struct event *event, struct err *err);

#endif
