/* posix_rule.c - the rule of a TZif footer: names, offsets, two turns. */
#include "reconciler/manifest/tzif.h"

#include <stdbool.h>

#define NAME_MIN   3
#define HOURS_MAX  167
#define OFFSET_MAX 24 /* hours */

/* Each takes what it reads from *text; false = it does not stand there. */

static bool take_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool take_number(const char **text, int most, int *ret)
{
	int value = 0;

	if (!is_digit(**text))
		return false;
	for (; is_digit(**text); (*text)++) {
		value = value * 10 + (**text - '0');
		if (value > most)
			return false;
	}
	*ret = value;
	return true;
}

static bool take_between(const char **text, int least, int most, int *ret)
{
	return take_number(text, most, ret) && *ret >= least;
}

/* CET, or <+0330> */
static bool take_name(const char **text)
{
	const bool quoted = take_char(text, '<');
	size_t len = 0;

	while (is_letter(**text) ||
	       (quoted &&
		(is_digit(**text) || **text == '+' || **text == '-'))) {
		(*text)++;
		len++;
	}
	return len >= NAME_MIN && (!quoted || take_char(text, '>'));
}

/* [+-]hh[:mm[:ss]] */
static bool take_time(const char **text, int hours_max, int32_t *ret_s)
{
	const bool minus = take_char(text, '-');
	int hours = 0;
	int minutes = 0;
	int seconds = 0;
	int32_t value;

	if (!minus)
		(void)take_char(text, '+');
	if (!take_number(text, hours_max, &hours))
		return false;
	if (take_char(text, ':')) {
		if (!take_number(text, 59, &minutes))
			return false;
		if (take_char(text, ':') && !take_number(text, 59, &seconds))
			return false;
	}
	value = hours * 3600 + minutes * 60 + seconds;
	*ret_s = minus ? -value : value;
	return true;
}

static bool take_weekday(const char **text, struct zone_turn *turn)
{
	int month;
	int week;
	int weekday;

	if (!take_between(text, 1, 12, &month) || !take_char(text, '.') ||
	    !take_between(text, 1, 5, &week) || !take_char(text, '.') ||
	    !take_between(text, 0, 6, &weekday))
		return false;
	turn->kind = ZONE_DAY_WEEKDAY;
	turn->month = (uint8_t)month;
	turn->week = (uint8_t)week;
	turn->weekday = (uint8_t)weekday;
	return true;
}

static bool take_day(const char **text, struct zone_turn *turn)
{
	int day;

	if (take_char(text, 'M'))
		return take_weekday(text, turn);
	turn->kind = take_char(text, 'J') ? ZONE_DAY_JULIAN : ZONE_DAY_OF_YEAR;
	if (!take_between(text, turn->kind == ZONE_DAY_JULIAN, 365, &day))
		return false;
	turn->day = (uint16_t)day;
	return true;
}

/* ,M3.5.0/3 */
static bool take_turn(const char **text, struct zone_turn *ret)
{
	struct zone_turn turn = { .at_s = 7200 };

	if (!take_char(text, ',') || !take_day(text, &turn))
		return false;
	if (take_char(text, '/') && !take_time(text, HOURS_MAX, &turn.at_s))
		return false;
	*ret = turn;
	return true;
}

/* POSIX counts west of UTC. */
static bool take_offset(const char **text, int32_t *ret_s)
{
	int32_t west_s;

	if (!take_time(text, OFFSET_MAX, &west_s))
		return false;
	*ret_s = -west_s;
	return true;
}

static bool take_rule(const char **text, struct zone_rule *rule)
{
	if (!take_name(text) || !take_offset(text, &rule->offset_s))
		return false;
	if (!**text)
		return true;
	rule->dst = true;
	rule->dst_offset_s = rule->offset_s + 3600;
	if (!take_name(text))
		return false;
	if (**text != ',' && !take_offset(text, &rule->dst_offset_s))
		return false;
	return take_turn(text, &rule->begins) && take_turn(text, &rule->ends) &&
	       !**text;
}

int posix_rule_parse(const char *text, struct zone_rule *ret, struct err *err)
{
	struct zone_rule rule = { 0 };

	if (!take_rule(&text, &rule))
		return err_set(err, -ERR_MANIFEST,
			       "its footer is no rule for a time zone");
	*ret = rule;
	return 0;
}
