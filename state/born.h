/*
 * born.h - the marker beside the state file: something was applied, by the
 * state of this id, whose epoch was at least this one.
 *
 * Without it a state file that is gone, or an older copy of it, would look
 * like a new beginning. It is written by the holder of the lock: before the
 * first approved run is committed, and at each later opening for writing,
 * after the file's own epoch was raised. So the file's epoch is never behind.
 */
#ifndef STATE_BORN_H
#define STATE_BORN_H

#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stdint.h>

#define STORE_ID_BYTES 33 /* 32 hex digits and NUL */

struct born {
	bool there;
	char store[STORE_ID_BYTES];
	int64_t epoch;
};

/* -ERR_STATE_DAMAGED when it is there but not readable as one. */
int born_read(const char *path, struct born *ret, struct err *err);
/* Replaces it, durably. `fresh` is a name beside it for the new text. */
int born_write(const char *path, const char *fresh, const char *folder,
	       const struct born *born, struct err *err);

#endif
