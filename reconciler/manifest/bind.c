/* bind.c - walking a table and a tree together. */
#include "reconciler/manifest/bind.h"

#include "reconciler/core/str.h"

#include <string.h>

/* One place in the draft that a field fills. */
struct target {
	const struct field *field;
	const struct node *node;
	const char *path; /* of the field */
	void *at;
};

static int bind_value(const struct bind *bind, const struct target *target);

/* "expected a number from 1 to 65535, for example 22; found a list". A text
 * is not shown: where a map was expected it may be a password. */
static void refuse_kind(const struct bind *bind, const struct target *target,
			bool item)
{
	CLEANUP(buf_done) struct buf out = { 0 };

	buf_init(&out, 1024);
	if (item)
		field_put_expected_item(target->field, &out);
	else
		field_put_expected(target->field, &out);
	problem_add(bind->problems, &target->node->place,
		    "%s: expected %s; found %s", target->path, buf_text(&out),
		    node_kind_text(target->node));
}

static int keep_value(const struct bind *bind, const char *text,
		      const struct place *place, struct field_scalar scalar,
		      struct value *ret)
{
	char *kept = arena_strdup(bind->arena, text);

	if (!kept)
		return -ERR_NOMEM;
	*ret = (struct value){ .text = kept,
			       .number = scalar.number,
			       .percent = scalar.percent,
			       .place = *place };
	return 0;
}

static int bind_scalar(const struct bind *bind, const struct target *target,
		       struct value *ret)
{
	const struct node *node = target->node;
	struct field_scalar scalar;
	struct err why;

	if (node->kind == NODE_BROKEN)
		return 0;
	if (node->kind != NODE_TEXT) {
		refuse_kind(bind, target, true);
		return 0;
	}
	if (field_parse(target->field, node->text, node->quoted, &scalar,
			&why)) {
		problem_add(bind->problems, &node->place, "%s: %s",
			    target->path, why.what);
		ret->place = node->place;
		return 0;
	}
	return keep_value(bind, node->text, &node->place, scalar, ret);
}

/* Room for the children of a list or map. */
static int span_new(const struct bind *bind, const struct node *node,
		    size_t size, struct span *ret)
{
	void *items = arena_alloc(bind->arena, (node->n ? node->n : 1) * size);

	if (!items)
		return -ERR_NOMEM;
	*ret = (struct span){ .items = items };
	return 0;
}

static int bind_list(const struct bind *bind, const struct target *target,
		     struct span *ret)
{
	const struct field *field = target->field;
	bool maps = field->type == FIELD_MAP;
	size_t size = maps ? field->size : sizeof(struct value);
	struct span span;
	const struct node *child;
	int rc = span_new(bind, target->node, size, &span);

	for (child = target->node->first; child && rc == 0;
	     child = child->next) {
		struct target item = *target;

		item.node = child;
		item.at = (char *)span.items + span.n * size;
		if (!maps) {
			struct value *value = item.at;

			rc = bind_scalar(bind, &item, value);
			span.n += value->text != NULL;
		} else if (child->kind == NODE_MAP) {
			rc = bind_map(bind, child, field->fields, target->path,
				      item.at);
			span.n++;
		} else if (child->kind != NODE_BROKEN) {
			refuse_kind(bind, &item, true);
		}
	}
	if (rc == 0)
		*ret = span;
	return rc;
}

/* The name before a map, or the key of a label. */
static int bind_key(const struct bind *bind, const struct target *target,
		    struct value *ret)
{
	static const struct field key = { .name = "name", .type = FIELD_NAME };
	struct field_scalar scalar;
	struct err why;

	if (field_parse(&key, target->node->key, true, &scalar, &why)) {
		problem_add(bind->problems, &target->node->key_place, "%s: %s",
			    target->path, why.what);
		return 0;
	}
	return keep_value(bind, target->node->key, &target->node->key_place,
			  scalar, ret);
}

