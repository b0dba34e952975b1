/* select.c - see select.h. */
#include "reconciler/cmd/select.h"

#include "reconciler/core/str.h"

#include <string.h>

/* clang-format off */
static const struct {
	const char *flag;
	const char *exclude;
	const char *noun;
} kinds[PICK_COUNT] = {
	[PICK_SERVER] = { "--server", "--exclude-server", "Server" },
	[PICK_GROUP] = { "--group", "--exclude-group", "ResourceGroup" },
	[PICK_LABEL] = { "--label", "--label", "Server" },
	[PICK_POOL] = { "--pool", "--exclude-pool", "pool" },
	[PICK_ACCOUNT] = { "--account", "--exclude-account", "Account" },
};
/* clang-format on */

const char *select_flag(const struct pick *pick)
{
	return pick->exclude ? kinds[pick->kind].exclude
			     : kinds[pick->kind].flag;
}

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "selecting servers");
}

ARRAY_TYPE(names, const char *);

static bool push_labels(const struct server *server, struct arena *arena,
			struct names *ret)
{
	const struct label *label;

	array_foreach(label, &server->labels) {
		const char *text =
			arena_printf(arena, "%s=%s", label->key, label->value);

		if (!text || !array_push(arena, ret, text))
			return false;
	}
	return true;
}

static bool push_pools(const struct binding *binding, struct arena *arena,
		       struct names *ret)
{
	const struct named_pool *pool;

	array_foreach(pool, &binding->pools) {
		if (!array_push(arena, ret, pool->name))
			return false;
	}
	return true;
}

/* The name of one that has one name; NULL = there are no more. */
static const char *name_at(const struct desired *desired, enum pick_kind kind,
			   size_t i)
{
	if (kind == PICK_SERVER && i < desired->servers.n)
		return desired->servers.items[i].name;
	if (kind == PICK_GROUP && i < desired->groups.n)
		return desired->groups.items[i].name;
	if (kind == PICK_ACCOUNT && i < desired->accounts.n)
		return desired->accounts.items[i].name;
	return NULL;
}

static bool push_names(const struct desired *desired, enum pick_kind kind,
		       struct arena *arena, struct names *ret)
{
	const char *name;
	bool ok = true;

	for (size_t i = 0; ok && (name = name_at(desired, kind, i)); i++)
		ok = array_push(arena, ret, name);
	for (size_t i = 0; ok && kind == PICK_LABEL && i < desired->servers.n;
	     i++)
		ok = push_labels(&desired->servers.items[i], arena, ret);
	for (size_t i = 0; ok && kind == PICK_POOL && i < desired->bindings.n;
	     i++)
		ok = push_pools(&desired->bindings.items[i], arena, ret);
	return ok;
}

const char **select_names(const struct desired *desired, enum pick_kind kind,
			  struct arena *arena)
{
	struct names names = { 0 };

	if (!push_names(desired, kind, arena, &names) ||
	    !array_push(arena, &names, NULL))
		return NULL;
	return names.items;
}

bool select_may_be_pool(const struct binding *binding, const char *pattern)
{
	const struct named_pool *pool;

	if (binding->follow)
		return true;
	array_foreach(pool, &binding->pools) {
		if (str_glob_match(pattern, pool->name) ||
		    (pool->glob && (str_is_glob(pattern) ||
				    str_glob_match(pool->name, pattern))))
			return true;
	}
	return false;
}

static bool names_something(const struct desired *desired,
			    const struct pick *pick, const char *const names[])
{
	const struct binding *binding;

	for (size_t i = 0; names[i]; i++)
		if (pick->kind == PICK_LABEL
			    ? str_eq(names[i], pick->pattern)
			    : str_glob_match(pick->pattern, names[i]))
			return true;
	if (pick->kind != PICK_POOL)
		return false;
	array_foreach(binding, &desired->bindings) {
		if (select_may_be_pool(binding, pick->pattern))
			return true;
	}
	return false;
}

static int check_pick(const struct pick *pick, const struct desired *desired,
		      struct arena *arena, struct err *err)
{
	const char **names = select_names(desired, pick->kind, arena);
	const char *near;

	if (!names)
		return no_memory(err);
	if (names_something(desired, pick, names))
		return 0;
	near = str_nearest(pick->pattern, names);
	return err_set(err, -ERR_USAGE,
		       "%s %s: no %s of the manifests has that %s%s%s%s",
		       select_flag(pick), pick->pattern, kinds[pick->kind].noun,
		       pick->kind == PICK_LABEL ? "label" : "name",
		       near ? "; did you mean " : "", near ? near : "",
		       near ? "?"
		       : pick->kind == PICK_LABEL
			       ? ""
			       : "; lockstep graph shows all");
}

static bool group_has(const struct resource_group *group, size_t server)
{
	const size_t *member;

	array_foreach(member, &group->servers) {
		if (*member == server)
			return true;
	}
	return false;
}

static bool has_label(const struct server *server, const char *text)
{
	const size_t key_len = strcspn(text, "=");
	const struct label *label;

	array_foreach(label, &server->labels) {
		if (strlen(label->key) == key_len &&
		    strncmp(label->key, text, key_len) == 0 &&
		    str_eq(label->value, text + key_len + 1))
			return true;
	}
	return false;
}

/* Does a pick of servers, groups or labels mean the server? */
static bool means_server(const struct pick *pick, const struct desired *desired,
			 size_t server)
{
	const struct resource_group *group;

	if (pick->kind == PICK_SERVER)
		return str_glob_match(pick->pattern,
				      desired->servers.items[server].name);
	if (pick->kind == PICK_LABEL)
		return has_label(&desired->servers.items[server],
				 pick->pattern);
	array_foreach(group, &desired->groups) {
		if (str_glob_match(pick->pattern, group->name) &&
		    group_has(group, server))
			return true;
	}
	return false;
}

