/* err.c - texts, advice and exit codes of errors; filling struct err. */
#include "reconciler/core/err.h"

#include <stdarg.h>
#include <stdio.h>
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

void err_fill(struct err *err, int code, const char *fmt, ...)
{
	if (err) {
		va_list ap;

		err->code = code;
		va_start(ap, fmt);
		(void)vsnprintf(err->what, sizeof(err->what), fmt, ap);
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
