/* zone.c - civil time, shifts of a zone, and the rule after the last one. */
#include "reconciler/model/zone.h"

#define DAY_S        86400
#define SECONDS_MAX  INT64_C(7258118399) /* 2199-12-31 23:59:59 */
#define DAYS_OF_ERA  146097              /* 400 years */
#define OFFSET_MAX_S 93600 /* RFC 8536: from -25 h to 26 h, not in full */
#define OFFSET_MIN_S (-90000)

/* From at_s on, until the next one: one stretch of equal offset. */
struct stretch {
	int64_t at_s;
	int32_t offset_s;
};

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

int64_t civil_days(int32_t year, unsigned month, unsigned day)
{
	/* Years begin in March here, so that 29 February is a last day. */
	const int64_t y = (int64_t)year - (month <= 2);
	const int64_t era = floor_div(y, 400);
	const int64_t of_era = y - era * 400;
	const int64_t month_of_year = (month + 9) % 12;
	const int64_t day_of_year = (153 * month_of_year + 2) / 5 + day - 1;

	return era * DAYS_OF_ERA + of_era * 365 + of_era / 4 - of_era / 100 +
	       day_of_year - 719468;
}

struct civil civil_of_days(int64_t days)
{
	struct civil civil = { 0 };
	const int64_t since = days + 719468;
	const int64_t era = floor_div(since, DAYS_OF_ERA);
	const int64_t of_era = since - era * DAYS_OF_ERA;
	const int64_t year = (of_era - of_era / 1460 + of_era / 36524 -
			      of_era / (DAYS_OF_ERA - 1)) /
			     365;
	const int64_t day = of_era - (365 * year + year / 4 - year / 100);
	const int64_t month = (5 * day + 2) / 153;

	civil.day = (uint8_t)(day - (153 * month + 2) / 5 + 1);
	civil.month = (uint8_t)(month < 10 ? month + 3 : month - 9);
	civil.year = (int32_t)(year + era * 400 + (civil.month <= 2));
	civil.weekday = (uint8_t)((days % 7 + 11) % 7);
	return civil;
}

