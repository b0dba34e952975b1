/* inventory_ansible.c - what ansible-inventory --list writes. JSON is read as
 * the YAML that it also is. */
#include "reconciler/manifest/inventory.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/yaml_tree.h"

#include <stdlib.h>
#include <string.h>

struct group {
	const struct node *node; /* key = its name */
	bool wanted;             /* on the list already */
};

struct host {
	const char *name;
	struct place place;
	const struct node *vars; /* NULL = none */
};

ARRAY_TYPE(wanted_array, struct group *);
ARRAY_TYPE(host_array, struct host);

struct reader {
	struct inventory *inventory;
	struct group *groups; /* sorted by name */
	size_t n_groups;
	struct wanted_array wanted;
	struct host_array hosts;
};

static const char *const called[] = { "name", "ansible_host", "ansible_port",
				      "lockstep_host_key" };

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct group *)a)->node->key,
		      ((const struct group *)b)->node->key);
}

static int by_host(const void *a, const void *b)
{
	return strcmp(((const struct host *)a)->name,
		      ((const struct host *)b)->name);
}

static int index_groups(struct reader *reader, const struct node *root)
{
	const struct node *child;

	reader->groups = arena_alloc(reader->inventory->scratch,
				     (root->n + 1) * sizeof(struct group));
	if (!reader->groups)
		return -ERR_NOMEM;
	for (child = root->first; child; child = child->next) {
		if (!str_eq(child->key, "_meta"))
			reader->groups[reader->n_groups++].node = child;
	}
	qsort(reader->groups, reader->n_groups, sizeof(struct group), by_name);
	return 0;
}

static struct group *find_group(const struct reader *reader, const char *name)
{
	const struct node key = { .key = name };
	const struct group wanted = { .node = &key };

	return reader->n_groups
		       ? bsearch(&wanted, reader->groups, reader->n_groups,
				 sizeof(struct group), by_name)
		       : NULL;
}

/* "; did you mean "web"?", or "; it has "db", "web" and 2 more" */
static void put_groups(const struct reader *reader, const char *name,
		       struct buf *out)
{
	const size_t most = 5;
	const char **names =
		arena_alloc(reader->inventory->scratch,
			    (reader->n_groups + 1) * sizeof(*names));
	const char *near;
	size_t i;

	for (i = 0; names && i < reader->n_groups; i++)
		names[i] = reader->groups[i].node->key;
	near = names ? str_nearest(name, names) : NULL;
	if (near) {
		buf_puts(out, "; did you mean ");
		field_put_quoted(out, near);
		buf_putc(out, '?');
		return;
	}
	for (i = 0; i < reader->n_groups && i < most; i++) {
		buf_puts(out, i ? ", " : "; it has ");
		field_put_quoted(out, reader->groups[i].node->key);
	}
	if (reader->n_groups > most)
		buf_printf(out, " and %zu more", reader->n_groups - most);
}

static void refuse_group(const struct reader *reader, const char *name,
			 const struct place *place)
{
	struct problems *problems = reader->inventory->problems;
	CLEANUP(buf_done) struct buf groups = { 0 };

	buf_init(&groups, 1024);
	put_groups(reader, name, &groups);
	problem_add(problems, place, "%s has no group %s%s",
		    reader->inventory->file, problem_quote(problems, name),
		    buf_text(&groups));
}

static int want(struct reader *reader, const char *name,
		const struct place *place)
{
	struct group *group = find_group(reader, name);

	if (!group) {
		/* --list leaves empty groups out. */
		if (place)
			refuse_group(reader, name, place);
		return 0;
	}
	if (group->wanted)
		return 0;
	group->wanted = true;
	return array_push(reader->inventory->scratch, &reader->wanted, group)
		       ? 0
		       : -ERR_NOMEM;
}

