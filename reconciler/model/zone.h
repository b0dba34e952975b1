/*
 * zone.h - a time zone: how far its clocks are from UTC, and when that changes.
 *
 * Source   TZif, RFC 8536: its list of shifts, then for all time after the
 *          last one the POSIX rule of its footer. Built by manifest/tzif.c.
 * Units    wall_ms is milliseconds since 1970-01-01 UTC; offsets are seconds
 *          east of UTC. A civil time is what a clock on the wall shows.
 * Years    1970 to 2199; outside, the nearest known offset holds.
 */
#ifndef MODEL_ZONE_H
#define MODEL_ZONE_H

#include "reconciler/core/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* From at_s (UTC) on, clocks are offset_s ahead of UTC. */
struct zone_shift {
	int64_t at_s;
	int32_t offset_s;
};

ARRAY_TYPE(zone_shift_array, struct zone_shift);

/* When a POSIX rule turns the clock, each year. */
enum zone_day {
	ZONE_DAY_JULIAN,  /* Jn: 1-365, 29 February never counts */
	ZONE_DAY_OF_YEAR, /* n: 0-365 */
	ZONE_DAY_WEEKDAY, /* Mm.w.d */
};

struct zone_turn {
	enum zone_day kind;
	uint16_t day;    /* JULIAN, OF_YEAR */
	uint8_t month;   /* 1-12 */
	uint8_t week;    /* 1-5, 5 = the last */
	uint8_t weekday; /* 0 = Sunday */
	int32_t at_s;    /* from midnight; -167 h .. 167 h */
};

struct zone_rule {
	int32_t offset_s; /* standard time */
	bool dst;
	int32_t dst_offset_s;
	struct zone_turn begins; /* in standard time */
	struct zone_turn ends;   /* in DST */
};

struct zone {
	const char *name;               /* Europe/Berlin */
	int32_t first_offset_s;         /* before the first shift */
	struct zone_shift_array shifts; /* ascending */
	bool has_rule;                  /* else the last shift holds for ever */
	struct zone_rule rule;
};

struct civil {
	int32_t year;
	uint8_t month; /* 1-12 */
	uint8_t day;   /* 1-31 */
	uint8_t hour, minute, second;
	uint8_t weekday; /* 0 = Sunday; not read by zone_wall_ms() */
};

enum zone_meeting {
	ZONE_ONCE,  /* the usual case */
	ZONE_GAP,   /* no clock shows it: the clocks jump over it */
	ZONE_TWICE, /* clocks show it twice: they are put back */
};

int32_t zone_offset(const struct zone *zone, int64_t wall_ms);
struct civil zone_civil(const struct zone *zone, int64_t wall_ms);
/* When a clock there shows that. GAP: the end of the gap. TWICE: the first
 * time, or with `last` the second. */
int64_t zone_wall_ms(const struct zone *zone, const struct civil *civil,
		     bool last, enum zone_meeting *ret_meeting);
/* Days since 1970-01-01 of a date of the proleptic Gregorian calendar. */
int64_t civil_days(int32_t year, unsigned month, unsigned day);
/* And back: midnight of that day. */
struct civil civil_of_days(int64_t days);

#endif
