/* err.c - texts, advice and exit codes of errors; filling struct err. */
#include "reconciler/core/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* clang-format off */
static const struct {
	const char *text;
	const char *next;
	int exit;
} table[ERR_COUNT] = {
	[ERR_NONE] = { "success", "nothing to do", 0 },
#define ERR_ROW(name, exit, text, next) [ERR_##name] = { text, next, exit },
	ERR_LIST(ERR_ROW)
#undef ERR_ROW
};
/* clang-format on */

/* The row of a code; what is not in the list is a fault of ours. */
static int err_row(int code)
{
	return code <= 0 && code > -ERR_COUNT ? -code : ERR_BUG;
}

const char *err_text(int code)
{
	return table[err_row(code)].text;
}

const char *err_next(int code)
{
	return table[err_row(code)].next;
}

int err_exit(int code)
{
	return table[err_row(code)].exit;
}

/* Of a text that is too long the middle goes: a path or an argument may be
 * longer than all there is room for, and what is wrong stands behind it. */
static void cut_middle(const char *text, size_t len, struct err *err)
{
	static const char dots[] = "...";
	const size_t half = (sizeof(err->what) - sizeof(dots)) / 2;

	memcpy(err->what, text, half);
	memcpy(err->what + half, dots, sizeof(dots) - 1);
	memcpy(err->what + half + sizeof(dots) - 1, text + len - half,
	       half + 1);
}

__attribute__((format(printf, 3, 0))) static void
fill_long(struct err *err, size_t len, const char *fmt, va_list ap)
{
	char *text = malloc(len + 1);

	if (!text)
		return; /* its beginning is there */
	(void)vsnprintf(text, len + 1, fmt, ap);
	cut_middle(text, len, err);
	free(text);
}

void err_fill(struct err *err, int code, const char *fmt, ...)
{
	if (err) {
		va_list ap;
		int len;

		err->code = code;
		va_start(ap, fmt);
		len = vsnprintf(err->what, sizeof(err->what), fmt, ap);
		va_end(ap);
		if (len < 0 || (size_t)len < sizeof(err->what))
			return;
		va_start(ap, fmt);
		fill_long(err, (size_t)len, fmt, ap);
		va_end(ap);
	}
}

void err_fill_before(struct err *err, int code, const char *fmt, ...)
{
	if (err) {
		char old[sizeof(err->what)];
		va_list ap;
		size_t len;

		memcpy(old, err->what, sizeof(old));
		va_start(ap, fmt);
		(void)vsnprintf(err->what, sizeof(err->what), fmt, ap);
		va_end(ap);
		len = strlen(err->what);
		(void)snprintf(err->what + len, sizeof(err->what) - len, ": %s",
			       old);
		err->code = code;
	}
}
