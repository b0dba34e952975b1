/* server_link.c - one server's session: requests out, replies in, one event each. */
#include "modules/iis_app_pool/replies.h"
#include "modules/iis_app_pool/requests.h"
#include "modules/iis_app_pool/tag.h"
#include "reconciler/model/grant.h"
#include "reconciler/model/identity.h"
#include "reconciler/runtime/runner.h"
#include "reconciler/sys/clock.h"

#include <stdlib.h>

#define TAG_KEY_NUMBER 1

/* One session. It outlives its link's interest in it until it is closed. */
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
	struct index_array accounts;
	struct buf request;
};

static struct arena *run_arena(const struct conversation *talk)
{
	return talk->runner->options->engine.arena;
}

static const struct server *server_of(const struct conversation *talk)
{
	return &talk->runner->options->engine.desired->servers
			.items[talk->action.server];
}

/* The answer to the waiting action is `event`. */
static void answer(struct conversation *talk, struct event *event)
{
	if (!talk->link || !talk->waiting)
		return;
	talk->waiting = false;
	event->server = talk->link->server;
	runner_event(talk->runner, event);
}

/* The session is of no more use: say so once and let go of it. */
static void give_up(struct conversation *talk, const struct err *err, bool sent)
{
	struct event event = { .kind = EVENT_FAILED,
			       .err = *err,
			       .sent = sent };

	answer(talk, &event);
	if (talk->link) {
		talk->link->conversation = NULL;
		talk->link = NULL;
	}
	if (talk->session)
		session_close(talk->session);
}

/* Which accounts' pools may be compared on this server. */
static int watched_accounts(struct conversation *talk, struct err *err)
{
	const struct engine_input *in = &talk->runner->options->engine;
	const struct passwords *passwords = talk->runner->options->passwords;
	struct declared_array pools = { 0 };
	int rc = desired_pools_of(in->desired, talk->link->server,
				  run_arena(talk), &pools);

	talk->accounts = (struct index_array){ 0 };
	for (size_t i = 0; !rc && i < pools.n; i++) {
		size_t at = in->desired->bindings.items[pools.items[i].binding]
				    .account;
		const struct account *account =
			&in->desired->accounts.items[at];
		bool known = !passwords->items[account->secret];

		for (size_t k = 0; k < talk->accounts.n; k++)
			known = known || talk->accounts.items[k] == at;
		if (!known && !array_push(run_arena(talk), &talk->accounts, at))
			rc = -ERR_NOMEM;
	}
	return rc ? err_set(err, -ERR_NOMEM, "asking a server") : 0;
}

static int watched_spellings(struct conversation *talk, struct text_array *ret,
			     struct err *err)
{
	const struct engine_input *in = &talk->runner->options->engine;
	int rc = watched_accounts(talk, err);

	for (size_t i = 0; !rc && i < talk->accounts.n; i++) {
		const struct account *account =
			&in->desired->accounts.items[talk->accounts.items[i]];
		const struct domain *domain =
			&in->config->domains.items[account->domain];
		char *shown =
			identity_show(run_arena(talk), domain, account->user);

		if (!shown)
			rc = -ERR_NOMEM;
		else if (grant_reaches(in->config, shown,
				       server_of(talk)->host))
			rc = identity_spellings(run_arena(talk), domain,
						account->user, ret);
		if (rc)
			(void)err_set(err, rc, "asking a server");
	}
	return rc;
}

static int send_request(struct conversation *talk,
			const struct session_secret *secrets, size_t n,
			struct err *err)
{
	const struct session_request request = {
		.records = talk->request.data,
		.len = talk->request.len,
		.secrets = secrets,
		.n_secrets = n,
		.timeout_ms = talk->action.timeout_ms,
	};

	return session_request(talk->session, &request, err);
}

/*
 * The last look before a password leaves: the guards refused what no grant
 * allows long before, so this finds only a fault of ours.
 */
static int check_grant(struct conversation *talk, const struct iis_row *row,
		       struct err *err)
{
	const struct engine_input *in = &talk->runner->options->engine;
	const struct account *account =
		&in->desired->accounts.items[row->change->account];
	const unsigned rights =
		GRANT_PASSWORD |
		(row->change->kind == CHANGE_IDENTITY ? GRANT_IDENTITY : 0);

