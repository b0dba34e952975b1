/*
 * reason.h - --reason and --ticket: what a person says for the record.
 */
#ifndef CMD_REASON_H
#define CMD_REASON_H

#include "reconciler/cmd/options.h"

/* Both are one short line of plain text, the reason must be there. why: what
 * stands behind "--reason is missing: ". USAGE. */
int reason_check(const struct options *options, const char *why,
		 struct err *err);

#endif
