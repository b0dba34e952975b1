/* confirm.c - see confirm.h. */
#include "reconciler/cmd/confirm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

bool confirm_possible(void)
{
	return isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
}

bool confirm_yes(const char *question)
{
	char line[16];

	(void)fflush(stdout); /* what is asked about comes first */
	(void)fprintf(stderr, "%s Only yes is accepted: ", question);
	return fgets(line, sizeof(line), stdin) && strcmp(line, "yes\n") == 0;
}
