/* session_test.c - sessions with a real sshd, and with servers that lie.
 * What the server does is chosen by its address: see session_world.h. */
#include "reconciler/transport/session.h"

#include "reconciler/sys/clock.h"
#include "reconciler/sys/secret.h"
#include "tests/lib/test.h"
#include "tests/unit/session_world.h"

#include <pwd.h>
#include <uv.h>

/* SHA-256 of "tag" and of "pass word". */
#define TAG_SHA256 \
	"2a1073a6e67f0e5f09a5957c659503c690efe7272be8313df872556a9a684d8c"
#define PASSWORD_SHA256 \
	"78980e257f412437fbf9343787bc00ec5b10636429bc000b290107335b089786"

enum close_where { CLOSE_NEVER, CLOSE_IN_READY, CLOSE_IN_REPLY, CLOSE_IN_AIR };

struct talk {
	struct transport *transport;
	struct session *session;
	/* what to do */
	unsigned int n_requests;
	enum close_where close;
	size_t bytes; /* of a request; 0 = short */
	uint32_t timeout_ms;
	const struct session_secret *secrets[3]; /* of request 1, 2, 3 */
	/* what came of it */
	unsigned int n_ready, n_replies, n_failed, n_closed;
	struct session_failure failure;
	char body[1024];
	size_t body_len;
	int request_rc;
};

static struct world *world_of(void **state)
{
	if (*state == NULL)
		skip();
	return *state;
}

static void send_request(struct talk *talk)
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

static void on_ready(void *user)
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

static void on_reply(void *user, const char *body, size_t len)
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

static void on_failed(void *user, const struct session_failure *failure)
{
	struct talk *talk = user;

	talk->n_failed++;
	talk->failure = *failure;
	session_close(talk->session); /* harmless here */
}

static void on_closed(void *user)
{
	struct talk *talk = user;

	talk->n_closed++;
	talk->session = NULL;
}

static const struct session_handlers handlers = { on_ready, on_reply, on_failed,
						  on_closed };

/* A transport whose known_hosts is "[address]:port key" for each address. */
struct place {
	const char *address;
	uint16_t port;
	const char *key;
	const char *login; /* NULL: "login" */
	uint32_t login_ms;
};

