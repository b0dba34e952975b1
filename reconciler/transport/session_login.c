/* session_login.c - a session from its slot to the started script: connect,
 * key exchange, pinned host key, login, channel, command. */
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"
#include "reconciler/transport/host_key.h"
#include "reconciler/transport/powershell/script.h"
#include "reconciler/transport/session_state.h"
#include "reconciler/transport/wire_reader.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libssh2.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define RESETS_MAX      3
#define PAUSE_MS        200
#define SEND_BYTES      524288
#define WINDOW_BYTES    262144
#define PACKET_BYTES    32768
#define USER_TIMEOUT_MS 30000

struct session_lookup {
	uv_getaddrinfo_t request;
	struct session *session; /* NULL: it no longer waits */
};

static void address_add(struct session *session, const void *name, size_t len)
{
	struct session_address *address;

	if (session->n_addresses == SESSION_ADDRESSES_MAX ||
	    len > sizeof(address->name))
		return;
	address = &session->addresses[session->n_addresses++];
	memcpy(&address->name, name, len);
	address->len = (socklen_t)len;
}

static bool address_numeric(struct session *session)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET,
				  .sin_port = htons(session->port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6,
				   .sin6_port = htons(session->port) };

	if (inet_pton(AF_INET, session->host, &v4.sin_addr) == 1)
		address_add(session, &v4, sizeof(v4));
	else if (inet_pton(AF_INET6, session->host, &v6.sin6_addr) == 1)
		address_add(session, &v6, sizeof(v6));
	return session->n_addresses > 0;
}

static void on_resolved(uv_getaddrinfo_t *request, int status,
			struct addrinfo *found)
{
	struct session_lookup *lookup = request->data;
	struct session *session = lookup->session;

	free(lookup);
	if (session != NULL) {
		session->lookup = NULL;
		for (struct addrinfo *at = found; at != NULL; at = at->ai_next)
			address_add(session, at->ai_addr, at->ai_addrlen);
	}
	uv_freeaddrinfo(found);
	if (session == NULL)
		return;
	if (status != 0 || session->n_addresses == 0) {
		(void)session_fail(session, -ERR_CONNECT, "%s",
				   status == 0 ? "no address"
					       : uv_strerror(status));
		return;
	}
	session_set_state(session, SESSION_CONNECT);
	session_step(session);
}

/* A lookup can't be stopped once a thread has it: it is left to end alone. */
void session_drop_lookup(struct session *session)
{
	if (session->lookup == NULL)
		return;
	session->lookup->session = NULL;
	(void)uv_cancel((uv_req_t *)&session->lookup->request);
	session->lookup = NULL;
}

static bool lookup_start(struct session *session)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC,
				  .ai_socktype = SOCK_STREAM };
	struct session_lookup *lookup = calloc(1, sizeof(*lookup));
	char port[8];

	if (lookup == NULL)
		return session_fail(session, -ERR_NOMEM, "no memory");
	(void)snprintf(port, sizeof(port), "%u", session->port);
	lookup->session = session;
	lookup->request.data = lookup;
	if (uv_getaddrinfo(session->transport->loop, &lookup->request,
			   on_resolved, session->host, port, &hints) != 0) {
		free(lookup);
		return session_fail(session, -ERR_CONNECT,
				    "the name can't be looked up");
	}
	session->lookup = lookup;
	return false;
}

bool session_step_wait(struct session *session)
{
	if (!transport_slot_take(session->transport, session))
		return false;
	if (address_numeric(session)) {
		session_set_state(session, SESSION_CONNECT);
		return true;
	}
	session_set_state(session, SESSION_RESOLVE);
	return lookup_start(session);
}

static void option_set(int fd, int level, int name, int value)
{
	/* All of them only make things faster or end sooner. */
	(void)setsockopt(fd, level, name, &value, sizeof(value));
}

