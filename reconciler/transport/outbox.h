/*
 * outbox.h - what is still to be written to a server's script, in order.
 *
 * A piece stays at its place and keeps its bytes until it is wholly written,
 * because libssh2 must be called again with the same ones; then it is freed,
 * and wiped when it held a secret.
 * Shapes   u32 length + script, frame S, then K and R frames of requests, Z.
 * Secrets  only in struct secret; a K frame as a whole has at most
 *          SECRET_BYTES_MAX bytes.
 */
#ifndef TRANSPORT_OUTBOX_H
#define TRANSPORT_OUTBOX_H

#include "reconciler/core/err.h"
#include "reconciler/sys/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

struct session_request;

struct outbox_piece {
	STAILQ_ENTRY(outbox_piece) next;
	const char *bytes;
	size_t len;
	size_t written;
	struct secret *secret; /* owner of bytes, or NULL */
	bool request;          /* part of a request */
	bool password;
	char own[];
};

struct outbox {
	STAILQ_HEAD(outbox_list, outbox_piece) pieces;
};

void outbox_init(struct outbox *outbox);
void outbox_done(struct outbox *outbox);

/* The script (must stay) and the session key. */
int outbox_put_start(struct outbox *outbox, const void *script, size_t len,
		     const struct secret *key, struct err *err);
/* All of a request or, on error, nothing of it. */
int outbox_put_request(struct outbox *outbox,
		       const struct session_request *request, struct err *err);
int outbox_put_end(struct outbox *outbox, struct err *err);

struct outbox_piece *outbox_first(const struct outbox *outbox); /* or NULL */
/* len bytes of the first piece were written. */
void outbox_written(struct outbox *outbox, size_t len);

#endif
