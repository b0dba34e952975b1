/* str_utf8.c - characters: valid UTF-8, dangerous ones, plain output. */
#include "reconciler/core/str.h"

#include <string.h>

/*
 * Length of the character at text (left bytes of it), its code point in
 * *ret; 0 when it is broken: overlong, surrogate, above U+10FFFF, cut off.
 */
static size_t utf8_char(const char *text, size_t left, uint32_t *ret)
{
	static const uint32_t least[5] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char first = (unsigned char)text[0];
	uint32_t code;
	size_t len;
	size_t i;

	if (first < 0x80) {
		*ret = first;
		return 1;
	}
	if (first < 0xC2 || first > 0xF4)
		return 0;
	len = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
	if (len > left)
		return 0;
	code = first & (0x7FU >> len);
	for (i = 1; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if ((c & 0xC0) != 0x80)
			return 0;
		code = code << 6 | (c & 0x3FU);
	}
	if (code < least[len] || code > 0x10FFFF ||
	    (code >= 0xD800 && code <= 0xDFFF))
		return 0;
	*ret = code;
	return len;
}

bool str_utf8_valid(const char *text, size_t len)
{
	while (len) {
		uint32_t code;
		size_t n = utf8_char(text, len, &code);

		if (!n || !code)
			return false;
		text += n;
		len -= n;
	}
	return true;
}

/* Characters that show nothing, or change how others are shown. */
static bool code_is_control(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{ 0x0000, 0x001F },   /* C0 */
		{ 0x007F, 0x009F },   /* DEL, C1 */
		{ 0x00AD, 0x00AD },   /* soft hyphen */
		{ 0x061C, 0x061C },   /* Arabic letter mark */
		{ 0x180E, 0x180E },   /* Mongolian vowel separator */
		{ 0x200B, 0x200F },   /* zero width, LRM, RLM */
		{ 0x2028, 0x202E },   /* line ends, bidirectional */
		{ 0x2060, 0x206F },   /* word joiner, isolates */
		{ 0xFEFF, 0xFEFF },   /* BOM */
		{ 0xFFF9, 0xFFFB },   /* interlinear */
		{ 0xE0000, 0xE007F }, /* tags */
	};
	size_t i;

	for (i = 0; i < sizeof(ranges) / sizeof(*ranges); i++)
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	return false;
}

bool str_has_control(const char *text)
{
	size_t left = strlen(text);

	while (left) {
		uint32_t code;
		size_t n = utf8_char(text, left, &code);

		/* Broken UTF-8 is whatever a terminal makes of it. */
		if (!n || code_is_control(code))
			return true;
		text += n;
		left -= n;
	}
	return false;
}

/* Greek, Cyrillic, Armenian; Cherokee; full width; mathematical letters. */
static bool code_is_lookalike(uint32_t code)
{
	return (code >= 0x0370 && code <= 0x058F) ||
	       (code >= 0x13A0 && code <= 0x13FF) ||
	       (code >= 0xFF00 && code <= 0xFF5E) ||
	       (code >= 0x1D400 && code <= 0x1D7FF);
}

uint32_t str_lookalike(const char *text)
{
	size_t left = strlen(text);
	bool latin = false;
	uint32_t found = 0;

	while (left) {
		uint32_t code;
		size_t n = utf8_char(text, left, &code);

		if (!n)
			return 0;
		if (!found && code_is_lookalike(code))
			found = code;
		latin = latin || ((code | 0x20) >= 'a' && (code | 0x20) <= 'z');
		text += n;
		left -= n;
	}
	return latin ? found : 0;
}

static bool starts_vso(const char *at)
{
	static const char mark[] = "##vso[";
	size_t i = 0;

	while (mark[i] && (at[i] == mark[i] || (at[i] ^ mark[i]) == 0x20))
		i++;
	return !mark[i];
}

/* Does a build agent take this place for the start of a command? Azure
 * Pipelines and GitHub's runner look for the marks with # anywhere in a line,
 * and for :: behind all that counts as space (runner: ActionCommand.cs). */
static bool starts_command(const char *text, const char *at)
{
	if (str_starts(at, "##[") || starts_vso(at))
		return true;
	if (!str_starts(at, "::"))
		return false;
	while (text < at && (*text == ' ' || (unsigned char)*text >= 0x80))
		text++;
	return text == at;
}

static void put_escaped(struct buf *out, const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		buf_printf(out, "\\x%02X",
			   (unsigned int)(unsigned char)text[i]);
}

void str_put_plain(struct buf *out, const char *text)
{
	const char *at = text;
	size_t left = strlen(text);

	while (left) {
		uint32_t code;
		size_t n = utf8_char(at, left, &code);

		if (!n)
			put_escaped(out, at, 1);
		else if (code_is_control(code) || starts_command(text, at))
			put_escaped(out, at, n);
		else
			buf_put(out, at, n);
		at += n ? n : 1;
		left -= n ? n : 1;
	}
}
