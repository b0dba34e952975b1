/* yaml_tree.c - libyaml's events -> nodes; what the text must not hold. */
#include "reconciler/manifest/yaml_tree.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/yaml_text.h"

#include <stdlib.h>
#include <string.h>
#include <yaml.h>

/* A list or map that is open. */
struct level {
	struct node *node;
	struct node *last; /* its newest child */
	const char *key;   /* MAP: waits for its value */
	struct place key_place;
	bool drop; /* the value belongs to a key that was refused */
};

struct reader {
	struct arena *arena;
	const char *file;
	struct problems *problems;
	struct level levels[TREE_DEPTH_MAX];
	size_t depth;
	struct node *root; /* of the document at hand */
	struct tree tree;
	struct node *last_document;
	bool stop;   /* nothing more can be read */
	bool failed; /* out of memory */
};

static struct place place_at(const struct reader *reader,
			     const yaml_mark_t *mark)
{
	return (struct place){ .file = reader->file,
			       .line = (unsigned)mark->line + 1,
			       .col = (unsigned)mark->column + 1 };
}

static struct node *node_new(struct reader *reader, enum node_kind kind,
			     const yaml_event_t *event)
{
	struct node *node = arena_alloc(reader->arena, sizeof(*node));

	if (!node) {
		reader->failed = true;
		return NULL;
	}
	node->kind = kind;
	node->place = place_at(reader, &event->start_mark);
	return node;
}

/* Put a node where it belongs: into the open list or map, or as the root. */
static void attach(struct reader *reader, struct node *node)
{
	struct level *level;

	if (!reader->depth) {
		reader->root = node;
		return;
	}
	level = &reader->levels[reader->depth - 1];
	node->key = level->key;
	node->key_place = level->key_place;
	level->key = NULL;
	if (level->drop) {
		level->drop = false;
		return;
	}
	if (level->last)
		level->last->next = node;
	else
		level->node->first = node;
	level->last = node;
	level->node->n++;
}

static bool key_is_next(const struct reader *reader)
{
	const struct level *level;

	if (!reader->depth)
		return false;
	level = &reader->levels[reader->depth - 1];
	return level->node->kind == NODE_MAP && !level->key;
}

static void refuse_decoration(struct reader *reader, const yaml_event_t *event,
			      const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct place place = place_at(reader, &event->start_mark);

	if (anchor)
		problem_add(reader->problems, &place,
			    "anchors (&name) are not allowed; write the value "
			    "out where it is needed");
	if (tag)
		problem_add(reader->problems, &place,
			    "tags (!name) are not allowed; write the plain "
			    "value");
}

/* The text of a scalar; NULL when it holds a NUL (reported) or memory ends. */
static const char *scalar_text(struct reader *reader, const yaml_event_t *event)
{
	const char *bytes = (const char *)event->data.scalar.value;
	size_t len = event->data.scalar.length;
	char *text;

	if (memchr(bytes, '\0', len)) {
		struct place place = place_at(reader, &event->start_mark);

		problem_add(reader->problems, &place,
			    "the text holds a NUL character (\\0); no name or "
			    "value may");
		return NULL;
	}
	text = arena_strndup(reader->arena, bytes, len);
	if (!text)
		reader->failed = true;
	return text;
}

static bool is_plain(const yaml_event_t *event)
{
	return event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
}

static void take_key(struct reader *reader, const yaml_event_t *event)
{
	struct level *level = &reader->levels[reader->depth - 1];
	const char *text = scalar_text(reader, event);

	level->key_place = place_at(reader, &event->start_mark);
	level->key = text ? text : "";
	level->drop = !text;
	if (text && is_plain(event) && str_eq(text, "<<")) {
		problem_add(reader->problems, &level->key_place,
			    "merge keys (<<) are not allowed; write the "
			    "fields out");
		level->drop = true;
	}
}

