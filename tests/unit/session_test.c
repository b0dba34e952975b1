/* session_test.c - sessions with a real sshd that go well, and their end. What
 * the server does is chosen by its address: see session_world.h. */
#include "tests/unit/session_talk.h"

/* SHA-256 of "tag" and of "pass word". */
#define TAG_SHA256 \
	"2a1073a6e67f0e5f09a5957c659503c690efe7272be8313df872556a9a684d8c"
#define PASSWORD_SHA256 \
	"78980e257f412437fbf9343787bc00ec5b10636429bc000b290107335b089786"

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

/* Each curve, as the key of this side and as a pinned key of the server. A
 * number of a signature is shorter in one of 256 and longer (its first bit is
 * set) in every second one: several sessions have both. */
static void test_ecdsa_login(void **state)
{
	static const char *const logins[] = { "login_256", "login_384",
					      "login_521" };
	const struct world *world = world_of(state);

	for (size_t i = 0; i < 12; i++) {
		struct talk talk = { .n_requests = 1, .close = CLOSE_IN_REPLY };
		const struct place place = {
			.address = "127.0.0.1",
			.port = world->port,
			.key = i % 2 ? world->ecdsa : world->ecdsa521,
			.login = logins[i % 3],
		};

		(void)talk_run(world, &place, &talk);
		assert_fine(&talk, 1);
	}
}

/* Whatever key is pinned, and whether the login key is known there: it ends
 * at the host key and has shown it. */
static void test_look_ends_before_the_login(void **state)
{
	const struct world *world = world_of(state);
	const char *const pinned[] = { world->ed25519, world->other,
				       world->ecdsa384 };

	for (size_t i = 0; i < 3; i++) {
		struct talk talk = { .look = true };
		const struct place place = { .address = "127.0.0.1",
					     .port = world->port,
					     .key = pinned[i],
					     .login = "stranger" };

		(void)talk_run(world, &place, &talk);
		assert_int_equal(talk.n_ready, 0);
		assert_int_equal(talk.n_failed, 1);
		assert_int_equal(talk.failure.phase, SESSION_AT_HOST_KEY);
		assert_false(talk.failure.sent);
		assert_string_equal(talk.seen.address, "127.0.0.1");
		assert_string_equal(talk.seen.key_type, "ssh-ed25519");
		assert_int_equal(
			strncmp(talk.seen.banner, "SSH-2.0-OpenSSH", 15), 0);
		assert_int_equal(strlen(talk.seen.fingerprint), 50);
		assert_int_equal(talk.seen.known_line, 0);
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
	for (int turns = 0; turns < 30; turns += 3) {
		struct talk talk = { .n_requests = 3 };

		assert_int_equal(uv_loop_init(&loop), 0);
		talk.transport = place_transport(world, &place, &loop);
		assert_int_equal(session_open(talk.transport, &server,
					      &talk_handlers, &talk,
					      &talk.session, NULL),
				 0);
		for (int i = 0; i < turns && talk.n_replies < 3; i++)
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
	struct talk talks[8];
	struct transport *transport;
	uv_loop_t loop;

	assert_int_equal(uv_loop_init(&loop), 0);
	transport = place_transport(world, &place, &loop);
	for (size_t i = 0; i < 8; i++) {
		talks[i] = (struct talk){ .n_requests = 2,
					  .close = CLOSE_IN_REPLY };
		assert_int_equal(session_open(transport, &server,
					      &talk_handlers, &talks[i],
					      &talks[i].session, NULL),
				 0);
	}
	assert_int_equal(uv_run(&loop, UV_RUN_DEFAULT), 0);
	for (size_t i = 0; i < 8; i++) {
		assert_fine(&talks[i], 2);
		assert_int_equal(talks[i].n_closed, 1);
	}
	transport_free(transport);
	assert_int_equal(uv_loop_close(&loop), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_requests),
		cmocka_unit_test(test_tag_key_first),
		cmocka_unit_test(test_password_too_early),
		cmocka_unit_test(test_name_and_ecdsa),
		cmocka_unit_test(test_ecdsa_login),
		cmocka_unit_test(test_look_ends_before_the_login),
		cmocka_unit_test(test_reset_is_tried_again),
		cmocka_unit_test(test_odd_but_right),
		cmocka_unit_test(test_close_anywhere),
		cmocka_unit_test(test_many_at_once),
	};

	return cmocka_run_group_tests_name("session", tests, world_start,
					   world_stop);
}
