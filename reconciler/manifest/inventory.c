/* inventory.c - one listed server: checked, and merged with its likes. */
#include "reconciler/manifest/inventory.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/kinds.h"

#include <stdlib.h>
#include <string.h>

/* The value of one column, or text NULL and a problem. */
struct taking {
	struct inventory *inventory;
	const struct inventory_row *row;
	bool refused;
};

static int take(struct taking *taking, const struct field *field,
		const char *called, const char *text, struct value *ret)
{
	const struct inventory_row *row = taking->row;
	struct field_scalar scalar;
	struct err why;

	if (field_parse(field, text, false, &scalar, &why)) {
		problem_add(taking->inventory->problems, &row->place, "%s: %s",
			    called, why.what);
		taking->refused = true;
		return 0;
	}
	*ret = (struct value){ .text = arena_strdup(taking->inventory->arena,
						    text),
			       .number = scalar.number,
			       .place = row->place };
	return ret->text ? 0 : -ERR_NOMEM;
}

static int take_labels(struct taking *taking, struct span *ret)
{
	static const struct field key = { .name = "key", .type = FIELD_NAME };
	static const struct field value = { .name = "value",
					    .type = FIELD_TEXT,
					    .max = 63 };
	const struct inventory_row *row = taking->row;
	struct entry *entries =
		arena_alloc(taking->inventory->arena,
			    (row->labels.n + 1) * sizeof(*entries));
	int rc = entries ? 0 : -ERR_NOMEM;
	size_t i;

	for (i = 0; i < row->labels.n && rc == 0; i++) {
		const struct entry *label = &row->labels.items[i];

		rc = take(taking, &key, "label", label->key.text,
			  &entries[i].key);
		if (rc == 0)
			rc = take(taking, &value, label->key.text,
				  label->value.text, &entries[i].value);
	}
	*ret = (struct span){ .items = entries, .n = row->labels.n };
	return rc;
}

static const struct field *spec_field(const char *name)
{
	return field_find(field_find(server_fields, "spec")->fields, name);
}

int inventory_add(struct inventory *inventory, const struct inventory_row *row)
{
	struct taking taking = { .inventory = inventory, .row = row };
	struct draft_server draft = { .listed = true };
	const struct field *port = spec_field("port");
	int rc = take(&taking, field_find(metadata_fields, "name"),
		      row->called[0], row->name, &draft.head.metadata.name);

	draft.head.place = row->place;
	/* A name that is the host too is refused once. */
	if (rc == 0 && !(taking.refused && row->host == row->name))
		rc = take(&taking, spec_field("host"), row->called[1],
			  row->host, &draft.spec.host);
	if (rc == 0)
		rc = take(&taking, port, row->called[2],
			  row->port && *row->port ? row->port : port->fallback,
			  &draft.spec.port);
	if (rc == 0 && row->host_key && *row->host_key)
		rc = take(&taking, spec_field("hostKey"), row->called[3],
			  row->host_key, &draft.spec.host_key);
	if (rc == 0)
		rc = take_labels(&taking, &draft.head.metadata.labels);
	if (rc < 0)
		return rc;
	if (taking.refused) {
		inventory->drafts->incomplete = true;
		return 0;
	}
	return array_push(inventory->arena, &inventory->drafts->servers,
			  draft) &&
			       array_push(inventory->arena, &inventory->names,
					  draft.head.metadata.name)
		       ? 0
		       : -ERR_NOMEM;
}

/* ---- merging ---- */

static int compare(const void *a, const void *b)
{
	const struct draft_server *sa = *(struct draft_server *const *)a;
	const struct draft_server *sb = *(struct draft_server *const *)b;
	const char *na = sa->head.metadata.name.text;
	const char *nb = sb->head.metadata.name.text;
	int order = strcmp(na ? na : "", nb ? nb : "");

	if (order)
		return order;
	if (sa->listed != sb->listed)
		return sa->listed ? 1 : -1; /* what is declared comes first */
	return sa < sb ? -1 : sa > sb;
}