/* Of --server and of --group, one that means it is enough. */
static bool is_selected(const struct options *options,
			const struct desired *desired, size_t server)
{
	bool asked[PICK_COUNT] = { false };
	bool meant[PICK_COUNT] = { false };

	for (size_t i = 0; i < options->n_picks; i++) {
		const struct pick *pick = &options->picks[i];
		bool means;

		if (pick->kind > PICK_LABEL)
			continue;
		means = means_server(pick, desired, server);
		if (pick->exclude ? means : pick->kind == PICK_LABEL && !means)
			return false;
		if (pick->exclude)
			continue;
		asked[pick->kind] = true;
		meant[pick->kind] = meant[pick->kind] || means;
	}
	return asked[PICK_SERVER] == meant[PICK_SERVER] &&
	       asked[PICK_GROUP] == meant[PICK_GROUP];
}

/* Can one of its pools be selected? */
static bool binding_may(const struct context *context,
			const struct binding *binding)
{
	const struct selection *selection = &context->selection;
	const struct selection accounts = {
		.accounts = selection->accounts,
		.exclude_accounts = selection->exclude_accounts,
	};
	const char *account =
		binding->account == SIZE_MAX
			? ""
			: context->desired.accounts.items[binding->account].name;
	const char *const *pattern;

	if (!selection_takes(&accounts, "", account))
		return false;
	array_foreach(pattern, &selection->pools) {
		if (select_may_be_pool(binding, *pattern))
			return true;
	}
	return selection->pools.n == 0;
}

static int add_server(struct context *context, size_t server, struct err *err)
{
	const struct desired *desired = &context->desired;
	struct index_array bindings = { 0 };
	const size_t *binding;

	if (desired_bindings_of(desired, server, &context->arena, &bindings))
		return no_memory(err);
	array_foreach(binding, &bindings) {
		if (!binding_may(context, &desired->bindings.items[*binding]))
			continue;
		return array_push(&context->arena, &context->scope, server)
			       ? 0
			       : no_memory(err);
	}
	return 0;
}

static struct text_array *list_of(struct selection *selection,
				  const struct pick *pick)
{
	if (pick->kind == PICK_POOL)
		return pick->exclude ? &selection->exclude_pools
				     : &selection->pools;
	if (pick->kind == PICK_ACCOUNT)
		return pick->exclude ? &selection->exclude_accounts
				     : &selection->accounts;
	return NULL;
}

static void put_patterns(struct buf *out, const char *before,
			 const struct text_array *patterns)
{
	for (size_t i = 0; i < patterns->n; i++) {
		buf_puts(out, i ? ", " : before);
		str_put_plain(out, patterns->items[i]);
	}
}

/* "2 of 40 servers, pools Orders*" */
static int describe(struct context *context, struct err *err)
{
	const struct selection *selection = &context->selection;
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, 65536);
	buf_printf(&text, "%zu of %zu server%s", context->scope.n,
		   context->desired.servers.n,
		   context->desired.servers.n == 1 ? "" : "s");
	put_patterns(&text, "; pools ", &selection->pools);
	put_patterns(&text, "; not pools ", &selection->exclude_pools);
	put_patterns(&text, "; accounts ", &selection->accounts);
	put_patterns(&text, "; not accounts ", &selection->exclude_accounts);
	context->selected = arena_strdup(&context->arena, buf_text(&text));
	return context->selected && !text.failed ? 0 : no_memory(err);
}

int select_scope(const struct options *options, struct context *context,
		 struct err *err)
{
	int rc = 0;

	for (size_t i = 0; !rc && i < options->n_picks; i++) {
		const struct pick *pick = &options->picks[i];
		struct text_array *list = list_of(&context->selection, pick);

		rc = check_pick(pick, &context->desired, &context->arena, err);
		if (!rc && list &&
		    !array_push(&context->arena, list, pick->pattern))
			rc = no_memory(err);
	}
	for (size_t i = 0; !rc && i < context->desired.servers.n; i++)
		if (is_selected(options, &context->desired, i))
			rc = add_server(context, i, err);
	if (rc)
		return rc;
	if (context->scope.n == 0)
		return options->n_picks
			       ? err_set(err, -ERR_USAGE,
					 "no AppPoolBinding names a pool on the selected servers: nothing would be looked at")
			       : err_set(err, -ERR_MANIFEST,
					 "no AppPoolBinding names a pool on any server: nothing would be looked at");
	return options->n_picks ? describe(context, err) : 0;
}

static bool plan_has_pool(const struct plan *plan, const char *pattern)
{
	const struct unmanaged *unmanaged;
	const struct standing *standing;
	const struct change *change;

	array_foreach(change, &plan->changes) {
		if (str_glob_match(pattern, change->pool))
			return true;
	}
	array_foreach(standing, &plan->standing) {
		if (str_glob_match(pattern, standing->pool))
			return true;
	}
	array_foreach(unmanaged, &plan->unmanaged) {
		if (str_glob_match(pattern, unmanaged->pool))
			return true;
	}
	return false;
}

int select_check_pools(const struct options *options, const struct plan *plan,
		       struct err *err)
{
	const struct plan_server *server;

	array_foreach(server, &plan->servers) {
		if (!server->read)
			return 0; /* it may be there */
	}
	for (size_t i = 0; i < options->n_picks; i++) {
		const struct pick *pick = &options->picks[i];

		if (pick->kind == PICK_POOL && !pick->exclude &&
		    !plan_has_pool(plan, pick->pattern))
			return err_set(err, -ERR_USAGE,
				       "--pool %s: no pool of that name is "
				       "declared for what was read on the "
				       "selected servers",
				       pick->pattern);
	}
	return 0;
}
