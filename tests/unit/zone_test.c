/* zone_test.c - civil time, gaps, hours that come twice, rules of footers. */
#include "reconciler/model/zone.h"

#include "tests/unit/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int64_t wall(const struct zone *zone, const struct civil *civil,
		    bool last, enum zone_meeting expected)
{
	enum zone_meeting meeting;
	const int64_t ms = zone_wall_ms(zone, civil, last, &meeting);

	assert_int_equal(meeting, expected);
	return ms;
}

static void test_days(void **state)
{
	int64_t days;
	struct civil civil;

	(void)state;
	assert_int_equal(civil_days(1970, 1, 1), 0);
	assert_int_equal(civil_days(1969, 12, 31), -1);
	assert_int_equal(civil_days(2000, 3, 1), 11017);
	assert_int_equal(civil_days(2038, 1, 19), 24855);
	assert_int_equal(civil_days(2028, 2, 29) + 1, civil_days(2028, 3, 1));
	assert_int_equal(civil_days(2100, 2, 28) + 1, civil_days(2100, 3, 1));
	for (days = -200000; days < 200000; days++) {
		civil = civil_of_days(days);
		assert_int_equal(civil_days(civil.year, civil.month, civil.day),
				 days);
	}
	civil = civil_of_days(civil_days(2026, 11, 25));
	assert_int_equal(civil.weekday, 3);
	assert_int_equal(civil_of_days(-1).weekday, 3);
	assert_int_equal(civil_of_days(-4).weekday, 0);
}

static void test_offsets(void **state)
{
	(void)state;
	assert_int_equal(zone_offset(&utc, utc_ms(2026, 7, 1, 0, 0)), 0);
	assert_int_equal(zone_offset(&berlin, utc_ms(2026, 1, 1, 0, 0)), 3600);
	/* 29 March 2026, 01:00 UTC, and the millisecond before. */
	assert_int_equal(zone_offset(&berlin, utc_ms(2026, 3, 29, 1, 0) - 1),
			 3600);
	assert_int_equal(zone_offset(&berlin, utc_ms(2026, 3, 29, 1, 0)), 7200);
	assert_int_equal(zone_offset(&berlin, utc_ms(2026, 10, 25, 1, 0) - 1),
			 7200);
	assert_int_equal(zone_offset(&berlin, utc_ms(2026, 10, 25, 1, 0)),
			 3600);
	assert_int_equal(zone_offset(&dublin, utc_ms(2026, 7, 1, 0, 0)), 3600);
	assert_int_equal(zone_offset(&dublin, utc_ms(2026, 12, 1, 0, 0)), 0);
	assert_int_equal(zone_offset(&dublin, utc_ms(2026, 3, 29, 1, 0) - 1),
			 0);
	assert_int_equal(zone_offset(&dublin, utc_ms(2026, 3, 29, 1, 0)), 3600);
	assert_int_equal(zone_offset(&lord_howe, utc_ms(2026, 7, 1, 0, 0)),
			 37800);
	assert_int_equal(zone_offset(&lord_howe, utc_ms(2026, 12, 1, 0, 0)),
			 39600);
	/* After 2038-01-19 03:14:07, where 32 bits end. */
	assert_int_equal(zone_offset(&berlin, utc_ms(2038, 7, 1, 0, 0)), 7200);
	assert_int_equal(zone_offset(&berlin, utc_ms(2199, 7, 1, 0, 0)), 7200);
	/* Outside the years, the nearest that is known. */
	assert_int_equal(zone_offset(&berlin, utc_ms(2500, 7, 1, 0, 0)), 3600);
	assert_int_equal(zone_offset(&berlin, utc_ms(1900, 7, 1, 0, 0)), 3600);
	assert_int_equal(zone_offset(&lord_howe, utc_ms(1900, 7, 1, 0, 0)),
			 39600);
}

