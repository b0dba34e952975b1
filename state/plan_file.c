/* plan_file.c - reading a saved plan: one row after the other, each in its
 * place; see plan_file.h. */
#include "state/plan_file.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"
#include "reconciler/sys/file.h"
#include "state/plan_reader.h"
#include "state/plan_rows.h"

#include <string.h>

#define ROWS_MAX        4000000
#define VALUE_BYTES_MAX 65536

/* The HMAC stands in a last line of its own; where that begins. */
static size_t find_end(const char *text, size_t len)
{
	size_t at = len;

	if (at && text[at - 1] == '\n')
		at--;
	while (at && text[at - 1] != '\n')
		at--;
	return at;
}

static int read_end(struct reader *r, struct plan_file *file)
{
	if (reader_row(r, PLAN_ROW_END) == NULL)
		return reader_fail(r, "its last row is not the seal");
	if (record_hex(r->row, "seal", file->seal, sizeof(file->seal), r->err))
		return -ERR_PLAN_FILE;
	r->next++;
	return r->next == r->list.n ? 0
				    : reader_fail(r, "rows follow its seal");
}

static int read_all(struct reader *r, struct plan_file *file)
{
	int rc = reader_head(r, file);

	if (!rc)
		rc = reader_catalog(r, file);
	if (!rc)
		rc = reader_servers(r, file);
	if (!rc)
		rc = reader_changes(r, file);
	if (!rc)
		rc = reader_standing(r, file);
	if (!rc)
		rc = reader_rest(r, file);
	return rc ? rc : read_end(r, file);
}

int plan_file_parse(const char *text, size_t len, struct arena *arena,
		    struct plan_file *ret, struct err *err)
{
	static const struct record_limits limits = { ROWS_MAX,
						     VALUE_BYTES_MAX };
	struct reader r = { .arena = arena, .err = err };
	struct plan_file file = { .text = text,
				  .sealed_bytes = find_end(text, len),
				  .plan = { .arena = arena } };
	struct err why = { 0 };
	int rc = records_decode(arena, plan_rows, &limits, text, len, &r.list,
				&why);

	if (rc == -ERR_NOMEM)
		return err_set(err, rc, "%s", why.what);
	if (rc < 0)
		return err_set(err, -ERR_PLAN_FILE,
			       "it is no saved plan, or damaged: %s", why.what);
	r.err = &why;
	rc = read_all(&r, &file);
	if (rc == -ERR_NOMEM)
		return err_set(err, rc, "reading a saved plan");
	if (rc < 0)
		return err_set(err, -ERR_PLAN_FILE,
			       "it is no saved plan, or damaged: %s", why.what);
	*ret = file;
	return 0;
}

