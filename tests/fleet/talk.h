/*
 * talk.h - one session with the script as the controller speaks it (see
 * reconciler/transport/powershell/README.md), without any transport: bytes go
 * in, bytes come out. The stub's check of the script's digest comes first.
 */
#ifndef TESTS_FLEET_TALK_H
#define TESTS_FLEET_TALK_H

#include "reconciler/core/buf.h"
#include "tests/fleet/manner.h"
#include "tests/fleet/world.h"

#define TALK_GOES_ON (-1)
#define TALK_DROPPED (-2) /* the misdeed: the connection is to be cut */

struct talk;

struct talk *talk_new(struct server *server, const struct manner *manner);
void talk_free(struct talk *talk);
/* Take in bytes and put what is answered behind *out; TALK_GOES_ON, or the
 * exit status. May sleep, as the script would. */
int talk_feed(struct talk *talk, const void *bytes, size_t len,
	      struct buf *out);

#endif
