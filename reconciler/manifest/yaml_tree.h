/*
 * yaml_tree.h - the text of one YAML file -> a tree with places.
 *
 * Takes a subset on purpose: UTF-8 without a byte order mark, depth 32, keys
 * that are plain text and stand once; no anchors, aliases, tags or merge
 * keys. Scalars stay text: nothing here turns `on` or `1e3` into something
 * else.
 *
 * Owner    all nodes live in the arena that was given. file is not copied.
 * Source   libyaml's event interface only: its document loader accepts
 *          cycles and is quadratic in anchors.
 */
#ifndef MANIFEST_YAML_TREE_H
#define MANIFEST_YAML_TREE_H

#include "reconciler/core/arena.h"
#include "reconciler/manifest/problem.h"

#include <stdbool.h>
#include <stddef.h>

#define TREE_DEPTH_MAX       32
#define TREE_BYTES_MAX       262144
#define TREE_LARGE_BYTES_MAX 4194304

/* NODE_BROKEN: a problem was reported already, look no further.
 * NODE_NOTHING: an empty value, or an unquoted null or ~. */
enum node_kind {
	NODE_TEXT,
	NODE_LIST,
	NODE_MAP,
	NODE_NOTHING,
	NODE_BROKEN,
};

struct node {
	enum node_kind kind;
	struct place place;
	const char *text; /* TEXT */
	bool quoted;      /* TEXT: in quotes, or a block */
	const char *key;  /* when it stands in a map */
	struct place key_place;
	struct node *first; /* LIST, MAP */
	struct node *next;
	size_t n; /* LIST, MAP: how many */
};

struct tree {
	struct node *first; /* one a document, chained by next */
	size_t n;
	bool broken; /* the file was not read to its end */
};

/* -ERR_NOMEM only; whatever is wrong with the text is a problem. */
int tree_read(struct arena *arena, const char *file, const char *bytes,
	      size_t len, struct problems *problems, struct tree *ret);
/* The same for what a program wrote: at most TREE_LARGE_BYTES_MAX. */
int tree_read_large(struct arena *arena, const char *file, const char *bytes,
		    size_t len, struct problems *problems, struct tree *ret);

const struct node *node_get(const struct node *map, const char *key);
/* "a list", "nothing": what was found, for texts. */
const char *node_kind_text(const struct node *node);

#endif