static void test_civil(void **state)
{
	struct civil civil = zone_civil(&berlin, utc_ms(2026, 3, 29, 1, 0) - 1);

	(void)state;
	assert_int_equal(civil.hour, 1);
	assert_int_equal(civil.minute, 59);
	assert_int_equal(civil.second, 59);
	civil = zone_civil(&berlin, utc_ms(2026, 12, 31, 23, 30));
	assert_int_equal(civil.year, 2027);
	assert_int_equal(civil.month, 1);
	assert_int_equal(civil.day, 1);
	assert_int_equal(civil.hour, 0);
	assert_int_equal(civil.minute, 30);
	assert_int_equal(civil.weekday, 5);
	civil = zone_civil(&utc, -1);
	assert_int_equal(civil.year, 1969);
	assert_int_equal(civil.second, 59);
	civil = zone_civil(&utc, utc_ms(2028, 2, 29, 12, 0));
	assert_int_equal(civil.month, 2);
	assert_int_equal(civil.day, 29);
	assert_int_equal(civil.weekday, 2);
}

static void test_gap_and_twice(void **state)
{
	const struct civil gap = { 2026, 3, 29, 2, 30, 0, 0 };
	const struct civil twice = { 2026, 10, 25, 2, 30, 0, 0 };
	const struct civil before = { 2026, 10, 25, 1, 59, 59, 0 };
	const struct civil after = { 2026, 10, 25, 3, 0, 0, 0 };
	const struct civil half_gap = { 2026, 10, 4, 2, 15, 0, 0 };
	const struct civil half_twice = { 2026, 4, 5, 1, 45, 0, 0 };

	(void)state;
	assert_int_equal(wall(&berlin, &gap, false, ZONE_GAP),
			 utc_ms(2026, 3, 29, 1, 0));
	assert_int_equal(wall(&berlin, &gap, true, ZONE_GAP),
			 utc_ms(2026, 3, 29, 1, 0));
	assert_int_equal(wall(&berlin, &twice, false, ZONE_TWICE),
			 utc_ms(2026, 10, 25, 0, 30));
	assert_int_equal(wall(&berlin, &twice, true, ZONE_TWICE),
			 utc_ms(2026, 10, 25, 1, 30));
	assert_int_equal(wall(&berlin, &before, true, ZONE_ONCE),
			 utc_ms(2026, 10, 24, 23, 59) + 59000);
	assert_int_equal(wall(&berlin, &after, false, ZONE_ONCE),
			 utc_ms(2026, 10, 25, 2, 0));
	assert_int_equal(wall(&lord_howe, &half_gap, false, ZONE_GAP),
			 utc_ms(2026, 10, 3, 15, 30));
	assert_int_equal(wall(&lord_howe, &half_twice, false, ZONE_TWICE),
			 utc_ms(2026, 4, 4, 14, 45));
	assert_int_equal(wall(&lord_howe, &half_twice, true, ZONE_TWICE),
			 utc_ms(2026, 4, 4, 15, 15));
	assert_int_equal(wall(&dublin, &twice, false, ZONE_ONCE),
			 utc_ms(2026, 10, 25, 2, 30));
	assert_int_equal(wall(&dublin,
			      &(struct civil){ 2026, 3, 29, 1, 10, 0, 0 },
			      false, ZONE_GAP),
			 utc_ms(2026, 3, 29, 1, 0));
}

static const struct zone_turn *turn_of(struct zone *zone, struct zone_turn turn)
{
	zone->rule.begins = turn;
	return &zone->rule.begins;
}

/* When the zone's summer of a year begins, in hours of that year. */
static int64_t begins_hour(const struct zone *zone, int32_t year)
{
	int64_t hour;

	for (hour = -200; hour < 9000; hour++) {
		const int64_t at = utc_ms(year, 1, 1, 0, 0) + hour * 3600000;

		if (zone_offset(zone, at) == 3600 &&
		    zone_offset(zone, at - 1) == 0)
			return hour;
	}
	return INT64_MIN;
}

