/* shell.c - see shell.h. */
#include "tests/fleet/shell.h"

#include "reconciler/core/str.h"

#include <string.h>

#define STATUS_NOT_FOUND 127

/* The part of the command within sh -c '...', or all of it. */
static const char *inner(const char *command, size_t *ret_len)
{
	static const char *const starts[] = { "/bin/sh -c ", "sh -c ",
					      "/bin/bash -c ", "bash -c " };
	size_t len;

	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++)
		if (str_starts(command, starts[i]))
			command += strlen(starts[i]);
	len = strlen(command);
	if (len >= 2 && (command[0] == '\'' || command[0] == '"') &&
	    command[len - 1] == command[0]) {
		command++;
		len -= 2;
	}
	*ret_len = len;
	return command;
}

int shell_answer(const char *server, const char *command, struct buf *out)
{
	size_t len;
	const char *text = inner(command, &len);

	if (len == strlen("hostname") && strncmp(text, "hostname", len) == 0) {
		buf_printf(out, "%s\n", server);
		return 0;
	}
	if (len >= 5 && strncmp(text, "echo ", 5) == 0) {
		buf_put(out, text + 5, len - 5);
		buf_putc(out, '\n');
		return 0;
	}
	buf_printf(out, "%.*s: command not found\n", (int)len, text);
	return STATUS_NOT_FOUND;
}
