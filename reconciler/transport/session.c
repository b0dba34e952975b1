/* session.c - life of a session: states, deadlines, failure, the public calls.
 * The states before TALK are in session_login.c, the rest in session_talk.c. */
#include "reconciler/transport/session.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"
#include "reconciler/transport/session_state.h"

#include <libssh2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define END_MS       2000
#define SWEEP_MS     1000 /* libssh2 may hold bytes that no socket event tells */
#define STDERR_SHOWN 400

static bool step_none(struct session *session)
{
	(void)session;
	return false;
}

static const struct {
	const char *name;
	enum session_phase phase;
	bool (*step)(struct session *session);
} states[] = {
	[SESSION_WAIT] = { "waiting", SESSION_AT_NAME, session_step_wait },
	[SESSION_RESOLVE] = { "name lookup", SESSION_AT_NAME, step_none },
	[SESSION_CONNECT] = { "connect", SESSION_AT_CONNECT,
			      session_step_connect },
	[SESSION_PAUSE] = { "connect again", SESSION_AT_CONNECT,
			    session_step_pause },
	[SESSION_HANDSHAKE] = { "key exchange", SESSION_AT_EXCHANGE,
				session_step_handshake },
	[SESSION_HOST_KEY] = { "host key", SESSION_AT_HOST_KEY,
			       session_step_host_key },
	[SESSION_LOGIN] = { "login", SESSION_AT_LOGIN, session_step_login },
	[SESSION_OPEN] = { "open channel", SESSION_AT_START,
			   session_step_open },
	[SESSION_EXEC] = { "start of powershell", SESSION_AT_START,
			   session_step_exec },
	[SESSION_TALK] = { "request", SESSION_AT_REQUEST, session_step_talk },
	[SESSION_END] = { "end", SESSION_AT_REQUEST, session_step_end },
	[SESSION_GONE] = { "gone", SESSION_AT_REQUEST, step_none },
};

