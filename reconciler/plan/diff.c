/* diff.c - desired x observed -> changes of one server. */
#include "reconciler/plan/diff.h"

#include "reconciler/core/str.h"
#include "reconciler/model/foreign.h"
#include "reconciler/model/owner.h"
#include "reconciler/plan/change_new.h"
#include "reconciler/plan/view.h"

#include <inttypes.h>

static int stand_missing(const struct view *view, struct diff_output *output,
			 struct err *err)
{
	const struct observed_pool_array *pools = &view->look->observed->pools;
	const char *nearest;
	const char **names;
	size_t i;

	if (view->declared->how == DECLARED_PATTERN)
		return view_stand(view, STATUS_SKIPPED,
				  "no pool of this server matches", output,
				  err);
	names = arena_alloc(output->arena, (pools->n + 1) * sizeof(*names));
	if (!names)
		return view_no_memory(err);
	for (i = 0; i < pools->n; i++)
		names[i] = pools->items[i].name;
	nearest = str_nearest(view->name, names);
	return view_stand(view, STATUS_SKIPPED,
			  nearest ? arena_printf(output->arena,
						 "there is no such pool on "
						 "this server; did you mean "
						 "\"%s\"?",
						 nearest)
				  : "there is no such pool on this server",
			  output, err);
}

static int hold_rival(const struct view *view, struct diff_output *output,
		      struct err *err)
{
	const struct binding *rival = &view->look->input->desired->bindings
					       .items[view->declared->rival];
	const struct place *ours = binding_claim(view->binding, view->name);
	const struct place *theirs = binding_claim(rival, view->name);

	return view_hold(view,
			 arena_printf(output->arena,
				      "bindings %s (%s:%u) and %s (%s:%u) both "
				      "claim it: give one of them its exact "
				      "name, or exclude it from the other",
				      view->binding->name, ours->file,
				      ours->line, rival->name, theirs->file,
				      theirs->line),
			 output, err);
}

/* What was asked for by name is told; patterns pass over it. */
static int leave_foreign(const struct view *view,
			 const struct foreign_owner *owner,
			 struct diff_output *output, struct err *err)
{
	const char *text =
		arena_printf(output->arena, "%s manages this pool: %s",
			     owner->product, owner->instead);
	struct plan_note note = { .kind = NOTE_FOREIGN,
				  .server = view->declared->server,
				  .binding = view->declared->binding,
				  .pool = view->pool->name,
				  .text = text };

	if (view->declared->how == DECLARED_NAME)
		return view_hold(view, text, output, err);
	return note_put(output, &note, err);
}

/* A gMSA pool has no password of its own to inherit. */
static bool is_inherited(const struct view *view)
{
	const struct observed_pool *pool = view->pool;

	if (pool->identity != IDENTITY_SPECIFIC_USER)
		return false;
	return !pool->identity_local || pool->user_from == VALUE_INHERITED ||
	       (pool->password_from == VALUE_INHERITED &&
		(view_has_secret(view) || !view_runs_as_declared(view)));
}

static bool is_other_owner(const struct view *view, const char *owner)
{
	if (owner[0] == '\0')
		return false;
	if (view->account)
		return !identity_is(view->domain, view->account->user, owner);
	return owner_match(&view->look->input->config->domains,
			   view->binding->identity, view->pool->name,
			   owner) == OWNER_OTHER;
}

static bool has_older_worker(const struct view *view)
{
	const struct worker *worker;

	array_foreach(worker, &view->pool->workers) {
		if (worker->started_ms < view->committed_ms)
			return true;
	}
	return false;
}

/* Why the worker that runs is not one of the stored identity, or NULL. */
static const char *worker_problem(const struct view *view, struct arena *arena,
				  bool *ret_nomem)
{
	const struct worker *worker;
	const char *text = NULL;

	*ret_nomem = false;
	array_foreach(worker, &view->pool->workers) {
		if (view->committed_ms > 0 &&
		    worker->started_ms < view->committed_ms)
			text = arena_printf(
				arena,
				"worker %" PRId64 " is older than the stored "
				"%s until the pool is recycled",
				worker->pid,
				view->account ? "password; it keeps its logon"
					      : "identity; it stays as it is");
		else if (is_other_owner(view, worker->owner))
			text = arena_printf(arena,
					    "worker %" PRId64 " still runs as "
					    "%s until the pool is recycled",
					    worker->pid, worker->owner);
		else
			continue;
		*ret_nomem = !text;
		return text;
	}
	return NULL;
}

