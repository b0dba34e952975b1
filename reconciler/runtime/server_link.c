/* server_link.c - one server's session: opened, answered by one event a request, let go. */
#include "modules/iis_app_pool/requests.h"
#include "reconciler/runtime/conversation.h"
#include "reconciler/sys/clock.h"

#include <stdlib.h>

/* The answer to the waiting action is `event`. */
static void answer(struct conversation *talk, struct event *event)
{
	if (!talk->link || !talk->waiting)
		return;
	talk->waiting = false;
	event->server = talk->link->server;
	runner_event(talk->runner, event);
}

/* A server that failed is told to the engine; without memory nothing can go on:
 * the run ends as if it was killed, and the next one finishes it. */
static void tell_failed(struct runner *runner, struct event *event)
{
	if (event->err.code == -ERR_NOMEM)
		runner_fail(runner, &event->err);
	else
		runner_event(runner, event);
}

/* The session is of no more use: say so once and let go of it. */
static void give_up(struct conversation *talk, const struct err *err, bool sent)
{
	struct event event = { .kind = EVENT_FAILED,
			       .err = *err,
			       .sent = sent };

	if (talk->link && talk->waiting) {
		talk->waiting = false;
		event.server = talk->link->server;
		tell_failed(talk->runner, &event);
	}
	if (talk->link) {
		talk->link->conversation = NULL;
		talk->link = NULL;
	}
	if (talk->session)
		session_close(talk->session);
}

static void send_action(struct conversation *talk)
{
	struct err err = { 0 };

	if (conversation_ask(talk, &err))
		give_up(talk, &err, false);
}

static void on_ready(void *user)
{
	struct conversation *talk = user;

	if (talk->link && talk->waiting)
		send_action(talk);
	runner_drain(talk->runner);
}

static void on_reply(void *user, const char *records, size_t len)
{
	struct conversation *talk = user;
	const struct iis_body body = {
		.records = records,
		.len = len,
		.passwords = talk->reach.passwords,
		.n_passwords = talk->reach.n_passwords,
	};
	struct event event = { 0 };
	struct err err = { 0 };
	int rc;

	if (!talk->link || !talk->waiting)
		return;
	if (talk->probing) {
		talk->probing = false;
		rc = iis_reply_probe(conversation_arena(talk), &body,
				     &talk->server, &err);
		if (!rc) {
			talk->probed = true;
			talk->probed_ms = clock_mono_ms();
			send_action(talk);
		}
	} else {
		rc = conversation_read(talk, &body, &event, &err);
		secret_freep(&talk->key);
		if (!rc)
			answer(talk, &event);
	}
	if (rc)
		give_up(talk, &err, talk->probed);
	runner_drain(talk->runner);
}

static void on_failed(void *user, const struct session_failure *failure)
{
	struct conversation *talk = user;

	give_up(talk, &failure->err, failure->sent && talk->probed);
	runner_drain(talk->runner);
}

static void on_closed(void *user)
{
	struct conversation *talk = user;
	struct runner *runner = talk->runner;

	if (talk->link)
		talk->link->conversation = NULL;
	secret_free(talk->key);
	buf_done(&talk->request);
	free(talk);
	runner->n_open--;
}

static void open_session(struct server_link *link, const struct action *action)
{
	static const struct session_handlers handlers = { on_ready, on_reply,
							  on_failed,
							  on_closed };
	const struct server *server = &link->runner->options->engine.desired
					       ->servers.items[link->server];
	const struct session_server address = { server->host, server->port,
						server->host_key };
	struct conversation *talk = calloc(1, sizeof(*talk));
	struct event event = { .kind = EVENT_FAILED, .server = link->server };

	if (!talk) {
		(void)err_set(&event.err, -ERR_NOMEM, "opening a session");
		tell_failed(link->runner, &event);
		return;
	}
	talk->runner = link->runner;
	talk->link = link;
	talk->action = *action;
	talk->waiting = true;
	buf_init(&talk->request, IIS_REQUEST_BYTES_MAX);
	if (session_open(link->runner->transport, &address, &handlers, talk,
			 &talk->session, &event.err)) {
		free(talk);
		tell_failed(link->runner, &event);
		return;
	}
	link->conversation = talk;
	link->runner->n_open++;
}

void server_link_request(struct server_link *link, const struct action *action)
{
	struct conversation *talk = link->conversation;

	if (!talk) {
		open_session(link, action);
		return;
	}
	talk->action = *action;
	talk->waiting = true;
	send_action(talk);
}

void server_link_close(struct server_link *link)
{
	struct conversation *talk = link->conversation;

	if (!talk)
		return;
	talk->link = NULL;
	link->conversation = NULL;
	session_close(talk->session);
}
