/* when.c - see when.h. */
#include "reconciler/cmd/when.h"

#include "reconciler/core/str.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define HOUR_MS   INT64_C(3600000)
#define HOURS_MAX 87600 /* ten years */

static int fail(const char *flag, const char *text, const char *why,
		struct err *err)
{
	return err_set(err, -ERR_USAGE, "%s %.200s: %s", flag, text, why);
}

/* 36h, 14d */
static bool parse_span(const char *text, int64_t *ret_ms)
{
	size_t len = strlen(text);
	char digits[16];
	int64_t n;

	if (len < 2 || len > sizeof(digits) ||
	    (text[len - 1] != 'h' && text[len - 1] != 'd'))
		return false;
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	if (!str_number(digits, HOURS_MAX, &n) || n == 0)
		return false;
	*ret_ms = n * HOUR_MS * (text[len - 1] == 'd' ? 24 : 1);
	return true;
}

/* n digits at *text, which moves on. */
static bool parse_digits(const char **text, size_t n, int *ret)
{
	*ret = 0;
	for (; n > 0; n--, (*text)++) {
		if (**text < '0' || **text > '9')
			return false;
		*ret = *ret * 10 + (**text - '0');
	}
	return true;
}

static bool parse_char(const char **text, char c)
{
	if (**text != c)
		return false;
	(*text)++;
	return true;
}

static bool parse_date(const char *text, struct tm *ret)
{
	struct tm tm = { .tm_isdst = -1 };

	if (!parse_digits(&text, 4, &tm.tm_year) || !parse_char(&text, '-') ||
	    !parse_digits(&text, 2, &tm.tm_mon) || !parse_char(&text, '-') ||
	    !parse_digits(&text, 2, &tm.tm_mday))
		return false;
	if (*text &&
	    (!parse_char(&text, 'T') || !parse_digits(&text, 2, &tm.tm_hour) ||
	     !parse_char(&text, ':') || !parse_digits(&text, 2, &tm.tm_min) ||
	     *text))
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon -= 1;
	*ret = tm;
	return true;
}

static bool same_time(const struct tm *a, const struct tm *b)
{
	return a->tm_year == b->tm_year && a->tm_mon == b->tm_mon &&
	       a->tm_mday == b->tm_mday && a->tm_hour == b->tm_hour &&
	       a->tm_min == b->tm_min;
}

int when_parse(const char *flag, const char *text, enum when_side side,
	       int64_t now_ms, int64_t *ret_ms, struct err *err)
{
	struct tm asked;
	struct tm made;
	struct tm back;
	int64_t span;
	time_t at;

	if (parse_span(text, &span)) {
		*ret_ms = side == WHEN_AHEAD ? now_ms + span : now_ms - span;
		return 0;
	}
	if (!parse_date(text, &asked))
		return fail(flag, text,
			    "expected 36h, 14d, 2026-12-01 or "
			    "2026-12-01T06:00 (local time)",
			    err);
	made = asked;
	at = mktime(&made);
	/* What is no date, and what the clocks skip, comes back as another. */
	if (!localtime_r(&at, &back) || !same_time(&asked, &back))
		return fail(flag, text,
			    "the local clock never shows that: no such day or "
			    "hour, or skipped by daylight saving",
			    err);
	*ret_ms = (int64_t)at * 1000;
	return 0;
}

void when_text(int64_t wall_ms, char *ret, size_t size)
{
	time_t at = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (!localtime_r(&at, &tm) ||
	    strftime(ret, size, "%Y-%m-%d %H:%M %Z", &tm) == 0)
		(void)snprintf(ret, size, "?");
}