static void take_scalar(struct reader *reader, const yaml_event_t *event)
{
	struct node *node;
	const char *text;

	refuse_decoration(reader, event, event->data.scalar.anchor,
			  event->data.scalar.tag);
	if (key_is_next(reader)) {
		take_key(reader, event);
		return;
	}
	text = scalar_text(reader, event);
	node = node_new(reader, text ? NODE_TEXT : NODE_BROKEN, event);
	if (!node)
		return;
	node->text = text;
	node->quoted = !is_plain(event);
	if (text && !node->quoted &&
	    (!*text || str_eq(text, "~") || str_eq_nocase(text, "null")))
		node->kind = NODE_NOTHING;
	attach(reader, node);
}

static void stop_at(struct reader *reader, const yaml_mark_t *mark,
		    const char *text)
{
	struct place place = place_at(reader, mark);

	problem_add(reader->problems, &place, "%s", text);
	reader->stop = true;
	reader->tree.broken = true;
}

static void open_level(struct reader *reader, enum node_kind kind,
		       const yaml_event_t *event)
{
	struct node *node;

	if (key_is_next(reader)) {
		stop_at(reader, &event->start_mark,
			"a key must be plain text, not a list or a map");
		return;
	}
	if (reader->depth == TREE_DEPTH_MAX) {
		stop_at(reader, &event->start_mark,
			"lists and maps nest deeper than 32 levels");
		return;
	}
	node = node_new(reader, kind, event);
	if (!node)
		return;
	attach(reader, node);
	reader->levels[reader->depth++] = (struct level){ .node = node };
}

static int compare_keys(const void *a, const void *b)
{
	const struct node *na = *(const struct node *const *)a;
	const struct node *nb = *(const struct node *const *)b;
	int order = strcmp(na->key, nb->key);

	if (order)
		return order;
	if (na->key_place.line != nb->key_place.line)
		return na->key_place.line < nb->key_place.line ? -1 : 1;
	return na->key_place.col < nb->key_place.col ? -1 : 1;
}

/* Sorted, not each with each: a file may hold 60,000 keys. */
static void refuse_duplicate_keys(struct reader *reader, const struct node *map)
{
	const struct node **sorted;
	const struct node *child;
	size_t n = 0;
	size_t i;

	if (map->kind != NODE_MAP || map->n < 2)
		return;
	sorted = arena_alloc(reader->arena, map->n * sizeof(const void *));
	if (!sorted) {
		reader->failed = true;
		return;
	}
	for (child = map->first; child; child = child->next)
		sorted[n++] = child;
	qsort(sorted, n, sizeof(const void *), compare_keys);
	for (i = 1; i < n; i++) {
		if (!str_eq(sorted[i]->key, sorted[i - 1]->key))
			continue;
		problem_add(reader->problems, &sorted[i]->key_place,
			    "key %s stands twice in one map; the first is in "
			    "line %u",
			    problem_quote(reader->problems, sorted[i]->key),
			    sorted[i - 1]->key_place.line);
	}
}

static void close_level(struct reader *reader)
{
	if (reader->depth)
		refuse_duplicate_keys(reader,
				      reader->levels[--reader->depth].node);
}

static void take_alias(struct reader *reader, const yaml_event_t *event)
{
	struct node *node;
	struct place place = place_at(reader, &event->start_mark);

	problem_add(reader->problems, &place,
		    "aliases (*name) are not allowed; write the value out");
	if (key_is_next(reader)) {
		struct level *level = &reader->levels[reader->depth - 1];

		level->key = "";
		level->key_place = place;
		level->drop = true;
		return;
	}
	node = node_new(reader, NODE_BROKEN, event);
	if (node)
		attach(reader, node);
}

static void open_document(struct reader *reader, const yaml_event_t *event)
{
	reader->root = NULL;
	reader->depth = 0;
	if (event->data.document_start.tag_directives.start !=
	    event->data.document_start.tag_directives.end) {
		struct place place = place_at(reader, &event->start_mark);

		problem_add(reader->problems, &place,
			    "tags are not allowed; leave the %%TAG line out");
	}
}

