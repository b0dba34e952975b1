/*
 * session_talk.h - one session driven from its opening to its end, for
 * session_test.c and session_hostile_test.c.
 */
#ifndef TESTS_UNIT_SESSION_TALK_H
#define TESTS_UNIT_SESSION_TALK_H

#include "reconciler/sys/clock.h"
#include "reconciler/sys/secret.h"
#include "reconciler/transport/session.h"
#include "tests/unit/session_world.h"

#include <pwd.h>
#include <uv.h>

enum close_where { CLOSE_NEVER, CLOSE_IN_READY, CLOSE_IN_REPLY, CLOSE_IN_AIR };

struct talk {
	struct transport *transport;
	struct session *session;
	/* what to do */
	size_t bytes;                            /* of a request; 0 = short */
	const struct session_secret *secrets[3]; /* of request 1, 2, 3 */
	unsigned int n_requests;
	uint32_t timeout_ms;
	enum close_where close;
	bool look; /* only at the host key */
	/* what came of it */
	int request_rc;
	unsigned int n_ready, n_replies, n_failed, n_closed;
	size_t body_len;
	struct session_failure failure;
	struct session_seen seen; /* when it failed */
	char body[1024];
};

static inline struct world *world_of(void **state)
{
	if (*state == NULL)
		skip();
	return *state;
}

static inline void send_request(struct talk *talk)
{
	struct session_request request = {
		.secrets = talk->secrets[talk->n_replies],
		.n_secrets = talk->secrets[talk->n_replies] != NULL,
		.timeout_ms = talk->timeout_ms == 0 ? 5000 : talk->timeout_ms,
	};
	size_t room = talk->bytes + 128;
	char *records = calloc(1, room);

	assert_non_null(records);
	request.len = (size_t)snprintf(records, room, "probe\tnonce=%s\n",
				       session_nonce(talk->session));
	if (talk->bytes > request.len) {
		memset(records + request.len, 'p', talk->bytes - request.len);
		request.len = talk->bytes;
	}
	request.records = records;
	talk->request_rc =
		session_request(talk->session, &request, &talk->failure.err);
	memset(records, 'w', request.len); /* it was copied */
	free(records);
}

static inline void on_ready(void *user)
{
	struct talk *talk = user;

	talk->n_ready++;
	if (talk->close == CLOSE_IN_READY) {
		session_close(talk->session);
		return;
	}
	if (talk->n_requests > 0)
		send_request(talk);
	if (talk->close == CLOSE_IN_AIR)
		session_close(talk->session);
}

static inline void on_reply(void *user, const char *body, size_t len)
{
	struct talk *talk = user;

	talk->n_replies++;
	talk->body_len = len;
	(void)snprintf(talk->body, sizeof(talk->body), "%s", body);
	if (talk->n_replies < talk->n_requests)
		send_request(talk);
	else if (talk->close == CLOSE_IN_REPLY)
		session_close(talk->session);
}

static inline void on_failed(void *user, const struct session_failure *failure)
{
	struct talk *talk = user;

	talk->n_failed++;
	talk->failure = *failure;
	talk->seen = *session_seen(talk->session);
	session_close(talk->session); /* harmless here */
}

static inline void on_closed(void *user)
{
	struct talk *talk = user;

	talk->n_closed++;
	talk->session = NULL;
}

static const struct session_handlers talk_handlers = { on_ready, on_reply,
						       on_failed, on_closed };

/* A transport whose known_hosts is "[address]:port key" for each address. */
struct place {
	const char *address;
	uint16_t port;
	const char *key;
	const char *login; /* NULL: "login" */
	uint32_t login_ms;
	uint32_t start_ms;
};

static inline struct transport *place_transport(const struct world *world,
						const struct place *place,
						uv_loop_t *loop)
{
	struct transport_options options = { .loop = loop,
					     .connect_ms = 2000,
					     .login_ms = place->login_ms,
					     .start_ms = place->start_ms };
	char names[1024];
	struct passwd entry;
	struct passwd *self = NULL;
	struct transport *transport = NULL;
	struct err err = { 0 };
	char *key_path = world_path(world, place->login == NULL ? "login"
								: place->login);
	char *line;
	char *path;

	assert_int_equal(
		getpwuid_r(geteuid(), &entry, names, sizeof(names), &self), 0);
	assert_non_null(self);
	assert_true(asprintf(&line, "[%s]:%u %s\n", place->address, place->port,
			     place->key) > 0);
	path = test_file(world->folder, "known_hosts", line, strlen(line),
			 0600);
	options.user = self->pw_name;
	options.key_path = key_path;
	options.known_hosts_path = path;
	if (transport_new(&options, &transport, &err) != 0)
		fail_msg("%s", err.what);
	free(key_path);
	free(line);
	free(path);
	return transport;
}

/* One session from its opening to its end. Returns the elapsed time. */
static inline int64_t talk_run(const struct world *world,
			       const struct place *place, struct talk *talk)
{
	const struct session_server server = { place->address, place->port,
					       NULL };
	int64_t start = clock_mono_ms();
	struct err err = { 0 };
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	talk->transport = place_transport(world, place, &loop);
	assert_int_equal(transport_pinned(talk->transport, &server, &err), 0);
	if ((talk->look ? session_open_look : session_open)(
		    talk->transport, &server, &talk_handlers, talk,
		    &talk->session, &err) != 0)
		fail_msg("%s", err.what);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(talk->n_closed, 1);
	assert_null(talk->session);
	transport_free(talk->transport);
	assert_int_equal(uv_loop_close(&loop), 0);
	return clock_mono_ms() - start;
}

static inline int64_t mode_run(const struct world *world, const char *mode,
			       struct talk *talk)
{
	char address[32];
	const struct place place = { .address = world_address(mode, address),
				     .port = world->port,
				     .key = world->ed25519 };

	if (talk->n_requests == 0)
		talk->n_requests = 1;
	return talk_run(world, &place, talk);
}

static inline void assert_failed(const struct talk *talk, int code, bool sent,
				 const char *text)
{
	assert_int_equal(talk->n_failed, 1);
	if (talk->failure.err.code != code ||
	    strstr(talk->failure.err.what, text) == NULL)
		fail_msg("%d: %s\nexpected %d: %s", talk->failure.err.code,
			 talk->failure.err.what, code, text);
	assert_int_equal(talk->failure.sent, sent);
}

static inline void assert_fine(const struct talk *talk, unsigned int n_replies)
{
	if (talk->n_failed > 0)
		fail_msg("%s", talk->failure.err.what);
	assert_int_equal(talk->n_ready, 1);
	assert_int_equal(talk->n_replies, n_replies);
}

static inline int world_start(void **state)
{
	if (secret_heap_init(NULL) != 0)
		return -1;
	if (access(WORLD_SSHD, X_OK) != 0) {
		print_message("skipped: " WORLD_SSHD " is not installed\n");
		return 0;
	}
	(void)alarm(60);
	*state = world_new();
	return 0;
}

static inline int world_stop(void **state)
{
	if (*state != NULL)
		world_free(*state);
	return 0;
}

#endif
