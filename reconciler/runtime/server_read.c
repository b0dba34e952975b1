/* server_read.c - replies of a server become the events that the engine waits for. */
#include "reconciler/runtime/conversation.h"

static int read_look(struct conversation *talk, const struct iis_body *body,
		     struct event *event, struct err *err)
{
	const struct run_options *options = talk->runner->options;
	const struct iis_compare compare = {
		.verify = talk->action.kind == ACTION_VERIFY,
		.key = talk->key,
		.desired = options->engine.desired,
		.config = options->engine.config,
		.accounts = &talk->reach.accounts,
		.passwords =
			(const struct secret *const *)options->passwords->items,
	};
	struct observed *observed =
		arena_alloc(conversation_arena(talk), sizeof(*observed));

	if (!observed)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	*observed = talk->server;
	observed->server = talk->link->server;
	event->kind = talk->action.kind == ACTION_VERIFY ? EVENT_VERIFIED
							 : EVENT_OBSERVED;
	event->observed = observed;
	return iis_reply_pools(conversation_arena(talk), body, &compare,
			       observed, err);
}

static int read_applied(struct conversation *talk, const struct iis_body *body,
			struct event *event, struct err *err)
{
	struct applied *applied =
		arena_alloc(conversation_arena(talk), sizeof(*applied));

	if (!applied)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	event->kind = EVENT_APPLIED;
	event->applied = applied;
	return iis_reply_applied(conversation_arena(talk), body, applied, err);
}

static int read_activated(struct conversation *talk,
			  const struct iis_body *body, struct event *event,
			  struct err *err)
{
	struct activated *activated =
		arena_alloc(conversation_arena(talk), sizeof(*activated));

	if (!activated)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	event->kind = EVENT_ACTIVATED;
	event->activated = activated;
	return iis_reply_activated(conversation_arena(talk), body, activated,
				   err);
}

int conversation_read(struct conversation *talk, const struct iis_body *body,
		      struct event *event, struct err *err)
{
	if (talk->action.kind == ACTION_APPLY)
		return read_applied(talk, body, event, err);
	if (talk->action.kind == ACTION_ACTIVATE)
		return read_activated(talk, body, event, err);
	return read_look(talk, body, event, err);
}
