/* reply_test.c - replies found in noise, proved, or refused for good. */
#include "reconciler/transport/reply.h"

#include "reconciler/sys/digest.h"
#include "tests/lib/test.h"

#include <string.h>

#define NONCE "00112233445566778899aabbccddeeff"

static const uint8_t key[DIGEST_BYTES] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

/* The vector of the protocol: key 00..1f, sequence 1; its HMAC was computed
 * with `openssl dgst -sha256 -mac HMAC`, not by this code. */
#define VECTOR_BODY "pools\tn=2\n"
#define VECTOR_HMAC \
	"97a94befb3a0202b9567af715230a8dc6e6b5d8908ab6ce7e4acc192e69b192e"
#define VECTOR                                                    \
	"\n@@LOCKSTEP " NONCE " 10 " VECTOR_HMAC "\n" VECTOR_BODY \
	"\n@@END " NONCE "\n"

struct fixture {
	struct reply reply;
	struct err err;
	size_t used;
	bool whole;
};

static void fixture_init(struct fixture *fixture)
{
	memset(fixture, 0, sizeof(*fixture));
	reply_init(&fixture->reply, key);
}

static void fixture_done(struct fixture *fixture)
{
	reply_done(&fixture->reply);
}

static int feed(struct fixture *fixture, const char *bytes, size_t len)
{
	return reply_feed(&fixture->reply, bytes, len, &fixture->used,
			  &fixture->whole, &fixture->err);
}

static void take_and_compare(struct fixture *fixture, const char *body)
{
	CLEANUP(buf_done) struct buf taken = reply_take(&fixture->reply);

	assert_true(fixture->whole);
	assert_int_equal(taken.len, strlen(body));
	assert_string_equal(buf_text(&taken), body);
}

/* Any reply, with a correct HMAC under sequence and nonce. */
static char *reply_make(const char *sequence, const char *nonce,
			const char *body, size_t len)
{
	uint8_t hmac[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	char *text;
	char *whole;
	int head;

	assert_int_equal(digest_hmac(key, sizeof(key),
				     (const struct digest_part[]){
					     { "lockstep/1 reply", 17 },
					     { sequence, strlen(sequence) + 1 },
					     { nonce, strlen(nonce) + 1 },
					     { body, len },
				     },
				     4, hmac, NULL),
			 0);
	digest_hex(hmac, sizeof(hmac), hex);
	head = asprintf(&text, "\n@@LOCKSTEP %s %zu %s\n", nonce, len, hex);
	assert_true(head > 0);
	whole = calloc(1, (size_t)head + len + 64);
	assert_non_null(whole);
	memcpy(whole, text, (size_t)head);
	memcpy(whole + head, body, len);
	(void)snprintf(whole + (size_t)head + len, 64, "\n@@END %s\n", nonce);
	free(text);
	return whole;
}

static void test_vector(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, VECTOR, strlen(VECTOR)), 0);
	assert_int_equal(fixture.used, strlen(VECTOR));
	take_and_compare(&fixture, VECTOR_BODY);
	fixture_done(&fixture);
}

static void test_byte_by_byte(void **state)
{
	static const char text[] = "noise" VECTOR "more";
	size_t end = strlen(text) - strlen("more");
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	reply_expect(&fixture.reply, NONCE);
	for (size_t i = 0; i < end; i++) {
		assert_false(fixture.whole);
		assert_int_equal(feed(&fixture, text + i, 1), 0);
		assert_int_equal(fixture.used, 1);
	}
	take_and_compare(&fixture, VECTOR_BODY);
	fixture_done(&fixture);
}

/* What only looks like a head is noise. */
static void test_lookalikes(void **state)
{
	static const char *const noise[] = {
		"@@LOCKSTEP " NONCE " 1 x",
		"\n@@LOCKSTE",
		"\n@@LOCKSTEP\n",
		"\n@LOCKSTEP " NONCE " 1 x\n",
		"\n @@LOCKSTEP " NONCE " 1 x\n",
		"\n@@lockstep " NONCE " 1 x\n",
		"\n@@LOCKSTEP",
		"\n\n\n@@\n@@LOCK\n@@",
		"\n@@END " NONCE "\n",
		"#< CLIXML\r\n<Objs Version=\"1.1.0.1\"></Objs>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(noise) / sizeof(noise[0]); i++) {
		struct fixture fixture;

		fixture_init(&fixture);
		reply_expect(&fixture.reply, NONCE);
		assert_int_equal(feed(&fixture, noise[i], strlen(noise[i])), 0);
		assert_false(fixture.whole);
		assert_int_equal(feed(&fixture, VECTOR, strlen(VECTOR)), 0);
		take_and_compare(&fixture, VECTOR_BODY);
		fixture_done(&fixture);
	}
}

static void test_sequence_counts(void **state)
{
	static const char nonce[] = "ffeeddccbbaa99887766554433221100";
	struct fixture fixture;
	char *second = reply_make("2", nonce, "b", 1);
	char *replayed = reply_make("1", NONCE, "c", 1);

	(void)state;
	fixture_init(&fixture);
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, VECTOR, strlen(VECTOR)), 0);
	take_and_compare(&fixture, VECTOR_BODY);
	reply_expect(&fixture.reply, nonce);
	assert_int_equal(feed(&fixture, second, strlen(second)), 0);
	take_and_compare(&fixture, "b");
	/* The same nonce again, but the place is the third. */
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, replayed, strlen(replayed)),
			 -ERR_NO_REPLY);
	assert_string_equal(fixture.err.what,
			    "the HMAC of a reply is wrong: it does not come "
			    "from the script of this session");
	fixture_done(&fixture);
	free(second);
	free(replayed);
}