/* May an open request still come that would write another identity, or an
 * older password? A new generation shuts it out. */
static bool is_overtakable(const struct view *view)
{
	const struct past_pool *past = view->past;

	if (!past || !past->open)
		return false;
	if (!str_eq_nocase(past->account, view->shown))
		return true;
	return view_has_secret(view) && view->committed_ms == 0 &&
	       past->version > 0 && past->version != view->version;
}

/* What lockstep wrote and nobody recycled since, as the binding asks. */
static int change_recycle(const struct view *view, struct diff_output *output,
			  struct err *err)
{
	int ret = change_push(view, CHANGE_FINISH, view->committed_ms, output,
			      err);

	if (ret == 0)
		output->changes.items[output->changes.n - 1].lags = true;
	return ret;
}

/* The right identity, with the right password if it has one. */
static int diff_current(const struct view *view, struct diff_output *output,
			struct err *err)
{
	const char *problem;
	bool nomem;

	/* Windows never refuses a builtin identity: an older fault is of the
	 * account that was there before. */
	if (view->faulted && view->account)
		return change_write(view, CHANGE_REWRITE, output, err);
	if (is_overtakable(view))
		return change_write(view, CHANGE_REWRITE, output, err);
	/* When it was stored may not be known: then only a worker that starts
	 * from now on proves it. */
	if (view->past && view->past->open)
		return change_push(view, CHANGE_FINISH,
				   view->committed_ms > 0
					   ? view->committed_ms
					   : view->look->observed->now_ms,
				   output, err);
	if (view->crashed)
		return view_stand(view, STATUS_FAILED,
				  "WAS disabled it after repeated crashes "
				  "(event 5002): its identity is right, see "
				  "why the program fails, then start the pool",
				  output, err);
	problem = worker_problem(view, output->arena, &nomem);
	if (nomem)
		return view_no_memory(err);
	if (has_older_worker(view) && view->binding->restart != RESTART_NONE)
		return change_recycle(view, output, err);
	if (problem)
		return view_stand(view, STATUS_PENDING_RECYCLE, problem, output,
				  err);
	return view_stand(view, STATUS_CONVERGED, "", output, err);
}

/* Was the stored password compared with that of the declared account? */
static bool was_compared(const struct view *view)
{
	const struct account_array *accounts =
		&view->look->input->desired->accounts;
	size_t index = view->pool->account;

	if (view->pool->password == PASSWORD_NOT_COMPARED)
		return false;
	return index >= accounts->n ||
	       accounts->items[index].secret == view->account->secret;
}

static int diff_password(const struct view *view, bool inherited,
			 struct diff_output *output, struct err *err)
{
	if (!was_compared(view))
		return view_stand(view, STATUS_UNKNOWN,
				  "the stored password was not compared",
				  output, err);
	if (view->pool->password == PASSWORD_UNREADABLE)
		return view_stand(view, STATUS_SKIPPED,
				  "the server can't decrypt the stored "
				  "password (key damage); writing it again "
				  "would not help: mend the machine keys of "
				  "IIS first",
				  output, err);
	if (inherited)
		return change_write(view, CHANGE_LOCAL, output, err);
	if (view->pool->password == PASSWORD_CURRENT)
		return diff_current(view, output, err);
	return change_write(view, CHANGE_PASSWORD, output, err);
}

static int diff_identity(const struct view *view, struct diff_output *output,
			 struct err *err)
{
	const bool inherited = is_inherited(view);

