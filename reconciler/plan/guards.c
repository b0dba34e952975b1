/* guards.c - what the configuration does not allow, as refusals. */
#include "reconciler/plan/guards.h"

#include "reconciler/core/str.h"
#include "reconciler/model/grant.h"
#include "reconciler/model/identity.h"

#include <inttypes.h>

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "checking what is allowed");
}

/* text NULL = it could not be allocated. */
static int refuse(struct arena *arena, struct refusal_array *ret, int code,
		  const char *text, struct err *err)
{
	struct refusal refusal = { .code = code, .text = text };

	if (!text || !array_push(arena, ret, refusal))
		return no_memory(err);
	return 0;
}

/* One pool that may need a right. */
struct asked {
	const struct config *config;
	const struct server *server;
	const struct binding *binding;
	const char *account; /* as identity_show() */
	const struct place *place;
	const char *pool;
	const char *right;
	unsigned bit;
	bool glob; /* any pool of the server: which ones is not known yet */
};

static bool is_allowed(const struct asked *asked)
{
	return asked->glob ? grant_somewhere(asked->config, asked->account,
					     asked->server->host, asked->bit)
			   : grant_allows(asked->config, asked->account,
					  asked->server->host, asked->pool,
					  asked->bit);
}

/* What stands behind allow: in the line that is missing. */
static const char *rights_text(unsigned bits)
{
	switch (bits) {
	case GRANT_PASSWORD:
		return "password";
	case GRANT_IDENTITY:
		return "identity";
	case GRANT_BUILTIN:
		return "builtin";
	default:
		return "password, identity";
	}
}

static int refuse_grant(struct arena *arena, const struct asked *asked,
			struct refusal_array *ret, struct err *err)
{
	const char *text;

	if (is_allowed(asked))
		return 0;
	text = arena_printf(
		arena,
		"%s/%s: no grant allows the %s of %s there (%s:%u, binding "
		"%s); it needs this line under grants in %s: {accounts: "
		"['%s'], servers: ['%s'], pools: ['%s'], allow: [%s]}",
		asked->server->name, asked->pool, asked->right, asked->account,
		asked->place->file, asked->place->line, asked->binding->name,
		asked->config->path, asked->account, asked->server->host,
		asked->pool, rights_text(asked->bit));
	return refuse(arena, ret, -ERR_GRANT, text, err);
}

static const char *show_account(struct arena *arena,
				const struct config *config,
				const struct account *account)
{
	return identity_show(arena, &config->domains.items[account->domain],
			     account->user);
}

/* Whom a binding needs which right for, before a server was read. account
 * NULL = no memory. */
static void name_right(const struct desired *desired, struct arena *arena,
		       struct asked *asked)
{
	const struct account *account;

	if (asked->binding->account == SIZE_MAX) {
		asked->account = identity_type_name(asked->binding->identity);
		asked->right = "identity";
		asked->bit = GRANT_BUILTIN;
		return;
	}
	account = &desired->accounts.items[asked->binding->account];
	asked->account = show_account(arena, asked->config, account);
	asked->right = account->type == ACCOUNT_GMSA ? "identity" : "password";
	asked->bit =
		account->type == ACCOUNT_GMSA ? GRANT_IDENTITY : GRANT_PASSWORD;
}

static int check_server(const struct desired *desired,
			const struct config *config, size_t server,
			struct arena *arena, struct refusal_array *ret,
			struct err *err)
{
	struct declared_array declared = { 0 };
	const struct declared_pool *item;
	int rc;

