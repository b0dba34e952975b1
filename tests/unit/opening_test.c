/* opening_test.c - windows once a month, once at all, and far ahead. */
#include "reconciler/model/window.h"

#include "tests/unit/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define HOUR_MS INT64_C(3600000)

enum weekday { SUN, MON, TUE, WED, THU, FRI, SAT };

static void assert_next(const struct window *window, int64_t from_ms,
			int64_t opens_ms, int64_t closes_ms)
{
	struct window_span span;

	assert_true(window_next(window, from_ms, &span));
	assert_int_equal(span.opens_ms, opens_ms);
	assert_int_equal(span.closes_ms, closes_ms);
}

static struct window monthly(uint8_t nth, enum weekday day, uint8_t plus_days)
{
	return (struct window){ .name = "monthly",
				.zone = &utc,
				.opens = WINDOW_MONTHLY,
				.nth = nth,
				.weekday = (uint8_t)day,
				.plus_days = plus_days,
				.at_minutes = 60,
				.duration_ms = HOUR_MS };
}

static void test_monthly(void **state)
{
	const struct window patch = monthly(2, TUE, 4);
	const struct window last = monthly(5, SUN, 0);
	const struct window over = monthly(5, FRI, 3);
	const struct window far = monthly(4, SAT, 30);
	int64_t at;

	(void)state;
	/* The second Tuesday of December 2026 is the 8th. */
	at = utc_ms(2026, 12, 12, 1, 0);
	assert_next(&patch, utc_ms(2026, 12, 1, 0, 0), at, at + HOUR_MS);
	at = utc_ms(2027, 1, 16, 1, 0);
	assert_next(&patch, utc_ms(2026, 12, 13, 0, 0), at, at + HOUR_MS);
	/* The fifth Sunday, and the fourth where there are four. */
	at = utc_ms(2026, 11, 29, 1, 0);
	assert_next(&last, utc_ms(2026, 11, 1, 0, 0), at, at + HOUR_MS);
	at = utc_ms(2026, 12, 27, 1, 0);
	assert_next(&last, utc_ms(2026, 12, 1, 0, 0), at, at + HOUR_MS);
	/* The last Friday of July 2026 is the 31st: the 3rd of August. */
	at = utc_ms(2026, 8, 3, 1, 0);
	assert_next(&over, utc_ms(2026, 8, 1, 0, 0), at, at + HOUR_MS);
	assert_next(&over, utc_ms(2026, 7, 1, 0, 0), at, at + HOUR_MS);
	/* Over 29 February 2028: the last Friday is the 25th. */
	at = utc_ms(2028, 2, 28, 1, 0);
	assert_next(&over, utc_ms(2028, 2, 20, 0, 0), at, at + HOUR_MS);
	/* 27 February 2027 and 30 days are 29 March. */
	at = utc_ms(2027, 3, 29, 1, 0);
	assert_next(&far, utc_ms(2027, 3, 20, 0, 0), at, at + HOUR_MS);
	assert_next(&far, utc_ms(2027, 2, 23, 0, 0), at, at + HOUR_MS);
}

static void test_leap_day_and_2038(void **state)
{
	const struct window window = { .zone = &berlin,
				       .opens = WINDOW_DAYS,
				       .days = 1U << TUE,
				       .at_minutes = 60,
				       .duration_ms = HOUR_MS };

	(void)state;
	/* 29 February 2028 is a Tuesday; so is 19 January 2038. */
	assert_next(&window, utc_ms(2028, 2, 28, 12, 0),
		    utc_ms(2028, 2, 29, 0, 0), utc_ms(2028, 2, 29, 1, 0));
	assert_next(&window, utc_ms(2038, 1, 19, 3, 15),
		    utc_ms(2038, 1, 26, 0, 0), utc_ms(2038, 1, 26, 1, 0));
}

static struct window span(struct civil from, struct civil to)
{
	return (struct window){ .name = "freeze",
				.mode = WINDOW_DENY,
				.zone = &berlin,
				.opens = WINDOW_SPAN,
				.from = from,
				.to = to };
}

static void test_span(void **state)
{
	const struct window freeze =
		span((struct civil){ 2026, 12, 18, 0, 0, 0, 0 },
		     (struct civil){ 2027, 1, 4, 6, 0, 0, 0 });
	/* from in the gap, to in the doubled hour. */
	const struct window traps =
		span((struct civil){ 2026, 3, 29, 2, 30, 0, 0 },
		     (struct civil){ 2026, 10, 25, 2, 30, 0, 0 });
	/* from in the doubled hour: the first. */
	const struct window doubled =
		span((struct civil){ 2026, 10, 25, 2, 30, 0, 0 },
		     (struct civil){ 2026, 10, 25, 2, 45, 0, 0 });
	struct window_span ignored;

	(void)state;
	assert_next(&freeze, utc_ms(2026, 11, 25, 0, 0),
		    utc_ms(2026, 12, 17, 23, 0), utc_ms(2027, 1, 4, 5, 0));
	assert_next(&traps, utc_ms(2026, 1, 1, 0, 0), utc_ms(2026, 3, 29, 1, 0),
		    utc_ms(2026, 10, 25, 1, 30));
	assert_next(&doubled, utc_ms(2026, 1, 1, 0, 0),
		    utc_ms(2026, 10, 25, 0, 30), utc_ms(2026, 10, 25, 1, 45));
	/* Over, and too far ahead. */
	assert_false(window_next(&freeze, utc_ms(2027, 1, 4, 5, 0), &ignored));
	assert_false(window_next(&freeze, utc_ms(2025, 11, 1, 0, 0), &ignored));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_monthly),
		cmocka_unit_test(test_leap_day_and_2038),
		cmocka_unit_test(test_span),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
