/*
 * session.h - one SSH session to one server: pinned host key, login by
 * key, one PowerShell process, framed requests, authenticated
 * replies. Many at once on one uv loop, single-threaded.
 *
 * Order    open -> ready -> (request -> reply)* -> close -> closed. Exactly
 *          one request may be in the air. `failed` ends the session: no
 *          reply comes after it, `closed` follows once. After `closed` the
 *          session is freed; user is not touched again.
 * Owner    transport_new/free by the caller; sessions by the transport.
 *          Everything passed in is copied, but for the handlers and user;
 *          secrets are copied into the secure heap and wiped once sent.
 * Limits   every phase has a deadline; a reply has 4 MiB, noise before one
 *          64 KiB, standard error 64 KiB (kept: the first 2 KiB, printable,
 *          and nothing that comes after a password went out).
 * Loop     a name lookup can't be stopped: uv_run() may wait for one whose
 *          session is closed already.
 * Secrets  a request with a password (FRAME_PASSWORD) before the first
 *          verified reply of the session is refused: -ERR_BUG.
 */
#ifndef TRANSPORT_SESSION_H
#define TRANSPORT_SESSION_H

#include "reconciler/core/err.h"
#include "reconciler/core/frame.h"
#include "reconciler/sys/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct uv_loop_s;
struct transport;
struct session;

struct transport_options {
	struct uv_loop_s *loop;
	const char *user;
	const char *key_path;         /* see openssh_key.h */
	const char *known_hosts_path; /* FILE_TRUSTED */
	uint32_t connect_ms;          /* 0 = 10000 */
	uint32_t login_ms;            /* connect to logged in; 0 = 20000 */
	uint32_t start_ms;            /* exec to the first reply; 0 = 60000 */
};

/* Reads key and known_hosts once. Errors: KEY, FILE, FILE_MODE, NOMEM. */
int transport_new(const struct transport_options *options,
		  struct transport **ret, struct err *err);
/* The same reading and the same errors, and nothing kept. */
int transport_check(const char *key_path, const char *known_hosts_path,
		    struct err *err);
void transport_free(struct transport *transport); /* no session may be left */

struct session_server {
	const char *host; /* as in known_hosts */
	uint16_t port;
	const char *host_key; /* "SHA256:..." narrows known_hosts; or NULL */
};

/* Is a key of this server pinned? 0 or -ERR_HOST_KEY; nothing is sent. */
int transport_pinned(const struct transport *transport,
		     const struct session_server *server, struct err *err);

/* How far a session came. */
enum session_phase {
	SESSION_AT_NAME, /* looking its name up */
	SESSION_AT_CONNECT,
	SESSION_AT_EXCHANGE, /* banner and key exchange */
	SESSION_AT_HOST_KEY,
	SESSION_AT_LOGIN,
	SESSION_AT_START, /* of powershell.exe */
	SESSION_AT_REQUEST,
};

/* What a server showed of itself before it was known; "" = not yet. Untrusted
 * text. */
struct session_seen {
	char address[64];
	char banner[128];
	char key_type[24];
	char fingerprint[64]; /* "SHA256:..." */
	size_t known_line;    /* of known_hosts, that pins the key; 0 = none */
};

/* sent: a request was (perhaps partly) handed to the server and has no
 * verified reply: what it asked for may have happened. */
struct session_failure {
	struct err err;
	enum session_phase phase;
	bool sent;
};

struct session_handlers {
	void (*ready)(void *user); /* logged in, script started */
	/* body: the records of a verified reply; valid during the call. */
	void (*reply)(void *user, const char *body, size_t len);
	void (*failed)(void *user, const struct session_failure *failure);
	void (*closed)(void *user);
};

int session_open(struct transport *transport,
		 const struct session_server *server,
		 const struct session_handlers *handlers, void *user,
		 struct session **ret, struct err *err);

/* For a diagnosis: no key need be pinned, and the session ends by `failed` at
 * SESSION_AT_HOST_KEY, before a login, with whatever key the server shows. */
int session_open_look(struct transport *transport,
		      const struct session_server *server,
		      const struct session_handlers *handlers, void *user,
		      struct session **ret, struct err *err);
/* Until `closed`; in `failed`, too. */
const struct session_seen *session_seen(const struct session *session);

struct session_secret {
	uint32_t number;
	enum frame_purpose purpose;
	const char *account; /* "" for a tag key */
	const struct secret *secret;
};

struct session_request {
	const char *records; /* first record carries session_nonce() */
	size_t len;
	const struct session_secret *secrets;
	size_t n_secrets;
	uint32_t timeout_ms; /* from now to the verified reply */
};

/* The nonce that the next request must carry; changes with each request. */
const char *session_nonce(const struct session *session);
int session_request(struct session *session,
		    const struct session_request *request, struct err *err);
/* Ends politely; `closed` follows. Fine in every state, also in handlers. */
void session_close(struct session *session);

#endif
