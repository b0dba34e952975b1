/* reply_fuzz.c - what a server's script prints, in pieces. Byte 0: bit 0 = the
 * rest is the body of an honest reply, whose frame is made here; else it is
 * all that the server says. Byte 1: the size of the pieces. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/sys/digest.h"
#include "reconciler/transport/reply.h"

#include <string.h>

#define NONCE "00112233445566778899aabbccddeeff"

static const uint8_t key[DIGEST_BYTES] = {
	0,  1,  2,  3,  4,  5,  6,  7,  8,  9,  10, 11, 12, 13, 14, 15,
	16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31,
};

static void hmac_of(const char *body, size_t len, char ret[DIGEST_HEX])
{
	const struct digest_part parts[] = { { "lockstep/1 reply", 17 },
					     { "1", 2 },
					     { NONCE, sizeof(NONCE) },
					     { body, len } };
	uint8_t hmac[DIGEST_BYTES];

	FUZZ_REQUIRE(digest_hmac(key, sizeof(key), parts, 4, hmac, NULL) == 0);
	digest_hex(hmac, sizeof(hmac), ret);
}

/* A reply that counts is one whose proof stands in what was sent. */
static void check_body(const struct buf *body, const char *bytes, size_t len)
{
	char hex[DIGEST_HEX];

	hmac_of(buf_text(body), body->len, hex);
	FUZZ_REQUIRE(memmem(bytes, len, hex, strlen(hex)) != NULL);
	FUZZ_REQUIRE(body->len == 0 ||
		     memmem(bytes, len, body->data, body->len));
}

static bool feed(const char *bytes, size_t len, size_t piece)
{
	CLEANUP(reply_done) struct reply reply = { 0 };
	struct err err = { 0 };
	bool whole = false;
	size_t at = 0;
	int rc = 0;

	reply_init(&reply, key);
	reply_expect(&reply, NONCE);
	while (rc == 0 && !whole && at < len) {
		size_t n = len - at < piece ? len - at : piece;
		size_t used = 0;

		rc = reply_feed(&reply, bytes + at, n, &used, &whole, &err);
		FUZZ_REQUIRE(rc < 0 || (used <= n && (used == n || whole)));
		at += used;
	}
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_NO_REPLY || rc == -ERR_LIMIT);
	if (whole) {
		CLEANUP(buf_done) struct buf body = reply_take(&reply);

		check_body(&body, bytes, at);
		fuzz_accept();
	}
	return whole;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	char hex[DIGEST_HEX];
	size_t piece;
	const char *rest;

	buf_init(&text, 1 << 22);
	if (len < 2)
		return 0;
	piece = bytes[1] ? bytes[1] : 1;
	rest = (const char *)bytes + 2;
	if (!(bytes[0] & 1)) {
		(void)feed(rest, len - 2, piece);
		return 0;
	}
	hmac_of(rest, len - 2, hex);
	buf_printf(&text, "noise\n@@LOCKSTEP " NONCE " %zu %s\n", len - 2, hex);
	buf_put(&text, rest, len - 2);
	buf_puts(&text, "\n@@END " NONCE "\n");
	FUZZ_REQUIRE(buf_check(&text, NULL) == 0);
	FUZZ_REQUIRE(feed(text.data, text.len, piece));
	return 0;
}