/* Days of years, and hours far outside a day. */
static void test_turns(void **state)
{
	struct zone zone = { .has_rule = true,
			     .rule = { .dst = true,
				       .dst_offset_s = 3600,
				       .ends = { .kind = ZONE_DAY_JULIAN,
						 .day = 300 } } };

	(void)state;
	turn_of(&zone,
		(struct zone_turn){ .kind = ZONE_DAY_JULIAN, .day = 60 });
	assert_int_equal(begins_hour(&zone, 2027), INT64_C(24) * 59);
	assert_int_equal(begins_hour(&zone, 2028), INT64_C(24) * 60);
	turn_of(&zone,
		(struct zone_turn){ .kind = ZONE_DAY_JULIAN, .day = 59 });
	assert_int_equal(begins_hour(&zone, 2028), INT64_C(24) * 58);
	turn_of(&zone,
		(struct zone_turn){ .kind = ZONE_DAY_OF_YEAR, .day = 59 });
	assert_int_equal(begins_hour(&zone, 2027), INT64_C(24) * 59);
	assert_int_equal(begins_hour(&zone, 2028), INT64_C(24) * 59);
	/* 167 hours after and before. */
	turn_of(&zone, (struct zone_turn){ .kind = ZONE_DAY_OF_YEAR,
					   .day = 10,
					   .at_s = 167 * HOUR_S });
	assert_int_equal(begins_hour(&zone, 2027), 24 * 10 + 167);
	turn_of(&zone, (struct zone_turn){ .kind = ZONE_DAY_OF_YEAR,
					   .day = 0,
					   .at_s = -167 * HOUR_S });
	assert_int_equal(begins_hour(&zone, 2027), -167);
	assert_int_equal(begins_hour(&zone, 2028), -167);
	/* The last Sunday, also of months with four, and the second one. */
	turn_of(&zone, (struct zone_turn)TURN(2, 5, 0, 0));
	assert_int_equal(begins_hour(&zone, 2026), INT64_C(24) * (31 + 21));
	assert_int_equal(begins_hour(&zone, 2032), INT64_C(24) * (31 + 28));
	turn_of(&zone, (struct zone_turn)TURN(3, 2, 0, 26 * HOUR_S));
	assert_int_equal(begins_hour(&zone, 2026), 24 * (59 + 7) + 26);
}

/* EST3EDT4,0/0,J365/23: summer all year. */
static void test_always_summer(void **state)
{
	const struct zone zone = {
		.has_rule = true,
		.first_offset_s = 3 * HOUR_S,
		.rule = { .offset_s = 3 * HOUR_S,
			  .dst = true,
			  .dst_offset_s = 4 * HOUR_S,
			  .begins = { .kind = ZONE_DAY_OF_YEAR },
			  .ends = { .kind = ZONE_DAY_JULIAN,
				    .day = 365,
				    .at_s = 25 * HOUR_S } },
	};
	int64_t day;

	(void)state;
	for (day = 0; day < 800; day++)
		assert_int_equal(zone_offset(&zone, utc_ms(2027, 1, 1, 20, 0) +
							    day * 86400000),
				 4 * HOUR_S);
}

static struct zone_shift listed[] = {
	{ 1000000, 7200 },
	{ 2000000, 3600 },
	{ 3000000, 10800 },
};

static void test_listed(void **state)
{
	struct zone zone = { .first_offset_s = 1800,
			     .shifts = { .items = listed, .n = 3 } };

	(void)state;
	assert_int_equal(zone_offset(&zone, 999999999), 1800);
	assert_int_equal(zone_offset(&zone, 1000000000), 7200);
	assert_int_equal(zone_offset(&zone, 1999999999), 7200);
	assert_int_equal(zone_offset(&zone, 2000000000), 3600);
	assert_int_equal(zone_offset(&zone, INT64_C(4000000000000)), 10800);
	/* The rule holds behind the last shift only. */
	zone.has_rule = true;
	zone.rule.offset_s = -3600;
	assert_int_equal(zone_offset(&zone, INT64_C(3000000000)), 10800);
	assert_int_equal(zone_offset(&zone, INT64_C(3000001000)), -3600);
}

/* Every minute of two years there and back. */
static void test_round_trip(void **state)
{
	static const struct zone *const zones[] = { &utc, &berlin, &dublin,
						    &lord_howe };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
		int64_t at = utc_ms(2026, 1, 1, 0, 0);

		for (; at < utc_ms(2028, 1, 1, 0, 0); at += 60000) {
			const struct civil civil = zone_civil(zones[i], at);
			enum zone_meeting meeting;

			if (zone_wall_ms(zones[i], &civil, false, &meeting) !=
				    at &&
			    zone_wall_ms(zones[i], &civil, true, NULL) != at)
				fail_msg("%s %lld", zones[i]->name,
					 (long long)at);
			assert_int_not_equal(meeting, ZONE_GAP);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_days),
		cmocka_unit_test(test_offsets),
		cmocka_unit_test(test_civil),
		cmocka_unit_test(test_gap_and_twice),
		cmocka_unit_test(test_turns),
		cmocka_unit_test(test_always_summer),
		cmocka_unit_test(test_listed),
		cmocka_unit_test(test_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