/* An empty document is none. */
static void close_document(struct reader *reader)
{
	struct node *root = reader->root;

	if (!root || root->kind == NODE_NOTHING)
		return;
	if (reader->last_document)
		reader->last_document->next = root;
	else
		reader->tree.first = root;
	reader->last_document = root;
	reader->tree.n++;
}

static void take_event(struct reader *reader, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		open_document(reader, event);
		break;
	case YAML_DOCUMENT_END_EVENT:
		close_document(reader);
		break;
	case YAML_ALIAS_EVENT:
		take_alias(reader, event);
		break;
	case YAML_SCALAR_EVENT:
		take_scalar(reader, event);
		break;
	case YAML_SEQUENCE_START_EVENT:
		refuse_decoration(reader, event,
				  event->data.sequence_start.anchor,
				  event->data.sequence_start.tag);
		open_level(reader, NODE_LIST, event);
		break;
	case YAML_MAPPING_START_EVENT:
		refuse_decoration(reader, event,
				  event->data.mapping_start.anchor,
				  event->data.mapping_start.tag);
		open_level(reader, NODE_MAP, event);
		break;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		close_level(reader);
		break;
	case YAML_STREAM_END_EVENT:
		reader->stop = true;
		break;
	case YAML_STREAM_START_EVENT:
	case YAML_NO_EVENT:
		break;
	}
}

static void read_events(struct reader *reader, yaml_parser_t *parser,
			const char *bytes, size_t len)
{
	while (!reader->stop && !reader->failed) {
		yaml_event_t event;

		if (problems_full(reader->problems)) {
			reader->problems->cut = true;
			reader->tree.broken = true;
			return;
		}
		if (!yaml_parser_parse(parser, &event)) {
			if (parser->error == YAML_MEMORY_ERROR) {
				reader->failed = true;
				return;
			}
			reader->tree.broken = true;
			yaml_text_explain(parser, reader->file, bytes, len,
					  reader->problems);
			return;
		}
		take_event(reader, &event);
		yaml_event_delete(&event);
	}
}

static int read_text(struct reader *reader, const char *bytes, size_t len,
		     struct tree *ret)
{
	yaml_parser_t parser;

	if (!yaml_parser_initialize(&parser))
		return -ERR_NOMEM;
	yaml_parser_set_encoding(&parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&parser, (const unsigned char *)bytes,
				     len);
	read_events(reader, &parser, bytes, len);
	yaml_parser_delete(&parser);
	if (reader->failed)
		return -ERR_NOMEM;
	*ret = reader->tree;
	return 0;
}

int tree_read(struct arena *arena, const char *file, const char *bytes,
	      size_t len, struct problems *problems, struct tree *ret)
{
	struct reader reader = { .arena = arena,
				 .file = file,
				 .problems = problems };

	*ret = (struct tree){ .broken = true };
	if (!yaml_text_check(file, bytes, len, TREE_BYTES_MAX, problems))
		return 0;
	return read_text(&reader, bytes, len, ret);
}

int tree_read_large(struct arena *arena, const char *file, const char *bytes,
		    size_t len, struct problems *problems, struct tree *ret)
{
	struct reader reader = { .arena = arena,
				 .file = file,
				 .problems = problems };

	*ret = (struct tree){ .broken = true };
	if (!yaml_text_check(file, bytes, len, TREE_LARGE_BYTES_MAX, problems))
		return 0;
	return read_text(&reader, bytes, len, ret);
}

const struct node *node_get(const struct node *map, const char *key)
{
	const struct node *child;

	if (map->kind != NODE_MAP)
		return NULL;
	for (child = map->first; child; child = child->next) {
		if (str_eq(child->key, key))
			return child;
	}
	return NULL;
}

const char *node_kind_text(const struct node *node)
{
	switch (node->kind) {
	case NODE_TEXT:
		return "a text";
	case NODE_LIST:
		return "a list";
	case NODE_MAP:
		return "a map";
	case NODE_NOTHING:
		return "nothing";
	case NODE_BROKEN:
		break;
	}
	return "something else";
}
