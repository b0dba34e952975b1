/*
 * session_state.h - the inside of a session; for transport/ only.
 *
 *   WAIT -> RESOLVE -> CONNECT -> HANDSHAKE -> HOST_KEY -> LOGIN -> OPEN
 *        -> EXEC -> TALK -> END -> GONE
 *
 * PAUSE lies between a connection that was reset before the server's banner
 * and the next try. GONE is reached from everywhere. session_set_state() is
 * the only place where the state changes.
 * Units    *_at: milliseconds of clock_mono_ms(); 0 = none.
 */
#ifndef TRANSPORT_SESSION_STATE_H
#define TRANSPORT_SESSION_STATE_H

#include "reconciler/transport/known_hosts.h"
#include "reconciler/transport/link.h"
#include "reconciler/transport/outbox.h"
#include "reconciler/transport/reply.h"
#include "reconciler/transport/session.h"
#include "reconciler/transport/transport.h"

#include <sys/queue.h>
#include <sys/socket.h>
#include <uv.h>

#define SESSION_ADDRESSES_MAX 4
#define SESSION_STDERR_KEPT   2048
/* Bytes a server may send up to the login, and for a request. */
#define SESSION_ALLOWED_LOGIN 262144
#define SESSION_ALLOWED_TALK  8388608

enum session_state {
	SESSION_WAIT,
	SESSION_RESOLVE,
	SESSION_CONNECT,
	SESSION_PAUSE,
	SESSION_HANDSHAKE,
	SESSION_HOST_KEY,
	SESSION_LOGIN,
	SESSION_OPEN,
	SESSION_EXEC,
	SESSION_TALK,
	SESSION_END,
	SESSION_GONE,
};

struct session_address {
	struct sockaddr_storage name;
	socklen_t len;
};

struct session_lookup;

struct session {
	struct transport *transport;
	char *host;
	void *user;
	struct session_handlers handlers;
	struct known_keys keys;
	TAILQ_ENTRY(session) waiting;

	int64_t phase_at;    /* the state (in TALK: the request) began */
	int64_t login_at;    /* connecting began */
	int64_t wake_at;     /* of PAUSE and of one try of CONNECT */
	int64_t deadline_at; /* of the state */

	uv_timer_t timer;
	uv_poll_t *poll; /* frees itself when closed */
	struct session_lookup *lookup;
	struct session_address addresses[SESSION_ADDRESSES_MAX];
	size_t n_addresses;
	size_t next_address;

	struct session_seen seen;
	struct link link;
	struct _LIBSSH2_CHANNEL *channel;
	void *sign_abstract;

	struct secret *key; /* of this session, for the HMAC of replies */
	struct outbox outbox;
	struct reply reply;
	size_t n_stderr;
	size_t n_kept;

	enum session_state state;
	int fd;
	unsigned int resets; /* before the banner */
	uint16_t port;
	bool look; /* only to see the host key */
	bool is_waiting;
	bool holds_slot;
	bool in_air;        /* a request without its reply */
	bool begun;         /* perhaps some of it was written */
	bool verified;      /* a reply of this session was proved */
	bool password_sent; /* from here on nothing printed is kept */
	bool eof_sent;
	char nonce[REPLY_NONCE_BYTES];
	char kept[SESSION_STDERR_KEPT]; /* of standard error */
};

/* Steps: true = go on with the (new) state at once, false = wait. */
bool session_step_wait(struct session *session);
bool session_step_connect(struct session *session);
bool session_step_pause(struct session *session);
bool session_step_handshake(struct session *session);
bool session_step_host_key(struct session *session);
bool session_step_login(struct session *session);
bool session_step_open(struct session *session);
bool session_step_exec(struct session *session);
bool session_step_talk(struct session *session);
bool session_step_end(struct session *session);

void session_set_state(struct session *session, enum session_state state);
void session_step(struct session *session); /* as far as it goes */
void session_wake(struct session *session, uint64_t delay_ms);
int session_watch_socket(struct session *session, struct err *err);
void session_drop_socket(struct session *session);
void session_drop_lookup(struct session *session);

/* End the session with "SERVER: PHASE: text (after N s)"; returns false. */
bool session_fail(struct session *session, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with what libssh2 says about its error rc. */
bool session_fail_ssh(struct session *session, int rc);
/* End it without a word. */
void session_drop(struct session *session);

#endif
