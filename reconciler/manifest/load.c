/* load.c - manifest files -> struct desired: the stages in order. */
#include "reconciler/manifest/check.h"
#include "reconciler/manifest/folder.h"
#include "reconciler/manifest/inventory.h"
#include "reconciler/manifest/kinds.h"
#include "reconciler/manifest/yaml_tree.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"

#include <stdio.h>
#include <string.h>

#define FILE_ARENA_BYTES    134217728
#define SCRATCH_ARENA_BYTES 536870912
#define DIGESTS_MAX         67108864

struct load {
	struct desired *desired;
	struct problems *problems;
	struct draft_set drafts;
	size_t n_documents;
	struct buf digests; /* of the files: hex, name */
};

/* Drafts of the kind; the array that they go to is typed, hence the switch. */
static int bind_document(struct load *load, const struct node *node,
			 const struct kind *kind, struct arena *scratch)
{
	const struct bind bind = { .arena = &load->desired->arena,
				   .scratch = scratch,
				   .problems = load->problems };
	struct draft_set *drafts = &load->drafts;
	struct arena *arena = &load->desired->arena;
	union {
		struct draft_head head;
		struct draft_account account;
		struct draft_server server;
		struct draft_group group;
		struct draft_binding binding;
		struct draft_window window;
	} draft;
	bool kept = true;
	int rc;

	memset(&draft, 0, sizeof(draft));
	rc = bind_map(&bind, node, kind->fields, kind->name, &draft);
	if (rc < 0)
		return rc;
	draft.head.place = node->place;
	if (!draft.head.metadata.name.text) {
		drafts->incomplete = true;
		return 0;
	}
	switch (kind->id) {
	case KIND_ACCOUNT:
		kept = array_push(arena, &drafts->accounts, draft.account);
		break;
	case KIND_SERVER:
		kept = array_push(arena, &drafts->servers, draft.server);
		break;
	case KIND_RESOURCE_GROUP:
		kept = array_push(arena, &drafts->groups, draft.group);
		break;
	case KIND_APP_POOL_BINDING:
		kept = array_push(arena, &drafts->bindings, draft.binding);
		break;
	case KIND_CHANGE_WINDOW:
		kept = array_push(arena, &drafts->windows, draft.window);
		break;
	case KIND_OTHER:
		break;
	}
	return kept ? 0 : -ERR_NOMEM;
}

#define KINDS_TEXT \
	"Account, Server, ResourceGroup, AppPoolBinding or ChangeWindow"

static void refuse_kind(struct load *load, const struct node *kind)
{
	const char *near = kind_suggest(kind->text);
	const char *quoted = problem_quote(load->problems, kind->text);

	if (near)
		problem_add(load->problems, &kind->place,
			    "unknown kind %s; did you mean \"%s\"?", quoted,
			    near);
	else
		problem_add(load->problems, &kind->place,
			    "unknown kind %s; expected " KINDS_TEXT, quoted);
}

/* 0 with *ret NULL: a problem says why it is no document of a kind. */
static void find_kind(struct load *load, const struct node *node,
		      const struct kind **ret)
{
	const struct node *kind = node_get(node, "kind");
	const struct kind *found;

	*ret = NULL;
	if (node->kind == NODE_BROKEN)
		return;
	if (node->kind != NODE_MAP) {
		problem_add(load->problems, &node->place,
			    "expected a map with apiVersion, kind, metadata "
			    "and spec; found %s",
			    node_kind_text(node));
		return;
	}
	if (!kind) {
		problem_add(
			load->problems, &node->place,
			"the document misses the field \"kind\": expected " KINDS_TEXT);
		return;
	}
	if (kind->kind == NODE_BROKEN)
		return;
	if (kind->kind != NODE_TEXT) {
		problem_add(load->problems, &kind->place,
			    "kind: expected " KINDS_TEXT "; found %s",
			    node_kind_text(kind));
		return;
	}
	found = kind_find(kind->text);
	if (!found)
		refuse_kind(load, kind);
	else if (!found->fields)
		problem_add(load->problems, &kind->place,
			    "kind \"%s\" is not honoured by this version; "
			    "leave the document out",
			    found->name);
	else
		*ret = found;
}

static int take_documents(struct load *load, const struct tree *tree,
			  struct arena *scratch)
{
	const struct node *node;
	int rc = 0;