/* Only hostvars are read: a variable of a group would be missed silently. */
static void check_vars(const struct reader *reader, const struct node *vars)
{
	const struct node *child;

	for (child = vars->first; child; child = child->next) {
		if (!str_eq(child->key, "ansible_host") &&
		    !str_eq(child->key, "ansible_port") &&
		    !str_starts(child->key, "lockstep_"))
			continue;
		problem_add(
			reader->inventory->problems, &child->key_place,
			"%s is a variable of a group; expected all of them "
			"under _meta.hostvars, as ansible-inventory --list "
			"writes them without --export",
			problem_quote(reader->inventory->problems, child->key));
	}
}

static int take_hosts(struct reader *reader, const struct node *list)
{
	const struct node *child;

	if (list->kind != NODE_LIST && list->kind != NODE_NOTHING) {
		problem_add(reader->inventory->problems, &list->place,
			    "expected a list of names of hosts; found %s",
			    node_kind_text(list));
		return 0;
	}
	for (child = list->first; child; child = child->next) {
		struct host host = { .name = child->text,
				     .place = child->place };

		if (child->kind != NODE_TEXT)
			problem_add(reader->inventory->problems, &child->place,
				    "expected the name of a host; found %s",
				    node_kind_text(child));
		else if (!array_push(reader->inventory->scratch, &reader->hosts,
				     host))
			return -ERR_NOMEM;
	}
	return 0;
}

/* {hosts, children, vars}, or only the hosts as inventory scripts may. */
static int take_group(struct reader *reader, const struct node *group)
{
	const struct node *hosts = group;
	const struct node *vars = node_get(group, "vars");
	const struct node *children = node_get(group, "children");
	const struct node *child;
	int rc = 0;

	if (group->kind == NODE_MAP)
		hosts = node_get(group, "hosts");
	if (vars)
		check_vars(reader, vars);
	if (hosts)
		rc = take_hosts(reader, hosts);
	for (child = children ? children->first : NULL; child && rc == 0;
	     child = child->next) {
		if (child->kind == NODE_TEXT)
			rc = want(reader, child->text, NULL);
	}
	return rc;
}

static void drop_twins(struct reader *reader)
{
	struct host *hosts = reader->hosts.items;
	size_t kept = 0;
	size_t i;

	if (!reader->hosts.n)
		return;
	qsort(hosts, reader->hosts.n, sizeof(*hosts), by_host);
	for (i = 0; i < reader->hosts.n; i++) {
		if (!kept || by_host(&hosts[kept - 1], &hosts[i]))
			hosts[kept++] = hosts[i];
	}
	reader->hosts.n = kept;
}

static void find_vars(struct reader *reader, const struct node *hostvars)
{
	const struct node *child;

	if (!reader->hosts.n)
		return;
	for (child = hostvars->first; child; child = child->next) {
		const struct host key = { .name = child->key };
		struct host *host =
			bsearch(&key, reader->hosts.items, reader->hosts.n,
				sizeof(*host), by_host);

		if (host) {
			host->vars = child;
			host->place = child->key_place;
		}
	}
}

/* The text of a variable; false: a problem says that it is none. */
static bool take_text(const struct reader *reader, const struct node *node,
		      const char **ret)
{
	*ret = NULL;
	if (node->kind == NODE_TEXT)
		*ret = node->text;
	else if (node->kind != NODE_NOTHING) {
		problem_add(reader->inventory->problems, &node->place,
			    "%s: expected a text; found %s", node->key,
			    node_kind_text(node));
		return false;
	}
	return true;
}

static bool take_labels(const struct reader *reader, const struct node *map,
			struct inventory_row *row)
{
	const struct node *child;

	if (map->kind != NODE_MAP) {
		problem_add(reader->inventory->problems, &map->place,
			    "lockstep_labels: expected a map, for example "
			    "{\"env\": \"prod\"}; found %s",
			    node_kind_text(map));
		return false;
	}
	for (child = map->first; child; child = child->next) {
		struct entry label = { .key.text = child->key };

		if (!take_text(reader, child, &label.value.text))
			return false;
		if (label.value.text && !array_push(reader->inventory->scratch,
						    &row->labels, label)) {
			reader->inventory->problems->failed = true;
			return false;
		}
	}
	return true;
}