static struct transport *place_transport(const struct world *world,
					 const struct place *place,
					 uv_loop_t *loop)
{
	struct transport_options options = { .loop = loop,
					     .connect_ms = 2000,
					     .login_ms = place->login_ms };
	const struct passwd *self = getpwuid(geteuid());
	struct transport *transport = NULL;
	struct err err = { 0 };
	char *key_path = world_path(world, place->login == NULL ? "login"
								: place->login);
	char *line;
	char *path;

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
static int64_t talk_run(const struct world *world, const struct place *place,
			struct talk *talk)
{
	const struct session_server server = { place->address, place->port,
					       NULL };
	int64_t start = clock_mono_ms();
	struct err err = { 0 };
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	talk->transport = place_transport(world, place, &loop);
	assert_int_equal(transport_pinned(talk->transport, &server, &err), 0);
	if (session_open(talk->transport, &server, &handlers, talk,
			 &talk->session, &err) != 0)
		fail_msg("%s", err.what);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_int_equal(talk->n_closed, 1);
	assert_null(talk->session);
	transport_free(talk->transport);
	assert_int_equal(uv_loop_close(&loop), 0);
	return clock_mono_ms() - start;
}

static int64_t mode_run(const struct world *world, const char *mode,
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

static void assert_failed(const struct talk *talk, int code, bool sent,
			  const char *text)
{
	assert_int_equal(talk->n_failed, 1);
	if (talk->failure.err.code != code ||
	    strstr(talk->failure.err.what, text) == NULL)
		fail_msg("%d: %s\nexpected %d: %s", talk->failure.err.code,
			 talk->failure.err.what, code, text);
	assert_int_equal(talk->failure.sent, sent);
}

static void assert_fine(const struct talk *talk, unsigned int n_replies)
{
	if (talk->n_failed > 0)
		fail_msg("%s", talk->failure.err.what);
	assert_int_equal(talk->n_ready, 1);
	assert_int_equal(talk->n_replies, n_replies);
}

static void test_two_requests(void **state)
{
	const struct world *world = world_of(state);
	CLEANUP(secret_freep) struct secret *tag = NULL;
	CLEANUP(secret_freep) struct secret *password = NULL;
	struct session_secret first = { 1, FRAME_TAG_KEY, "", NULL };
	struct session_secret second = { 7, FRAME_PASSWORD, "CORP\\svc", NULL };
	struct talk talk = { .n_requests = 2,
			     .close = CLOSE_IN_REPLY,
			     .secrets = { &first, &second } };
	char *ended = world_path(world, "ended");

	assert_int_equal(secret_new("tag", 3, &tag, NULL), 0);
	assert_int_equal(secret_new("pass word", 9, &password, NULL), 0);
	first.secret = tag;
	second.secret = password;
	(void)mode_run(world, "witness", &talk);
	assert_fine(&talk, 2);
	assert_string_equal(talk.body,
			    "echo\tsequence=2\tbytes=45\n"
			    "secret\tnumber=7\tpurpose=2\taccount=CORP\\svc\t"
			    "sha256=" PASSWORD_SHA256 "\n");
	/* Frame Z came, and was waited for. */
	assert_int_equal(access(ended, F_OK), 0);
	free(ended);
}

static void test_tag_key_first(void **state)
{
	const struct world *world = world_of(state);
	CLEANUP(secret_freep) struct secret *tag = NULL;
	struct session_secret first = { 1, FRAME_TAG_KEY, "", NULL };
	struct talk talk = { .close = CLOSE_IN_REPLY, .secrets = { &first } };

	assert_int_equal(secret_new("tag", 3, &tag, NULL), 0);
	first.secret = tag;
	(void)mode_run(world, "ok", &talk);
	assert_fine(&talk, 1);
	assert_string_equal(talk.body, "echo\tsequence=1\tbytes=45\n"
				       "secret\tnumber=1\tpurpose=1\taccount=\t"
				       "sha256=" TAG_SHA256 "\n");
}

static void test_password_too_early(void **state)
{
	const struct world *world = world_of(state);
	CLEANUP(secret_freep) struct secret *password = NULL;
	struct session_secret first = { 7, FRAME_PASSWORD, "CORP\\svc", NULL };
	struct talk talk = { .close = CLOSE_IN_AIR, .secrets = { &first } };

	assert_int_equal(secret_new("pass word", 9, &password, NULL), 0);
	first.secret = password;
	(void)mode_run(world, "ok", &talk);
	assert_int_equal(talk.request_rc, -ERR_BUG);
	assert_int_equal(talk.n_failed, 0);
	assert_int_equal(talk.n_replies, 0);
}

static void test_name_and_ecdsa(void **state)
{
	const struct world *world = world_of(state);
	struct talk talk = { .n_requests = 1, .close = CLOSE_IN_REPLY };
	const struct place place = { .address = "localhost",
				     .port = world->port,
				     .key = world->ecdsa };

	(void)talk_run(world, &place, &talk);
	assert_fine(&talk, 1);
}

static void test_unknown_server(void **state)
{
	const struct world *world = world_of(state);
	const struct place place = { .address = "127.0.0.1",
				     .port = world->port,
				     .key = world->ed25519 };
	const struct session_server unknown = { "127.0.0.2", world->port,
						NULL };
	const struct session_server narrowed = {
		"127.0.0.1", world->port,
		"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
	};
	struct session *session = NULL;
	struct talk talk = { 0 };
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	talk.transport = place_transport(world, &place, &loop);
	assert_int_equal(transport_pinned(talk.transport, &unknown, NULL),
			 -ERR_HOST_KEY);
	assert_int_equal(session_open(talk.transport, &unknown, &handlers,
				      &talk, &session, NULL),
			 -ERR_HOST_KEY);
	assert_int_equal(session_open(talk.transport, &narrowed, &handlers,
				      &talk, &session, NULL),
			 -ERR_HOST_KEY);
	assert_null(session);
	transport_free(talk.transport);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static void test_login_refused(void **state)
{
	const struct world *world = world_of(state);
	const struct {
		struct place place;
		int code;
		const char *text;
	} cases[] = {
		{ { "127.0.0.1", world->port, world->other, NULL, 0 },
		  -ERR_HOST_KEY,
		  "host key: the server shows another key than the pinned one; "
		  "nothing was sent to it" },
		{ { "127.0.0.1", world->port, world->ecdsa384, NULL, 0 },
		  -ERR_HOST_KEY,
		  "no host key of the pinned type (ecdsa-sha2-nistp384)" },
		{ { "127.0.0.1", world->port, world->ed25519, "stranger", 0 },
		  -ERR_AUTH,
		  "login: the server refused the key for user " },
		{ { "127.0.0.1", 1, world->ed25519, NULL, 0 },
		  -ERR_CONNECT,
		  "127.0.0.1:1: connect: connection refused" },
		{ { "127.0.1.1", world->rude_port, world->ed25519, NULL, 300 },
		  -ERR_DEADLINE,
		  "key exchange: no answer in time" },
		{ { "127.0.1.2", world->rude_port, world->ed25519, NULL, 0 },
		  -ERR_LIMIT,
		  "key exchange: the server sent more than it may" },
		{ { "127.0.1.3", world->rude_port, world->ed25519, NULL, 0 },
		  -ERR_SSH,
		  "key exchange: the connection was lost" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct talk talk = { .n_requests = 1 };

		assert_true(talk_run(world, &cases[i].place, &talk) < 4000);
		assert_int_equal(talk.n_ready, 0);
		assert_failed(&talk, cases[i].code, false, cases[i].text);
	}
}

/* Reset twice before the banner, as MaxStartups does; then it goes well. */
static void test_reset_is_tried_again(void **state)
{
	const struct world *world = world_of(state);
	struct talk talk = { .n_requests = 1, .close = CLOSE_IN_REPLY };
	const struct place place = { .address = "127.0.1.4",
				     .port = world->rude_port,
				     .key = world->ed25519 };

	(void)talk_run(world, &place, &talk);
	assert_fine(&talk, 1);
}

static void test_bad_replies(void **state)
{
	const struct world *world = world_of(state);
	static const struct {
		const char *mode;
		int code;
		bool sent;
		const char *text;
	} cases[] = {
		{ "mac", -ERR_NO_REPLY, true,
		  "request: the HMAC of a reply is wrong" },
		{ "nonce", -ERR_NO_REPLY, true,
		  "request: a reply came under a nonce" },
		{ "flood", -ERR_NO_REPLY, true,
		  "64 KiB of other output and no reply" },
		{ "cut", -ERR_NO_REPLY, true,
		  "powershell ended with exit status 0" },
		{ "twice", -ERR_NO_REPLY, false,
		  "between requests: a reply came that nobody asked for" },
		{ "stderr", -ERR_NO_REPLY, true,
		  "more than 64 KiB on standard error" },
		{ "early", -ERR_NO_REPLY, true,
		  "powershell ended with exit status 93 (after " },
		{ "early", -ERR_NO_REPLY, true,
		  "; standard error: it can't be\\x1b[31m loaded" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct talk talk = { .n_requests = 1 };

		(void)mode_run(world, cases[i].mode, &talk);
		assert_int_equal(talk.n_ready, 1);
		assert_failed(&talk, cases[i].code, cases[i].sent,
			      cases[i].text);
	}
}

/* After a password nothing that a server prints is kept. */
static void test_no_echo_of_a_password(void **state)
{
	const struct world *world = world_of(state);
	CLEANUP(secret_freep) struct secret *password = NULL;
	struct session_secret second = { 7, FRAME_PASSWORD, "CORP\\svc", NULL };
	struct talk talk = { .n_requests = 2, .secrets = { NULL, &second } };

	assert_int_equal(secret_new("hunter2", 7, &password, NULL), 0);
	second.secret = password;
	(void)mode_run(world, "late-error", &talk);
	assert_failed(&talk, -ERR_NO_REPLY, true,
		      "powershell ended with exit status 5");
	assert_null(strstr(talk.failure.err.what, "hunter2"));
	assert_null(strstr(talk.failure.err.what, "standard error"));
}

static void test_deadlines(void **state)
{
	const struct world *world = world_of(state);
	struct talk silent = { .timeout_ms = 400 };
	struct talk deaf = { .timeout_ms = 600, .bytes = 4194304 };

	assert_in_range(mode_run(world, "silent", &silent), 400, 2000);
	assert_failed(&silent, -ERR_DEADLINE, true,
		      "request: no answer in time (after 0.4 s)");
	assert_in_range(mode_run(world, "deaf", &deaf), 600, 2200);
	assert_failed(&deaf, -ERR_DEADLINE, true,
		      "request: no answer in time (after 0.6 s)");
}

static void test_odd_but_right(void **state)
{
	const struct world *world = world_of(state);
	struct talk noise = { .n_requests = 2, .close = CLOSE_IN_REPLY };
	struct talk drip = { .n_requests = 2, .close = CLOSE_IN_REPLY };
	struct talk large = { .close = CLOSE_IN_REPLY };
	struct talk big_request = { .close = CLOSE_IN_REPLY, .bytes = 4194304 };

	(void)mode_run(world, "noise", &noise);
	assert_fine(&noise, 2);
	(void)mode_run(world, "drip", &drip);
	assert_fine(&drip, 2);
	(void)mode_run(world, "large", &large);
	assert_fine(&large, 1);
	assert_int_equal(large.body_len, 4194304);
	(void)mode_run(world, "ok", &big_request);
	assert_fine(&big_request, 1);
	assert_string_equal(big_request.body,
			    "echo\tsequence=1\tbytes=4194304\n");
}

static void test_close_anywhere(void **state)
{
	const struct world *world = world_of(state);
	const struct place place = { .address = "127.0.0.1",
				     .port = world->port,
				     .key = world->ed25519 };
	const struct session_server server = { "127.0.0.1", world->port, NULL };
	struct talk ready = { .close = CLOSE_IN_READY };
	struct talk air = { .close = CLOSE_IN_AIR };
	uv_loop_t loop;

	(void)mode_run(world, "ok", &ready);
	assert_fine(&ready, 0);
	(void)mode_run(world, "silent", &air);
	assert_fine(&air, 0);
	/* After any number of turns of the loop, so in any state. */
	for (int turns = 0; turns < 24; turns++) {
		struct talk talk = { .n_requests = 3 };

		assert_int_equal(uv_loop_init(&loop), 0);
		talk.transport = place_transport(world, &place, &loop);
		assert_int_equal(session_open(talk.transport, &server,
					      &handlers, &talk, &talk.session,
					      NULL),
				 0);
		for (int i = 0; i < turns; i++)
			(void)uv_run(&loop, UV_RUN_ONCE);
		session_close(talk.session);
		session_close(talk.session);
		assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
		assert_int_equal(talk.n_closed, 1);
		assert_int_equal(talk.n_failed, 0);
		transport_free(talk.transport);
		assert_int_equal(uv_loop_close(&loop), 0);
	}
}

static void test_many_at_once(void **state)
{
	const struct world *world = world_of(state);
	const struct place place = { .address = "127.0.0.1",
				     .port = world->port,
				     .key = world->ed25519 };
	const struct session_server server = { "127.0.0.1", world->port, NULL };
	struct talk talks[20];
	struct transport *transport;
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	transport = place_transport(world, &place, &loop);
	for (size_t i = 0; i < 20; i++) {
		talks[i] = (struct talk){ .n_requests = 2,
					  .close = CLOSE_IN_REPLY };
		assert_int_equal(session_open(transport, &server, &handlers,
					      &talks[i], &talks[i].session,
					      NULL),
				 0);
	}
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (size_t i = 0; i < 20; i++) {
		assert_fine(&talks[i], 2);
		assert_int_equal(talks[i].n_closed, 1);
	}
	transport_free(transport);
	assert_int_equal(uv_loop_close(&loop), 0);
}

static int world_start(void **state)
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

static int world_stop(void **state)
{
	if (*state != NULL)
		world_free(*state);
	return 0;
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_requests),
		cmocka_unit_test(test_tag_key_first),
		cmocka_unit_test(test_password_too_early),
		cmocka_unit_test(test_name_and_ecdsa),
		cmocka_unit_test(test_unknown_server),
		cmocka_unit_test(test_login_refused),
		cmocka_unit_test(test_reset_is_tried_again),
		cmocka_unit_test(test_bad_replies),
		cmocka_unit_test(test_no_echo_of_a_password),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_odd_but_right),
		cmocka_unit_test(test_close_anywhere),
		cmocka_unit_test(test_many_at_once),
	};

	return cmocka_run_group_tests_name("session", tests, world_start,
					   world_stop);
}
