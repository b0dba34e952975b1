/*
 * runner.h - what the files of runtime/ share; not for others.
 *
 * run.c owns the loop and the queue of events; server_link.c holds one server's
 * session and turns requests into replies; saves.c hands saves to the
 * journal and its answers back to the loop.
 */
#ifndef RUNTIME_RUNNER_H
#define RUNTIME_RUNNER_H

#include "reconciler/core/buf.h"
#include "reconciler/runtime/run.h"
#include "reconciler/transport/session.h"
#include "state/journal.h"

#include <pthread.h>
#include <uv.h>

struct conversation;

/* One server of the run. */
struct server_link {
	struct runner *runner;
	size_t server;
	struct conversation *conversation; /* the live session, or NULL */
};

struct event_queue {
	struct event *items;
	size_t n;
	size_t cap;
	size_t next;
};

struct save_answer {
	uint64_t id;
	struct err err; /* code 0 = saved */
};

/* Answers of the journal's thread, on their way to the loop. */
struct save_box {
	pthread_mutex_t lock;
	uv_async_t async;
	struct save_answer *items;
	size_t n;
	size_t cap;
	bool lost; /* an answer found no memory: treated as failed */
};

struct runner {
	const struct run_options *options;
	struct engine *engine;
	struct transport *transport;
	struct journal *journal;
	struct server_link *links; /* one for each of desired.servers */
	size_t n_open;             /* sessions that are not closed yet */
	uv_loop_t loop;
	uv_signal_t sigint;
	uv_signal_t sigterm;
	uv_signal_t sighup; /* the terminal was closed */
	struct save_box saves;
	struct event_queue queue;
	bool draining;
	bool ended;
	int signal;
	int rc; /* first internal error */
	struct err err;
};

/* Queue an event; time and randomness are filled in. Carried on when the
 * current callback returns to runner_drain(). */
void runner_event(struct runner *runner, struct event *event);
void runner_drain(struct runner *runner);
void runner_fail(struct runner *runner, const struct err *err);

/* server_link.c: each is answered by one event of the server. */
void server_link_request(struct server_link *link, const struct action *action);
void server_link_close(struct server_link *link);

/* saves.c */
int saves_open(struct runner *runner, struct err *err);
void saves_put(struct runner *runner, const struct save *save);
/* Ends the journal; handles are closed by the loop. */
void saves_close(struct runner *runner);
void saves_done(struct runner *runner);

#endif
