/*
 * guard.h - who may get at the state: owner and mode of its folder and files.
 *
 * Errors   FILE_MODE: says what to run; STATE_FILE: anything else.
 */
#ifndef STATE_GUARD_H
#define STATE_GUARD_H

#include "reconciler/core/err.h"

#include <stdbool.h>

struct stat;

/* What stands at path, links not followed. *ret_there false: nothing does.
 * A regular file or folder of this user that nobody else has access to. */
int guard_file(const char *path, bool *ret_there, struct err *err);
int guard_folder(const char *path, bool *ret_there, struct err *err);
/* The same for an open file. */
int guard_stat(const char *path, const struct stat *st, struct err *err);

/* Make what happened to the names in folder durable. */
int guard_sync_folder(const char *folder, struct err *err);

#endif
