/*
 * file.h - reading files with a limit, and with proof of who may change or
 * read them.
 */
#ifndef SYS_FILE_H
#define SYS_FILE_H

#include "reconciler/core/buf.h"
#include "reconciler/core/err.h"
#include "reconciler/sys/secret.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum file_guard {
	FILE_ANY,     /* a regular file, that is all */
	FILE_TRUSTED, /* owner root or this user; nobody else may write,
			   nor into its folder */
	FILE_PRIVATE, /* trusted, and nobody else may read */
	/* trusted, and not everybody may read: systemd lets a service read
	 * its credentials by an ACL, which shows as the group's right */
	FILE_CREDENTIAL,
};

/* Read the whole of a regular file of at most max_bytes into *ret (which was
 * initialised). Refuses FIFOs, devices and folders without blocking. */
int file_read(const char *path, enum file_guard guard, size_t max_bytes,
	      struct buf *ret, struct err *err);

/* The same for a secret: FILE_PRIVATE always, bytes go only into the secure
 * heap. *ret_version is the modification time in ns since 1970. */
int file_read_secret(const char *path, size_t max_bytes, struct secret **ret,
		     int64_t *ret_version, struct err *err);

/* The same for a file that systemd made as a credential of this service. */
int file_read_credential(const char *path, size_t max_bytes,
			 struct secret **ret, int64_t *ret_version,
			 struct err *err);

/* Is it such a file? Nothing is read. */
int file_check(const char *path, enum file_guard guard, struct err *err);

/* Make the folder of path (mode 0700) when it is missing, its parents too. */
int file_make_folder(const char *path, struct err *err);

#endif
