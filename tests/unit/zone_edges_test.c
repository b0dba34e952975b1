/* zone_edges_test.c - rules and shifts that real zones seldom have. */
#include "reconciler/model/zone.h"

#include "tests/unit/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static struct zone with_rule(struct zone_turn begins, struct zone_turn ends)
{
	return (struct zone){ .name = "Made/Up",
			      .has_rule = true,
			      .rule = { .dst = true,
					.dst_offset_s = HOUR_S,
					.begins = begins,
					.ends = ends } };
}

static void assert_begins(const struct zone *zone, int64_t ms)
{
	assert_int_equal(zone_offset(zone, ms - 1000), 0);
	assert_int_equal(zone_offset(zone, ms), HOUR_S);
}

static void assert_ends(const struct zone *zone, int64_t ms)
{
	assert_int_equal(zone_offset(zone, ms - 1000), HOUR_S);
	assert_int_equal(zone_offset(zone, ms), 0);
}

/* J60 is 1 March in every year, J59 28 February; the other count has a 29th. */
static void test_days_of_the_year(void **state)
{
	const struct zone julian = with_rule(
		(struct zone_turn){ .kind = ZONE_DAY_JULIAN, .day = 60 },
		(struct zone_turn){ .kind = ZONE_DAY_JULIAN, .day = 300 });
	const struct zone before = with_rule(
		(struct zone_turn){ .kind = ZONE_DAY_JULIAN, .day = 59 },
		(struct zone_turn){ .kind = ZONE_DAY_JULIAN, .day = 300 });
	const struct zone counted = with_rule(
		(struct zone_turn){ .kind = ZONE_DAY_OF_YEAR, .day = 59 },
		(struct zone_turn){ .kind = ZONE_DAY_OF_YEAR, .day = 300 });
	static const int32_t years[] = { 2000, 2026, 2028, 2100 };

	(void)state;
	for (size_t i = 0; i < sizeof(years) / sizeof(*years); i++) {
		const bool leap = years[i] == 2000 || years[i] == 2028;

		assert_begins(&julian, utc_ms(years[i], 3, 1, 0, 0));
		assert_begins(&before, utc_ms(years[i], 2, 28, 0, 0));
		assert_begins(&counted, utc_ms(years[i], leap ? 2 : 3,
					       leap ? 29 : 1, 0, 0));
	}
}

/* The last Sunday of December is sought in the year, not behind it. */
static void test_december(void **state)
{
	const struct zone zone =
		with_rule((struct zone_turn)TURN(12, 5, 0, 2 * HOUR_S),
			  (struct zone_turn)TURN(3, 5, 0, 3 * HOUR_S));

	(void)state;
	assert_begins(&zone, utc_ms(2026, 12, 27, 2, 0));
	assert_ends(&zone, utc_ms(2027, 3, 28, 2, 0));
	assert_begins(&zone, utc_ms(2023, 12, 31, 2, 0));
}

/* Times of a turn reach a week into other years: here DST begins on 7 January
 * of the next year, and ends on 25 December of the one before. */
static void test_turns_in_other_years(void **state)
{
	const struct zone zone =
		with_rule((struct zone_turn){ .kind = ZONE_DAY_JULIAN,
					      .day = 365,
					      .at_s = 167 * HOUR_S },
			  (struct zone_turn){ .kind = ZONE_DAY_OF_YEAR,
					      .at_s = -167 * HOUR_S });
	/* 31 December and 167 hours; 1 January less 167 hours, in DST. */
	const int64_t begins = utc_ms(2027, 1, 6, 23, 0);
	const int64_t ends = utc_ms(2026, 12, 25, 0, 0);

	(void)state;
	assert_ends(&zone, ends);
	assert_begins(&zone, begins);
	assert_int_equal(zone_offset(&zone, utc_ms(2027, 1, 8, 0, 0)), HOUR_S);
	assert_int_equal(zone_offset(&zone, utc_ms(2026, 7, 1, 0, 0)), HOUR_S);
}

static void test_rule_without_dst(void **state)
{
	const struct zone zone = { .name = "Made/Up",
				   .has_rule = true,
				   .rule = { .offset_s = 2 * HOUR_S } };
	const struct civil civil = { .year = 2026, .month = 7, .day = 1 };
	enum zone_meeting meeting;

	(void)state;
	assert_int_equal(zone_wall_ms(&zone, &civil, false, &meeting),
			 utc_ms(2026, 6, 30, 22, 0));
	assert_int_equal(meeting, ZONE_ONCE);
}

/* Behind the last year the offset stays. */
static void test_far_years(void **state)
{
	const struct civil civil = { .year = 2200, .month = 7, .day = 5 };
	enum zone_meeting meeting;

	(void)state;
	assert_int_equal(zone_wall_ms(&berlin, &civil, false, &meeting),
			 utc_ms(2200, 7, 4, 23, 0));
	assert_int_equal(meeting, ZONE_ONCE);
}

/* A zone that jumps on two days one after the other. */
static void test_two_jumps(void **state)
{
	struct zone_shift shifts[] = {
		{ utc_ms(2026, 1, 1, 0, 0) / 1000, HOUR_S },
		{ utc_ms(2026, 1, 2, 0, 0) / 1000, 2 * HOUR_S },
	};
	const struct zone zone = { .name = "Made/Up",
				   .shifts = { shifts, 2, 2 } };
	struct civil civil = {
		.year = 2026, .month = 1, .day = 1, .minute = 30
	};
	enum zone_meeting meeting;

	(void)state;
	assert_int_equal(zone_wall_ms(&zone, &civil, false, &meeting),
			 utc_ms(2026, 1, 1, 0, 0));
	assert_int_equal(meeting, ZONE_GAP);
	civil.day = 2;
	civil.hour = 1;
	assert_int_equal(zone_wall_ms(&zone, &civil, true, &meeting),
			 utc_ms(2026, 1, 2, 0, 0));
	assert_int_equal(meeting, ZONE_GAP);
	civil.day = 3;
	assert_int_equal(zone_wall_ms(&zone, &civil, false, NULL),
			 utc_ms(2026, 1, 2, 23, 30));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days_of_the_year),
		cmocka_unit_test(test_december),
		cmocka_unit_test(test_turns_in_other_years),
		cmocka_unit_test(test_rule_without_dst),
		cmocka_unit_test(test_far_years),
		cmocka_unit_test(test_two_jumps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