/* 0, or the errno of a connection that can't even begin. */
static int connect_start(struct session *session,
			 const struct session_address *address)
{
	int fd = socket(address->name.ss_family,
			SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return errno;
	session->fd = fd;
	option_set(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	/* Room for whole requests: a packet that is sent by half lets
	 * libssh2 do nothing else on this session. */
	option_set(fd, SOL_SOCKET, SO_SNDBUF, SEND_BYTES);
	option_set(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	option_set(fd, IPPROTO_TCP, TCP_KEEPIDLE, 15);
	option_set(fd, IPPROTO_TCP, TCP_KEEPINTVL, 5);
	option_set(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, USER_TIMEOUT_MS);
	if (connect(fd, (const struct sockaddr *)&address->name,
		    address->len) != 0 &&
	    errno != EINPROGRESS)
		return errno;
	return session_watch_socket(session, NULL) < 0 ? ENOMEM : 0;
}

/* Begin with the next address; error: why the one before failed. */
static bool connect_next(struct session *session, int error)
{
	while (session->next_address < session->n_addresses) {
		size_t left = session->n_addresses - session->next_address;
		int64_t now = clock_mono_ms();

		session_drop_socket(session);
		error = connect_start(
			session, &session->addresses[session->next_address++]);
		if (error == 0) {
			session->wake_at = now + (session->deadline_at - now) /
							 (int64_t)left;
			return false;
		}
	}
	return session_fail(session,
			    error == ENOMEM ? -ERR_NOMEM : -ERR_CONNECT, "%s",
			    uv_strerror(uv_translate_sys_error(error)));
}

/* The pinned kinds of key, in the order of preference, comma-separated. */
static void host_key_types(const struct session *session, char *ret,
			   size_t size)
{
	static const char *const order[] = { "ssh-ed25519",
					     "ecdsa-sha2-nistp256",
					     "ecdsa-sha2-nistp384",
					     "ecdsa-sha2-nistp521" };
	size_t len = 0;

	ret[0] = '\0';
	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
		bool wanted = session->look;

		for (size_t j = 0; j < session->keys.n; j++)
			wanted = wanted || strcmp(session->keys.items[j].type,
						  order[i]) == 0;
		if (wanted)
			len += (size_t)snprintf(ret + len, size - len, "%s%s",
						len == 0 ? "" : ",", order[i]);
	}
}

/* sshd drops connections at random when many come at once (MaxStartups):
 * nothing was said yet, so trying again is harmless. */
static bool pause_begin(struct session *session)
{
	uint8_t jitter = 0;

	(void)digest_random(&jitter, sizeof(jitter), NULL);
	session->resets++;
	session->next_address--;
	session_drop_socket(session);
	session_set_state(session, SESSION_PAUSE);
	session->wake_at =
		clock_mono_ms() + (int64_t)PAUSE_MS * session->resets + jitter;
	return false;
}

static void see_address(struct session *session, const struct sockaddr *peer)
{
	if (uv_ip_name(peer, session->seen.address,
		       sizeof(session->seen.address)) != 0)
		session->seen.address[0] = '\0';
}

bool session_step_connect(struct session *session)
{
	struct sockaddr_storage peer;
	socklen_t len = sizeof(peer);
	socklen_t error_len = sizeof(int);
	char types[128];
	struct err err;
	int error = 0;
	int rc;

	if (session->fd < 0)
		return connect_next(session, EADDRNOTAVAIL);
	(void)getsockopt(session->fd, SOL_SOCKET, SO_ERROR, &error, &error_len);
	if (error == ECONNRESET && session->resets < RESETS_MAX)
		return pause_begin(session);
	if (error != 0)
		return connect_next(session, error);
	if (getpeername(session->fd, (struct sockaddr *)&peer, &len) != 0) {
		if (clock_mono_ms() < session->wake_at ||
		    session->next_address == session->n_addresses)
			return false;
		return connect_next(session, ETIMEDOUT);
	}
	see_address(session, (const struct sockaddr *)&peer);
	host_key_types(session, types, sizeof(types));
	rc = link_open(&session->link, types, &err);
	if (rc < 0)
		return session_fail(session, rc, "%s", err.what);
	link_step(&session->link);
	link_allow(&session->link, SESSION_ALLOWED_LOGIN);
	session_set_state(session, SESSION_HANDSHAKE);
	return true;
}

bool session_step_pause(struct session *session)
{
	if (clock_mono_ms() < session->wake_at)
		return false;
	session_set_state(session, SESSION_CONNECT);
	return true;
}

bool session_step_handshake(struct session *session)
{
	LIBSSH2_SESSION *ssh = session->link.ssh;
	int rc = libssh2_session_handshake(ssh, session->fd);
	const char *banner = libssh2_session_banner_get(ssh);
	char types[128];

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (banner != NULL)
		(void)snprintf(session->seen.banner,
			       sizeof(session->seen.banner), "%s", banner);
	if (rc == 0) {
		session_set_state(session, SESSION_HOST_KEY);
		return true;
	}
	if (session->link.over)
		return session_fail_ssh(session, rc);
	if (banner == NULL && session->resets < RESETS_MAX)
		return pause_begin(session);
	if (rc == LIBSSH2_ERROR_BANNER_RECV)
		return session_fail(session, -ERR_SSH,
				    "what answers there is no SSH server");
	if (rc == LIBSSH2_ERROR_SOCKET_NONE ||
	    rc == LIBSSH2_ERROR_KEY_EXCHANGE_FAILURE)
		return session_fail(session, -ERR_SSH,
				    "it broke off before the server had "
				    "proved its host key; nothing was sent to "
				    "it");
	if (rc != LIBSSH2_ERROR_KEX_FAILURE)
		return session_fail_ssh(session, rc);
	host_key_types(session, types, sizeof(types));
	return session_fail(session, -ERR_HOST_KEY,
			    "no agreement: the server has no host key of the "
			    "pinned type (%s), or shares no algorithm with "
			    "lockstep",
			    types);
}

static void see_host_key(struct session *session, const uint8_t *blob,
			 size_t len)
{
	struct wire_reader reader = { blob, len, false };
	const struct wire_field type = wire_read_string(&reader);
	struct session_seen *seen = &session->seen;

	(void)snprintf(seen->key_type, sizeof(seen->key_type), "%.*s",
		       (int)type.len, (const char *)type.bytes);
	host_key_fingerprint(blob, len, seen->fingerprint);
}

bool session_step_host_key(struct session *session)
{
	size_t len = 0;
	int type;
	const char *blob =
		libssh2_session_hostkey(session->link.ssh, &len, &type);

	if (blob != NULL)
		see_host_key(session, (const uint8_t *)blob, len);
	if (session->look)
		return session_fail(session, -ERR_HOST_KEY,
				    "its key was only looked at");

	for (size_t i = 0; blob != NULL && i < session->keys.n; i++) {
		const struct known_key *key = &session->keys.items[i];

		if (key->len == len && digest_eq(key->blob, blob, len)) {
			session->seen.known_line = key->line;
			session_set_state(session, SESSION_LOGIN);
			return true;
		}
	}
	return session_fail(session, -ERR_HOST_KEY,
			    "the server shows another key than the pinned "
			    "one; nothing was sent to it");
}

static LIBSSH2_USERAUTH_PUBLICKEY_SIGN_FUNC(on_sign)
{
	struct session *owner = *abstract;
	uint8_t *bytes = link_alloc(&owner->link, OPENSSH_KEY_SIGNATURE_BYTES);
	int rc;

	(void)session;
	if (bytes == NULL)
		return -1;
	rc = openssh_key_sign(owner->transport->key, data, data_len, bytes,
			      sig_len, NULL);
	owner->link.starved = owner->link.starved || rc == -ERR_NOMEM;
	if (rc < 0)
		return -1; /* link_close() frees bytes */
	*sig = bytes;
	return 0;
}

bool session_step_login(struct session *session)
{
	const struct transport *transport = session->transport;
	size_t blob_len;
	const uint8_t *blob = openssh_key_blob(transport->key, &blob_len);
	int rc;

	session->sign_abstract = session;
	rc = libssh2_userauth_publickey(session->link.ssh, transport->user,
					blob, blob_len, on_sign,
					&session->sign_abstract);
	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (session->link.over)
		return session_fail_ssh(session, rc);
	if (rc == LIBSSH2_ERROR_AUTHENTICATION_FAILED ||
	    rc == LIBSSH2_ERROR_PUBLICKEY_UNVERIFIED)
		return session_fail(session, -ERR_AUTH,
				    "the server refused the key for user %s",
				    transport->user);
	if (rc != 0)
		return session_fail_ssh(session, rc);
	session_set_state(session, SESSION_OPEN);
	return true;
}

bool session_step_open(struct session *session)
{
	LIBSSH2_SESSION *ssh = session->link.ssh;
	int rc;

	session->channel = libssh2_channel_open_ex(
		ssh, "session", 7, WINDOW_BYTES, PACKET_BYTES, NULL, 0);
	if (session->channel == NULL) {
		rc = libssh2_session_last_errno(ssh);
		if (rc == LIBSSH2_ERROR_EAGAIN)
			return false;
		return session_fail_ssh(session, rc);
	}
	session_set_state(session, SESSION_EXEC);
	return true;
}

bool session_step_exec(struct session *session)
{
	struct err err;
	int rc = libssh2_channel_process_startup(
		session->channel, "exec", 4, lockstep_command,
		(unsigned int)strlen(lockstep_command));

	if (rc == LIBSSH2_ERROR_EAGAIN)
		return false;
	if (rc != 0)
		return session_fail_ssh(session, rc);
	rc = outbox_put_start(&session->outbox, lockstep_script,
			      lockstep_script_len, session->key, &err);
	if (rc < 0)
		return session_fail(session, rc, "%s", err.what);
	session_set_state(session, SESSION_TALK);
	link_allow(&session->link, SESSION_ALLOWED_TALK);
	session->handlers.ready(session->user);
	return true;
}
