/* window_time.c - "22:00" and "2026-12-18T00:00". */
#include "reconciler/manifest/window_time.h"

#define YEAR_MIN 1970
#define YEAR_MAX 2199

/* n digits. */
static bool take(const char **text, size_t n, unsigned *ret)
{
	unsigned value = 0;

	for (; n; n--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		value = value * 10 + (unsigned)(**text - '0');
	}
	*ret = value;
	return true;
}

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool take_clock(const char **text, unsigned *ret_hour,
		       unsigned *ret_minute)
{
	return take(text, 2, ret_hour) && take_char(text, ':') &&
	       take(text, 2, ret_minute) && *ret_hour < 24 &&
	       *ret_minute < 60 && !**text;
}

bool window_at_parse(const char *text, uint16_t *ret_minutes)
{
	unsigned hour;
	unsigned minute;

	if (!take_clock(&text, &hour, &minute))
		return false;
	*ret_minutes = (uint16_t)(hour * 60 + minute);
	return true;
}

/* There and back: a day that the month does not have comes back as another. */
static bool is_day(unsigned year, unsigned month, unsigned day)
{
	struct civil civil;

	if (month < 1 || month > 12 || day < 1 || day > 31)
		return false;
	civil = civil_of_days(civil_days((int32_t)year, month, day));
	return civil.month == month && civil.day == day;
}

bool window_moment_parse(const char *text, struct civil *ret)
{
	unsigned year;
	unsigned month;
	unsigned day;
	unsigned hour;
	unsigned minute;

	if (!take(&text, 4, &year) || !take_char(&text, '-') ||
	    !take(&text, 2, &month) || !take_char(&text, '-') ||
	    !take(&text, 2, &day) || !take_char(&text, 'T') ||
	    !take_clock(&text, &hour, &minute))
		return false;
	if (year < YEAR_MIN || year > YEAR_MAX || !is_day(year, month, day))
		return false;
	*ret = (struct civil){ .year = (int32_t)year,
			       .month = (uint8_t)month,
			       .day = (uint8_t)day,
			       .hour = (uint8_t)hour,
			       .minute = (uint8_t)minute };
	return true;
}
