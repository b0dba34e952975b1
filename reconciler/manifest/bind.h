/*
 * bind.h - a tree and a table of fields -> a draft struct.
 *
 * By type of field, the draft has at its offset:
 *   TEXT NAME NUMBER PERCENT BATCH BOOL DURATION CHOICE PATH   struct value
 *   the same with FIELD_LIST                          struct span of values;
 *                     the word that may stand instead: one value, number 1
 *   MAP                                               the struct of its table;
 *                     with FIELD_PLACED it begins with a struct value: its text
 *                     is "" when the map was written, right or wrong
 *   MAP with FIELD_LIST                               struct span of structs
 *   MAP_BY_NAME       struct span of structs that begin with a struct value:
 *                     the name
 *   TEXT_BY_NAME      struct span of struct entry
 * A scalar that is wrong leaves its place alone.
 * A field that is absent leaves zeros, or its default with place.file NULL.
 */
#ifndef MANIFEST_BIND_H
#define MANIFEST_BIND_H

#include "reconciler/core/field.h"
#include "reconciler/manifest/yaml_tree.h"

struct value {
	const char *text; /* NULL = absent and without default */
	int64_t number;
	bool percent;
	struct place place;
};

struct entry {
	struct value key;
	struct value value;
};

struct span {
	void *items;
	size_t n;
};

struct bind {
	struct arena *arena;   /* of what the draft holds */
	struct arena *scratch; /* of texts */
	struct problems *problems;
};

/* path names the map in texts: "AppPoolBinding". Problems are added.
 * -ERR_NOMEM only. */
int bind_map(const struct bind *bind, const struct node *map,
	     const struct field *fields, const char *path, void *draft);

#endif
