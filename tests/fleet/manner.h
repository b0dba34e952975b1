/*
 * manner.h - how one connection to a server of the fleet behaves: how slow,
 * and what goes wrong, drawn from seed, server and number of the connection,
 * so that a run can be repeated.
 */
#ifndef TESTS_FLEET_MANNER_H
#define TESTS_FLEET_MANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum misdeed {
	MISDEED_NONE,
	MISDEED_RESET,       /* the connection is reset at once */
	MISDEED_SILENT,      /* no banner, for as long as the client waits */
	MISDEED_REFUSE_KEY,  /* the login fails */
	MISDEED_DROP_BEFORE, /* gone instead of carrying out a request */
	MISDEED_DROP_AFTER,  /* gone after it was carried out */
	MISDEED_BAD_HMAC,    /* a reply that does not authenticate */
	MISDEED_NOISE,       /* text before a reply, which is no fault */
	MISDEED_CONFLICT,    /* the next commit finds the file changed */
	MISDEED_COUNT,
};

/* Of a whole fleet. rate: faults in a million connections. */
struct manners {
	uint64_t seed;
	uint32_t rate;
	unsigned misdeeds; /* those that are drawn from: 1 << misdeed */
	int64_t delay_min_ms;
	int64_t delay_max_ms;
};

struct manner {
	enum misdeed misdeed;
	unsigned at_request; /* from 1 */
	int64_t start_ms;    /* until the script runs */
};

/* "reset,noise" as bits, or 0: one of them has no such name. */
unsigned manner_misdeeds(const char *names);

struct manner manner_draw(const struct manners *manners, size_t server,
			  unsigned connection);

#endif