static const char *value_of(const struct span *labels, const char *key)
{
	const struct entry *entries = labels->items;
	size_t i;

	for (i = 0; i < labels->n; i++) {
		if (str_eq(entries[i].key.text, key))
			return entries[i].value.text;
	}
	return NULL;
}

/* What two descriptions of one server disagree on, or NULL. */
static const char *difference(const struct draft_server *a,
			      const struct draft_server *b)
{
	const struct entry *entries = b->head.metadata.labels.items;
	size_t i;

	if (!a->spec.host.text || !a->spec.port.text)
		return NULL; /* a problem of its own */
	if (!str_eq_nocase(a->spec.host.text, b->spec.host.text))
		return "host";
	if (a->spec.port.number != b->spec.port.number)
		return "port";
	if (a->spec.host_key.text && b->spec.host_key.text &&
	    !str_eq(a->spec.host_key.text, b->spec.host_key.text))
		return "hostKey";
	for (i = 0; i < b->head.metadata.labels.n; i++) {
		const char *value =
			value_of(&a->head.metadata.labels, entries[i].key.text);

		if (value && !str_eq(value, entries[i].value.text))
			return entries[i].key.text;
	}
	return NULL;
}

/* Labels of `from` that `into` has not. */
static int add_labels(struct draft_server *into,
		      const struct draft_server *from, struct arena *arena)
{
	const struct span *old = &into->head.metadata.labels;
	const struct span *more = &from->head.metadata.labels;
	const struct entry *entries = more->items;
	struct entry *all =
		arena_alloc(arena, (old->n + more->n + 1) * sizeof(*all));
	size_t n = old->n;
	size_t i;

	if (!all)
		return -ERR_NOMEM;
	if (n)
		memcpy(all, old->items, n * sizeof(*all));
	for (i = 0; i < more->n; i++) {
		if (!value_of(old, entries[i].key.text))
			all[n++] = entries[i];
	}
	into->head.metadata.labels = (struct span){ .items = all, .n = n };
	return 0;
}

/* `from` goes away; its name is emptied to say so. */
static int merge(struct draft_server *into, struct draft_server *from,
		 struct arena *arena, struct problems *problems)
{
	const char *what = difference(into, from);
	int rc = 0;

	if (what)
		problem_add(
			problems, &from->head.place,
			"server %s stands at %s too, with another %s; "
			"make them equal, or take one out",
			problem_quote(problems, from->head.metadata.name.text),
			problem_place(problems, &into->head.place),
			problem_quote(problems, what));
	else if (from->head.metadata.labels.n)
		rc = add_labels(into, from, arena);
	if (!into->spec.host_key.text)
		into->spec.host_key = from->spec.host_key;
	from->head.metadata.name.text = NULL;
	return rc;
}

static void drop_merged(struct draft_set *drafts)
{
	size_t kept = 0;
	size_t i;

	for (i = 0; i < drafts->servers.n; i++) {
		if (drafts->servers.items[i].head.metadata.name.text)
			drafts->servers.items[kept++] =
				drafts->servers.items[i];
	}
	drafts->servers.n = kept;
}

int inventory_merge(struct draft_set *drafts, struct arena *arena,
		    struct arena *scratch, struct problems *problems)
{
	size_t n = drafts->servers.n;
	struct draft_server **sorted =
		arena_alloc(scratch, (n + 1) * sizeof(void *));
	struct draft_server *first = NULL;
	int rc = 0;
	size_t i;

	if (!sorted)
		return -ERR_NOMEM;
	for (i = 0; i < n; i++)
		sorted[i] = &drafts->servers.items[i];
	qsort(sorted, n, sizeof(void *), compare);
	for (i = 0; i < n && rc == 0; i++) {
		struct draft_server *draft = sorted[i];

		if (first && draft->listed &&
		    str_eq(first->head.metadata.name.text,
			   draft->head.metadata.name.text))
			rc = merge(first, draft, arena, problems);
		else
			first = draft;
	}
	drop_merged(drafts);
	return rc;
}
