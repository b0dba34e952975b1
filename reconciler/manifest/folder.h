/*
 * folder.h - the manifest files of a folder, or one file.
 *
 * Takes *.yaml and *.yml, in folders below too, sorted by path. Names that
 * begin with a dot are skipped. No symbolic link is followed below the
 * folder that was named: a merge request may hold one. FIFOs, sockets and
 * devices are refused without being waited for.
 */
#ifndef MANIFEST_FOLDER_H
#define MANIFEST_FOLDER_H

#include "reconciler/core/array.h"
#include "reconciler/core/buf.h"
#include "reconciler/manifest/problem.h"

#include <stdbool.h>

#define FOLDER_FILES_MAX   10000
#define FOLDER_ENTRIES_MAX 200000
#define FOLDER_DEPTH_MAX   32

struct folder {
	int fd;           /* the folder; of a single file its own folder */
	const char *path; /* as the user wrote it */
	const char *name; /* a single file: its name in fd; else NULL */
	ARRAY(const char *) files; /* below the folder; single: path */
};

/* Names live in arena. -ERR_FILE: path itself can't be used. */
int folder_open(const char *path, struct arena *arena,
		struct problems *problems, struct folder *ret, struct err *err);
void folder_close(struct folder *folder); /* CLEANUP(folder_close) */

/* Read files.items[index] into *ret (initialised, room for
 * TREE_BYTES_MAX + 1). False: a problem says why not. */
bool folder_read(const struct folder *folder, size_t index,
		 struct problems *problems, struct buf *ret);

/* A file that a manifest names. */
struct folder_file {
	const char *path;   /* below the folder */
	struct place place; /* where it is named */
	size_t max_bytes;   /* one more is read, so that the reader can tell */
};

/* The same for it, by the same rules. Not for a hidden name or one that
 * climbs: folder_path_ok() says so before. */
bool folder_read_named(const struct folder *folder,
		       const struct folder_file *file,
		       struct problems *problems, struct buf *ret);
bool folder_path_ok(const char *path);

#endif
