/* server_ask.c - the action that waits becomes a request: what to look for, rows, secrets. */
#include "modules/iis_app_pool/requests.h"
#include "modules/iis_app_pool/tag.h"
#include "reconciler/model/identity.h"
#include "reconciler/runtime/conversation.h"
#include "reconciler/runtime/row_grant.h"
#include "reconciler/sys/clock.h"

#define TAG_KEY_NUMBER 1

/* How long before the answer must be there an HTTP check ends at the latest. */
#define HTTP_SPARE_MS 20000

static const struct engine_input *input_of(const struct conversation *talk)
{
	return &talk->runner->options->engine;
}

static const char *show_account(const struct conversation *talk,
				const struct account *account)
{
	return identity_show(
		conversation_arena(talk),
		&input_of(talk)->config->domains.items[account->domain],
		account->user);
}

/* Look for an account only where some line lets it go: what a server does
 * with others is none of our business. */
static int find_reach(struct conversation *talk, struct err *err)
{
	const struct engine_input *in = input_of(talk);
	int rc = reach_find(
		in->desired, in->config, talk->runner->options->passwords,
		talk->action.server, conversation_arena(talk), &talk->reach);

	for (size_t i = 0; !rc && i < talk->reach.accounts.n; i++) {
		const struct account *account =
			&in->desired->accounts
				 .items[talk->reach.accounts.items[i]];

		rc = identity_spellings(
			conversation_arena(talk),
			&in->config->domains.items[account->domain],
			account->user, &talk->watch);
	}
	talk->reached = !rc;
	return rc ? err_set(err, rc, "asking a server") : 0;
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

/* A check that could not end before we give up would look like silence. */
static int row_http(struct conversation *talk, const struct binding *binding,
		    struct iis_row *row)
{
	const uint32_t most = talk->action.timeout_ms > 2 * HTTP_SPARE_MS
				      ? talk->action.timeout_ms - HTTP_SPARE_MS
				      : talk->action.timeout_ms / 2;
	struct http_check *http;

	if (!binding->http.path)
		return 0;
	http = arena_alloc(conversation_arena(talk), sizeof(*http));
	if (!http)
		return -ERR_NOMEM;
	*http = binding->http;
	if (http->within_ms > most)
		http->within_ms = most;
	row->http = http;
	return 0;
}

/* The account and number of the password that goes with a row. */
static int row_secret(struct conversation *talk, const struct change *change,
		      struct iis_row *row, struct err *err)
{
	const struct engine_input *in = input_of(talk);
	const struct passwords *passwords = talk->runner->options->passwords;
	const struct account *account;
	int rc = row_grant(in->desired, in->config, change,
			   conversation_arena(talk), err);

	if (rc || !change->secret)
		return rc;
	account = &in->desired->accounts.items[change->account];
	if (account->secret >= passwords->n ||
	    !passwords->items[account->secret])
		return err_set(err, -ERR_BUG,
			       "the password of account %s was not loaded",
			       account->name);
	row->account = show_account(talk, account);
	row->secret = (uint32_t)(TAG_KEY_NUMBER + 1 + account->secret);
	return row->account ? 0 : err_set(err, -ERR_NOMEM, "asking a server");
}

static int make_row(struct conversation *talk, const struct action_row *from,
		    struct iis_row *ret, struct err *err)
{
	const struct binding *binding =
		&input_of(talk)->desired->bindings.items[from->change->binding];

	*ret = (struct iis_row){
		.change = from->change,
		.account = "",
		.generation = from->generation,
		.candidate = from->candidate,
		.committed_ms = from->committed_ms,
		.since_ms = from->since_ms,
		.restart = binding->restart,
	};
	if (talk->action.kind == ACTION_APPLY)
		return row_secret(talk, from->change, ret, err);
	if (from->http && row_http(talk, binding, ret))
		return err_set(err, -ERR_NOMEM, "asking a server");
	return 0;
}

/* The rows of the action as the module wants them. */
static int make_rows(struct conversation *talk, struct iis_row_array *ret,
		     struct err *err)
{
	for (size_t i = 0; i < talk->action.rows.n; i++) {
		struct iis_row row;
		int rc = make_row(talk, &talk->action.rows.items[i], &row, err);

		if (rc)
			return rc;
		if (!array_push(conversation_arena(talk), ret, row))
			return err_set(err, -ERR_NOMEM, "asking a server");
	}
	return 0;
}

/* observe or verify: a new tag key each time. */
static int send_look(struct conversation *talk,
		     const struct iis_row_array *rows, struct err *err)
{
	const char *nonce = session_nonce(talk->session);
	struct session_secret key = { .number = TAG_KEY_NUMBER,
				      .purpose = FRAME_TAG_KEY,
				      .account = "" };
	int rc;

	secret_freep(&talk->key);
	rc = secret_random(IIS_TAG_KEY_BYTES, &talk->key, err);
	if (!rc && rows)
		rc = iis_request_verify(&talk->request, nonce, key.number,
					&talk->watch, rows, err);
	else if (!rc)
		rc = iis_request_observe(&talk->request, nonce, key.number,
					 &talk->watch, err);
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
	struct session_secret *secrets = arena_alloc(
		conversation_arena(talk), (rows->n + 1) * sizeof(*secrets));
	size_t n = 0;

	if (!secrets)
		return err_set(err, -ERR_NOMEM, "asking a server");
	for (size_t i = 0; i < rows->n; i++) {
		const struct iis_row *row = &rows->items[i];
		bool known = row->secret == 0;

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

int conversation_ask(struct conversation *talk, struct err *err)
{
	struct iis_row_array rows = { 0 };
	int rc = talk->reached ? 0 : find_reach(talk, err);

	if (rc)
		return rc;
	if (!talk->probed)
		return send_probe(talk, err);
	if (talk->action.kind == ACTION_OBSERVE)
		return send_look(talk, NULL, err);
	rc = make_rows(talk, &rows, err);
	if (rc)
		return rc;
	return talk->action.kind == ACTION_VERIFY
		       ? send_look(talk, &rows, err)
		       : send_order(talk, &rows, err);
}
