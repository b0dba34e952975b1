/* diff.c - desired x observed -> changes of one server. */
#include "reconciler/plan/diff.h"

#include "reconciler/core/str.h"

#include <inttypes.h>
#include <string.h>

/* All that is known of one declared pool. */
struct view {
	const struct diff_input *input;
	const struct observed *observed;
	const struct server *server;
	const struct declared_pool *declared;
	const struct binding *binding;
	const struct account *account;
	const struct domain *domain;
	const char *name;                 /* as the manifest has it */
	const struct observed_pool *pool; /* NULL = not on the server */
	const struct past_pool *past;     /* NULL = never seen */
	int64_t committed_ms;             /* last write by lockstep, 0 = none */
	bool faulted;                     /* WAS gave up on the identity */
	bool revive;                      /* WAS stopped it for that */
};

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "comparing a server");
}

/* reason NULL = it could not be allocated. */
static int stand(const struct view *view, enum status status,
		 const char *reason, struct diff_output *output,
		 struct err *err)
{
	struct standing standing = {
		.server = view->declared->server,
		.binding = view->declared->binding,
		.status = status,
		.reason = reason,
	};

	standing.pool = arena_strdup(
		output->arena, view->pool ? view->pool->name : view->name);
	if (!reason || !standing.pool ||
	    !array_push(output->arena, &output->standing, standing))
		return no_memory(err);
	return 0;
}

/* Like stand(), for what a safety rule keeps from being written. */
static int hold(const struct view *view, const char *reason,
		struct diff_output *output, struct err *err)
{
	int ret = stand(view, STATUS_SKIPPED, reason, output, err);

	if (ret == 0)
		output->standing.items[output->standing.n - 1].guard = true;
	return ret;
}

static int stand_missing(const struct view *view, struct diff_output *output,
			 struct err *err)
{
	const struct observed_pool_array *pools = &view->observed->pools;
	const char *nearest;
	const char **names;
	size_t i;

	names = arena_alloc(output->arena, (pools->n + 1) * sizeof(*names));
	if (!names)
		return no_memory(err);
	for (i = 0; i < pools->n; i++)
		names[i] = pools->items[i].name;
	nearest = str_nearest(view->name, names);
	return stand(view, STATUS_SKIPPED,
		     nearest ? arena_printf(output->arena,
					    "there is no such pool on this "
					    "server; did you mean \"%s\"?",
					    nearest)
			     : "there is no such pool on this server",
		     output, err);
}

static bool is_inherited(const struct observed_pool *pool)
{
	return pool->identity == IDENTITY_SPECIFIC_USER &&
	       (!pool->identity_local || pool->user_from == VALUE_INHERITED ||
		pool->password_from == VALUE_INHERITED);
}

static bool runs_as_declared(const struct view *view)
{
	return view->pool->identity == IDENTITY_SPECIFIC_USER &&
	       identity_is(view->domain, view->account->user, view->pool->user);
}

static bool had_nothing(const struct observed_pool *pool)
{
	return pool->identity != IDENTITY_SPECIFIC_USER || !pool->user[0] ||
	       pool->password == PASSWORD_ABSENT;
}

static enum change_cause cause_of(const struct view *view, int64_t version)
{
	const struct past_pool *past = view->past;
	bool proved = past && past->proved_ms > 0;

	/* A version belongs to one secret file, so an equal one means that
	 * the same account was proved here and git asks for nothing new. */
	if (proved && past->proved_version == version)
		return CAUSE_CORRECTIVE;
	if (!proved && had_nothing(view->pool))
		return CAUSE_FIRST;
	return CAUSE_INTENTIONAL;
}

static const char *write_barrier(const struct observed *observed)
{
	if (observed->redirected)
		return "the server uses shared configuration, which lockstep "
		       "never writes";
	if (!observed->writable)
		return "the SSH user may not write the configuration of this "
		       "server";
	return NULL;
}

static bool pairs_first(const struct view *view, const char *account)
{
	return !past_paired(view->input->past, account, view->server->key);
}

static int change_push(const struct view *view, enum change_kind kind,
		       int64_t committed_ms, struct diff_output *output,
		       struct err *err)
{
	const struct observed_pool *pool = view->pool;
	int64_t version = view->input->versions[view->account->secret];
	struct arena *arena = output->arena;
	struct change change = {
		.kind = kind,
		.cause = cause_of(view, version),
		.server = view->declared->server,
		.binding = view->declared->binding,
		.account = view->binding->account,
		.identity = IDENTITY_SPECIFIC_USER,
		.secret = true,
		.seen_identity = pool->identity,
		.seen_local = pool->identity_local,
		.seen_password = pool->password,
		.revive = view->revive,
		.rotates = kind != CHANGE_FINISH && pool->rotates,
		.n_sites = pool->n_sites,
		.version = version,
		.committed_ms = committed_ms,
	};
	const char *shown;

