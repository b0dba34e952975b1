/*
 * reply.h - finds and proves the replies in what a server's script prints.
 *
 *   noise  "\n@@LOCKSTEP " nonce " " length " " hmac "\n"  body
 *          "\n@@END " nonce "\n"
 *
 * Only a reply to the one request in the air counts: its nonce, its place in
 * the sequence (from 1) and HMAC-SHA256(session key, "lockstep/1 reply" 00
 * sequence 00 nonce 00 body). Anything that looks like a header and is not
 * that one is a failure, never noise: after it nothing of that server is
 * believed.
 * Limits   noise 64 KiB before each reply, body 4 MiB.
 * Errors   NO_REPLY with the reason; LIMIT; NOMEM.
 */
#ifndef TRANSPORT_REPLY_H
#define TRANSPORT_REPLY_H

#include "reconciler/core/buf.h"
#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define REPLY_BODY_MAX    4194304
#define REPLY_NOISE_MAX   65536
#define REPLY_NONCE_BYTES 33 /* 32 hex digits and NUL */
#define REPLY_HEADER_MAX  128

enum reply_stage {
	REPLY_IN_NOISE,
	REPLY_IN_HEADER,
	REPLY_IN_BODY,
	REPLY_IN_TRAILER,
	REPLY_BROKEN, /* stays so */
};

struct reply {
	const uint8_t *key; /* 32 bytes, the session's */
	enum reply_stage stage;
	bool expected; /* a request is in the air */
	uint32_t sequence;
	char nonce[REPLY_NONCE_BYTES];
	size_t matched; /* of the stage's fixed text */
	size_t n_noise;
	size_t n_header;
	char header[REPLY_HEADER_MAX];
	size_t body_len;
	uint8_t hmac[32];
	struct buf body;
};

/* key must outlive reply and is not copied. */
void reply_init(struct reply *reply, const uint8_t *key);
void reply_done(struct reply *reply);

/* The next request is in the air under this nonce. */
void reply_expect(struct reply *reply, const char *nonce);

/* Take bytes up to the end of a reply. *ret_used: how many were taken;
 * *ret_whole: a reply is whole and proved, take it with reply_take(). */
int reply_feed(struct reply *reply, const char *bytes, size_t len,
	       size_t *ret_used, bool *ret_whole, struct err *err);

/* Hands over the body; the caller ends it with buf_done(). */
struct buf reply_take(struct reply *reply);

#endif
