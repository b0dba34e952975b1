/* window_words.c - see window_words.h. */
#include "reconciler/report/window_words.h"

#include <inttypes.h>
#include <stdlib.h>

static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
				    "Thu", "Fri", "Sat" };
static const char *const months[] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
				      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
static const char *const nths[] = { "?",     "first",  "second",
				    "third", "fourth", "last" };

static const struct zone utc = { .name = "UTC" };

void window_put_moment(const struct zone *zone, int64_t wall_ms,
		       struct buf *out)
{
	const struct zone *shown = zone ? zone : &utc;
	const struct civil civil = zone_civil(shown, wall_ms);

	buf_printf(out, "%s %u %s %02u:%02u (%s)", days[civil.weekday],
		   civil.day, months[civil.month - 1], civil.hour, civil.minute,
		   shown->name);
}

void window_put_local(const struct zone *zone, int64_t wall_ms, struct buf *out)
{
	const struct civil civil = zone_civil(zone, wall_ms);
	const int32_t offset_min = zone_offset(zone, wall_ms) / 60;
	const int32_t ahead_min = abs(offset_min);

	buf_printf(out,
		   "%s %04" PRId32 "-%02u-%02u %02u:%02u %c%02" PRId32
		   ":%02" PRId32,
		   days[civil.weekday], civil.year, civil.month, civil.day,
		   civil.hour, civil.minute, offset_min < 0 ? '-' : '+',
		   ahead_min / 60, ahead_min % 60);
}

void window_put_utc(int64_t wall_ms, struct buf *out)
{
	const struct civil civil = zone_civil(&utc, wall_ms);

	buf_printf(out, "%04" PRId32 "-%02u-%02uT%02u:%02u:%02uZ", civil.year,
		   civil.month, civil.day, civil.hour, civil.minute,
		   civil.second);
}

static void put_civil(const struct civil *civil, struct buf *out)
{
	buf_printf(out, "%04" PRId32 "-%02u-%02u %02u:%02u", civil->year,
		   civil->month, civil->day, civil->hour, civil->minute);
}

static void put_days(uint8_t mask, struct buf *out)
{
	const char *before = "";

	if (mask == 0x7f) {
		buf_puts(out, "daily");
		return;
	}
	/* A week begins on Monday. */
	for (unsigned i = 1; i <= 7; i++) {
		if (!(mask >> i % 7 & 1))
			continue;
		buf_printf(out, "%s%s", before, days[i % 7]);
		before = ", ";
	}
}

void window_put_opens(const struct window *window, struct buf *out)
{
	switch (window->opens) {
	case WINDOW_DAYS:
		put_days(window->days, out);
		break;
	case WINDOW_MONTHLY:
		buf_printf(out, "%s %s of the month", nths[window->nth],
			   days[window->weekday]);
		if (window->plus_days)
			buf_printf(out, ", %u day%s later,", window->plus_days,
				   window->plus_days == 1 ? "" : "s");
		break;
	case WINDOW_SPAN:
		put_civil(&window->from, out);
		buf_puts(out, " to ");
		put_civil(&window->to, out);
		return;
	}
	buf_printf(out, " %02u:%02u", window->at_minutes / 60U,
		   window->at_minutes % 60U);
}

static void put_open(const struct window_answer *answer, struct buf *out)
{
	const struct window *window = answer->window;

	if (!window || answer->cutoff_ms == INT64_MAX) {
		buf_puts(out, "at any time");
		return;
	}
	if (window->mode == WINDOW_DENY) {
		buf_printf(out, "until %s denies it, ", window->name);
		window_put_moment(window->zone, answer->cutoff_ms, out);
		return;
	}
	buf_printf(out, "%s is open: until ", window->name);
	window_put_moment(window->zone, answer->cutoff_ms, out);
}

void window_put_answer(const struct window_answer *answer, struct buf *out)
{
	const struct window *window = answer->window;

	if (answer->may_start) {
		put_open(answer, out);
		return;
	}
	if (!window) {
		buf_puts(out, "none of its windows is for this server");
		return;
	}
	if (!answer->next_ms) {
		buf_printf(out, "%s %s, and nothing may start within 400 days",
			   window->name,
			   window->mode == WINDOW_DENY ? "denies it"
						       : "is closed");
		return;
	}
	if (window->mode == WINDOW_DENY)
		buf_printf(out, "%s denies it; next ", window->name);
	else if (answer->open)
		buf_printf(out, "%s is past its cutoff; next ", window->name);
	else
		buf_printf(out, "%s opens ", window->name);
	window_put_moment(window->zone, answer->next_ms, out);
}
