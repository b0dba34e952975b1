/*
 * diff_arrange.h - how a pool may be found: each function takes a pool that is
 * as declared and makes one thing, or few, different.
 */
#ifndef TESTS_UNIT_DIFF_ARRANGE_H
#define TESTS_UNIT_DIFF_ARRANGE_H

#include "tests/unit/plan_world.h"

#define COMMITTED INT64_C(1000000)

static struct past_pool past_of(int64_t generation)
{
	return (struct past_pool){ .server = "web01",
				   .pool = "OrdersApi",
				   .account = "CORP\\svc-orders",
				   .status = STATUS_CONVERGED,
				   .reason = "",
				   .generation = generation,
				   .candidate = { 7 } };
}

static struct fence fence_of(int64_t generation, uint8_t candidate)
{
	return (struct fence){ .present = true,
			       .generation = generation,
			       .candidate = { candidate } };
}

static void add_worker(struct world *w, struct observed_pool *pool,
		       const char *owner, int64_t started_ms)
{
	struct worker worker = { 4711, owner, started_ms };

	PUSH(w, &pool->workers, worker);
}

static void add_event(struct world *w, struct observed_pool *pool,
		      int64_t time_ms)
{
	struct was_event event = { 5021, time_ms, 0 };

	PUSH(w, &pool->events, event);
}

static void add_past(struct world *w, int64_t committed_ms, bool open)
{
	struct past_pool past = past_of(3);

	past.committed_ms = committed_ms;
	past.open = open;
	PUSH(w, &w->past.pools, past);
}

#define ARRANGE(name)                                                \
	static void name(struct world *w, struct observed *observed, \
			 struct observed_pool *pool)
#define UNUSED() ((void)w, (void)observed, (void)pool)

ARRANGE(as_is)
{
	UNUSED();
}

ARRANGE(spelled_upn)
{
	UNUSED();
	pool->user = "SVC-orders@bank.example";
}

ARRANGE(format_upn)
{
	UNUSED();
	w->desired.accounts.items[0].user_format = USER_FORMAT_UPN;
}

ARRANGE(stale)
{
	UNUSED();
	pool->password = PASSWORD_STALE;
}

ARRANGE(absent)
{
	UNUSED();
	pool->password = PASSWORD_ABSENT;
	pool->password_from = VALUE_NONE;
}

ARRANGE(unreadable)
{
	UNUSED();
	pool->password = PASSWORD_UNREADABLE;
}

ARRANGE(not_compared)
{
	UNUSED();
	pool->password = PASSWORD_NOT_COMPARED;
}

ARRANGE(compared_with_another)
{
	UNUSED();
	pool->account = 1;
}

ARRANGE(other_account)
{
	UNUSED();
	pool->user = "CORP\\svc-old";
	pool->password = PASSWORD_NOT_COMPARED;
}

ARRANGE(same_name_elsewhere)
{
	UNUSED();
	pool->user = "LAB\\svc-orders";
	pool->password = PASSWORD_NOT_COMPARED;
}

ARRANGE(no_user)
{
	UNUSED();
	pool->user = "";
	pool->user_from = VALUE_NONE;
	pool->password = PASSWORD_NOT_COMPARED;
}

ARRANGE(builtin)
{
	UNUSED();
	pool->identity = IDENTITY_NETWORK_SERVICE;
	pool->user = "";
	pool->password = PASSWORD_NOT_COMPARED;
}

ARRANGE(builtin_inherited)
{
	builtin(w, observed, pool);
	pool->identity = IDENTITY_APPLICATION_POOL;
	pool->identity_local = false;
}

ARRANGE(builtin_beside_inherited_user)
{
	builtin(w, observed, pool);
	pool->user = "CORP\\svc-orders";
	pool->user_from = VALUE_INHERITED;
	pool->password_from = VALUE_INHERITED;
}

ARRANGE(group_managed)
{
	UNUSED();
	pool->user = "CORP\\gmsa-web$";
	pool->password = PASSWORD_NOT_COMPARED;
}

ARRANGE(inherited_identity)
{
	UNUSED();
	pool->identity_local = false;
}

ARRANGE(inherited_user)
{
	UNUSED();
	pool->user_from = VALUE_INHERITED;
}

ARRANGE(inherited_password)
{
	UNUSED();
	pool->password_from = VALUE_INHERITED;
	pool->password = PASSWORD_STALE;
}

