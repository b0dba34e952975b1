/* saves_observed.c - what a run that reads remembers of each server. */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"

static const char *reason_of(const struct change *change)
{
	switch (change->kind) {
	case CHANGE_PASSWORD:
		return "it holds another password";
	case CHANGE_IDENTITY:
		return "it runs as somebody else";
	case CHANGE_REWRITE:
		return "WAS gave up on its identity";
	case CHANGE_LOCAL:
		return "it inherits its identity";
	case CHANGE_FINISH:
		break;
	}
	return change->lags ? "an older worker still runs"
			    : "written by a run that did not end";
}

static void push_change(struct engine *run, struct save *save,
			const struct change *change)
{
	struct save_row row = save_row_of(run, change);

	row.kind = (enum change_kind)0;
	row.status = change_status(change);
	row.reason = reason_of(change);
	save_push(run, save, &row);
}

static struct save_row bound_row(const struct engine *run, size_t server,
				 size_t binding, const char *pool)
{
	const struct desired *desired = run->input.desired;
	const struct binding *bound = &desired->bindings.items[binding];
	struct save_row row = { .server = desired->servers.items[server].key,
				.pool = pool };
	size_t secret;

	if (bound->account == SIZE_MAX) {
		row.account = identity_type_name(bound->identity);
		return row;
	}
	secret = desired->accounts.items[bound->account].secret;
	row.account = run->accounts[bound->account].shown;
	if (secret != SIZE_MAX)
		row.version = run->input.versions[secret];
	return row;
}

/* A pattern that nothing matched is told, and is no pool to remember. */
static bool is_pattern(const struct engine *run,
		       const struct standing *standing)
{
	const struct named_pool *pool;

	array_foreach(
		pool,
		&run->input.desired->bindings.items[standing->binding].pools) {
		if (pool->glob && str_eq(pool->name, standing->pool))
			return true;
	}
	return false;
}

static void push_standing(struct engine *run, struct save *save,
			  const struct standing *standing)
{
	struct save_row row = bound_row(run, standing->server,
					standing->binding, standing->pool);

	row.status = standing->status;
	row.reason = standing->reason ? standing->reason : "";
	row.proved = standing->status == STATUS_CONVERGED;
	save_push(run, save, &row);
}

/* The pools that the state knows of a server: what it would hold if it could
 * be read. */
static bool find_known(const struct engine *run, size_t server,
		       struct found_array *ret)
{
	const char *key = run->input.desired->servers.items[server].key;
	const size_t n = run->input.desired->accounts.n;
	const struct past_pool *past;

	array_foreach(past, &run->input.past->pools) {
		struct found_pool found = { .name = past->pool,
					    .account = SIZE_MAX };

		if (!str_eq(past->server, key))
			continue;
		for (size_t i = 0; i < n; i++) {
			if (str_eq_nocase(run->accounts[i].shown,
					  past->account))
				found.account = i;
		}
		if (!array_push(run->input.arena, ret, found))
			return false;
	}
	return true;
}

static void push_unreadable(struct engine *run, struct save *save,
			    const struct server_run *server)
{
	struct declared_array pools = { 0 };
	const struct declared_pool *pool;
	struct found_array known = { 0 };

	if (!find_known(run, server->server, &known) ||
	    desired_resolve(run->input.desired, server->server, &known,
			    run->input.arena, &pools)) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return;
	}
	array_foreach(pool, &pools) {
		struct save_row row =
			bound_row(run, pool->server, pool->binding, pool->name);

		/* A pattern is no pool. */
		if (pool->missing && pool->how == DECLARED_PATTERN)
			continue;
		row.status = STATUS_UNREADABLE;
		row.reason = server->reason;
		save_push(run, save, &row);
	}
}

static void fill(struct engine *run, struct save **saves)
{
	const struct standing *standing;
	const struct change *change;

	array_foreach(change, &run->plan.changes) {
		push_change(run, saves[run->of_server[change->server]], change);
	}
	array_foreach(standing, &run->plan.standing) {
		const size_t at = run->of_server[standing->server];

		if (run->servers.items[at].observed &&
		    !is_pattern(run, standing))
			push_standing(run, saves[at], standing);
	}
	for (size_t i = 0; i < run->servers.n; i++) {
		const struct server_run *server = &run->servers.items[i];

		if (!server->observed && !server->unread)
			push_unreadable(run, saves[i], server);
		if (saves[i]->rows.n > 0)
			save_put(run, saves[i], OWNER_RUN);
	}
}

/* One save for every server of the scope that has a declared pool. */
void save_observed(struct engine *run)
{
	struct save **saves = arena_alloc(
		run->input.arena, run->servers.n * sizeof(struct save *));

	if (!saves) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return;
	}
	for (size_t i = 0; i < run->servers.n; i++) {
		saves[i] = save_new(run, SAVE_OBSERVED);
		if (!saves[i])
			return;
	}
	fill(run, saves);
}