	shown = identity_show(arena, view->domain, view->account->user);
	change.pool = arena_strdup(arena, pool->name);
	change.seen_user = arena_strdup(arena, pool->user);
	change.user = kind == CHANGE_FINISH
			      ? change.seen_user
			      : identity_spell(arena, view->domain,
					       view->account, pool->user);
	if (!shown || !change.pool || !change.seen_user || !change.user)
		return no_memory(err);
	change.first_pair = pairs_first(view, shown);
	if (!array_push(arena, &output->changes, change))
		return no_memory(err);
	return 0;
}

/* A change that writes the server's configuration. */
static int change_write(const struct view *view, enum change_kind kind,
			struct diff_output *output, struct err *err)
{
	const char *barrier = write_barrier(view->observed);

	if (barrier)
		return stand(view, STATUS_SKIPPED, barrier, output, err);
	if (view->observed->fence_damaged)
		return hold(view,
			    "lockstep.fence on the server is damaged: lockstep "
			    "can't tell what was written there",
			    output, err);
	return change_push(view, kind, 0, output, err);
}

static bool fence_is_ours(const struct view *view)
{
	const struct fence *fence = &view->pool->fence;

	return fence->present && view->past &&
	       fence->generation == view->past->generation &&
	       memcmp(fence->candidate, view->past->candidate,
		      sizeof(fence->candidate)) == 0;
}

static bool fence_is_ahead(const struct view *view)
{
	const struct fence *fence = &view->pool->fence;
	int64_t known = view->past ? view->past->generation : 0;

	if (!fence->present || fence->generation < known)
		return false;
	return fence->generation > known || !fence_is_ours(view);
}

/* Why the worker that runs is not one of the stored identity, or NULL. */
static const char *worker_problem(const struct view *view, struct arena *arena,
				  bool *ret_nomem)
{
	const struct worker *worker;
	const char *text = NULL;

	array_foreach(worker, &view->pool->workers) {
		if (view->committed_ms > 0 &&
		    worker->started_ms < view->committed_ms)
			text = arena_printf(
				arena,
				"worker %" PRId64 " is older than the stored "
				"password; it keeps its logon until the pool "
				"is recycled",
				worker->pid);
		else if (worker->owner[0] &&
			 !identity_is(view->domain, view->account->user,
				      worker->owner))
			text = arena_printf(arena,
					    "worker %" PRId64 " still runs as "
					    "%s until the pool is recycled",
					    worker->pid, worker->owner);
		else
			continue;
		*ret_nomem = !text;
		return text;
	}
	*ret_nomem = false;
	return NULL;
}

/* The right account with the right password. */
static int diff_current(const struct view *view, struct diff_output *output,
			struct err *err)
{
	const char *problem;
	bool nomem;

	if (view->faulted)
		return change_write(view, CHANGE_REWRITE, output, err);
	/* When it was stored may not be known: then only a worker that starts
	 * from now on proves it. */
	if (view->past && view->past->open)
		return change_push(view, CHANGE_FINISH,
				   view->committed_ms > 0
					   ? view->committed_ms
					   : view->observed->now_ms,
				   output, err);
	problem = worker_problem(view, output->arena, &nomem);
	if (nomem)
		return no_memory(err);
	if (problem)
		return stand(view, STATUS_PENDING_RECYCLE, problem, output,
			     err);
	return stand(view, STATUS_CONVERGED, "", output, err);
}

/* Was the stored password compared with that of the declared account? */
static bool was_compared(const struct view *view)
{
	const struct account_array *accounts = &view->input->desired->accounts;
	size_t index = view->pool->account;

	if (view->pool->password == PASSWORD_NOT_COMPARED)
		return false;
	return index >= accounts->n ||
	       accounts->items[index].secret == view->account->secret;
}

static int diff_account(const struct view *view, struct diff_output *output,
			struct err *err)
{
	if (!was_compared(view))
		return stand(view, STATUS_UNKNOWN,
			     "the stored password was not compared", output,
			     err);
	switch (view->pool->password) {
	case PASSWORD_UNREADABLE:
		return stand(view, STATUS_SKIPPED,
			     "the server can't decrypt the stored password "
			     "(key damage); writing it again would not help: "
			     "mend the machine keys of IIS first",
			     output, err);
	case PASSWORD_CURRENT:
		return diff_current(view, output, err);
	case PASSWORD_ABSENT:
	case PASSWORD_STALE:
	case PASSWORD_NOT_COMPARED:
		break;
	}
	return change_write(view, CHANGE_PASSWORD, output, err);
}

