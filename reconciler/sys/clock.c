/* clock.c - wall time, time for intervals, and how a time is written. */
#include "reconciler/sys/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t clock_ms(clockid_t clock)
{
	struct timespec now = { 0 };

	(void)clock_gettime(clock, &now); /* can't fail for these clocks */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int64_t clock_wall_ms(void)
{
	return clock_ms(CLOCK_REALTIME);
}

int64_t clock_mono_ms(void)
{
	return clock_ms(CLOCK_BOOTTIME);
}

void clock_text(int64_t wall_ms, char *ret, size_t size)
{
	/* Rounded down, before 1970 too. */
	time_t seconds = wall_ms / 1000 - (wall_ms % 1000 < 0);
	struct tm tm;

	if (!gmtime_r(&seconds, &tm) ||
	    !strftime(ret, size, "%Y-%m-%d %H:%M:%SZ", &tm))
		(void)snprintf(ret, size, "%lld ms", (long long)wall_ms);
}
