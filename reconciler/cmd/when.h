/*
 * when.h - points in time as people write them on a command line.
 *
 * 36h, 14d: from now on, or ago. 2026-12-01, 2026-12-01T06:00: in the local
 * time zone ($TZ, else that of the machine).
 */
#ifndef CMD_WHEN_H
#define CMD_WHEN_H

#include "reconciler/core/err.h"

#include <stddef.h>
#include <stdint.h>

enum when_side { WHEN_AHEAD, WHEN_AGO };

/* flag: "--until", for the error. A time that the local clock does not show
 * (skipped by daylight saving) is an error. */
int when_parse(const char *flag, const char *text, enum when_side side,
	       int64_t now_ms, int64_t *ret_ms, struct err *err);

/* "2026-12-01 06:00 CET"; ret has at least WHEN_BYTES. */
#define WHEN_BYTES 64
void when_text(int64_t wall_ms, char *ret, size_t size);

#endif
