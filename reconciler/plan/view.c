/* view.c - what is known of one declared pool. */
#include "reconciler/plan/view.h"

#include "reconciler/core/str.h"
#include "reconciler/model/foreign.h"

#include <inttypes.h>
#include <string.h>

#define DAY_MS 86400000

int view_no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "comparing a server");
}

int view_stand(const struct view *view, enum status status, const char *reason,
	       struct diff_output *output, struct err *err)
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
		return view_no_memory(err);
	return 0;
}

int view_hold(const struct view *view, const char *reason,
	      struct diff_output *output, struct err *err)
{
	int ret = view_stand(view, STATUS_SKIPPED, reason, output, err);

	if (ret == 0)
		output->standing.items[output->standing.n - 1].guard = true;
	return ret;
}

bool view_has_secret(const struct view *view)
{
	return view->account && view->account->type == ACCOUNT_USER;
}

bool view_runs_as_declared(const struct view *view)
{
	if (!view->account)
		return view->pool->identity == view->binding->identity;
	return view->pool->identity == IDENTITY_SPECIFIC_USER &&
	       identity_is(view->domain, view->account->user, view->pool->user);
}

/* Whom each pool of the server runs as. */
static int find_accounts(struct look *look, struct arena *arena,
			 struct found_array *found)
{
	const struct observed_pool_array *pools = &look->observed->pools;

	look->runs_as =
		arena_alloc(arena, (pools->n + 1) * sizeof(*look->runs_as));
	if (!look->runs_as)
		return -ERR_NOMEM;
	for (size_t i = 0; i < pools->n; i++) {
		const struct observed_pool *pool = &pools->items[i];
		struct found_pool item = { .name = pool->name,
					   .account = SIZE_MAX };

		if (pool->identity == IDENTITY_SPECIFIC_USER)
			item.account = identity_account(look->input->desired,
							look->input->config,
							pool->user);
		look->runs_as[i] = item.account;
		if (!array_push(arena, found, item))
			return -ERR_NOMEM;
	}
	return 0;
}

int look_at(const struct diff_input *input, const struct observed *observed,
	    struct arena *arena, struct look *ret, struct err *err)
{
	const struct desired *desired = input->desired;
	struct found_array found = { 0 };

	*ret = (struct look){
		.input = input,
		.observed = observed,
		.server = &desired->servers.items[observed->server],
	};
	ret->barriers = arena_alloc(arena, (desired->accounts.n + 1) *
						   sizeof(*ret->barriers));
	if (!ret->barriers || find_accounts(ret, arena, &found) ||
	    desired_resolve(desired, observed->server, &found, arena,
			    &ret->declared))
		return view_no_memory(err);
	return 0;
}

bool view_fence_is_ours(const struct view *view)
{
	const struct fence *fence = &view->pool->fence;

	return fence->present && view->past &&
	       fence->generation == view->past->generation &&
	       memcmp(fence->candidate, view->past->candidate,
		      sizeof(fence->candidate)) == 0;
}

/* A fault counts until a worker started or lockstep wrote after it: events
 * stay in the log long after they were settled. The time of a commit may be
 * known too late (a retry found it done), so it does not excuse a pool that
 * failed. One that crashed later had started after the fault. */
static void see_faults(struct view *view)
{
	const struct observed_pool *pool = view->pool;
	const int64_t fault_ms = observed_fault(pool, NULL);
	const bool stopped = pool->state == POOL_STOPPED;
	const bool stands = fault_ms > observed_worker_start(pool) &&
			    !observed_crashed(pool);

	view->crashed = stopped && observed_crashed(pool) &&
			observed_disabled(pool) > observed_worker_start(pool);
	view->faulted =
		stands && (fault_ms >= view->committed_ms ||
			   (view->past && view->past->status == STATUS_FAILED));
	/* A run that did not end may have written the password and not come
	 * to start what WAS had stopped. A fault from before the last proof
	 * was settled then: who stopped it since was a person. What is not
	 * started by itself is not started by lockstep either. */
	view->revive =
		stopped && pool->auto_start &&
		(view->faulted || (stands && view->past && view->past->open &&
				   fault_ms > view->past->proved_ms));
}

static int name_identity(struct view *view, struct arena *arena)
{
	const struct diff_input *input = view->look->input;

	if (view->binding->account == SIZE_MAX) {
		view->shown = identity_type_name(view->binding->identity);
		return 0;
	}
	view->account = &input->desired->accounts.items[view->binding->account];
	view->domain = &input->config->domains.items[view->account->domain];
	view->shown = identity_show(arena, view->domain, view->account->user);
	if (view->account->secret != SIZE_MAX)
		view->version = input->versions[view->account->secret];
	return view->shown ? 0 : -ERR_NOMEM;
}

int view_of(const struct look *look, const struct declared_pool *declared,
	    struct arena *arena, struct view *ret, struct err *err)
{
	const struct desired *desired = look->input->desired;
	struct view view = {
		.look = look,
		.declared = declared,
		.binding = &desired->bindings.items[declared->binding],
		.name = declared->name,
	};

	if (name_identity(&view, arena))
		return view_no_memory(err);
	view.past = past_find(look->input->past, look->server->key, view.name);
	if (!declared->missing)
		view.pool = observed_find(look->observed, view.name);
	if (view.past)
		view.committed_ms = view.past->committed_ms;
	if (view.pool) {
		if (view_fence_is_ours(&view) &&
		    view.pool->fence.committed_ms > 0)
			view.committed_ms = view.pool->fence.committed_ms;
		see_faults(&view);
	}
	*ret = view;
	return 0;
}

bool look_is_unmanaged(const struct look *look, size_t pool)
{
	const struct observed_pool *found = &look->observed->pools.items[pool];
	const size_t account = look->runs_as[pool];

	return account != SIZE_MAX &&
	       !desired_declares(&look->declared, found->name) &&
	       !foreign_owner_of(found) &&
	       selection_takes(
		       look->input->selection, found->name,
		       look->input->desired->accounts.items[account].name);
}

/* Day and month of a day since 1970-01-01: in years that begin in March the
 * months' lengths repeat, and the leap day comes last. */
static void take_day(int64_t days, unsigned *ret_day, unsigned *ret_month)
{
	const int64_t era_days = (days + 719468) % 146097;
	const int64_t year = (era_days - era_days / 1460 + era_days / 36524 -
			      era_days / 146096) /
			     365;
	const int64_t day = era_days - (365 * year + year / 4 - year / 100);
	const int64_t month = (5 * day + 2) / 153;

	*ret_day = (unsigned)(day - (153 * month + 2) / 5 + 1);
	*ret_month = (unsigned)(month < 10 ? month + 2 : month - 10);
}

const char *moment_text(struct arena *arena, int64_t wall_ms)
{
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	const int64_t at_ms = wall_ms > 0 ? wall_ms : 0;
	const int64_t minute = at_ms % DAY_MS / 60000;
	unsigned day = 0;
	unsigned month = 0;

	take_day(at_ms / DAY_MS, &day, &month);
	return arena_printf(arena, "%u %s %02" PRId64 ":%02" PRId64 " UTC", day,
			    months[month], minute / 60, minute % 60);
}

const char *suspension_text(struct arena *arena,
			    const struct past_suspension *suspension)
{
	const char *until = moment_text(arena, suspension->until_ms);

	if (!until)
		return NULL;
	return arena_printf(arena, "suspended until %s by %s: %s", until,
			    suspension->by, suspension->reason);
}