static bool is_leap(int32_t year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int64_t weekday_turn(const struct zone_turn *turn, int32_t year)
{
	const bool december = turn->month == 12;
	const int64_t first = civil_days(year, turn->month, 1);
	const int64_t next =
		civil_days(year + december, december ? 1 : turn->month + 1U, 1);
	/* 1970-01-01 was a Thursday. */
	const int64_t weekday = (first % 7 + 11) % 7;
	int64_t day = first + (turn->weekday - weekday + 7) % 7 +
		      INT64_C(7) * (turn->week - 1);

	while (day >= next)
		day -= 7;
	return day;
}

/* Seconds since 1970 of that year's turn, by clocks that show `offset_s`. */
static int64_t turn_at(const struct zone_turn *turn, int32_t year,
		       int32_t offset_s)
{
	int64_t day = civil_days(year, 1, 1);

	switch (turn->kind) {
	case ZONE_DAY_JULIAN:
		day += turn->day - 1 + (is_leap(year) && turn->day >= 60);
		break;
	case ZONE_DAY_OF_YEAR:
		day += turn->day;
		break;
	case ZONE_DAY_WEEKDAY:
		day = weekday_turn(turn, year);
		break;
	}
	return day * DAY_S + turn->at_s - offset_s;
}

/* What the rule says at a moment, and when that began. Turns reach a week into
 * the years beside their own. */
static struct stretch rule_at(const struct zone_rule *rule, int64_t at_s)
{
	struct stretch found = { .at_s = INT64_MIN,
				 .offset_s = rule->offset_s };
	const int32_t now = civil_of_days(floor_div(at_s, DAY_S)).year;

	if (!rule->dst)
		return found;
	for (int32_t year = now - 1; year <= now + 1; year++) {
		const int64_t begins =
			turn_at(&rule->begins, year, rule->offset_s);
		const int64_t ends =
			turn_at(&rule->ends, year, rule->dst_offset_s);

		if (ends <= at_s && ends > found.at_s)
			found = (struct stretch){ ends, rule->offset_s };
		/* Where the end of a year's DST meets the next one's begin, it
		 * lasts all year. */
		if (begins <= at_s && begins >= found.at_s)
			found = (struct stretch){ begins, rule->dst_offset_s };
	}
	return found;
}

/* The first turn of the rule after a moment. */
static bool rule_next(const struct zone_rule *rule, int64_t after_s,
		      int64_t *ret_s)
{
	int64_t next = INT64_MAX;
	const int32_t now = civil_of_days(floor_div(after_s, DAY_S)).year;

	if (!rule->dst)
		return false;
	for (int32_t year = now - 1; year <= now + 2; year++) {
		const int64_t begins =
			turn_at(&rule->begins, year, rule->offset_s);
		const int64_t ends =
			turn_at(&rule->ends, year, rule->dst_offset_s);

		if (begins > after_s && begins < next)
			next = begins;
		if (ends > after_s && ends < next)
			next = ends;
	}
	*ret_s = next;
	return true;
}

/* How many shifts are at or before a moment. */
static size_t shifts_until(const struct zone *zone, int64_t at_s)
{
	size_t low = 0;
	size_t high = zone->shifts.n;

	while (low < high) {
		const size_t middle = low + (high - low) / 2;

		if (zone->shifts.items[middle].at_s <= at_s)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The footer holds after the last shift, not at it. */
static bool rule_holds(const struct zone *zone, int64_t at_s)
{
	const size_t n = zone->shifts.n;

	return zone->has_rule &&
	       (n == 0 || at_s > zone->shifts.items[n - 1].at_s);
}

static int32_t offset_at(const struct zone *zone, int64_t at_s)
{
	const int64_t most = at_s < SECONDS_MAX ? at_s : SECONDS_MAX;
	const int64_t known = most > 0 ? most : 0;
	size_t n;

	if (rule_holds(zone, known))
		return rule_at(&zone->rule, known).offset_s;
	n = shifts_until(zone, known);
	return n ? zone->shifts.items[n - 1].offset_s : zone->first_offset_s;
}

/* The next moment after which clocks may show another offset. */
static bool next_shift(const struct zone *zone, int64_t after_s, int64_t *ret_s)
{
	const size_t n = shifts_until(zone, after_s);

	if (after_s >= SECONDS_MAX)
		return false;
	if (n < zone->shifts.n)
		*ret_s = zone->shifts.items[n].at_s;
	else if (!zone->has_rule || !rule_next(&zone->rule, after_s, ret_s))
		return false;
	return *ret_s <= SECONDS_MAX;
}

int32_t zone_offset(const struct zone *zone, int64_t wall_ms)
{
	return offset_at(zone, floor_div(wall_ms, 1000));
}

struct civil zone_civil(const struct zone *zone, int64_t wall_ms)
{
	const int64_t local =
		floor_div(wall_ms, 1000) + zone_offset(zone, wall_ms);
	const int64_t days = floor_div(local, DAY_S);
	const int64_t second = local - days * DAY_S;
	struct civil civil = civil_of_days(days);

	civil.hour = (uint8_t)(second / 3600);
	civil.minute = (uint8_t)(second / 60 % 60);
	civil.second = (uint8_t)(second % 60);
	return civil;
}

int64_t zone_wall_ms(const struct zone *zone, const struct civil *civil,
		     bool last, enum zone_meeting *ret_meeting)
{
	const int64_t local =
		civil_days(civil->year, civil->month, civil->day) * DAY_S +
		civil->hour * INT64_C(3600) + civil->minute * INT64_C(60) +
		civil->second;
	int64_t begins = local - OFFSET_MAX_S;
	int64_t found = 0;
	int64_t gap_ends = 0;
	unsigned n_found = 0;
	bool jumped = false;

	/* Every stretch in which clocks may show it. */
	while (begins <= local - OFFSET_MIN_S) {
		int64_t ends;
		const int32_t offset_s = offset_at(zone, begins);
		const int64_t at = local - offset_s;

		if (!next_shift(zone, begins, &ends))
			ends = INT64_MAX;
		if (at >= begins && at < ends) {
			if (!n_found || last)
				found = at;
			n_found++;
		} else if (at < begins && !jumped) {
			gap_ends = begins;
			jumped = true;
		}
		begins = ends;
	}
	if (ret_meeting)
		*ret_meeting = n_found > 1 ? ZONE_TWICE
			       : n_found   ? ZONE_ONCE
					   : ZONE_GAP;
	return (n_found ? found : gap_ends) * 1000;
}
