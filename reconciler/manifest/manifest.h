/*
 * manifest.h - YAML files of a folder (or one file) -> struct desired, and
 * config.yaml -> struct config.
 *
 * Every problem of a run is listed, each with file:line:col, what was
 * expected and, where a word is near, "did you mean". A field or kind that
 * this version does not honour is a problem that says so.
 * Limits   256 KiB a file, 10,000 files, depth 32, no anchors, aliases, tags
 *          or merge keys, names without control or bidi characters; files
 *          below the folder only, no links out of it.
 */
#ifndef MANIFEST_MANIFEST_H
#define MANIFEST_MANIFEST_H

#include "reconciler/core/buf.h"
#include "reconciler/core/err.h"
#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"

#include <stdbool.h>

/* One thing that is wrong. problem_put() writes "FILE:LINE:COL: TEXT";
 * text alone holds no place, is escaped for terminals, and no secret. */
struct problem {
	struct place place;
	const char *text;
};

ARRAY_TYPE(problem_array, struct problem);

struct problems {
	struct arena arena;
	struct problem_array items; /* by file, line, column; at most 200 */
	bool cut;                   /* there were more than are listed */
	bool failed;                /* out of memory */
};

void problems_init(struct problems *problems);
void problems_done(struct problems *problems); /* CLEANUP(problems_done) */
void problem_put(const struct problem *problem, struct buf *out);

/* -ERR_CONFIG or -ERR_MANIFEST: *problems lists why. -ERR_FILE_MODE: config
 * must be owned by root or the user, not writable by others. *ret was
 * initialised with config_init() or desired_init(). */
int config_load(const char *path, struct config *ret, struct problems *problems,
		struct err *err);
/* config NULL: domains and secrets by name can't be checked, and are not
 * (validate without a configuration); indices are then SIZE_MAX. */
int manifest_load(const char *path, const struct config *config,
		  struct desired *ret, struct problems *problems,
		  struct err *err);

/* -ERR_CONFIG when the configuration lies below the folder of manifests (or
 * is the manifest): who may write manifests must not write what they are
 * checked against. */
int config_outside(const char *config_path, const char *manifest_path,
		   struct err *err);
/* The same for the files that the configuration trusts: key, known_hosts,
 * files of secrets, state. */
int config_files_outside(const struct config *config, const char *manifest_path,
			 struct err *err);

/* Text of `lockstep explain KIND[.field[.field]]`, from the field tables.
 * what NULL lists the kinds. -ERR_USAGE names what is near. */
int manifest_explain(const char *what, struct buf *out, struct err *err);

/* manifests/README.md: all kinds and fields. */
int manifest_reference(struct buf *out, struct err *err);

#endif
