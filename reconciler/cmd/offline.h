/*
 * offline.h - plan --offline: the most that could change, and what is refused,
 * from configuration and manifests alone.
 */
#ifndef CMD_OFFLINE_H
#define CMD_OFFLINE_H

#include "reconciler/cmd/cmd.h"

/* 0, or 8 when something is refused. */
int offline_plan(const struct options *options, struct cmd_end *end,
		 struct err *err);

#endif