	if (grant_allows(in->config, row->account, server_of(talk)->host,
			 row->change->pool, rights) &&
	    identity_is(&in->config->domains.items[account->domain],
			account->user,
			in->config->secrets.items[account->secret].account))
		return 0;
	return err_set(
		err, -ERR_GRANT,
		"%s/%s: no grant allows the password of %s there; it was not sent",
		server_of(talk)->name, row->change->pool, row->account);
}

/* The rows of the action as the module wants them. */
static int request_rows(struct conversation *talk, struct iis_row_array *ret,
			struct err *err)
{
	const struct engine_input *in = &talk->runner->options->engine;

	for (size_t i = 0; i < talk->action.rows.n; i++) {
		const struct action_row *row = &talk->action.rows.items[i];
		const struct account *account =
			&in->desired->accounts.items[row->change->account];
		struct iis_row item = {
			.change = row->change,
			.account = identity_show(
				run_arena(talk),
				&in->config->domains.items[account->domain],
				account->user),
			.secret = (uint32_t)(TAG_KEY_NUMBER + 1 +
					     account->secret),
			.generation = row->generation,
			.candidate = row->candidate,
			.committed_ms = row->committed_ms,
			.since_ms = row->since_ms,
			.restart = in->desired->bindings
					   .items[row->change->binding]
					   .restart,
		};

		if (!item.account || !array_push(run_arena(talk), ret, item))
			return err_set(err, -ERR_NOMEM, "asking a server");
		if (talk->action.kind == ACTION_APPLY) {
			int rc = check_grant(talk, &item, err);

			if (rc)
				return rc;
		}
	}
	return 0;
}

/* observe or verify: a new tag key each time. */
static int send_look(struct conversation *talk,
		     const struct iis_row_array *rows, struct err *err)
{
	const char *nonce = session_nonce(talk->session);
	struct text_array watch = { 0 };
	struct session_secret key = { .number = TAG_KEY_NUMBER,
				      .purpose = FRAME_TAG_KEY,
				      .account = "" };
	int rc = watched_spellings(talk, &watch, err);

	secret_freep(&talk->key);
	if (!rc)
		rc = secret_random(IIS_TAG_KEY_BYTES, &talk->key, err);
	if (!rc && rows)
		rc = iis_request_verify(&talk->request, nonce, key.number,
					&watch, rows, err);
	else if (!rc)
		rc = iis_request_observe(&talk->request, nonce, key.number,
					 &watch, err);
	if (rc)
		return rc;
	key.secret = talk->key;
	return send_request(talk, &key, 1, err);
}

/* Each secret of the rows once. */
static int row_secrets(struct conversation *talk,
		       const struct iis_row_array *rows,
		       struct session_secret **ret, size_t *ret_n,
		       struct err *err)
{
	const struct passwords *passwords = talk->runner->options->passwords;
	struct session_secret *secrets =
		arena_alloc(run_arena(talk), (rows->n + 1) * sizeof(*secrets));
	size_t n = 0;

	if (!secrets)
		return err_set(err, -ERR_NOMEM, "asking a server");
	for (size_t i = 0; i < rows->n; i++) {
		const struct iis_row *row = &rows->items[i];
		bool known = false;

		for (size_t k = 0; k < n; k++)
			known = known || secrets[k].number == row->secret;
		if (!known)
			secrets[n++] = (struct session_secret){
				.number = row->secret,
				.purpose = FRAME_PASSWORD,
				.account = row->account,
				.secret = passwords->items[row->secret -
							   TAG_KEY_NUMBER - 1],
			};
	}
	*ret = secrets;
	*ret_n = n;
	return 0;
}

/*
 * The server refuses the request when it is older than we are willing to
 * wait, so that it can't land after we have given up. Its clock started
 * before the reply to probe came, so this deadline is never too late.
 */
static int64_t deadline_of(const struct conversation *talk)
{
	return clock_mono_ms() - talk->probed_ms + talk->action.timeout_ms;
}

