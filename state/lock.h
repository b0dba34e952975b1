/*
 * lock.h - one writer at a time: flock on a file beside the state.
 *
 * The kernel frees it when the process ends, however it ends, so no lock is
 * ever left behind. It is a file of its own because closing any descriptor
 * of the state file would drop SQLite's locks on it. The file stays; its
 * text says who holds the lock.
 */
#ifndef STATE_LOCK_H
#define STATE_LOCK_H

#include "reconciler/core/arena.h"
#include "reconciler/core/err.h"

/* *ret_fd: held until lock_release(). -ERR_LOCKED names the holder. */
int lock_take(const char *path, int *ret_fd, struct err *err);
/* Who holds the lock, from arena; NULL: nobody. Takes no lock itself. */
int lock_holder(const char *path, struct arena *arena, const char **ret,
		struct err *err);
void lock_release(int fd); /* -1 is fine */

#endif