static int64_t earlier(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t state_deadline(const struct session *session, int64_t now)
{
	const struct transport *transport = session->transport;
	int64_t login = session->login_at + transport->login_ms;

	switch (session->state) {
	case SESSION_RESOLVE:
	case SESSION_CONNECT:
		return earlier(now + transport->connect_ms, login);
	case SESSION_PAUSE:
	case SESSION_HANDSHAKE:
	case SESSION_HOST_KEY:
	case SESSION_LOGIN:
		return login;
	case SESSION_OPEN:
		return now + transport->start_ms;
	case SESSION_EXEC:
		return session->deadline_at; /* that of OPEN */
	case SESSION_END:
		return now + END_MS;
	case SESSION_WAIT:
	case SESSION_TALK: /* each request brings its own */
	case SESSION_GONE:
		break;
	}
	return 0;
}

void session_set_state(struct session *session, enum session_state state)
{
	int64_t now = clock_mono_ms();

	if (session->state == SESSION_WAIT)
		session->login_at = now;
	if (state == SESSION_OPEN || state == SESSION_GONE)
		transport_slot_give(session->transport, session);
	session->state = state;
	session->phase_at = now;
	session->wake_at = 0;
	session->deadline_at = state_deadline(session, now);
}

static void on_timer(uv_timer_t *timer)
{
	session_step(timer->data);
}

void session_wake(struct session *session, uint64_t delay_ms)
{
	/* Fails only for a closing timer: then nothing is left to wake. */
	(void)uv_timer_start(&session->timer, on_timer, delay_ms, 0);
}

static void on_socket(uv_poll_t *poll, int status, int events)
{
	(void)status; /* the next read or write says what it is */
	(void)events;
	session_step(poll->data);
}

int session_watch_socket(struct session *session, struct err *err)
{
	uv_poll_t *poll = malloc(sizeof(*poll));

	if (poll == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for a session");
	if (uv_poll_init(session->transport->loop, poll, session->fd) != 0) {
		free(poll);
		return err_set(err, -ERR_CONNECT,
			       "the socket can't be "
			       "watched");
	}
	poll->data = session;
	session->poll = poll;
	return 0;
}

static void on_poll_closed(uv_handle_t *handle)
{
	free(handle);
}

void session_drop_socket(struct session *session)
{
	/* First: libssh2 must not wait for an answer of the server. */
	if (session->fd >= 0)
		(void)shutdown(session->fd, SHUT_RDWR);
	link_close(&session->link);
	session->channel = NULL;
	if (session->poll != NULL)
		uv_close((uv_handle_t *)session->poll, on_poll_closed);
	session->poll = NULL;
	if (session->fd >= 0)
		(void)close(session->fd);
	session->fd = -1;
}

static void session_free(struct session *session)
{
	outbox_done(&session->outbox);
	reply_done(&session->reply);
	secret_free(session->key);
	free(session->host);
	free(session);
}

static void session_freep(struct session **session)
{
	if (*session != NULL)
		session_free(*session);
}

static void on_closed(uv_handle_t *handle)
{
	struct session *session = handle->data;
	void (*closed)(void *user) = session->handlers.closed;
	void *user = session->user;

	session->transport->n_sessions--;
	session_free(session);
	closed(user);
}

void session_drop(struct session *session)
{
	if (session->state == SESSION_GONE)
		return;
	session_set_state(session, SESSION_GONE);
	session_drop_lookup(session);
	session_drop_socket(session);
	outbox_done(&session->outbox);
	uv_close((uv_handle_t *)&session->timer, on_closed);
}

/* What powershell printed as an error, so that a person can read it. */
static void put_kept(struct buf *out, const struct session *session)
{
	char text[STDERR_SHOWN + 1];
	size_t n = 0;

	/* Without NUL bytes UTF-16 can be read, too. */
	for (size_t i = 0; i < session->n_kept && n < STDERR_SHOWN; i++)
		if (session->kept[i] != '\0')
			text[n++] = session->kept[i];
	while (n > 0 && (text[n - 1] == '\n' || text[n - 1] == '\r'))
		n--;
	text[n] = '\0';
	if (n == 0)
		return;
	buf_puts(out, "; standard error: ");
	str_put_plain(out, text);
}

bool session_fail(struct session *session, int code, const char *fmt, ...)
{
	struct session_failure failure = {
		.phase = states[session->state].phase,
		.sent = session->in_air && session->begun,
	};
	CLEANUP(buf_done) struct buf rest = { 0 };
	double seconds = (double)(clock_mono_ms() - session->phase_at) / 1000;
	char text[512];
	va_list ap;

	if (session->state == SESSION_GONE)
		return false;
	if (session->state == SESSION_END) {
		session_drop(session);
		return false;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	buf_init(&rest, 4 * STDERR_SHOWN + 64);
	put_kept(&rest, session);
	(void)err_set(&failure.err, session->link.starved ? -ERR_NOMEM : code,
		      "%s:%u: %s: %s (after %.1f s)%s", session->host,
		      session->port,
		      session->state == SESSION_TALK && !session->in_air
			      ? "between requests"
			      : states[session->state].name,
		      text, seconds, buf_text(&rest));
	session_drop(session);
	session->handlers.failed(session->user, &failure);
	return false;
}

bool session_fail_ssh(struct session *session, int rc)
{
	char *text = NULL;

	if (session->link.over)
		return session_fail(session, -ERR_LIMIT,
				    "the server sent more than it may");
	if (rc == LIBSSH2_ERROR_SOCKET_DISCONNECT ||
	    rc == LIBSSH2_ERROR_SOCKET_RECV || rc == LIBSSH2_ERROR_SOCKET_SEND)
		return session_fail(session, -ERR_SSH,
				    "the connection was lost");
	if (rc == LIBSSH2_ERROR_TIMEOUT) /* of libssh2's own, 60 s */
		return session_fail(session, -ERR_DEADLINE,
				    "no answer in time");
	if (session->link.ssh != NULL)
		(void)libssh2_session_last_error(session->link.ssh, &text, NULL,
						 0);
	return session_fail(session, -ERR_SSH, "%s (libssh2 %d)",
			    text == NULL || *text == '\0' ? "failed" : text,
			    rc);
}

static int wanted_events(const struct session *session)
{
	int events = UV_READABLE;

	if (session->state == SESSION_CONNECT)
		return UV_WRITABLE;
	if (session->link.ssh != NULL &&
	    (libssh2_session_block_directions(session->link.ssh) &
	     LIBSSH2_SESSION_BLOCK_OUTBOUND) != 0)
		events |= UV_WRITABLE;
	return events;
}

/* A deadline is a failure; else sleep until something can happen. */
static void session_watch(struct session *session)
{
	int64_t now = clock_mono_ms();
	int64_t wake = now + SWEEP_MS;
	int code = session->state == SESSION_RESOLVE ||
				   session->state == SESSION_CONNECT
			   ? -ERR_CONNECT
			   : -ERR_DEADLINE;

	if (session->deadline_at != 0) {
		if (now >= session->deadline_at) {
			(void)session_fail(session, code, "no answer in time");
			return;
		}
		wake = earlier(wake, session->deadline_at);
	}
	if (session->wake_at != 0)
		wake = earlier(wake, session->wake_at);
	session_wake(session, wake > now ? (uint64_t)(wake - now) : 0);
	if (session->poll != NULL &&
	    uv_poll_start(session->poll, wanted_events(session), on_socket) !=
		    0)
		(void)session_fail(session, -ERR_SSH,
				   "the socket can't be watched");
}

void session_step(struct session *session)
{
	int one = 1;

	/* Without it the server's Nagle waits for our delayed ACK; the kernel
	 * forgets the setting by itself. */
	if (session->fd >= 0)
		(void)setsockopt(session->fd, IPPROTO_TCP, TCP_QUICKACK, &one,
				 sizeof(one));
	link_step(&session->link);
	while (states[session->state].step(session))
		continue;
	if (session->link.starved)
		(void)session_fail(session, -ERR_NOMEM, "no memory");
	if (session->state != SESSION_GONE)
		session_watch(session);
}

static int nonce_new(struct session *session, struct err *err)
{
	uint8_t bytes[(REPLY_NONCE_BYTES - 1) / 2];
	int rc = digest_random(bytes, sizeof(bytes), err);

	if (rc == 0)
		digest_hex(bytes, sizeof(bytes), session->nonce);
	return rc;
}

static int session_new(struct transport *transport,
		       const struct session_server *server, bool look,
		       struct session **ret, struct err *err)
{
	CLEANUP(session_freep) struct session *session = NULL;
	int rc = 0;

	session = calloc(1, sizeof(*session));
	if (session == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for a session");
	session->transport = transport;
	session->fd = -1;
	session->port = server->port;
	outbox_init(&session->outbox);
	reply_init(&session->reply, NULL);
	session->look = look;
	if (!look)
		rc = known_hosts_find(transport->known, server->host,
				      server->port, server->host_key,
				      &session->keys, err);
	if (rc < 0)
		return rc;
	session->host = strdup(server->host);
	if (session->host == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for a session");
	rc = secret_random(DIGEST_BYTES, &session->key, err);
	if (rc < 0)
		return rc;
	session->reply.key = secret_bytes(session->key);
	rc = nonce_new(session, err);
	if (rc < 0)
		return rc;
	*ret = session;
	session = NULL;
	return 0;
}

static int open_as(struct transport *transport,
		   const struct session_server *server, bool look,
		   const struct session_handlers *handlers,
		   struct session **ret, struct err *err)
{
	struct session *session = NULL;
	int rc = session_new(transport, server, look, &session, err);

	if (rc < 0)
		return rc;
	session->handlers = *handlers;
	(void)uv_timer_init(transport->loop, &session->timer);
	session->timer.data = session;
	transport->n_sessions++;
	session_wake(session, transport_burst_ms(transport));
	*ret = session;
	return 0;
}

int session_open(struct transport *transport,
		 const struct session_server *server,
		 const struct session_handlers *handlers, void *user,
		 struct session **ret, struct err *err)
{
	int rc = open_as(transport, server, false, handlers, ret, err);

	if (rc == 0)
		(*ret)->user = user;
	return rc;
}

int session_open_look(struct transport *transport,
		      const struct session_server *server,
		      const struct session_handlers *handlers, void *user,
		      struct session **ret, struct err *err)
{
	int rc = open_as(transport, server, true, handlers, ret, err);

	if (rc == 0)
		(*ret)->user = user;
	return rc;
}

const struct session_seen *session_seen(const struct session *session)
{
	return &session->seen;
}

const char *session_nonce(const struct session *session)
{
	return session->nonce;
}

static bool first_line_has(const struct session_request *request,
			   const char *text)
{
	const char *end = memchr(request->records, '\n', request->len);

	return end != NULL &&
	       memmem(request->records, (size_t)(end - request->records), text,
		      strlen(text)) != NULL;
}

static int request_check(const struct session *session,
			 const struct session_request *request, struct err *err)
{
	if (session->state != SESSION_TALK || session->in_air)
		return err_set(err, -ERR_BUG,
			       "%s: a request while the session can't take "
			       "one",
			       session->host);
	if (!first_line_has(request, session->nonce))
		return err_set(err, -ERR_BUG,
			       "%s: a request without the nonce of the session",
			       session->host);
	for (size_t i = 0; i < request->n_secrets; i++)
		if (request->secrets[i].purpose == FRAME_PASSWORD &&
		    !session->verified)
			return err_set(err, -ERR_BUG,
				       "%s: a password before the first "
				       "verified reply",
				       session->host);
	return 0;
}

int session_request(struct session *session,
		    const struct session_request *request, struct err *err)
{
	char nonce[REPLY_NONCE_BYTES];
	uint32_t timeout_ms = request->timeout_ms;
	int rc = request_check(session, request, err);

	if (rc < 0)
		return rc;
	memcpy(nonce, session->nonce, sizeof(nonce));
	rc = nonce_new(session, err);
	if (rc < 0)
		return rc;
	rc = outbox_put_request(&session->outbox, request, err);
	if (rc < 0)
		return rc;
	reply_expect(&session->reply, nonce);
	session->in_air = true;
	session->begun = false;
	link_allow(&session->link, SESSION_ALLOWED_TALK);
	/* powershell is only now known to run. */
	if (!session->verified && timeout_ms > session->transport->start_ms)
		timeout_ms = session->transport->start_ms;
	session->phase_at = clock_mono_ms();
	session->deadline_at = session->phase_at + timeout_ms;
	session_wake(session, 0);
	return 0;
}

void session_close(struct session *session)
{
	if (session->state == SESSION_END)
		return;
	if (session->state != SESSION_TALK || session->in_air ||
	    outbox_put_end(&session->outbox, NULL) < 0) {
		session_drop(session);
		return;
	}
	link_allow(&session->link, SESSION_ALLOWED_LOGIN);
	session_set_state(session, SESSION_END);
	session_wake(session, 0);
}
