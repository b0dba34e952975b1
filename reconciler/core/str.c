/* str.c - comparing, matching, suggesting, numbers. Characters: str_utf8.c */
#include "reconciler/core/str.h"

#include <string.h>

#define NEAREST_MAX 48 /* longer words get no suggestion */

static unsigned char lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

bool str_eq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

int str_cmp_nocase(const char *a, const char *b)
{
	while (*a && lower(*a) == lower(*b)) {
		a++;
		b++;
	}
	return (int)lower(*a) - (int)lower(*b);
}

bool str_eq_nocase(const char *a, const char *b)
{
	return str_cmp_nocase(a, b) == 0;
}

bool str_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

void str_lower(char *text)
{
	for (; *text; text++)
		*text = (char)lower(*text);
}

/* The place behind one character; text is not at its end. */
static const char *skip_char(const char *text)
{
	do {
		text++;
	} while (((unsigned char)*text & 0xC0) == 0x80);
	return text;
}

/* One star is enough to go back to: a later one only matches more. */
bool str_glob_match(const char *pattern, const char *text)
{
	const char *star = NULL;
	const char *again = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = ++pattern;
			again = text;
		} else if (*pattern == '?') {
			pattern++;
			text = skip_char(text);
		} else if (*pattern && lower(*pattern) == lower(*text)) {
			pattern++;
			text++;
		} else if (star) {
			again = skip_char(again);
			pattern = star;
			text = again;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

bool str_is_glob(const char *text)
{
	return strpbrk(text, "*?") != NULL;
}

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t least = a < b ? a : b;

	return least < c ? least : c;
}

/* Edits from a to b (Levenshtein, and two neighbours swapped count as one);
 * both are at most NEAREST_MAX long. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][NEAREST_MAX + 1] = { 0 };
	size_t len_a = strlen(a);
	size_t len_b = strlen(b);
	size_t i;
	size_t j;

	for (j = 0; j <= len_b; j++)
		rows[0][j] = j;
	for (i = 1; i <= len_a; i++) {
		size_t *now = rows[i % 3];
		const size_t *before = rows[(i + 2) % 3];
		const size_t *two_before = rows[(i + 1) % 3];

		now[0] = i;
		for (j = 1; j <= len_b; j++) {
			size_t differs = lower(a[i - 1]) != lower(b[j - 1]);

			now[j] = min3(before[j] + 1, now[j - 1] + 1,
				      before[j - 1] + differs);
			if (i > 1 && j > 1 &&
			    lower(a[i - 1]) == lower(b[j - 2]) &&
			    lower(a[i - 2]) == lower(b[j - 1]) &&
			    two_before[j - 2] + 1 < now[j])
				now[j] = two_before[j - 2] + 1;
		}
	}
	return rows[len_a % 3][len_b];
}

const char *str_nearest(const char *text, const char *const names[])
{
	size_t len = strlen(text);
	size_t best = len < 3 ? 1 : 1 + len / 4; /* "near enough" */
	const char *found = NULL;

	if (!len || len > NEAREST_MAX)
		return NULL;
	for (; *names; names++) {
		size_t edits;

		if (strlen(*names) > NEAREST_MAX)
			continue;
		edits = distance(text, *names);
		/* A word that shares nothing is no suggestion. */
		if (edits >= len || edits > best || (found && edits == best))
			continue;
		best = edits;
		found = *names;
	}
	return found;
}

bool str_number(const char *text, int64_t max, int64_t *ret)
{
	int64_t value = 0;

	if (!*text || (text[0] == '0' && text[1]))
		return false;
	for (; *text; text++) {
		int digit = *text - '0';

		if (digit < 0 || digit > 9)
			return false;
		if (value > (max - digit) / 10)
			return false;
		value = value * 10 + digit;
	}
	if (value > max)
		return false;
	*ret = value;
	return true;
}