	if (desired_pools_of(desired, server, arena, &declared) < 0)
		return no_memory(err);
	array_foreach(item, &declared) {
		const struct binding *binding =
			&desired->bindings.items[item->binding];
		const struct named_pool *pool =
			&binding->pools.items[item->pool];
		struct asked asked = {
			.config = config,
			.server = &desired->servers.items[server],
			.binding = binding,
			.place = &pool->place,
			.pool = pool->name,
			.glob = pool->glob,
		};

		name_right(desired, arena, &asked);
		if (!asked.account)
			return no_memory(err);
		rc = refuse_grant(arena, &asked, ret, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int guards_declared(const struct desired *desired, const struct config *config,
		    const struct index_array *scope, struct arena *arena,
		    struct refusal_array *ret, struct err *err)
{
	size_t i;
	int rc;

	for (i = 0; i < scope->n; i++) {
		rc = check_server(desired, config, scope->items[i], arena, ret,
				  err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* The plan beside what its checks look at. */
struct checked {
	const struct plan *plan;
	const struct desired *desired;
	const struct config *config;
	struct refusal_array *ret;
};

static const struct place *pool_place(const struct binding *binding,
				      const char *pool)
{
	const struct named_pool *item;

	array_foreach(item, &binding->pools) {
		if (str_eq_nocase(item->name, pool))
			return &item->place;
	}
	return &binding->place;
}

static int check_identity(const struct checked *checked,
			  const struct change *change, struct err *err)
{
	const struct desired *desired = checked->desired;
	const struct binding *binding =
		&desired->bindings.items[change->binding];
	struct asked asked = {
		.config = checked->config,
		.server = &desired->servers.items[change->server],
		.binding = binding,
		.place = pool_place(binding, change->pool),
		.pool = change->pool,
		.right = "identity",
		/* One line must allow both: lines do not add up. */
		.bit = GRANT_PASSWORD | GRANT_IDENTITY,
	};

	if (change->kind != CHANGE_IDENTITY)
		return 0;
	asked.account = show_account(checked->plan->arena, checked->config,
				     &desired->accounts.items[change->account]);
	if (!asked.account)
		return no_memory(err);
	return refuse_grant(checked->plan->arena, &asked, checked->ret, err);
}

static int check_amount(const struct checked *checked, struct err *err)
{
	uint32_t most = checked->config->caps.changes_per_run;
	size_t n = checked->plan->changes.n;

	if (n <= most)
		return 0;
	return refuse(checked->plan->arena, checked->ret, -ERR_CAP,
		      arena_printf(checked->plan->arena,
				   "the plan has %zu changes, and "
				   "caps.changesPerRun in %s allows %" PRIu32
				   ": select fewer servers (--server), or have "
				   "it raised",
				   n, checked->config->path, most),
		      err);
}

/* Nothing but a directory proves a password, and none is asked: every
 * account whose password would be written is unproved. */
static int check_unproved(const struct checked *checked, struct err *err)
{
	const struct desired *desired = checked->desired;
	struct arena *arena = checked->plan->arena;
	const struct change *change;
	bool *seen;
	int rc;

	if (checked->config->allow_unproved)
		return 0;
	seen = arena_alloc(arena, desired->accounts.n + 1);
	if (!seen)
		return no_memory(err);
	array_foreach(change, &checked->plan->changes) {
		const struct account *account =
			&desired->accounts.items[change->account];
		const char *shown;

		if (change->kind == CHANGE_FINISH || seen[change->account])
			continue;
		seen[change->account] = true;
		shown = show_account(arena, checked->config, account);
		if (!shown)
			return no_memory(err);
		rc = refuse(arena, checked->ret, -ERR_UNPROVED,
			    arena_printf(
				    arena,
				    "%s: no directory proves its password "
				    "before it is written (%s:%u, account %s; "
				    "first for %s/%s); allow: {unproved: true} "
				    "in %s accepts that: one pool is then "
				    "written and verified before any other",
				    shown, account->place.file,
				    account->place.line, account->name,
				    desired->servers.items[change->server].name,
				    change->pool, checked->config->path),
			    err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

/* Changes of a server stand together, so a change that names the pair
 * already is among those just before it. */
static bool is_named(const struct change_array *changes, size_t index)
{
	const struct change *change = &changes->items[index];

	while (index-- > 0) {
		const struct change *before = &changes->items[index];

		if (before->server != change->server)
			return false;
		if (before->first_pair && before->account == change->account)
			return true;
	}
	return false;
}

static int check_pairs(const struct checked *checked, struct err *err)
{
	const struct desired *desired = checked->desired;
	struct arena *arena = checked->plan->arena;
	const struct change *change;
	int rc;

	if (!checked->config->new_pairs_ask)
		return 0;
	array_foreach(change, &checked->plan->changes) {
		const struct binding *binding =
			&desired->bindings.items[change->binding];
		const struct server *server =
			&desired->servers.items[change->server];
		const struct place *place = pool_place(binding, change->pool);
		const char *shown;

		if (!change->first_pair ||
		    is_named(&checked->plan->changes,
			     (size_t)(change - checked->plan->changes.items)))
			continue;
		shown = show_account(arena, checked->config,
				     &desired->accounts.items[change->account]);
		if (!shown)
			return no_memory(err);
		rc = refuse(arena, checked->ret, -ERR_NEW_PAIR,
			    arena_printf(arena,
					 "%s/%s: %s would reach %s for the "
					 "first time (%s:%u, binding %s); "
					 "confirm it at a terminal, or set "
					 "newPairs: allow in %s",
					 server->name, change->pool, shown,
					 server->host, place->file, place->line,
					 binding->name, checked->config->path),
			    err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int guards_plan(const struct plan *plan, const struct desired *desired,
		const struct config *config, struct refusal_array *ret,
		struct err *err)
{
	struct checked checked = { plan, desired, config, ret };
	const struct change *change;
	int rc;

	array_foreach(change, &plan->changes) {
		rc = check_identity(&checked, change, err);
		if (rc < 0)
			return rc;
	}
	rc = check_amount(&checked, err);
	if (rc == 0)
		rc = check_unproved(&checked, err);
	if (rc == 0)
		rc = check_pairs(&checked, err);
	return rc;
}
