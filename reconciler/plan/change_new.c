/* change_new.c - a difference becomes a change, unless something forbids it. */
#include "reconciler/plan/change_new.h"

#include "reconciler/core/str.h"

static bool had_nothing(const struct observed_pool *pool)
{
	return pool->identity != IDENTITY_SPECIFIC_USER || !pool->user[0] ||
	       pool->password == PASSWORD_ABSENT;
}

/* A version belongs to one secret file, so an equal one means that the same
 * account was proved here and git asks for nothing new. What has no secret has
 * no version: there the name tells. */
static bool was_proved_as_declared(const struct view *view)
{
	const struct past_pool *past = view->past;

	return past->proved_version == view->version &&
	       (view->version > 0 || str_eq_nocase(past->account, view->shown));
}

static enum change_cause cause_of(const struct view *view)
{
	const bool proved = view->past && view->past->proved_ms > 0;

	if (proved && was_proved_as_declared(view))
		return CAUSE_CORRECTIVE;
	if (!proved && had_nothing(view->pool))
		return CAUSE_FIRST;
	return CAUSE_INTENTIONAL;
}

static bool pairs_first(const struct view *view)
{
	return view->account &&
	       !past_paired(view->look->input->past, view->shown,
			    view->look->server->key);
}

/* What IIS is to store as user name; "" for a builtin identity. */
static const char *user_to_store(const struct view *view,
				 const struct change *change,
				 struct arena *arena)
{
	if (!view->account)
		return "";
	if (change->kind == CHANGE_FINISH)
		return change->seen_user;
	return identity_spell(arena, view->domain, view->account,
			      view->pool->user);
}

int change_push(const struct view *view, enum change_kind kind,
		int64_t committed_ms, struct diff_output *output,
		struct err *err)
{
	const struct observed_pool *pool = view->pool;
	struct arena *arena = output->arena;
	struct change change = {
		.kind = kind,
		.cause = cause_of(view),
		.server = view->declared->server,
		.binding = view->declared->binding,
		.account = view->binding->account,
		.identity = view->binding->identity,
		.secret = view_has_secret(view),
		.first_pair = pairs_first(view),
		.seen_identity = pool->identity,
		.seen_local = pool->identity_local,
		.seen_password = pool->password,
		.revive = view->revive,
		.rotates = kind != CHANGE_FINISH && pool->rotates,
		.n_sites = pool->n_sites,
		.seen_state = pool->state,
		.seen_worker = pool->workers.n > 0,
		.seen_always_running = pool->always_running,
		.seen_auto_start = pool->auto_start,
		.version = view->version,
		.committed_ms = committed_ms,
	};

	change.pool = arena_strdup(arena, pool->name);
	change.seen_user = arena_strdup(arena, pool->user);
	change.user = user_to_store(view, &change, arena);
	if (!change.pool || !change.seen_user || !change.user ||
	    !array_push(arena, &output->changes, change))
		return view_no_memory(err);
	return note_change(view, output, err);
}

static const char *write_barrier(const struct observed *observed)
{
	if (observed->redirected)
		return "the server uses shared configuration "
		       "(inetsrv\\config\\redirection.config says so), which "
		       "lockstep never writes";
	if (!observed->writable)
		return "the SSH user may not write the configuration of this "
		       "server";
	return NULL;
}

/* Corrected again and again, and different again: two who write against each
 * other help nobody. What lockstep itself left unfinished is its own. */
static bool is_contested(const struct view *view, enum change_kind kind)
{
	const struct past_pool *past = view->past;

	return past && past->n_corrected >= PAST_CONTESTED && !past->open &&
	       kind != CHANGE_REWRITE && cause_of(view) == CAUSE_CORRECTIVE &&
	       !view->look->input->contested;
}

static int hold_contested(const struct view *view, struct diff_output *output,
			  struct err *err)
{
	struct arena *arena = output->arena;
	const char *since = moment_text(arena, view->past->corrected_ms);
	const char *text =
		since ? arena_printf(
				arena,
				"contested: lockstep corrected it %u "
				"times since %s, and it is different "
				"again; find who changes it, then lockstep "
				"apply --contested --reason TEXT corrects "
				"it once more",
				view->past->n_corrected, since)
		      : NULL;
	int ret = view_stand(view, STATUS_DRIFTED, text, output, err);

	if (ret == 0)
		output->standing.items[output->standing.n - 1].guard = true;
	return ret;
}

int change_write(const struct view *view, enum change_kind kind,
		 struct diff_output *output, struct err *err)
{
	const char *barrier = write_barrier(view->look->observed);
	int ret = 0;

	if (barrier)
		return view_stand(view, STATUS_SKIPPED, barrier, output, err);
	if (view->look->observed->fence_damaged)
		return view_hold(view,
				 "lockstep.fence on the server is damaged: "
				 "lockstep can't tell what was written there",
				 output, err);
	if (kind == CHANGE_PASSWORD || kind == CHANGE_IDENTITY)
		ret = elsewhere_barrier(view, output->arena, &barrier, err);
	if (ret < 0)
		return ret;
	if (barrier)
		return view_hold(view, barrier, output, err);
	if (is_contested(view, kind))
		return hold_contested(view, output, err);
	return change_push(view, kind, 0, output, err);
}
