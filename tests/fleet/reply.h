/*
 * reply.h - the rows of one reply, and the authenticated frame around them.
 *
 * A row whose value can't travel is replaced by a fault that names it; a
 * reply that grows too large is the fault reply_too_large.
 */
#ifndef TESTS_FLEET_REPLY_H
#define TESTS_FLEET_REPLY_H

#include "reconciler/core/buf.h"
#include "tests/fleet/request.h"

struct reply {
	struct buf body;
	size_t rows;
	const char *stage; /* where a fault without a pool stands */
	bool too_large;
};

void reply_init(struct reply *reply);
void reply_done(struct reply *reply);
void reply_clear(struct reply *reply);

/* values: as many as the kind has fields, in its order. */
void reply_add(struct reply *reply, const char *kind,
	       const char *const values[]);
void reply_fault(struct reply *reply, const char *where,
		 const struct fault *fault);
void reply_fault_word(struct reply *reply, const char *where, const char *code,
		      const char *detail);

/* Decimal of a number for a row; lives as long as the caller's text. */
struct reply_number {
	char text[24];
};

const char *reply_number(struct reply_number *number, int64_t value);

/* The framed reply, with its authentication, behind *out. */
void reply_send(struct reply *reply, const uint8_t key[32], uint64_t sequence,
		const char *nonce, struct buf *out);

#endif