/* One name with what stands behind it. *ret_kept: it is in its place. */
static int bind_named(const struct bind *bind, const struct target *item,
		      bool *ret_kept)
{
	const struct field *field = item->field;
	const struct node *node = item->node;
	struct value *name = item->at; /* both structs begin with it */
	struct target below = *item;
	int rc;

	*ret_kept = false;
	*name = (struct value){ 0 }; /* of one that was not kept */
	rc = bind_key(bind, item, name);
	if (rc < 0 || !name->text || node->kind == NODE_BROKEN)
		return rc;
	below.path =
		arena_printf(bind->scratch, "%s.%s", item->path, name->text);
	if (!below.path)
		return -ERR_NOMEM;
	if (field->type == FIELD_TEXT_BY_NAME) {
		const struct field text = { .name = field->name,
					    .type = FIELD_TEXT,
					    .max = field->max };
		struct entry *entry = item->at;

		below.field = &text;
		rc = bind_scalar(bind, &below, &entry->value);
		*ret_kept = entry->value.text != NULL;
		return rc;
	}
	if (node->kind != NODE_MAP) {
		problem_add(bind->problems, &node->place,
			    "%s: expected a map; found %s", below.path,
			    node_kind_text(node));
		return 0;
	}
	*ret_kept = true;
	return bind_map(bind, node, field->fields, below.path, item->at);
}

static int bind_by_name(const struct bind *bind, const struct target *target,
			struct span *ret)
{
	const struct field *field = target->field;
	size_t size = field->type == FIELD_MAP_BY_NAME ? field->size
						       : sizeof(struct entry);
	struct span span;
	const struct node *child;
	int rc = span_new(bind, target->node, size, &span);

	for (child = target->node->first; child && rc == 0;
	     child = child->next) {
		struct target item = *target;
		bool kept;

		item.node = child;
		item.at = (char *)span.items + span.n * size;
		rc = bind_named(bind, &item, &kept);
		span.n += kept;
	}
	if (rc == 0)
		*ret = span;
	return rc;
}

static void refuse_empty(const struct bind *bind, const struct target *target)
{
	CLEANUP(buf_done) struct buf out = { 0 };

	buf_init(&out, 1024);
	field_put_expected(target->field, &out);
	problem_add(bind->problems, &target->node->place,
		    "%s is empty; expected %s", target->path, buf_text(&out));
}

/* The word that stands instead of a list. */
static int bind_word(const struct bind *bind, const struct target *target)
{
	const struct field_scalar word = { .number = 1 };
	struct span span;
	int rc = span_new(bind, target->node, sizeof(struct value), &span);

	if (rc == 0)
		rc = keep_value(bind, target->node->text, &target->node->place,
				word, span.items);
	span.n = 1;
	if (rc == 0)
		*(struct span *)target->at = span;
	return rc;
}

static int bind_value(const struct bind *bind, const struct target *target)
{
	const struct field *field = target->field;
	bool list = field->flags & FIELD_LIST;
	bool map = !list && (field->type == FIELD_MAP ||
			     field->type == FIELD_MAP_BY_NAME ||
			     field->type == FIELD_TEXT_BY_NAME);

	if (!list && !map)
		return bind_scalar(bind, target, target->at);
	if (field->flags & FIELD_PLACED)
		*(struct value *)target->at =
			(struct value){ .text = "",
					.place = target->node->place };
	if (target->node->kind == NODE_BROKEN)
		return 0;
	if (list && field->word && target->node->kind == NODE_TEXT &&
	    str_eq(target->node->text, field->word))
		return bind_word(bind, target);
	if (target->node->kind != (list ? NODE_LIST : NODE_MAP)) {
		refuse_kind(bind, target, false);
		return 0;
	}
	if (!target->node->n && field->type != FIELD_MAP &&
	    !(field->flags & FIELD_MAY_BE_EMPTY)) {
		refuse_empty(bind, target);
		return 0;
	}
	if (!target->node->n && list && !(field->flags & FIELD_MAY_BE_EMPTY)) {
		refuse_empty(bind, target);
		return 0;
	}
	if (list)
		return bind_list(bind, target, target->at);
	if (field->type == FIELD_MAP)
		return bind_map(bind, target->node, field->fields, target->path,
				target->at);
	return bind_by_name(bind, target, target->at);
}

static void refuse_unknown(const struct bind *bind, const struct node *node,
			   const struct field *fields, const char *path)
{
	const char *near = field_suggest(fields, node->key);
	const char *key = problem_quote(bind->problems, node->key);

	if (near)
		problem_add(bind->problems, &node->key_place,
			    "unknown field %s in %s; did you mean \"%s\"?", key,
			    path, near);
	else
		problem_add(bind->problems, &node->key_place,
			    "unknown field %s in %s", key, path);
}

