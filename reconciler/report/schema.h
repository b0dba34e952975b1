/*
 * schema.h - a draft-07 JSON schema of tables of fields, for editors.
 *
 * Only the shape: whether a name refers to something, what the configuration
 * grants, and what a server holds is not in it. Fields that this version does
 * not honour are left out, so an editor marks them.
 * Texts may be numbers or true there: what YAML makes of a plain word does
 * not matter to lockstep.
 */
#ifndef REPORT_SCHEMA_H
#define REPORT_SCHEMA_H

#include "reconciler/core/buf.h"
#include "reconciler/core/field.h"

#include <stddef.h>

struct schema_kind {
	const char *name;
	const char *help;
	const struct field *fields;
};

/* One document of any of the kinds, told apart by its field "kind". */
int schema_kinds(const struct schema_kind *kinds, size_t n, struct buf *out,
		 struct err *err);
/* A file that is one map. */
int schema_file(const struct schema_kind *kind, struct buf *out,
		struct err *err);

#endif