ARRANGE(missing)
{
	UNUSED();
	pool->name = "OrderApi";
}

ARRANGE(missing_far)
{
	UNUSED();
	pool->name = "DefaultAppPool";
	observed->pools.items[1].name = "Reports";
}

ARRANGE(other_case)
{
	UNUSED();
	pool->name = "ORDERSAPI";
}

ARRANGE(fault)
{
	UNUSED();
	pool->fault = "0x80070005";
}

ARRANGE(redirected_fine)
{
	UNUSED();
	observed->redirected = true;
	observed->writable = false;
	observed->fence_damaged = true;
}

ARRANGE(redirected_stale)
{
	stale(w, observed, pool);
	observed->redirected = true;
}

ARRANGE(readonly_stale)
{
	stale(w, observed, pool);
	observed->writable = false;
}

ARRANGE(damaged_stale)
{
	stale(w, observed, pool);
	observed->fence_damaged = true;
}

ARRANGE(fence_without_state)
{
	UNUSED();
	pool->fence = fence_of(4, 7);
}

ARRANGE(fence_higher)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	pool->fence = fence_of(4, 7);
}

ARRANGE(fence_other_candidate)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	pool->fence = fence_of(3, 8);
}

ARRANGE(fence_equal)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	pool->fence = fence_of(3, 7);
}

ARRANGE(fence_lower)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	pool->fence = fence_of(2, 1);
}

ARRANGE(open_committed)
{
	UNUSED();
	add_past(w, COMMITTED, true);
	add_worker(w, pool, "CORP\\svc-orders", COMMITTED + 5);
}

ARRANGE(open_fence_committed)
{
	UNUSED();
	add_past(w, 0, true);
	pool->fence = fence_of(3, 7);
	pool->fence.committed_ms = COMMITTED;
}

ARRANGE(open_uncommitted)
{
	UNUSED();
	add_past(w, 0, true);
}

ARRANGE(open_uncommitted_faulted)
{
	UNUSED();
	add_past(w, 0, true);
	add_event(w, pool, 500);
}

ARRANGE(open_stale)
{
	stale(w, observed, pool);
	add_past(w, 0, true);
}

ARRANGE(worker_newer)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	add_worker(w, pool, "corp\\SVC-orders", COMMITTED);
}

ARRANGE(worker_older)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	add_worker(w, pool, "CORP\\svc-orders", COMMITTED + 1);
	add_worker(w, pool, "CORP\\svc-orders", COMMITTED - 1);
}

ARRANGE(worker_older_kept)
{
	worker_older(w, observed, pool);
	w->desired.bindings.items[0].restart = RESTART_NONE;
}

ARRANGE(worker_of_another)
{
	UNUSED();
	add_worker(w, pool, "IIS APPPOOL\\OrdersApi", 10);
}

ARRANGE(worker_of_nobody)
{
	UNUSED();
	add_worker(w, pool, "", 10);
}

ARRANGE(fault_no_worker)
{
	UNUSED();
	add_event(w, pool, 500);
}

ARRANGE(fault_then_worker)
{
	UNUSED();
	add_event(w, pool, 500);
	add_worker(w, pool, "CORP\\svc-orders", 501);
}

ARRANGE(worker_then_fault)
{
	UNUSED();
	add_worker(w, pool, "CORP\\svc-orders", 499);
	add_event(w, pool, 300);
	add_event(w, pool, 500);
}

ARRANGE(fault_then_commit)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	add_event(w, pool, COMMITTED - 1);
}

ARRANGE(commit_then_fault)
{
	UNUSED();
	add_past(w, COMMITTED, false);
	add_event(w, pool, COMMITTED + 1);
}

ARRANGE(fault_redirected)
{
	fault_no_worker(w, observed, pool);
	observed->redirected = true;
}

ARRANGE(stale_upn)
{
	stale(w, observed, pool);
	pool->user = "svc-orders@bank.example";
	pool->name = "ordersAPI";
}

ARRANGE(faulted_stopped)
{
	fault_no_worker(w, observed, pool);
	pool->state = POOL_STOPPED;
}

ARRANGE(stale_faulted_stopped)
{
	stale(w, observed, pool);
	faulted_stopped(w, observed, pool);
}

ARRANGE(stale_stopped)
{
	stale(w, observed, pool);
	pool->state = POOL_STOPPED;
}

#endif