/* (or "builtin") */
static void put_others(const struct field *fields, const struct field *missing,
		       struct buf *out)
{
	const struct field *field;
	const char *before = " (or ";
	bool any = false;

	for (field = fields; field->name; field++) {
		if (!field->replaces ||
		    !str_eq(field->replaces, missing->name) ||
		    (field->flags & FIELD_NOT_HONOURED))
			continue;
		buf_printf(out, "%s\"%s\"", before, field->name);
		before = ", ";
		any = true;
	}
	if (any)
		buf_putc(out, ')');
}

static void refuse_missing(const struct bind *bind, const struct node *map,
			   const struct field *fields,
			   const struct field *field, const char *path)
{
	CLEANUP(buf_done) struct buf out = { 0 };

	buf_init(&out, 1024);
	buf_printf(&out, "\"%s\"", field->name);
	put_others(fields, field, &out);
	buf_puts(&out, ": expected ");
	field_put_expected(field, &out);
	problem_add(bind->problems, &map->place, "%s misses the field %s", path,
		    buf_text(&out));
}

/* "account" and "builtin": one of them, at the place of the second row. */
static void refuse_both(const struct bind *bind, const struct node *map,
			const struct field *field, const char *path)
{
	const struct node *node = node_get(map, field->name);

	if (!(field->flags & FIELD_ALONE) || !node ||
	    !node_get(map, field->replaces))
		return;
	problem_add(bind->problems, &node->key_place,
		    "%s has \"%s\" and \"%s\"; expected one of them", path,
		    field->replaces, field->name);
}

/* Does the map hold a field that stands for this one? */
static bool is_replaced(const struct node *map, const struct field *fields,
			const struct field *missing)
{
	const struct field *field;

	for (field = fields; field->name; field++) {
		if (field->replaces && str_eq(field->replaces, missing->name) &&
		    node_get(map, field->name))
			return true;
	}
	return false;
}

static int bind_default(const struct bind *bind, const struct field *field,
			void *draft)
{
	static const struct place nowhere = { .file = NULL };
	struct field_scalar scalar;
	struct value *value;

	if (!field->fallback || (field->flags & FIELD_LIST) ||
	    field_parse(field, field->fallback, false, &scalar, NULL))
		return 0;
	value = (void *)((char *)draft + field->offset);
	return keep_value(bind, field->fallback, &nowhere, scalar, value);
}

/* Defaults also of the maps below that are absent. */
static int bind_absent(const struct bind *bind, const struct field *field,
		       void *draft)
{
	const struct field *below;
	int rc = 0;

	if (field->type != FIELD_MAP || (field->flags & FIELD_LIST))
		return bind_default(bind, field, draft);
	for (below = field->fields; below && below->name && rc == 0; below++)
		rc = bind_absent(bind, below, (char *)draft + field->offset);
	return rc;
}

static int bind_field(const struct bind *bind, const struct node *node,
		      const struct field *fields, const char *path, void *draft)
{
	const struct field *field = field_find(fields, node->key);
	struct target target = { .field = field, .node = node };

	if (!field) {
		refuse_unknown(bind, node, fields, path);
		return 0;
	}
	if (field->flags & FIELD_NOT_HONOURED) {
		problem_add(bind->problems, &node->key_place,
			    "field \"%s\" of %s is not honoured by this "
			    "version; leave it out",
			    field->name, path);
		return 0;
	}
	target.path =
		*path ? arena_printf(bind->scratch, "%s.%s", path, field->name)
		      : field->name;
	target.at = (char *)draft + field->offset;
	return target.path ? bind_value(bind, &target) : -ERR_NOMEM;
}

int bind_map(const struct bind *bind, const struct node *map,
	     const struct field *fields, const char *path, void *draft)
{
	const struct field *field;
	const struct node *node;
	int rc = 0;

	for (node = map->first; node && rc == 0; node = node->next) {
		if (problems_full(bind->problems)) {
			bind->problems->cut = true;
			return 0;
		}
		rc = bind_field(bind, node, fields, path, draft);
	}
	for (field = fields; field->name && rc == 0; field++) {
		refuse_both(bind, map, field, path);
		if (node_get(map, field->name))
			continue;
		if ((field->flags & FIELD_REQUIRED) &&
		    !is_replaced(map, fields, field))
			refuse_missing(bind, map, fields, field, path);
		rc = bind_absent(bind, field, draft);
	}
	return rc;
}
