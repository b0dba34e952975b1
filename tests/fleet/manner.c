/* manner.c - see manner.h. */
#include "tests/fleet/manner.h"

#include <string.h>

/* splitmix64: every input bit changes the whole output. */
static uint64_t mix(uint64_t value)
{
	value += 0x9e3779b97f4a7c15U;
	value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
	value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
	return value ^ (value >> 31);
}

unsigned manner_misdeeds(const char *names)
{
	static const char *const known[MISDEED_COUNT] = {
		"",           "reset",    "silent", "refuse-key", "drop-before",
		"drop-after", "bad-hmac", "noise",  "conflict",
	};
	unsigned bits = 0;

	while (*names) {
		size_t len = strcspn(names, ",");
		unsigned at = 1;

		while (at < MISDEED_COUNT &&
		       (strlen(known[at]) != len ||
			strncmp(known[at], names, len) != 0))
			at++;
		if (at == MISDEED_COUNT)
			return 0;
		bits |= 1U << at;
		names += len + (names[len] == ',');
	}
	return bits;
}

/* One of those that are allowed, each as likely as the others. */
static enum misdeed pick(unsigned misdeeds, uint64_t draw)
{
	unsigned n = (unsigned)__builtin_popcount(misdeeds);
	unsigned skip = (unsigned)(draw % n);
	unsigned at = 1;

	while (!(misdeeds & 1U << at) || skip-- > 0)
		at++;
	return (enum misdeed)at;
}

struct manner manner_draw(const struct manners *manners, size_t server,
			  unsigned connection)
{
	uint64_t draw =
		mix(manners->seed ^ mix((uint64_t)server << 32 | connection));
	int64_t range = manners->delay_max_ms - manners->delay_min_ms + 1;
	struct manner manner = { .start_ms = manners->delay_min_ms };

	manner.start_ms += (int64_t)(mix(draw + 1) % (uint64_t)range);
	if (mix(draw + 2) % 1000000 < manners->rate)
		manner.misdeed = pick(manners->misdeeds, mix(draw + 3));
	manner.at_request = (unsigned)(1 + mix(draw + 4) % 4);
	return manner;
}