static void test_empty_and_binary_body(void **state)
{
	static const char binary[] = "\n@@LOCKSTEP x\0\n@@END " NONCE "\n";
	struct fixture fixture;
	char *empty = reply_make("1", NONCE, "", 0);
	char *odd = reply_make("2", NONCE, binary, sizeof(binary));
	struct buf taken;

	(void)state;
	fixture_init(&fixture);
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, empty, strlen(empty)), 0);
	take_and_compare(&fixture, "");
	fixture_done(&fixture);
	/* Its length by hand: the text has a NUL in its middle. */
	fixture_init(&fixture);
	fixture.reply.sequence = 1;
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, odd,
			      (size_t)(strchr(odd + 1, '\n') + 1 - odd) +
				      sizeof(binary) +
				      strlen("\n@@END " NONCE "\n")),
			 0);
	assert_true(fixture.whole);
	taken = reply_take(&fixture.reply);
	assert_int_equal(taken.len, sizeof(binary));
	assert_memory_equal(taken.data, binary, sizeof(binary));
	buf_done(&taken);
	fixture_done(&fixture);
	free(empty);
	free(odd);
}

static void test_refused(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "\n@@LOCKSTEP 10112233445566778899aabbccddeeff 10 " VECTOR_HMAC
		  "\n",
		  "a reply came under a nonce that is not the one of the "
		  "request" },
		{ "\n@@LOCKSTEP x\n",
		  "the head of a reply is not in the agreed form" },
		{ "\n@@LOCKSTEP " NONCE " 010 " VECTOR_HMAC "\n",
		  "a reply has no proper length, or one over 4194304 bytes" },
		{ "\n@@LOCKSTEP " NONCE " 4194305 " VECTOR_HMAC "\n",
		  "a reply has no proper length, or one over 4194304 bytes" },
		{ "\n@@LOCKSTEP " NONCE " -1 " VECTOR_HMAC "\n",
		  "a reply has no proper length, or one over 4194304 bytes" },
		{ "\n@@LOCKSTEP " NONCE " 10 00\n",
		  "the HMAC of a reply is not 64 hex digits" },
		{ "\n@@LOCKSTEP " NONCE " 10 " VECTOR_HMAC " \n",
		  "the HMAC of a reply is not 64 hex digits" },
		{ "\n@@LOCKSTEP " NONCE " 10 " VECTOR_HMAC "\npools\tn=3\n"
		  "\n@@END " NONCE "\n",
		  "the HMAC of a reply is wrong: it does not come from the "
		  "script of this session" },
		{ "\n@@LOCKSTEP " NONCE " 10 " VECTOR_HMAC "\n" VECTOR_BODY
		  "x\n@@END " NONCE "\n",
		  "a reply does not end where its length says" },
		{ "\n@@LOCKSTEP " NONCE " 10 " VECTOR_HMAC "\n" VECTOR_BODY
		  "\n@@END 10112233445566778899aabbccddeeff\n",
		  "a reply does not end where its length says" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct fixture fixture;

		fixture_init(&fixture);
		reply_expect(&fixture.reply, NONCE);
		assert_int_equal(
			feed(&fixture, cases[i].text, strlen(cases[i].text)),
			-ERR_NO_REPLY);
		assert_string_equal(fixture.err.what, cases[i].why);
		assert_false(fixture.whole);
		/* And nothing is believed after it. */
		assert_int_equal(feed(&fixture, VECTOR, strlen(VECTOR)),
				 -ERR_NO_REPLY);
		assert_string_equal(fixture.err.what,
				    "an earlier reply was not valid");
		fixture_done(&fixture);
	}
}

static void test_long_head(void **state)
{
	struct fixture fixture;
	char head[256];

	(void)state;
	fixture_init(&fixture);
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, "\n@@LOCKSTEP ", 12), 0);
	memset(head, 'a', sizeof(head));
	assert_int_equal(feed(&fixture, head, sizeof(head)), -ERR_NO_REPLY);
	assert_string_equal(fixture.err.what,
			    "the head of a reply is too long");
	fixture_done(&fixture);
}

static void test_unasked(void **state)
{
	struct fixture fixture;

	(void)state;
	fixture_init(&fixture);
	assert_int_equal(feed(&fixture, VECTOR, strlen(VECTOR)), -ERR_NO_REPLY);
	assert_string_equal(fixture.err.what,
			    "a reply came that nobody asked for");
	fixture_done(&fixture);
}

static void test_noise_limit(void **state)
{
	struct fixture fixture;
	char *noise = malloc(REPLY_NOISE_MAX + 1);

	(void)state;
	assert_non_null(noise);
	memset(noise, 'x', REPLY_NOISE_MAX + 1);
	fixture_init(&fixture);
	reply_expect(&fixture.reply, NONCE);
	assert_int_equal(feed(&fixture, noise, REPLY_NOISE_MAX - 11), 0);
	assert_int_equal(feed(&fixture, VECTOR, strlen(VECTOR)), 0);
	take_and_compare(&fixture, VECTOR_BODY);
	assert_int_equal(feed(&fixture, noise, REPLY_NOISE_MAX), 0);
	assert_int_equal(feed(&fixture, noise, 1), -ERR_NO_REPLY);
	assert_string_equal(fixture.err.what,
			    "64 KiB of other output and no reply");
	fixture_done(&fixture);
	free(noise);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vector),
		cmocka_unit_test(test_byte_by_byte),
		cmocka_unit_test(test_lookalikes),
		cmocka_unit_test(test_sequence_counts),
		cmocka_unit_test(test_empty_and_binary_body),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_long_head),
		cmocka_unit_test(test_unasked),
		cmocka_unit_test(test_noise_limit),
	};

	return cmocka_run_group_tests_name("reply", tests, NULL, NULL);
}
