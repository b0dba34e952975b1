/* resume.c - see resume.h. */
#include "reconciler/cmd/resume.h"

#include "reconciler/core/str.h"
#include "reconciler/model/identity.h"
#include "state/lock.h"

/* Somebody else who writes may be that very run. */
static int find_holder(struct context *context, const char **ret,
		       struct err *err)
{
	const char *lock =
		arena_printf(&context->arena, "%s.lock", context->state_path);

	*ret = NULL;
	if (!lock)
		return err_set(err, -ERR_NOMEM, "looking at the last run");
	return context->record ? 0
			       : lock_holder(lock, &context->arena, ret, err);
}

/* Changes of one server follow each other. */
static int add_left(struct context *context, struct unfinished *unfinished,
		    const char *server, struct err *err)
{
	struct unfinished_servers *servers = &unfinished->servers;

	unfinished->n_left++;
	for (size_t i = servers->n; i > 0; i--)
		if (str_eq(servers->items[i - 1], server))
			return 0;
	if (!array_push(&context->arena, servers, server))
		return err_set(err, -ERR_NOMEM, "looking at the last run");
	return 0;
}

int resume_unfinished(struct context *context, struct unfinished *ret,
		      bool *ret_found, struct err *err)
{
	struct unfinished unfinished = { 0 };
	const struct stored_change *change;
	struct stored_run run = { 0 };
	int rc = store_unfinished(context->store, &context->arena, &run,
				  ret_found, err);

	if (rc || !*ret_found)
		return rc;
	unfinished.run = run.id;
	unfinished.n_pools = run.changes.n;
	array_foreach(change, &run.changes) {
		rc = change->done ? 0
				  : add_left(context, &unfinished,
					     change->server, err);
		if (rc)
			return rc;
	}
	rc = find_holder(context, &unfinished.holder, err);
	if (!rc)
		*ret = unfinished;
	return rc;
}

static bool run_has_server(const struct stored_run *run, const char *name)
{
	for (size_t i = 0; i < run->changes.n; i++)
		if (str_eq(run->changes.items[i].server, name))
			return true;
	return false;
}

int resume_scope(struct context *context, const struct stored_run *run,
		 struct err *err)
{
	const struct desired *desired = &context->desired;

	context->scope = (struct index_array){ 0 };
	for (size_t i = 0; i < desired->servers.n; i++) {
		struct index_array bindings = { 0 };

		if (!run_has_server(run, desired->servers.items[i].key))
			continue;
		if (desired_bindings_of(desired, i, &context->arena,
					&bindings) ||
		    (bindings.n > 0 &&
		     !array_push(&context->arena, &context->scope, i)))
			return err_set(err, -ERR_NOMEM, "resuming a run");
	}
	return 0;
}

bool resume_as_approved(const struct context *context,
			const struct stored_run *run)
{
	return str_eq(run->desired_digest, context->desired.digest) &&
	       str_eq(run->config_digest, context->config.digest);
}

/* Less may be left by now, since half of it may be done; but a password that
 * was approved is no approval of a move from another identity, nor of a
 * later password. */
static bool covers(const struct stored_change *stored,
		   const struct change *change)
{
	return stored->version == change->version &&
	       (change->kind != CHANGE_IDENTITY ||
		stored->kind == CHANGE_IDENTITY);
}

static const char *show_identity(struct context *context,
				 const struct change *change)
{
	const struct account *account;

	if (change->account == SIZE_MAX)
		return identity_type_name(change->identity);
	account = &context->desired.accounts.items[change->account];
	return identity_show(&context->arena,
			     &context->config.domains.items[account->domain],
			     account->user);
}

/* The account, server and pool are those that were approved. */
static bool was_approved(struct context *context, const struct stored_run *run,
			 const struct change *change)
{
	const struct desired *desired = &context->desired;
	const char *shown = show_identity(context, change);
	const struct stored_change *stored;

	array_foreach(stored, &run->changes)
		if (shown && str_eq(stored->account, shown) &&
		    str_eq_nocase(stored->pool, change->pool) &&
		    str_eq(stored->server,
			   desired->servers.items[change->server].key))
			return covers(stored, change);
	return false;
}

int resume_plan(struct context *context, const struct plan *plan,
		const struct stored_run *run, const struct plan **ret,
		struct err *err)
{
	struct plan *kept = arena_alloc(&context->arena, sizeof(*kept));
	struct arena *arena = &context->arena;

	if (!kept)
		return err_set(err, -ERR_NOMEM, "resuming a run");
	*kept = *plan;
	kept->servers = (struct plan_server_array){ 0 };
	kept->changes = (struct change_array){ 0 };
	for (size_t i = 0; i < plan->servers.n; i++) {
		struct plan_server server = plan->servers.items[i];
		const struct change *change =
			&plan->changes.items[server.first_change];
		const struct change *end = change + server.n_changes;

		server.first_change = kept->changes.n;
		for (; change < end; change++)
			if (was_approved(context, run, change) &&
			    !array_push(arena, &kept->changes, *change))
				return err_set(err, -ERR_NOMEM,
					       "resuming a run");
		server.n_changes = kept->changes.n - server.first_change;
		if (!array_push(arena, &kept->servers, server))
			return err_set(err, -ERR_NOMEM, "resuming a run");
	}
	*ret = kept;
	return 0;
}