static int send_order(struct conversation *talk,
		      const struct iis_row_array *rows, struct err *err)
{
	const struct iis_order order = {
		.nonce = session_nonce(talk->session),
		.deadline_ms = deadline_of(talk),
		.pools_per_commit = talk->action.pools_per_commit,
		.rows = rows,
	};
	struct session_secret *secrets = NULL;
	size_t n = 0;
	int rc;

	if (talk->action.kind == ACTION_ACTIVATE) {
		rc = iis_request_activate(&talk->request, &order, err);
	} else {
		rc = row_secrets(talk, rows, &secrets, &n, err);
		if (!rc)
			rc = iis_request_apply(&talk->request, &order, err);
	}
	return rc ? rc : send_request(talk, secrets, n, err);
}

static int send_probe(struct conversation *talk, struct err *err)
{
	int rc = iis_request_probe(&talk->request, session_nonce(talk->session),
				   err);

	talk->probing = true;
	return rc ? rc : send_request(talk, NULL, 0, err);
}

static void send_action(struct conversation *talk)
{
	struct iis_row_array rows = { 0 };
	struct err err = { 0 };
	int rc;

	if (!talk->probed) {
		rc = send_probe(talk, &err);
	} else if (talk->action.kind == ACTION_OBSERVE) {
		rc = send_look(talk, NULL, &err);
	} else {
		rc = request_rows(talk, &rows, &err);
		if (!rc && talk->action.kind == ACTION_VERIFY)
			rc = send_look(talk, &rows, &err);
		else if (!rc)
			rc = send_order(talk, &rows, &err);
	}
	if (rc)
		give_up(talk, &err, false);
}

static int read_look(struct conversation *talk, const struct iis_body *body,
		     struct event *event, struct err *err)
{
	const struct run_options *options = talk->runner->options;
	const struct iis_compare compare = {
		.key = talk->key,
		.desired = options->engine.desired,
		.config = options->engine.config,
		.accounts = &talk->accounts,
		.passwords =
			(const struct secret *const *)options->passwords->items,
	};
	struct observed *observed =
		arena_alloc(run_arena(talk), sizeof(*observed));

	if (!observed)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	*observed = talk->server;
	observed->server = talk->link->server;
	event->kind = talk->action.kind == ACTION_VERIFY ? EVENT_VERIFIED
							 : EVENT_OBSERVED;
	event->observed = observed;
	return iis_reply_pools(run_arena(talk), body, &compare, observed, err);
}

static int read_applied(struct conversation *talk, const struct iis_body *body,
			struct event *event, struct err *err)
{
	struct applied *applied =
		arena_alloc(run_arena(talk), sizeof(*applied));

	if (!applied)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	event->kind = EVENT_APPLIED;
	event->applied = applied;
	return iis_reply_applied(run_arena(talk), body, applied, err);
}

static int read_activated(struct conversation *talk,
			  const struct iis_body *body, struct event *event,
			  struct err *err)
{
	struct activated *activated =
		arena_alloc(run_arena(talk), sizeof(*activated));

	if (!activated)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	event->kind = EVENT_ACTIVATED;
	event->activated = activated;
	return iis_reply_activated(run_arena(talk), body, activated, err);
}

static int read_reply(struct conversation *talk, const struct iis_body *body,
		      struct event *event, struct err *err)
{
	if (talk->action.kind == ACTION_APPLY)
		return read_applied(talk, body, event, err);
	if (talk->action.kind == ACTION_ACTIVATE)
		return read_activated(talk, body, event, err);
	return read_look(talk, body, event, err);
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
	const struct iis_body body = { records, len };
	struct event event = { 0 };
	struct err err = { 0 };
	int rc;

	if (!talk->link || !talk->waiting)
		return;
	if (talk->probing) {
		talk->probing = false;
		rc = iis_reply_probe(run_arena(talk), &body, &talk->server,
				     &err);
		if (!rc) {
			talk->probed = true;
			talk->probed_ms = clock_mono_ms();
			send_action(talk);
		}
	} else {
		rc = read_reply(talk, &body, &event, &err);
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
		runner_event(link->runner, &event);
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
		runner_event(link->runner, &event);
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
