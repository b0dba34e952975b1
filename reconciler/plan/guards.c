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
	const char *account; /* as identity_show(), or a builtin's name */
	const struct place *place;
	const char *pool; /* or a pattern */
	const char *right;
	const char *allow; /* the rights that one line must give */
	unsigned bits;
	bool any_pool; /* a line for other pools will do */
};

static bool is_granted(const struct asked *asked)
{
	if (asked->any_pool)
		return grant_somewhere(asked->config, asked->account,
				       asked->server->host, asked->bits);
	return grant_allows(asked->config, asked->account, asked->server->host,
			    asked->pool, asked->bits);
}

static int refuse_grant(struct arena *arena, const struct asked *asked,
			struct refusal_array *ret, struct err *err)
{
	const char *text;

	if (is_granted(asked))
		return 0;
	text = arena_printf(
		arena,
		"%s/%s: no grant allows the %s of %s there (%s:%u, binding "
		"%s); it needs this line under grants in %s: {accounts: "
		"['%s'], servers: ['%s'], pools: ['%s'], allow: [%s]}",
		asked->server->name, asked->pool, asked->right, asked->account,
		asked->place->file, asked->place->line, asked->binding->name,
		asked->config->path, asked->account, asked->server->host,
		asked->pool, asked->allow);
	return refuse(arena, ret, -ERR_GRANT, text, err);
}

/* CORP\\user, or the name of the builtin identity; NULL = no memory. */
static const char *show_identity(struct arena *arena,
				 const struct desired *desired,
				 const struct config *config,
				 const struct binding *binding)
{
	const struct account *account;

	if (binding->account == SIZE_MAX)
		return identity_type_name(binding->identity);
	account = &desired->accounts.items[binding->account];
	return identity_show(arena, &config->domains.items[account->domain],
			     account->user);
}

/* The rights that a pool needs: moves = the identity itself changes. One line
 * must give all of them: lines do not add up. */
static void ask_rights(const struct desired *desired, bool moves,
		       struct asked *asked)
{
	const struct binding *binding = asked->binding;
	const bool user =
		binding->account != SIZE_MAX &&
		desired->accounts.items[binding->account].type == ACCOUNT_USER;

	if (binding->account == SIZE_MAX) {
		asked->right = "identity";
		asked->allow = "builtin";
		asked->bits = GRANT_BUILTIN;
	} else if (!user) {
		asked->right = asked->allow = "identity";
		asked->bits = GRANT_IDENTITY;
	} else if (moves) {
		asked->right = "identity";
		asked->allow = "password, identity";
		asked->bits = GRANT_PASSWORD | GRANT_IDENTITY;
	} else {
		asked->right = asked->allow = "password";
		asked->bits = GRANT_PASSWORD;
	}
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
		struct asked asked = {
			.config = config,
			.server = &desired->servers.items[server],
			.binding = binding,
			.place = &binding->pools.items[item->pool].place,
			.pool = item->name,
			/* Which pools it matches is not known yet. */
			.any_pool = item->how == DECLARED_PATTERN,
		};

