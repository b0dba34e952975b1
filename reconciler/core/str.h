/*
 * str.h - small functions on text: compare, match, suggest, escape.
 *
 * Case is ASCII case everywhere: IIS and sAMAccountName compare more
 * widely, which can only make lockstep refuse, never match too much.
 */
#ifndef CORE_STR_H
#define CORE_STR_H

#include "reconciler/core/buf.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool str_eq(const char *a, const char *b);
bool str_eq_nocase(const char *a, const char *b);
int str_cmp_nocase(const char *a, const char *b); /* for sorting */
bool str_starts(const char *text, const char *prefix);
void str_lower(char *text);

/* `*` and `?` only; everything else, `\` and `[` too, is literal. */
bool str_glob_match(const char *pattern, const char *text);
bool str_is_glob(const char *text);

/* Strict UTF-8: no surrogates, no overlong forms, no NUL inside len. */
bool str_utf8_valid(const char *text, size_t len);
/* True when text holds a control, bidirectional or zero-width character. */
bool str_has_control(const char *text);

/* The first character that looks like a Latin one and is none, of a text that
 * has Latin letters too; 0 = none. "web01" with a Cyrillic letter in it. */
uint32_t str_lookalike(const char *text);

/* The entry of names (ends with NULL) nearest to text, or NULL when none is
 * near enough for "did you mean". */
const char *str_nearest(const char *text, const char *const names[]);

/* Put text so that no terminal, log or pipeline acts on it: control, escape
 * and bidirectional characters as \xNN, broken UTF-8 too; and the first
 * character of "##vso[" and "##[", which build agents find anywhere in a line,
 * and of a leading "::", which they find behind spaces too. */
void str_put_plain(struct buf *out, const char *text);

/* Decimal 0..max without sign, spaces or leading zeros. */
bool str_number(const char *text, int64_t max, int64_t *ret);

#endif
