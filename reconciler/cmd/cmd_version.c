/* cmd_version.c - which lockstep this is. */
#include "reconciler/cmd/cmd.h"

#include <stdio.h>

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	(void)options;
	(void)end;
	(void)err;
	(void)printf("lockstep %s\n", LOCKSTEP_VERSION);
	return 0;
}

const struct cmd cmd_version = {
	.name = "version",
	.words = "",
	.summary = "which lockstep this is",
	.run = run,
};
