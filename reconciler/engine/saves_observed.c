/* saves_observed.c - what a run that reads remembers of each server. */
#include "reconciler/engine/run.h"

static void push_change(struct engine *run, struct save *save,
			const struct change *change)
{
	struct save_row row = save_row_of(run, change);

	row.kind = (enum change_kind)0;
	switch (change->kind) {
	case CHANGE_PASSWORD:
		row.status = STATUS_STALE;
		row.reason = "it holds another password";
		break;
	case CHANGE_IDENTITY:
		row.status = STATUS_DRIFTED;
		row.reason = "it runs as somebody else";
		break;
	case CHANGE_REWRITE:
		row.status = STATUS_FAILED;
		row.reason = "WAS gave up on its identity";
		break;
	case CHANGE_LOCAL:
		row.status = STATUS_DRIFTED;
		row.reason = "it inherits its identity";
		break;
	case CHANGE_FINISH:
		row.status = STATUS_UNKNOWN;
		row.reason = "written by a run that did not end";
		break;
	}
	if (change->cause == CAUSE_CORRECTIVE)
		row.status = STATUS_DRIFTED;
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

static void push_unreadable(struct engine *run, struct save *save,
			    const struct server_run *server)
{
	const struct desired *desired = run->input.desired;
	struct declared_array pools = { 0 };
	const struct declared_pool *pool;

	if (desired_pools_of(desired, server->server, run->input.arena,
			     &pools)) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return;
	}
	array_foreach(pool, &pools) {
		const struct binding *binding =
			&desired->bindings.items[pool->binding];
		struct save_row row =
			bound_row(run, pool->server, pool->binding,
				  binding->pools.items[pool->pool].name);

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

		if (run->servers.items[at].observed)
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