int plan_file_read(const char *path, struct arena *arena, struct plan_file *ret,
		   struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const char *copy;
	int rc;

	buf_init(&text, PLAN_FILE_BYTES_MAX);
	rc = file_read(path, FILE_ANY, PLAN_FILE_BYTES_MAX, &text, err);
	if (rc < 0)
		return rc;
	copy = arena_strndup(arena, buf_text(&text), text.len);
	if (!copy)
		return err_set(err, -ERR_NOMEM, "reading %s", path);
	rc = plan_file_parse(copy, text.len, arena, ret, err);
	return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

int plan_file_check(const struct plan_file *file, const struct secret *key,
		    struct err *err)
{
	const struct digest_part part = { file->text, file->sealed_bytes };
	uint8_t seal[DIGEST_BYTES];
	int rc = digest_hmac(secret_bytes(key), secret_len(key), &part, 1, seal,
			     err);

	if (rc < 0)
		return rc;
	if (!digest_eq(seal, file->seal, sizeof(seal)))
		return err_set(err, -ERR_PLAN_FILE,
			       "it was edited, or another controller made it: "
			       "its seal is not of this one");
	return 0;
}

/* ---- in terms of other manifests ----------------------------------------- */

/* Where each of the plan's stands in the manifests' list, or SIZE_MAX. */
struct match {
	struct arena *arena;
	size_t *accounts;
	size_t *groups;
	size_t *bindings;
	size_t *servers;
	const char *missing; /* the first that is not there */
};

/* A list of structs that begin with their name. */
struct names {
	const void *items;
	size_t n;
	size_t size;
};

#define NAMES(array)                                                \
	(struct names)                                              \
	{                                                           \
		(array)->items, (array)->n, sizeof(*(array)->items) \
	}

static const char *name_at(const struct names *names, size_t at)
{
	const char *item = (const char *)names->items + at * names->size;
	const char *name;

	memcpy(&name, item, sizeof(name));
	return name;
}

static size_t find_name(const struct names *names, const char *name)
{
	for (size_t i = 0; i < names->n; i++)
		if (str_eq(name_at(names, i), name))
			return i;
	return SIZE_MAX;
}

/* NULL = no memory. */
static size_t *match_list(struct match *match, struct names ours,
			  struct names theirs)
{
	size_t *places =
		arena_alloc(match->arena, (ours.n + 1) * sizeof(*places));

	for (size_t i = 0; places && i < ours.n; i++) {
		places[i] = find_name(&theirs, name_at(&ours, i));
		if (places[i] == SIZE_MAX && !match->missing)
			match->missing = name_at(&ours, i);
	}
	return places;
}

static int match_names(struct match *match, const struct desired *ours,
		       const struct desired *theirs, struct err *err)
{
	match->accounts = match_list(match, NAMES(&ours->accounts),
				     NAMES(&theirs->accounts));
	match->groups =
		match_list(match, NAMES(&ours->groups), NAMES(&theirs->groups));
	match->bindings = match_list(match, NAMES(&ours->bindings),
				     NAMES(&theirs->bindings));
	match->servers = match_list(match, NAMES(&ours->servers),
				    NAMES(&theirs->servers));
	if (!match->accounts || !match->groups || !match->bindings ||
	    !match->servers)
		return err_set(err, -ERR_NOMEM, "reading a saved plan");
	if (match->missing)
		return err_set(err, -ERR_PLAN_FILE,
			       "it names %s, which the manifests do not",
			       match->missing);
	return 0;
}

/* Nothing of the plan may go to another account or server than it names. */
static int match_values(const struct match *match, const struct plan_file *file,
			const struct desired *desired, struct err *err)
{
	const struct server *server;
	const struct binding *binding;

	array_foreach(server, &file->desired.servers) {
		size_t at = (size_t)(server - file->desired.servers.items);

		if (!str_eq(server->key,
			    desired->servers.items[match->servers[at]].key))
			return err_set(err, -ERR_PLAN_FILE,
				       "server %s is another one there",
				       server->name);
	}
	array_foreach(binding, &file->desired.bindings) {
		size_t at = (size_t)(binding - file->desired.bindings.items);
		const struct binding *theirs =
			&desired->bindings.items[match->bindings[at]];
		size_t account = binding->account == SIZE_MAX
					 ? SIZE_MAX
					 : match->accounts[binding->account];

		if (theirs->account != account ||
		    theirs->identity != binding->identity)
			return err_set(err, -ERR_PLAN_FILE,
				       "binding %s is of another identity "
				       "there",
				       binding->name);
	}
	return 0;
}

static size_t moved(const size_t *places, size_t index)
{
	return index == SIZE_MAX ? SIZE_MAX : places[index];
}

static bool copy_changes(const struct match *match, const struct plan *plan,
			 struct plan *ret)
{
	const struct plan_server *server;
	const struct change *change;

	array_foreach(server, &plan->servers) {
		struct plan_server item = *server;

		item.server = match->servers[server->server];
		item.group = moved(match->groups, server->group);
		if (!array_push(match->arena, &ret->servers, item))
			return false;
	}
	array_foreach(change, &plan->changes) {
		struct change item = *change;

		item.server = match->servers[change->server];
		item.binding = match->bindings[change->binding];
		item.account = moved(match->accounts, change->account);
		if (!array_push(match->arena, &ret->changes, item))
			return false;
	}
	return true;
}

static bool copy_rest(const struct match *match, const struct plan *plan,
		      struct plan *ret)
{
	const struct standing *standing;
	const struct unmanaged *unmanaged;
	const struct plan_note *note;

	array_foreach(standing, &plan->standing) {
		struct standing item = *standing;

		item.server = match->servers[standing->server];
		item.binding = match->bindings[standing->binding];
		if (!array_push(match->arena, &ret->standing, item))
			return false;
	}
	array_foreach(unmanaged, &plan->unmanaged) {
		struct unmanaged item = *unmanaged;

		item.server = match->servers[unmanaged->server];
		if (!array_push(match->arena, &ret->unmanaged, item))
			return false;
	}
	array_foreach(note, &plan->notes) {
		struct plan_note item = *note;

		item.server = moved(match->servers, note->server);
		item.binding = moved(match->bindings, note->binding);
		if (!array_push(match->arena, &ret->notes, item))
			return false;
	}
	return true;
}

int plan_file_match(const struct plan_file *file, const struct desired *desired,
		    struct arena *arena, struct plan *ret, struct err *err)
{
	struct match match = { .arena = arena };
	struct plan plan = { .arena = arena, .n_waves = file->plan.n_waves };
	int rc = match_names(&match, &file->desired, desired, err);

	if (!rc)
		rc = match_values(&match, file, desired, err);
	if (rc < 0)
		return rc;
	if (!copy_changes(&match, &file->plan, &plan) ||
	    !copy_rest(&match, &file->plan, &plan))
		return err_set(err, -ERR_NOMEM, "reading a saved plan");
	*ret = plan;
	return 0;
}
