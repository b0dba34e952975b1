/* session_hostile_test.c - servers that are not the pinned ones, lie, flood or
 * keep silent. What one does is chosen by its address: see session_world.h. */
#include "tests/unit/session_talk.h"

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
	assert_int_equal(session_open(talk.transport, &unknown, &talk_handlers,
				      &talk, &session, NULL),
			 -ERR_HOST_KEY);
	assert_int_equal(session_open(talk.transport, &narrowed, &talk_handlers,
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
		{ { "127.0.0.1", world->port, world->other, NULL, 0, 0 },
		  -ERR_HOST_KEY,
		  "host key: the server shows another key than the pinned one; "
		  "nothing was sent to it" },
		{ { "127.0.0.1", world->port, world->ecdsa384, NULL, 0, 0 },
		  -ERR_HOST_KEY,
		  "no host key of the pinned type (ecdsa-sha2-nistp384)" },
		{ { "127.0.0.1", world->port, world->ed25519, "stranger", 0,
		    0 },
		  -ERR_AUTH,
		  "login: the server refused the key for user " },
		{ { "127.0.0.1", 1, world->ed25519, NULL, 0, 0 },
		  -ERR_CONNECT,
		  "127.0.0.1:1: connect: connection refused" },
		{ { "127.0.1.1", world->rude_port, world->ed25519, NULL, 300,
		    0 },
		  -ERR_DEADLINE,
		  "key exchange: no answer in time" },
		{ { "127.0.1.2", world->rude_port, world->ed25519, NULL, 0, 0 },
		  -ERR_LIMIT,
		  "key exchange: the server sent more than it may" },
		{ { "127.0.1.3", world->rude_port, world->ed25519, NULL, 0, 0 },
		  -ERR_SSH,
		  "key exchange: the connection was lost" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct talk talk = { .n_requests = 1, .close = CLOSE_IN_REPLY };

		assert_true(talk_run(world, &cases[i].place, &talk) < 4000);
		assert_int_equal(talk.n_ready, 0);
		assert_failed(&talk, cases[i].code, false, cases[i].text);
	}
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
		  "; standard error: it can't be\\x1B[31m loaded" },
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
	struct talk slow = { .n_requests = 1 };
	char address[32];
	const struct place place = { .address =
					     world_address("silent", address),
				     .port = world->port,
				     .key = world->ed25519,
				     .start_ms = 300 };

	assert_in_range(mode_run(world, "silent", &silent), 400, 2000);
	assert_failed(&silent, -ERR_DEADLINE, true,
		      "request: no answer in time (after 0.4 s)");
	assert_in_range(mode_run(world, "deaf", &deaf), 600, 2200);
	assert_failed(&deaf, -ERR_DEADLINE, true,
		      "request: no answer in time (after 0.6 s)");
	/* The first reply has a deadline of its own. */
	assert_in_range(talk_run(world, &place, &slow), 300, 2000);
	assert_failed(&slow, -ERR_DEADLINE, true,
		      "request: no answer in time (after 0.3 s)");
}

/* At most 512 sessions log in at once; the others wait their turn, and their
 * deadline counts from then. The socket listens and nobody answers. */
static void test_slots(void **state)
{
	enum { N = 600 };
	const struct world *world = world_of(state);
	struct sockaddr_in name = { .sin_family = AF_INET,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(name);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct talk *talks = calloc(N, sizeof(*talks));
	struct place place = { "127.0.0.1", 0, world->ed25519, NULL, 500, 0 };
	struct session_server server = { "127.0.0.1", 0, NULL };
	struct transport *transport;
	int64_t start;
	uv_loop_t loop;

	assert_non_null(talks);
	assert_int_equal(bind(fd, (struct sockaddr *)&name, len), 0);
	assert_int_equal(listen(fd, 4096), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&name, &len), 0);
	place.port = server.port = ntohs(name.sin_port);
	assert_int_equal(uv_loop_init(&loop), 0);
	transport = place_transport(world, &place, &loop);
	start = clock_mono_ms();
	for (size_t i = 0; i < N; i++)
		assert_int_equal(session_open(transport, &server,
					      &talk_handlers, &talks[i],
					      &talks[i].session, NULL),
				 0);
	/* The last one leaves before its turn: its slot is not lost. */
	session_close(talks[N - 1].session);
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	assert_in_range(clock_mono_ms() - start, 1000, 4000);
	for (size_t i = 0; i < N - 1; i++) {
		assert_failed(&talks[i], -ERR_DEADLINE, false,
			      "key exchange: no answer in time (after 0.");
		assert_int_equal(talks[i].n_closed, 1);
	}
	assert_int_equal(talks[N - 1].n_failed, 0);
	assert_int_equal(talks[N - 1].n_closed, 1);
	transport_free(transport);
	assert_int_equal(uv_loop_close(&loop), 0);
	(void)close(fd);
	free(talks);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_server),
		cmocka_unit_test(test_login_refused),
		cmocka_unit_test(test_bad_replies),
		cmocka_unit_test(test_no_echo_of_a_password),
		cmocka_unit_test(test_deadlines),
		cmocka_unit_test(test_slots),
	};

	return cmocka_run_group_tests_name("session_hostile", tests,
					   world_start, world_stop);
}
