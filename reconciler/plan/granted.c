/* granted.c - may lockstep have this pool, now that the server was asked? What
 * only its answer makes necessary is held back there: one server that says
 * something odd must not refuse the plan of all others. */
#include "reconciler/model/grant.h"
#include "reconciler/plan/view.h"

struct need {
	const char *right; /* in words */
	const char *allow; /* what a line must say */
	unsigned bits;
};

static struct need need_of(const struct view *view)
{
	const struct need builtin = { "identity", "builtin", GRANT_BUILTIN };
	const struct need gmsa = { "identity", "identity", GRANT_IDENTITY };
	const struct need moves = { "identity", "password, identity",
				    GRANT_PASSWORD | GRANT_IDENTITY };
	const struct need password = { "password", "password", GRANT_PASSWORD };

	if (!view->account)
		return builtin;
	if (view->account->type != ACCOUNT_USER)
		return gmsa;
	return view_runs_as_declared(view) ? password : moves;
}

static const char *follow_text(const struct view *view, struct arena *arena)
{
	return arena_printf(arena,
			    "no grant lets it be followed; it needs this line "
			    "under grants in %s: {accounts: ['%s'], servers: "
			    "['%s'], pools: ['%s'], allow: [password, "
			    "follow]}",
			    view->look->input->config->path, view->shown,
			    view->look->server->host, view->pool->name);
}

static const char *need_text(const struct view *view, const struct need *need,
			     struct arena *arena)
{
	const struct binding *binding = view->binding;
	const struct place *place =
		view->declared->pool < binding->pools.n
			? &binding->pools.items[view->declared->pool].place
			: &binding->place;

	return arena_printf(
		arena,
		"no grant allows the %s of %s there (%s:%u, binding "
		"%s); it needs this line under grants in %s: "
		"{accounts: ['%s'], servers: ['%s'], pools: "
		"['%s'], allow: [%s]}",
		need->right, view->shown, place->file, place->line,
		binding->name, view->look->input->config->path, view->shown,
		view->look->server->host, view->pool->name, need->allow);
}

int granted_barrier(const struct view *view, struct arena *arena,
		    const char **ret, struct err *err)
{
	const struct config *config = view->look->input->config;
	const bool follows = view->declared->how == DECLARED_FOLLOW;
	struct need need = need_of(view);

	*ret = NULL;
	if (follows)
		need.bits = GRANT_PASSWORD | GRANT_FOLLOW;
	/* What was named was looked up before anything was sent, but for what
	 * nobody could know: that it runs as somebody else. */
	if (view->declared->how == DECLARED_NAME &&
	    need.bits != (GRANT_PASSWORD | GRANT_IDENTITY))
		return 0;
	if (grant_allows(config, view->shown, view->look->server->host,
			 view->pool->name, need.bits))
		return 0;
	*ret = follows ? follow_text(view, arena)
		       : need_text(view, &need, arena);
	return *ret ? 0 : view_no_memory(err);
}