static bool refuse_variable(const struct reader *reader,
			    const struct node *node)
{
	static const char *const names[] = { "lockstep_host_key",
					     "lockstep_labels", NULL };
	const char *near = str_nearest(node->key, names);

	problem_add(reader->inventory->problems, &node->key_place,
		    "unknown variable %s; expected lockstep_host_key or "
		    "lockstep_labels%s%s%s",
		    problem_quote(reader->inventory->problems, node->key),
		    near ? "; did you mean " : "", near ? near : "",
		    near ? "?" : "");
	return false;
}

static bool take_variable(const struct reader *reader, const struct node *node,
			  struct inventory_row *row)
{
	if (str_eq(node->key, "ansible_host"))
		return take_text(reader, node, &row->host);
	if (str_eq(node->key, "ansible_port"))
		return take_text(reader, node, &row->port);
	if (str_eq(node->key, "lockstep_host_key"))
		return take_text(reader, node, &row->host_key);
	if (str_eq(node->key, "lockstep_labels"))
		return take_labels(reader, node, row);
	return !str_starts(node->key, "lockstep_") ||
	       refuse_variable(reader, node);
}

static int take_host(const struct reader *reader, const struct host *host)
{
	struct inventory_row row = { .place = host->place,
				     .name = host->name,
				     .called = called };
	const struct node *child;
	bool whole = true;

	for (child = host->vars ? host->vars->first : NULL; child;
	     child = child->next)
		whole = take_variable(reader, child, &row) && whole;
	if (!row.host || !*row.host)
		row.host = host->name;
	if (!whole) {
		reader->inventory->drafts->incomplete = true;
		return 0;
	}
	return inventory_add(reader->inventory, &row);
}

static int read_root(struct reader *reader, const struct node *root,
		     const char *group, const struct place *place)
{
	const struct node *meta = node_get(root, "_meta");
	const struct node *hostvars = meta ? node_get(meta, "hostvars") : NULL;
	const struct host *host;
	int rc;
	size_t i;

	if (!hostvars ||
	    (hostvars->kind != NODE_MAP && hostvars->kind != NODE_NOTHING)) {
		problem_add(reader->inventory->problems, &root->place,
			    "expected what ansible-inventory --list writes: a "
			    "map with _meta.hostvars and the groups");
		return 0;
	}
	rc = index_groups(reader, root);
	if (rc == 0)
		rc = want(reader, group, place);
	for (i = 0; i < reader->wanted.n && rc == 0; i++)
		rc = take_group(reader, reader->wanted.items[i]->node);
	drop_twins(reader);
	find_vars(reader, hostvars);
	if (rc == 0 && reader->wanted.n && !reader->hosts.n)
		problem_add(reader->inventory->problems, place,
			    "the group %s of %s has no hosts",
			    problem_quote(reader->inventory->problems, group),
			    reader->inventory->file);
	array_foreach(host, &reader->hosts) {
		if (rc == 0 && !problems_full(reader->inventory->problems))
			rc = take_host(reader, host);
	}
	return rc;
}

/* An INI or script is no YAML either, but its errors would not help. */
static bool is_json(const struct buf *text)
{
	const char *bytes = buf_text(text);

	bytes += strspn(bytes, " \t\r\n");
	return *bytes == '{' || !*bytes || str_starts(bytes, "\xEF\xBB\xBF");
}

int inventory_ansible(struct inventory *inventory, const struct buf *text,
		      const char *group, const struct place *place)
{
	struct reader reader = { .inventory = inventory };
	const struct place start = { .file = inventory->file,
				     .line = 1,
				     .col = 1 };
	struct tree tree;
	int rc;

	if (!is_json(text)) {
		problem_add(inventory->problems, &start,
			    "this is no JSON; expected what ansible-inventory "
			    "--list writes");
		return 0;
	}
	rc = tree_read_large(inventory->scratch, inventory->file,
			     buf_text(text), text->len, inventory->problems,
			     &tree);
	if (rc < 0 || tree.broken)
		return rc;
	if (!tree.n) {
		problem_add(inventory->problems, &start,
			    "the file is empty; expected what "
			    "ansible-inventory --list writes");
		return 0;
	}
	return read_root(&reader, tree.first, group ? group : "all", place);
}
