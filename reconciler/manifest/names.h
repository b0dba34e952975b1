/*
 * names.h - which object of a kind has a name: sorted, for thousands.
 *
 * Names are compared exactly, but two that differ only in case are
 * duplicates: people would mix them up.
 */
#ifndef MANIFEST_NAMES_H
#define MANIFEST_NAMES_H

#include "reconciler/core/array.h"
#include "reconciler/manifest/bind.h"

#include <stddef.h>

struct named {
	const struct value *name;
	size_t index;
};

struct names {
	const char *kind; /* "Server" */
	ARRAY(struct named) items;
};

/* -ERR_NOMEM only. name->text may be NULL: then nothing is added. */
int names_add(struct names *names, struct arena *arena,
	      const struct value *name, size_t index);
/* After the last add, before the first find. Duplicates are problems. */
void names_sort(struct names *names, struct problems *problems);
/* SIZE_MAX = not there. */
size_t names_find(const struct names *names, const char *name);
/* The nearest name, or NULL. */
const char *names_suggest(const struct names *names, struct arena *arena,
			  const char *name);

#endif
