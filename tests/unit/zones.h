/* zones.h - some zones by their rules, for tests of what uses zones. */
#ifndef TESTS_UNIT_ZONES_H
#define TESTS_UNIT_ZONES_H

#include "reconciler/model/zone.h"

#define HOUR_S 3600

#define TURN(month_, week_, weekday_, at_s_)                                  \
	{                                                                     \
		.kind = ZONE_DAY_WEEKDAY, .month = (month_), .week = (week_), \
		.weekday = (weekday_), .at_s = (at_s_)                        \
	}

static inline int64_t utc_ms(int32_t year, unsigned month, unsigned day,
			     int hour, int minute)
{
	return ((civil_days(year, month, day) * 24 + hour) * 60 + minute) *
	       60000;
}

static const struct zone utc = { .name = "Etc/UTC" };

/* CET-1CEST,M3.5.0,M10.5.0/3 */
static const struct zone berlin = {
	.name = "Europe/Berlin",
	.first_offset_s = HOUR_S,
	.has_rule = true,
	.rule = { .offset_s = HOUR_S,
		  .dst = true,
		  .dst_offset_s = 2 * HOUR_S,
		  .begins = TURN(3, 5, 0, 2 * HOUR_S),
		  .ends = TURN(10, 5, 0, 3 * HOUR_S) },
};

/* IST-1GMT0,M10.5.0,M3.5.0/1: "summer" is in winter, and goes back. */
static const struct zone dublin = {
	.name = "Europe/Dublin",
	.has_rule = true,
	.rule = { .offset_s = HOUR_S,
		  .dst = true,
		  .dst_offset_s = 0,
		  .begins = TURN(10, 5, 0, 2 * HOUR_S),
		  .ends = TURN(3, 5, 0, 1 * HOUR_S) },
};

/* <+1030>-10:30<+11>-11,M10.1.0,M4.1.0: half an hour. */
static const struct zone lord_howe = {
	.name = "Australia/Lord_Howe",
	.first_offset_s = 10 * HOUR_S + 1800,
	.has_rule = true,
	.rule = { .offset_s = 10 * HOUR_S + 1800,
		  .dst = true,
		  .dst_offset_s = 11 * HOUR_S,
		  .begins = TURN(10, 1, 0, 2 * HOUR_S),
		  .ends = TURN(4, 1, 0, 2 * HOUR_S) },
};

#endif