	if (inherited && view->binding->inherited == INHERITED_REFUSE)
		return view_stand(view, STATUS_SKIPPED,
				  "inherits SpecificUser from "
				  "applicationPoolDefaults; give the pool its "
				  "own identity first (inherited: refuse), or "
				  "let lockstep do it (inherited: makeLocal)",
				  output, err);
	if (!view_runs_as_declared(view))
		return change_write(view, CHANGE_IDENTITY, output, err);
	if (view_has_secret(view))
		return diff_password(view, inherited, output, err);
	if (inherited)
		return change_write(view, CHANGE_LOCAL, output, err);
	return diff_current(view, output, err);
}

static bool fence_is_ahead(const struct view *view)
{
	const struct fence *fence = &view->pool->fence;
	int64_t known = view->past ? view->past->generation : 0;

	if (!fence->present || fence->generation < known)
		return false;
	return fence->generation > known || !view_fence_is_ours(view);
}

static int hold_fence(const struct view *view, struct diff_output *output,
		      struct err *err)
{
	return view_hold(
		view,
		arena_printf(output->arena,
			     "the server's fence is ahead of the "
			     "state (generation %" PRId64 ", state has %" PRId64
			     "); lockstep state repair will "
			     "rebuild it",
			     view->pool->fence.generation,
			     view->past ? view->past->generation : (int64_t)0),
		output, err);
}

static int diff_pool(const struct view *view, struct diff_output *output,
		     struct err *err)
{
	const struct foreign_owner *owner;
	const char *barrier;
	int ret;

	if (view->declared->missing)
		return stand_missing(view, output, err);
	owner = foreign_owner_of(view->pool);
	if (owner)
		return leave_foreign(view, owner, output, err);
	if (view->declared->rival != SIZE_MAX)
		return hold_rival(view, output, err);
	if (view->pool->fault)
		return view_stand(
			view, STATUS_UNREADABLE,
			arena_strdup(output->arena, view->pool->fault), output,
			err);
	ret = granted_barrier(view, output->arena, &barrier, err);
	if (ret < 0)
		return ret;
	if (barrier)
		return view_hold(view, barrier, output, err);
	if (fence_is_ahead(view))
		return hold_fence(view, output, err);
	return diff_identity(view, output, err);
}

static bool is_selected(const struct view *view)
{
	return selection_takes(view->look->input->selection, view->name,
			       view->account ? view->account->name : "");
}

static int diff_declared(const struct look *look,
			 const struct declared_pool *declared,
			 struct diff_output *output, struct err *err)
{
	const struct past_suspension *suspension;
	struct view view;
	int ret = view_of(look, declared, output->arena, &view, err);

	if (ret < 0 || !is_selected(&view))
		return ret;
	suspension =
		past_suspended(look->input->past, look->server->key, view.name);
	if (suspension)
		return view_stand(&view, STATUS_SUSPENDED,
				  suspension_text(output->arena, suspension),
				  output, err);
	return diff_pool(&view, output, err);
}

static int find_unmanaged(const struct look *look, struct diff_output *output,
			  struct err *err)
{
	const struct observed *observed = look->observed;

	for (size_t i = 0; i < observed->pools.n; i++) {
		const struct observed_pool *pool = &observed->pools.items[i];
		struct unmanaged unmanaged = { .server = observed->server };

		if (!look_is_unmanaged(look, i))
			continue;
		unmanaged.pool = arena_strdup(output->arena, pool->name);
		unmanaged.user = arena_strdup(output->arena, pool->user);
		if (!unmanaged.pool || !unmanaged.user ||
		    !array_push(output->arena, &output->unmanaged, unmanaged))
			return view_no_memory(err);
	}
	return 0;
}

int diff_server(const struct diff_input *input, const struct observed *observed,
		struct diff_output *output, struct err *err)
{
	const size_t first = output->changes.n;
	const struct declared_pool *item;
	struct look look;
	int ret = look_at(input, observed, output->arena, &look, err);

	if (ret < 0)
		return ret;
	array_foreach(item, &look.declared) {
		ret = diff_declared(&look, item, output, err);
		if (ret < 0)
			return ret;
	}
	ret = elsewhere_notes(&look, first, output, err);
	if (ret < 0)
		return ret;
	return find_unmanaged(&look, output, err);
}