		ask_rights(desired, false, &asked);
		asked.account = show_identity(arena, desired, config, binding);
		if (!asked.account)
			return no_memory(err);
		rc = refuse_grant(arena, &asked, ret, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

int guards_claim(const struct desired *desired, const struct config *config,
		 const struct declared_pool *claim, struct arena *arena,
		 bool *ret_granted)
{
	struct asked asked = {
		.config = config,
		.server = &desired->servers.items[claim->server],
		.binding = &desired->bindings.items[claim->binding],
		.pool = claim->name,
		.any_pool = claim->how != DECLARED_NAME,
	};

	ask_rights(desired, false, &asked);
	if (claim->how == DECLARED_FOLLOW)
		asked.bits |= GRANT_FOLLOW;
	asked.account = show_identity(arena, desired, config, asked.binding);
	if (!asked.account)
		return -ERR_NOMEM;
	*ret_granted = is_granted(&asked);
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

static int check_right(const struct checked *checked, size_t server,
		       size_t index, const char *pool, bool moves,
		       struct err *err)
{
	const struct desired *desired = checked->desired;
	const struct binding *binding = &desired->bindings.items[index];
	struct asked asked = {
		.config = checked->config,
		.server = &desired->servers.items[server],
		.binding = binding,
		.place = binding_claim(binding, pool),
		.pool = pool,
	};

	ask_rights(desired, moves, &asked);
	asked.account = show_identity(checked->plan->arena, desired,
				      checked->config, binding);
	if (!asked.account)
		return no_memory(err);
	return refuse_grant(checked->plan->arena, &asked, checked->ret, err);
}

/* What a pattern matched is known only now, whether it changes or not. */
static int check_rights(const struct checked *checked, struct err *err)
{
	const struct standing *standing;
	const struct change *change;
	int rc = 0;

	array_foreach(change, &checked->plan->changes) {
		rc = check_right(checked, change->server, change->binding,
				 change->pool, change->kind == CHANGE_IDENTITY,
				 err);
		if (rc < 0)
			return rc;
	}
	array_foreach(standing, &checked->plan->standing) {
		if (standing->status != STATUS_CONVERGED &&
		    standing->status != STATUS_PENDING_RECYCLE &&
		    standing->status != STATUS_FAILED)
			continue;
		rc = check_right(checked, standing->server, standing->binding,
				 standing->pool, false, err);
		if (rc < 0)
			return rc;
	}
	return 0;
}

#define MOST_SHOWN 3

/* "web01 (40), web02 (3)": the servers with the most changes. */
static const char *most_changes(const struct checked *checked)
{
	const struct plan_server_array *servers = &checked->plan->servers;
	const struct plan_server *last = NULL;
	const char *text = "";

	for (unsigned shown = 0; text && shown < MOST_SHOWN; shown++) {
		const struct plan_server *best = NULL;
		const struct plan_server *item;

		array_foreach(item, servers) {
			bool later = !last ||
				     item->n_changes < last->n_changes ||
				     (item->n_changes == last->n_changes &&
				      item > last);

			if (later && item->n_changes > 0 &&
			    (!best || item->n_changes > best->n_changes))
				best = item;
		}
		if (!best)
			break;
		text = arena_printf(
			checked->plan->arena, "%s%s%s (%zu)", text,
			last ? ", " : "",
			checked->desired->servers.items[best->server].name,
			best->n_changes);
		last = best;
	}
	return text;
}

/* The servers may say what they like: that one which says too much can be
 * left out is the next step. */
static int check_amount(const struct checked *checked, struct err *err)
{
	uint32_t most = checked->config->caps.changes_per_run;
	size_t n = checked->plan->changes.n;
	const char *servers;

	if (n <= most)
		return 0;
	servers = most_changes(checked);
	if (!servers)
		return no_memory(err);
	return refuse(
		checked->plan->arena, checked->ret, -ERR_CAP,
		arena_printf(checked->plan->arena,
			     "the plan has %zu changes, and "
			     "caps.changesPerRun in %s allows %" PRIu32
			     "; the most are on %s: leave out what should "
			     "not be (--exclude-server), select fewer "
			     "(--server), or have it raised",
			     n, checked->config->path, most, servers),
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
		const struct account *account;
		const char *shown;

		if (change->kind == CHANGE_FINISH || !change->secret ||
		    seen[change->account])
			continue;
		seen[change->account] = true;
		account = &desired->accounts.items[change->account];
		shown = show_identity(
			arena, desired, checked->config,
			&desired->bindings.items[change->binding]);
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
		const struct place *place =
			binding_claim(binding, change->pool);
		const char *shown;

		if (!change->first_pair ||
		    is_named(&checked->plan->changes,
			     (size_t)(change - checked->plan->changes.items)))
			continue;
		shown = show_identity(arena, desired, checked->config, binding);
		if (!shown)
			return no_memory(err);
		rc = refuse(
			arena, checked->ret, -ERR_NEW_PAIR,
			arena_printf(arena,
				     "%s/%s: %s would reach %s for the "
				     "first time (%s:%u, binding %s); "
				     "confirm it at a terminal, have a "
				     "saved plan approved (lockstep approve "
				     "PLAN), or set newPairs: allow in %s",
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
	int rc = check_rights(&checked, err);

	if (rc == 0)
		rc = check_amount(&checked, err);
	if (rc == 0)
		rc = check_unproved(&checked, err);
	if (rc == 0)
		rc = check_pairs(&checked, err);
	return rc;
}