	load->n_documents += tree->n;
	load->drafts.incomplete |= tree->broken;
	for (node = tree->first; node && rc == 0; node = node->next) {
		const struct kind *kind;

		find_kind(load, node, &kind);
		if (kind)
			rc = bind_document(load, node, kind, scratch);
		else
			load->drafts.incomplete = true;
	}
	return rc;
}

static int add_digest(struct load *load, const char *name,
		      const struct buf *text, struct err *err)
{
	const struct digest_part part = { .bytes = buf_text(text),
					  .len = text->len };
	uint8_t digest[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	int rc = digest_sha256(&part, 1, digest, err);

	if (rc < 0)
		return rc;
	digest_hex(digest, sizeof(digest), hex);
	buf_puts(&load->digests, hex);
	buf_puts(&load->digests, name);
	buf_putc(&load->digests, '\0');
	return 0;
}

static int take_file(struct load *load, const struct folder *folder,
		     size_t index, struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	const char *path = folder->files.items[index];
	struct tree tree = { 0 };
	int rc;

	arena_init(&arena, FILE_ARENA_BYTES);
	buf_init(&text, TREE_BYTES_MAX + 2);
	if (!folder_read(folder, index, load->problems, &text)) {
		load->drafts.incomplete = true;
		return 0;
	}
	rc = add_digest(load, folder->name ? folder->name : path, &text, err);
	if (rc < 0)
		return rc;
	rc = tree_read(&arena, path, buf_text(&text), text.len, load->problems,
		       &tree);
	if (rc == 0)
		rc = take_documents(load, &tree, &arena);
	return rc < 0 ? err_set(err, rc, "reading %s", path) : 0;
}

static int take_files(struct load *load, const struct folder *folder,
		      struct err *err)
{
	size_t i;

	for (i = 0; i < folder->files.n; i++) {
		int rc;

		if (problems_full(load->problems)) {
			load->problems->cut = true;
			break;
		}
		rc = take_file(load, folder, i, err);
		if (rc < 0)
			return rc;
	}
	/* "None" only when every file could be read to its end. */
	if (!load->n_documents && !load->problems->items.n) {
		const struct place place = { .file = folder->path,
					     .line = 1,
					     .col = 1 };

		problem_add(
			load->problems, &place,
			folder->files.n
				? "no manifests: the files hold no document"
				: "no manifests: the folder holds no *.yaml "
				  "or *.yml file");
	}
	return 0;
}

static bool same_text(const struct value *a, const struct value *b)
{
	return a->text && b->text ? str_eq(a->text, b->text)
				  : a->text == b->text;
}

/* A group before this one that has read the same; or NULL. */
static const struct draft_group *read_before(const struct load *load,
					     const struct draft_group *group)
{
	const struct draft_group *other = load->drafts.groups.items;

	for (; other < group; other++) {
		if (other->inventory_path &&
		    str_eq(other->inventory_path, group->inventory_path) &&
		    !other->spec.inventory.csv.text ==
			    !group->spec.inventory.csv.text &&
		    same_text(&other->spec.inventory.group,
			      &group->spec.inventory.group))
			return other;
	}
	return NULL;
}

/* Beside the manifest that names it. A single manifest that was named is
 * shown with its folder, and so is the file. */
static int find_inventory(struct load *load, const struct folder *folder,
			  const struct value *named, struct draft_group *group,
			  const char **ret_below)
{
	const char *manifest = named->place.file;
	const char *slash = strrchr(manifest, '/');

	group->inventory_path = arena_printf(
		&load->desired->arena, "%.*s%s",
		slash ? (int)(slash + 1 - manifest) : 0, manifest, named->text);
	*ret_below = folder->name ? named->text : group->inventory_path;
	return group->inventory_path ? 0 : -ERR_NOMEM;
}

static int read_inventory(struct load *load, const struct folder *folder,
			  struct draft_group *group, const char *below,
			  struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(arena_done) struct arena scratch = { 0 };
	const struct value *csv = &group->spec.inventory.csv;
	const struct value *named =
		csv->text ? csv : &group->spec.inventory.ansible;
	const struct folder_file file = { .path = below,
					  .place = named->place,
					  .max_bytes = TREE_LARGE_BYTES_MAX };
	struct inventory inventory = {
		.arena = &load->desired->arena,
		.scratch = &scratch,
		.problems = load->problems,
		.drafts = &load->drafts,
		.file = group->inventory_path,
	};
	int rc;

	buf_init(&text, TREE_LARGE_BYTES_MAX + 2);
	arena_init(&scratch, FILE_ARENA_BYTES);
	if (!folder_read_named(folder, &file, load->problems, &text)) {
		load->drafts.incomplete = true;
		return 0;
	}
	rc = add_digest(load, below, &text, err);
	if (rc == 0)
		rc = csv->text ? inventory_csv(&inventory, &text)
			       : inventory_ansible(
					 &inventory, &text,
					 group->spec.inventory.group.text,
					 &named->place);
	group->listed = (struct span){ .items = inventory.names.items,
				       .n = inventory.names.n };
	return rc;
}

static int take_inventory(struct load *load, const struct folder *folder,
			  struct draft_group *group, struct err *err)
{
	const struct value *csv = &group->spec.inventory.csv;
	const struct value *ansible = &group->spec.inventory.ansible;
	const struct value *unused = &group->spec.inventory.group;
	const struct draft_group *before;
	const char *below;
	int rc;

	if (!csv->text && !ansible->text)
		return 0;
	if (csv->text && unused->text)
		problem_add(load->problems, &unused->place,
			    "a CSV file has no groups; leave group out, or "
			    "select by a column: selector: {matchLabels: "
			    "{COLUMN: VALUE}} in another ResourceGroup");
	rc = find_inventory(load, folder, csv->text ? csv : ansible, group,
			    &below);
	if (rc < 0)
		return rc;
	before = read_before(load, group);
	if (!before)
		return read_inventory(load, folder, group, below, err);
	group->listed = before->listed;
	return 0;
}

static int take_inventories(struct load *load, const struct folder *folder,
			    struct err *err)
{
	CLEANUP(arena_done) struct arena scratch = { 0 };
	struct draft_group *group;
	int rc = 0;

	arena_init(&scratch, SCRATCH_ARENA_BYTES);
	array_foreach(group, &load->drafts.groups) {
		if (rc == 0)
			rc = take_inventory(load, folder, group, err);
	}
	if (rc == 0)
		rc = inventory_merge(&load->drafts, &load->desired->arena,
				     &scratch, load->problems);
	return rc < 0 ? err_set(err, rc, "reading the inventories") : 0;
}

static int take_digest(struct load *load, struct err *err)
{
	const struct digest_part part = { .bytes = buf_text(&load->digests),
					  .len = load->digests.len };
	uint8_t digest[DIGEST_BYTES];
	int rc = buf_check(&load->digests, err);

	if (rc == 0)
		rc = digest_sha256(&part, 1, digest, err);
	if (rc == 0)
		digest_hex(digest, sizeof(digest), load->desired->digest);
	return rc;
}

static int run_checks(struct load *load, const struct config *config,
		      struct err *err)
{
	CLEANUP(arena_done) struct arena scratch = { 0 };
	struct check check = { .config = config,
			       .drafts = &load->drafts,
			       .desired = load->desired,
			       .scratch = &scratch,
			       .zones = { .folder = ZONES_FOLDER,
					  .arena = &load->desired->arena,
					  .scratch = &scratch },
			       .problems = load->problems };
	int rc;

	arena_init(&scratch, SCRATCH_ARENA_BYTES);
	rc = check_all(&check);
	return rc < 0 ? err_set(err, rc, "checking the manifests") : 0;
}

int manifest_load(const char *path, const struct config *config,
		  struct desired *ret, struct problems *problems,
		  struct err *err)
{
	CLEANUP(folder_close) struct folder folder = { .fd = -1 };
	struct load load = { .desired = ret, .problems = problems };
	int rc;

	rc = folder_open(path, &ret->arena, problems, &folder, err);
	if (rc < 0)
		return rc;
	buf_init(&load.digests, DIGESTS_MAX);
	rc = take_files(&load, &folder, err);
	if (rc == 0)
		rc = take_inventories(&load, &folder, err);
	if (rc == 0)
		rc = take_digest(&load, err);
	buf_done(&load.digests);
	if (rc == 0)
		rc = run_checks(&load, config, err);
	if (rc < 0)
		return rc;
	return problems_finish(problems, -ERR_MANIFEST, path, err);
}
