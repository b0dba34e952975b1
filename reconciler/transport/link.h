/*
 * link.h - one libssh2 session on one socket, fenced in.
 *
 * Memory   libssh2 gets its memory here: wiped when freed, at most 4 MiB for
 *          a server, and all of it is given back by link_close() even where
 *          libssh2 1.10 loses some (bad signatures, broken key exchange).
 * Reads    a step takes at most 256 KiB or 4096 reads, so that no server
 *          keeps the loop from the others; link_allow() caps what a server
 *          may send in all until the next call.
 * Methods  restricted to what is named in link.c; host keys to host_keys.
 * Owner    the caller owns link and fd; link must not move while open.
 */
#ifndef TRANSPORT_LINK_H
#define TRANSPORT_LINK_H

#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>

struct _LIBSSH2_SESSION;
struct link_block;

struct link {
	struct _LIBSSH2_SESSION *ssh; /* NULL when closed */
	struct link_block *blocks;
	size_t used_bytes;
	size_t step_bytes;
	size_t step_reads;
	size_t allowed_bytes;
	bool over;    /* the server sent more than was allowed */
	bool cut;     /* reads and writes fail from now on */
	bool starved; /* the machine had no memory: libssh2 may have lost
			 what it was about to do */
};

/* host_keys: names of key types, comma-separated. */
int link_open(struct link *link, const char *host_keys, struct err *err);
void link_close(struct link *link); /* when not open, too */

void link_allow(struct link *link, size_t bytes);
void link_step(struct link *link); /* a new step begins */

/* Memory that libssh2 will free. */
void *link_alloc(struct link *link, size_t size);

#endif
