/* examine.c - see examine.h. */
#include "reconciler/runtime/examine.h"

#include "modules/iis_app_pool/requests.h"
#include "modules/iis_app_pool/tag.h"
#include "reconciler/model/identity.h"
#include "reconciler/sys/clock.h"

#include <stdlib.h>
#include <string.h>
#include <uv.h>

#define REQUEST_MS     120000
#define TAG_KEY_NUMBER 1

struct examination {
	const struct examine_what *what;
	struct arena *arena;
	struct examined *seen;
	struct session *session;
	struct buf request;
	struct secret *key;
	int64_t asked_ms; /* monotonic */
	bool probed;
	bool done;
};

static struct arena *keep(struct examination *examination)
{
	return examination->arena;
}

/* Say where and why it ended; the first one counts. */
static void end_at(struct examination *examination, enum examined_at at,
		   const struct err *err)
{
	if (examination->done)
		return;
	examination->done = true;
	examination->seen->at = at;
	examination->seen->err = *err;
}

static int send_request(struct examination *examination,
			const struct session_secret *secrets, size_t n,
			struct err *err)
{
	const struct session_request request = {
		.records = examination->request.data,
		.len = examination->request.len,
		.secrets = secrets,
		.n_secrets = n,
		.timeout_ms = REQUEST_MS,
	};

	examination->asked_ms = clock_mono_ms();
	return session_request(examination->session, &request, err);
}

static int ask_probe(struct examination *examination, struct err *err)
{
	int rc = iis_request_probe(&examination->request,
				   session_nonce(examination->session), err);

	return rc ? rc : send_request(examination, NULL, 0, err);
}

static int ask_observe(struct examination *examination, struct err *err)
{
	struct session_secret key = { .number = TAG_KEY_NUMBER,
				      .purpose = FRAME_TAG_KEY,
				      .account = "" };
	struct text_array watch = { 0 };
	int rc = secret_random(IIS_TAG_KEY_BYTES, &examination->key, err);

	for (size_t i = 0; !rc && i < examination->what->accounts->n; i++) {
		const struct account *account =
			&examination->what->desired->accounts
				 .items[examination->what->accounts->items[i]];

		rc = identity_spellings(keep(examination),
					&examination->what->config->domains
						 .items[account->domain],
					account->user, &watch);
		if (rc)
			(void)err_set(err, rc, "asking a server");
	}
	if (!rc)
		rc = iis_request_observe(&examination->request,
					 session_nonce(examination->session),
					 key.number, &watch, err);
	key.secret = examination->key;
	return rc ? rc : send_request(examination, &key, 1, err);
}

/* The server's clock was read somewhere between question and answer. */
static void read_clock(struct examination *examination)
{
	struct examined *seen = examination->seen;
	const int64_t half = (clock_mono_ms() - examination->asked_ms) / 2;

	seen->ahead_ms = seen->observed.now_ms - (clock_wall_ms() - half);
	seen->ahead_about_ms = half;
}

static int read_probe(struct examination *examination,
		      const struct iis_body *body, struct err *err)
{
	struct examined *seen = examination->seen;
	int rc = iis_reply_probe_facts(keep(examination), body, &seen->facts,
				       err);

	if (rc)
		return rc;
	seen->probed = true;
	rc = iis_reply_probe(keep(examination), body, &seen->observed, err);
	if (!rc)
		read_clock(examination);
	return rc;
}

static int read_observe(struct examination *examination,
			const struct iis_body *body, struct err *err)
{
	/* Nothing is compared: the passwords stay where they are. */
	const struct iis_compare compare = {
		.key = examination->key,
		.desired = examination->what->desired,
		.config = examination->what->config,
		.accounts = &(const struct index_array){ 0 },
	};

	return iis_reply_pools(keep(examination), body, &compare,
			       &examination->seen->observed, err);
}

/* The reply is only lent. */
static int keep_body(struct examination *examination, const char *records,
		     size_t len, struct iis_body *ret, struct err *err)
{
	*ret = (struct iis_body){
		.records = arena_strndup(keep(examination), records, len),
		.len = len,
		.passwords = examination->what->passwords,
		.n_passwords = examination->what->n_passwords,
	};
	return ret->records ? 0 : err_set(err, -ERR_NOMEM, "reading a reply");
}

static void on_ready(void *user)
{
	struct examination *examination = user;
	struct err err = { 0 };

	examination->seen->seen = *session_seen(examination->session);
	if (ask_probe(examination, &err)) {
		end_at(examination, EXAMINED_START, &err);
		session_close(examination->session);
	}
}

