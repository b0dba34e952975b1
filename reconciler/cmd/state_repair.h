/*
 * state_repair.h - lockstep state repair: a state that is missing, damaged
 * or behind the servers is mended from what their fences say.
 */
#ifndef CMD_STATE_REPAIR_H
#define CMD_STATE_REPAIR_H

#include "reconciler/cmd/cmd.h"

/* Exit status, or a negative err_code. Writes to no server. */
int state_repair(const struct options *options, struct cmd_end *end,
		 struct err *err);

#endif
