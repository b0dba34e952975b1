/* opening.c - when one window opens and closes, before and after a moment. */
#include "reconciler/model/window.h"

#define DAY_MS INT64_C(86400000)

/* Days since 1970 are numbers here, months too: 12 a year. */

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static unsigned weekday_of(int64_t day)
{
	return (unsigned)((day % 7 + 11) % 7);
}

static int64_t local_day(const struct window *window, int64_t wall_ms)
{
	const int64_t offset_ms =
		INT64_C(1000) * zone_offset(window->zone, wall_ms);

	return floor_div(wall_ms + offset_ms, DAY_MS);
}

static int64_t month_first(int64_t month)
{
	const int64_t year = floor_div(month, 12);

	return civil_days((int32_t)year, (unsigned)(month - year * 12) + 1, 1);
}

/* The day on which a MONTHLY window opens that belongs to the month; with
 * plus_days that may be one of the next. */
static int64_t monthly_day(const struct window *window, int64_t month)
{
	const int64_t first = month_first(month);
	const int64_t until = (window->weekday + 7U - weekday_of(first)) % 7U;
	int64_t day = first + until + INT64_C(7) * (window->nth - 1);

	if (day >= month_first(month + 1))
		day -= 7; /* nth 5: the last, be it the fourth */
	return day + window->plus_days;
}

static int64_t month_of(int64_t day)
{
	/* Not exact, and it need not be: callers begin a few months off. */
	return INT64_C(1970) * 12 + floor_div(day * 12 * 400, 146097);
}

/* The first day from `day` on on which it opens. */
static int64_t day_from(const struct window *window, int64_t day)
{
	int64_t month;

	if (window->opens == WINDOW_DAYS) {
		while (!(window->days >> weekday_of(day) & 1))
			day++;
		return day;
	}
	for (month = month_of(day) - 4; monthly_day(window, month) < day;)
		month++;
	return monthly_day(window, month);
}

/* The last day until `day` on which it opens. */
static int64_t day_until(const struct window *window, int64_t day)
{
	int64_t month;

	if (window->opens == WINDOW_DAYS) {
		while (!(window->days >> weekday_of(day) & 1))
			day--;
		return day;
	}
	for (month = month_of(day) + 2; monthly_day(window, month) > day;)
		month--;
	return monthly_day(window, month);
}

static struct window_span span_on(const struct window *window, int64_t day)
{
	struct civil civil = civil_of_days(day);
	int64_t opens_ms;

	civil.hour = (uint8_t)(window->at_minutes / 60);
	civil.minute = (uint8_t)(window->at_minutes % 60);
	opens_ms = zone_wall_ms(window->zone, &civil, false, NULL);
	return (struct window_span){ opens_ms, opens_ms + window->duration_ms };
}

static struct window_span span_once(const struct window *window)
{
	const struct window_span span = {
		zone_wall_ms(window->zone, &window->from, false, NULL),
		zone_wall_ms(window->zone, &window->to, true, NULL),
	};

	return span;
}

/* Never opens: no checked manifest has such a window. */
static bool is_never(const struct window *window)
{
	return window->opens == WINDOW_DAYS && !(window->days & 0x7f);
}

bool window_last(const struct window *window, int64_t wall_ms,
		 struct window_span *ret)
{
	int64_t day;

	if (is_never(window))
		return false;
	if (window->opens == WINDOW_SPAN) {
		*ret = span_once(window);
		return ret->opens_ms <= wall_ms;
	}
	/* What the clocks jump over may open on a later day than its own. */
	day = day_until(window, local_day(window, wall_ms) + 1);
	while ((*ret = span_on(window, day)).opens_ms > wall_ms)
		day = day_until(window, day - 1);
	return true;
}

bool window_after(const struct window *window, int64_t wall_ms,
		  struct window_span *ret)
{
	int64_t day;

	if (is_never(window))
		return false;
	if (window->opens == WINDOW_SPAN) {
		*ret = span_once(window);
		return ret->opens_ms > wall_ms &&
		       ret->opens_ms <= wall_ms + WINDOW_AHEAD_MS;
	}
	day = day_from(window, local_day(window, wall_ms) - 2);
	while ((*ret = span_on(window, day)).opens_ms <= wall_ms)
		day = day_from(window, day + 1);
	return true;
}

bool window_next(const struct window *window, int64_t wall_ms,
		 struct window_span *ret)
{
	if (window->opens != WINDOW_SPAN)
		return window_after(window, wall_ms - window->duration_ms, ret);
	*ret = span_once(window);
	return ret->closes_ms > wall_ms &&
	       ret->opens_ms <= wall_ms + WINDOW_AHEAD_MS;
}
