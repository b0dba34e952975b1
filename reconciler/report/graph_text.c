/* graph_text.c - what is declared, as people read it, and for Graphviz. */
#include "reconciler/core/str.h"
#include "reconciler/report/claims.h"
#include "reconciler/report/text.h"

#include <inttypes.h>
#include <string.h>

struct writer {
	const struct report_context *context;
	const struct claims *claims;
	struct buf *out;
	size_t width; /* of the names of servers */
};

static const struct desired *desired_of(const struct writer *w)
{
	return w->context->desired;
}

static void put_place(struct buf *out, const struct place *place)
{
	buf_puts(out, " (");
	str_put_plain(out, place->file);
	buf_printf(out, ":%u)", place->line);
}

static void put_names(struct buf *out, const struct named_pool_array *pools)
{
	const struct named_pool *pool;
	const char *before = "";

	array_foreach(pool, pools) {
		buf_puts(out, before);
		str_put_plain(out, pool->name);
		before = ", ";
	}
}

static void put_identity(const struct writer *w, const struct binding *binding)
{
	const struct account *account;

	buf_puts(w->out, "  identity  ");
	claim_put_identity(w->context, binding, w->out);
	if (binding->account == SIZE_MAX) {
		buf_puts(w->out, ", which has no password\n");
		return;
	}
	account = &desired_of(w)->accounts.items[binding->account];
	buf_printf(w->out, ", Account %s", account->name);
	put_place(w->out, &account->place);
	if (account->type == ACCOUNT_GMSA)
		buf_puts(w->out, ", whose password Windows keeps");
	else if (account->secret < w->context->config->secrets.n)
		buf_printf(
			w->out, ", password from secret %s",
			w->context->config->secrets.items[account->secret].name);
	buf_putc(w->out, '\n');
}

static void put_pools(const struct writer *w, const struct binding *binding)
{
	if (binding->follow)
		buf_puts(w->out, "  follows   each pool that is found running "
				 "as it");
	else
		buf_puts(w->out, "  pools     ");
	put_names(w->out, &binding->pools);
	buf_putc(w->out, '\n');
	if (!binding->exclude.n)
		return;
	buf_puts(w->out, "  but not   ");
	put_names(w->out, &binding->exclude);
	buf_putc(w->out, '\n');
}

/* The claims of a binding on a server that no grant covers. */
static void put_gaps(const struct writer *w, size_t server, size_t binding)
{
	const char *before = "  no grant: ";
	size_t i;

	for (i = w->claims->first[server]; i < w->claims->first[server + 1];
	     i++) {
		const struct claim *claim = &w->claims->items.items[i];

		if (claim->binding != binding || claim->granted)
			continue;
		buf_puts(w->out, before);
		str_put_plain(w->out, claim->how == DECLARED_FOLLOW
					      ? "what it follows"
					      : claim->pool);
		before = ", ";
	}
}

static bool is_claimed(const struct writer *w, size_t server, size_t binding)
{
	size_t i;

	for (i = w->claims->first[server]; i < w->claims->first[server + 1];
	     i++) {
		if (w->claims->items.items[i].binding == binding)
			return true;
	}
	return false;
}

static void put_group(const struct writer *w, size_t group, size_t binding)
{
	const struct resource_group *item = &desired_of(w)->groups.items[group];
	const struct rollout *rollout = &item->rollout;
	const size_t *index;

	buf_printf(w->out, "  group     %s", item->name);
	put_place(w->out, &item->place);
	buf_puts(w->out, ": ");
	text_count(w->out, item->servers.n, "server");
	buf_printf(w->out, ", canary %" PRIu32 ", batches of ",
		   rollout->canary);
	if (rollout->batch_percent)
		buf_printf(w->out, "%" PRIu32 "%%", rollout->batch_percent);
	else
		buf_printf(w->out, "%" PRIu32, rollout->batch_servers);
	buf_printf(w->out, ", stops at %" PRIu32 " failed\n",
		   rollout->max_failures);
	array_foreach(index, &item->servers) {
		const struct server *server =
			&desired_of(w)->servers.items[*index];

		if (!is_claimed(w, *index, binding))
			continue;
		buf_printf(w->out, "    %-*s  %s", (int)w->width, server->name,
			   server->key);
		put_gaps(w, *index, binding);
		buf_putc(w->out, '\n');
	}
}

static void put_binding(const struct writer *w, size_t index)
{
	const struct binding *binding = &desired_of(w)->bindings.items[index];
	const size_t *group;

	text_colour(w->context, w->out, COLOUR_BOLD);
	buf_puts(w->out, binding->name);
	text_plain(w->context, w->out);
	put_place(w->out, &binding->place);
	buf_putc(w->out, '\n');
	put_identity(w, binding);
	put_pools(w, binding);
	array_foreach(group, &binding->groups)
		put_group(w, *group, index);
	buf_putc(w->out, '\n');
}