static int diff_pool(const struct view *view, struct diff_output *output,
		     struct err *err)
{
	const struct observed_pool *pool = view->pool;

	if (!pool)
		return stand_missing(view, output, err);
	if (pool->fault)
		return stand(view, STATUS_UNREADABLE,
			     arena_strdup(output->arena, pool->fault), output,
			     err);
	if (fence_is_ahead(view))
		return hold(view,
			    arena_printf(output->arena,
					 "the server's fence is ahead of the "
					 "state (generation %" PRId64
					 ", state has %" PRId64
					 "); lockstep state repair will "
					 "rebuild it",
					 pool->fence.generation,
					 view->past ? view->past->generation
						    : (int64_t)0),
			    output, err);
	if (is_inherited(pool))
		return stand(view, STATUS_SKIPPED,
			     "inherits SpecificUser from "
			     "applicationPoolDefaults; give the pool its own "
			     "identity first (inherited: refuse)",
			     output, err);
	if (!runs_as_declared(view))
		return change_write(view, CHANGE_IDENTITY, output, err);
	return diff_account(view, output, err);
}

static struct view view_of(const struct diff_input *input,
			   const struct observed *observed,
			   const struct declared_pool *declared)
{
	const struct desired *desired = input->desired;
	struct view view = {
		.input = input,
		.observed = observed,
		.server = &desired->servers.items[observed->server],
		.declared = declared,
		.binding = &desired->bindings.items[declared->binding],
	};
	const struct observed_pool *pool;
	int64_t fault_ms;

	view.account = &desired->accounts.items[view.binding->account];
	view.domain = &input->config->domains.items[view.account->domain];
	view.name = view.binding->pools.items[declared->pool].name;
	view.past = past_find(input->past, view.server->key, view.name);
	view.pool = pool = observed_find(observed, view.name);
	if (view.past)
		view.committed_ms = view.past->committed_ms;
	if (!pool)
		return view;
	if (fence_is_ours(&view) && pool->fence.committed_ms > 0)
		view.committed_ms = pool->fence.committed_ms;
	/* A fault counts until a worker started or lockstep wrote after it:
	 * events stay in the log long after they were settled. The time of a
	 * commit may be known too late (a retry found it done), so it does
	 * not excuse a pool that failed. */
	fault_ms = observed_fault(pool, NULL);
	view.faulted = fault_ms > observed_worker_start(pool) &&
		       (fault_ms >= view.committed_ms ||
			(view.past && view.past->status == STATUS_FAILED));
	/* A run that did not end may have written the password and not come
	 * to start what WAS had stopped. A fault from before the last proof
	 * was settled then: who stopped it since was a person. */
	view.revive =
		pool->state == POOL_STOPPED &&
		(view.faulted || (view.past && view.past->open &&
				  fault_ms > observed_worker_start(pool) &&
				  fault_ms > view.past->proved_ms));
	return view;
}

static bool is_managed_user(const struct diff_input *input, const char *user)
{
	const struct account *account;

	array_foreach(account, &input->desired->accounts) {
		if (identity_is(&input->config->domains.items[account->domain],
				account->user, user))
			return true;
	}
	return false;
}

static int find_unmanaged(const struct diff_input *input,
			  const struct observed *observed,
			  const struct declared_array *declared,
			  struct diff_output *output, struct err *err)
{
	const struct observed_pool *pool;

	array_foreach(pool, &observed->pools) {
		struct unmanaged unmanaged = { .server = observed->server };

		if (pool->identity != IDENTITY_SPECIFIC_USER ||
		    !is_managed_user(input, pool->user) ||
		    desired_declares(declared, pool->name))
			continue;
		unmanaged.pool = arena_strdup(output->arena, pool->name);
		unmanaged.user = arena_strdup(output->arena, pool->user);
		if (!unmanaged.pool || !unmanaged.user ||
		    !array_push(output->arena, &output->unmanaged, unmanaged))
			return no_memory(err);
	}
	return 0;
}

int diff_server(const struct diff_input *input, const struct observed *observed,
		struct diff_output *output, struct err *err)
{
	struct declared_array declared = { 0 };
	const struct declared_pool *item;
	int ret;

	if (desired_pools_of(input->desired, observed->server, output->arena,
			     &declared) < 0)
		return no_memory(err);
	array_foreach(item, &declared) {
		struct view view = view_of(input, observed, item);

		ret = diff_pool(&view, output, err);
		if (ret < 0)
			return ret;
	}
	return find_unmanaged(input, observed, &declared, output, err);
}
