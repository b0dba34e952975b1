/*
 * kinds.h - every kind of manifest and its table. A new kind is one file of
 * fields, one struct in draft.h, one row here and its part in check.c.
 */
#ifndef MANIFEST_KINDS_H
#define MANIFEST_KINDS_H

#include "reconciler/core/field.h"
#include "reconciler/manifest/draft.h"

#include <stddef.h>

#define API_VERSION "lockstep/v1"

enum kind_id {
	KIND_ACCOUNT,
	KIND_SERVER,
	KIND_RESOURCE_GROUP,
	KIND_APP_POOL_BINDING,
	KIND_CHANGE_WINDOW,
	KIND_OTHER, /* not honoured by this version, or not a manifest */
};

struct kind {
	const char *name;
	enum kind_id id;
	const struct field *fields; /* NULL = not honoured */
	const char *help;
};

/* Ends with name NULL. Config is not among them: it is no manifest. */
extern const struct kind manifest_kinds[];
extern const struct kind config_kind;

const struct kind *kind_find(const char *name); /* NULL = none */
const char *kind_suggest(const char *name);     /* NULL = none is near */

extern const struct field account_fields[];
extern const struct field server_fields[];
extern const struct field group_fields[];
extern const struct field binding_fields[];
extern const struct field window_fields[];
extern const struct field config_fields[];

extern const struct field_choice api_choices[];
extern const struct field metadata_fields[];

/* The three rows with which each table begins. */
/* clang-format off */
#define KIND_ENVELOPE \
	{ .name = "apiVersion", .type = FIELD_CHOICE, .flags = FIELD_REQUIRED, \
	  .offset = offsetof(struct draft_head, api_version), \
	  .choices = api_choices, .help = "The form of the manifest." }, \
	{ .name = "kind", .type = FIELD_NAME, .flags = FIELD_REQUIRED, \
	  .offset = offsetof(struct draft_head, kind), \
	  .help = "What the document declares." }, \
	{ .name = "metadata", .type = FIELD_MAP, .flags = FIELD_REQUIRED, \
	  .offset = offsetof(struct draft_head, metadata), \
	  .fields = metadata_fields, .example = "{name: web01}" }
/* clang-format on */

#endif