static void put_summary(const struct writer *w)
{
	const struct claim *claim;
	size_t gaps = 0;

	array_foreach(claim, &w->claims->items)
		gaps += !claim->granted;
	text_count(w->out, desired_of(w)->bindings.n, "binding");
	buf_puts(w->out, ", ");
	text_count(w->out, desired_of(w)->servers.n, "server");
	if (!w->claims->grants_known)
		buf_puts(w->out, ". Grants were not looked at: there is no "
				 "configuration.\n");
	else if (!gaps)
		buf_puts(w->out, ". Each has a grant.\n");
	else
		buf_printf(w->out,
			   ". A grant is missing in %zu place%s: lockstep plan "
			   "--offline names each line.\n",
			   gaps, gaps == 1 ? "" : "s");
}

static bool any_claim(const struct claims *claims, size_t binding)
{
	const struct claim *claim;

	array_foreach(claim, &claims->items) {
		if (claim->binding == binding)
			return true;
	}
	return false;
}

int graph_print(const struct report_context *context,
		const struct claims *claims, struct buf *out, struct err *err)
{
	struct writer w = { .context = context, .claims = claims, .out = out };
	const struct claim *claim;
	size_t i;

	array_foreach(claim, &claims->items) {
		size_t width = strlen(
			context->desired->servers.items[claim->server].name);

		w.width = width > w.width ? width : w.width;
	}
	for (i = 0; i < context->desired->bindings.n; i++) {
		if (any_claim(claims, i))
			put_binding(&w, i);
	}
	put_summary(&w);
	return buf_check(out, err);
}

/* ---- Graphviz ---- */

/* In quotes; names hold neither quotes nor backslashes, pools may. */
static void put_node(struct buf *out, const char *kind, const char *name)
{
	buf_printf(out, "\"%s ", kind);
	for (; *name; name++) {
		if (strchr("\"\\", *name))
			buf_putc(out, '\\');
		buf_putc(out, *name);
	}
	buf_putc(out, '"');
}

static void put_edges(const struct report_context *context, size_t index,
		      struct buf *out)
{
	const struct desired *desired = context->desired;
	const struct binding *binding = &desired->bindings.items[index];
	CLEANUP(buf_done) struct buf identity = { 0 };
	const size_t *group;

	buf_init(&identity, 1024);
	claim_put_identity(context, binding, &identity);
	buf_follow(out, &identity);
	buf_puts(out, "  ");
	put_node(out, "identity", buf_text(&identity));
	buf_puts(out, " -> ");
	put_node(out, "binding", binding->name);
	buf_puts(out, ";\n");
	array_foreach(group, &binding->groups) {
		buf_puts(out, "  ");
		put_node(out, "binding", binding->name);
		buf_puts(out, " -> ");
		put_node(out, "group", desired->groups.items[*group].name);
		buf_puts(out, ";\n");
	}
}

static void put_servers(const struct desired *desired, size_t group,
			struct buf *out)
{
	const struct resource_group *item = &desired->groups.items[group];
	const size_t *server;

	array_foreach(server, &item->servers) {
		buf_puts(out, "  ");
		put_node(out, "group", item->name);
		buf_puts(out, " -> ");
		put_node(out, "server", desired->servers.items[*server].name);
		buf_puts(out, ";\n");
	}
}

/* A pool that lacks its grant is red. */
static void put_claims(const struct report_context *context,
		       const struct claims *claims, struct buf *out)
{
	const struct desired *desired = context->desired;
	const struct claim *claim;

	array_foreach(claim, &claims->items) {
		CLEANUP(buf_done) struct buf pool = { 0 };

		buf_init(&pool, 4096);
		buf_printf(&pool, "%s/",
			   desired->servers.items[claim->server].name);
		str_put_plain(&pool, claim->how == DECLARED_FOLLOW
					     ? "(what is found)"
					     : claim->pool);
		buf_follow(out, &pool);
		buf_puts(out, "  ");
		put_node(out, "server",
			 desired->servers.items[claim->server].name);
		buf_puts(out, " -> ");
		put_node(out, "pool", buf_text(&pool));
		buf_puts(out, claim->granted ? ";\n" : " [color=red];\n");
	}
}

int graph_dot(const struct report_context *context, const struct claims *claims,
	      struct buf *out, struct err *err)
{
	size_t i;

	buf_puts(out, "digraph lockstep {\n  rankdir=LR;\n  node "
		      "[shape=box];\n");
	for (i = 0; i < context->desired->bindings.n; i++) {
		if (any_claim(claims, i))
			put_edges(context, i, out);
	}
	for (i = 0; i < context->desired->groups.n; i++)
		put_servers(context->desired, i, out);
	put_claims(context, claims, out);
	buf_puts(out, "}\n");
	return buf_check(out, err);
}