static void on_reply(void *user, const char *records, size_t len)
{
	struct examination *examination = user;
	const enum examined_at at =
		examination->probed ? EXAMINED_OBSERVE : EXAMINED_PROBE;
	struct err err = { 0 };
	struct iis_body body;
	int rc = keep_body(examination, records, len, &body, &err);

	if (!rc && !examination->probed) {
		rc = read_probe(examination, &body, &err);
		examination->probed = true;
		if (!rc)
			rc = ask_observe(examination, &err);
		if (!rc)
			return;
	} else if (!rc) {
		rc = read_observe(examination, &body, &err);
	}
	if (rc)
		examination->seen->fault =
			iis_reply_fault(keep(examination), &body);
	end_at(examination, rc ? at : EXAMINED_ALL, &err);
	session_close(examination->session);
}

static enum examined_at place_of(const struct examination *examination,
				 enum session_phase phase)
{
	static const enum examined_at places[] = {
		[SESSION_AT_NAME] = EXAMINED_NAME,
		[SESSION_AT_CONNECT] = EXAMINED_CONNECT,
		[SESSION_AT_EXCHANGE] = EXAMINED_SSH,
		[SESSION_AT_HOST_KEY] = EXAMINED_KEY,
		[SESSION_AT_LOGIN] = EXAMINED_LOGIN,
		[SESSION_AT_START] = EXAMINED_START,
		[SESSION_AT_REQUEST] = EXAMINED_START,
	};

	return phase == SESSION_AT_REQUEST && examination->probed
		       ? EXAMINED_OBSERVE
		       : places[phase];
}

static void on_failed(void *user, const struct session_failure *failure)
{
	struct examination *examination = user;
	enum examined_at at = place_of(examination, failure->phase);

	examination->seen->seen = *session_seen(examination->session);
	/* The host key was shown before: no agreement is about its type. */
	if (at == EXAMINED_SSH && failure->err.code == -ERR_HOST_KEY &&
	    examination->seen->seen.fingerprint[0] == '\0' &&
	    examination->seen->at == EXAMINED_KEY)
		at = EXAMINED_KEY;
	end_at(examination, at, &failure->err);
}

static void on_closed(void *user)
{
	struct examination *examination = user;

	examination->session = NULL;
}

static void on_last(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static int run_session(struct examination *examination,
		       struct transport *transport,
		       const struct session_server *address, bool look,
		       uv_loop_t *loop, struct err *err)
{
	static const struct session_handlers handlers = { on_ready, on_reply,
							  on_failed,
							  on_closed };
	int rc = look ? session_open_look(transport, address, &handlers,
					  examination, &examination->session,
					  err)
		      : session_open(transport, address, &handlers, examination,
				     &examination->session, err);

	examination->done = false;
	if (!rc)
		(void)uv_run(loop, UV_RUN_DEFAULT);
	return rc;
}

static int run_sessions(struct examination *examination,
			struct transport *transport,
			const struct session_server *address, uv_loop_t *loop,
			struct err *err)
{
	struct examined *seen = examination->seen;
	struct session_seen shown;
	int rc = run_session(examination, transport, address, true, loop, err);

	/* It ends at the key, if all went well. */
	if (rc || seen->at != EXAMINED_KEY)
		return rc;
	shown = seen->seen;
	seen->err = (struct err){ 0 };
	if (transport_pinned(transport, address, &seen->err)) {
		seen->at = EXAMINED_PIN;
		return 0;
	}
	rc = run_session(examination, transport, address, false, loop, err);
	if (seen->seen.fingerprint[0] == '\0')
		seen->seen = shown;
	return rc;
}

int examine_server(const struct examine_what *what, struct arena *arena,
		   struct examined *ret, struct err *err)
{
	const struct config *config = what->config;
	const struct server *server =
		&what->desired->servers.items[what->server];
	const struct session_server address = { server->host, server->port,
						server->host_key };
	struct examination examination = { .what = what,
					   .arena = arena,
					   .seen = ret };
	struct transport *transport = NULL;
	uv_loop_t loop;
	int rc;

	*ret = (struct examined){ .fault = "" };
	ret->observed.server = what->server;
	if (uv_loop_init(&loop))
		return err_set(err, -ERR_NOMEM, "making a loop");
	buf_init(&examination.request, IIS_REQUEST_BYTES_MAX);
	rc = transport_new(
		&(const struct transport_options){
			.loop = &loop,
			.user = config->ssh_user,
			.key_path = config->ssh_key,
			.known_hosts_path = config->ssh_known_hosts },
		&transport, err);
	if (!rc)
		rc = run_sessions(&examination, transport, &address, &loop,
				  err);
	transport_free(transport);
	uv_walk(&loop, on_last, NULL);
	(void)uv_run(&loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&loop);
	secret_free(examination.key);
	buf_done(&examination.request);
	return rc;
}
