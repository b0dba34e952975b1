/* verdict.c - what VERIFY saw: is the pool proved, and if not, why not? */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"
#include "reconciler/model/owner.h"

enum verdict_kind {
	VERDICT_PROVED,
	VERDICT_FAULT,   /* WAS refused the identity */
	VERDICT_GAVE_UP, /* it did before this run, and no worker came since */
	VERDICT_WRONG,   /* not what was written */
	VERDICT_OLD,     /* an older worker runs */
	VERDICT_DOWN,    /* it ran before and does not now */
	VERDICT_BLIND,   /* something could not be read */
};

struct verdict {
	enum verdict_kind kind;
	const char *reason;
	unsigned event_id;
};

static bool is_account(const struct engine *run, const struct change *change,
		       const char *text)
{
	const struct account *account =
		&run->input.desired->accounts.items[change->account];

	return identity_is(&run->input.config->domains.items[account->domain],
			   account->user, text);
}

bool identity_is_declared(const struct engine *run, const struct change *change,
			  const struct observed_pool *pool)
{
	if (change->account == SIZE_MAX)
		return pool->identity == change->identity;
	return pool->identity == IDENTITY_SPECIFIC_USER &&
	       pool->identity_local && is_account(run, change, pool->user);
}

static struct verdict of_stored(const struct engine *run,
				const struct item *item,
				const struct observed_pool *pool)
{
	struct verdict verdict = { VERDICT_WRONG, NULL, 0 };

	if (!pool)
		verdict.reason = "the pool is not there any more";
	else if (!identity_is_declared(run, item->change, pool))
		verdict.reason = "after the write it runs as somebody else";
	else if (!item->change->secret)
		verdict.kind = VERDICT_PROVED;
	else if (pool->password == PASSWORD_UNREADABLE)
		verdict.reason = "its stored password can't be read back";
	else if (pool->password != PASSWORD_CURRENT)
		verdict.reason = "after the write it holds another password";
	else
		verdict.kind = VERDICT_PROVED;
	return verdict;
}

static bool is_other_owner(const struct engine *run,
			   const struct change *change, const char *owner)
{
	if (change->account != SIZE_MAX)
		return !is_account(run, change, owner);
	return owner_match(&run->input.config->domains, change->identity,
			   change->pool, owner) == OWNER_OTHER;
}

static struct verdict of_workers(const struct engine *run,
				 const struct item *item,
				 const struct observed_pool *pool)
{
	const struct worker *worker;

	array_foreach(worker, &pool->workers) {
		if (worker->started_ms < item->committed_ms)
			return (struct verdict){ VERDICT_OLD,
						 "a worker from before the "
						 "change still runs",
						 0 };
	}
	array_foreach(worker, &pool->workers) {
		if (worker->owner[0] == '\0')
			return (struct verdict){ VERDICT_BLIND,
						 "who its worker runs as "
						 "could not be read",
						 0 };
		if (is_other_owner(run, item->change, worker->owner))
			return (struct verdict){ VERDICT_WRONG,
						 "its worker runs as somebody "
						 "else",
						 0 };
	}
	return (struct verdict){ VERDICT_PROVED, "", 0 };
}

/* A fault from before this run is history once a worker started after it. */
static struct verdict of_faults(const struct item *item,
				const struct observed_pool *pool)
{
	unsigned id = 0;
	const int64_t fault_ms = observed_fault(pool, &id);

	if (fault_ms > item->fault_seen_ms && fault_ms >= item->since_ms)
		return (struct verdict){ VERDICT_FAULT, "", id };
	if (fault_ms < item->committed_ms)
		return (struct verdict){ VERDICT_PROVED, "", 0 };
	if (observed_worker_start(pool) > fault_ms)
		return (struct verdict){ VERDICT_PROVED, "", 0 };
	return (struct verdict){ VERDICT_GAVE_UP,
				 "WAS gave up on its identity before this run",
				 id };
}

static struct verdict judge(const struct engine *run, const struct item *item,
			    const struct observed_pool *pool)
{
	const bool ran =
		item->state_before == POOL_STARTED || item->change->revive;
	struct verdict verdict = of_stored(run, item, pool);
	struct verdict faults = { VERDICT_PROVED, "", 0 };

	if (pool)
		faults = of_faults(item, pool);
	if (faults.kind == VERDICT_FAULT)
		return faults;
	if (verdict.kind != VERDICT_PROVED)
		return verdict;
	if (faults.kind != VERDICT_PROVED)
		return faults;
	if (pool->fault)
		return (struct verdict){ VERDICT_BLIND, pool->fault, 0 };
	if (ran && pool->state != POOL_STARTED)
		return (struct verdict){ VERDICT_DOWN,
					 "it does not run any more", 0 };
	return of_workers(run, item, pool);
}

static bool may_pass(const struct engine *run, const struct item *item,
		     const struct verdict *verdict)
{
	const struct change *change = item->change;

	if (verdict->kind == VERDICT_OLD)
		return run->input.desired->bindings.items[change->binding]
				       .restart != RESTART_NONE &&
		       !run_account(run, change)->stopped;
	return verdict->kind == VERDICT_DOWN || verdict->kind == VERDICT_BLIND;
}

void settle_identity_fault(struct engine *run, struct server_run *server,
			   struct item *item, unsigned id)
{
	result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
		      run_text(run, "WAS refused its identity: event %u", id));
	gate_identity_fault(run, server, item, id);
}

static void settle_old(struct engine *run, struct server_run *server,
		       struct item *item, const struct verdict *verdict)
{
	const struct change *change = item->change;
	const char *stopped = run_account(run, change)->stopped;
	const struct binding *binding =
		&run->input.desired->bindings.items[change->binding];

	if (stopped || binding->restart == RESTART_NONE) {
		result_settle(
			run, item, OUTCOME_CHANGED, STATUS_PENDING_RECYCLE,
			stopped ? run_text(run, "not recycled: %s", stopped)
				: verdict->reason);
	} else {
		result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
			      verdict->reason);
		gate_failure(run, server);
	}
	/* The next run finishes what this one may not leave as it is. */
	item->closes = !stopped && binding->restart == RESTART_NONE;
}

static void settle(struct engine *run, struct server_run *server,
		   struct item *item, const struct verdict *verdict)
{
	switch (verdict->kind) {
	case VERDICT_PROVED:
		result_settle(run, item, OUTCOME_CHANGED, STATUS_CONVERGED, "");
		item->proved = true;
		break;
	case VERDICT_FAULT:
		result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
			      run_text(run,
				       "WAS refused its identity: event %u",
				       verdict->event_id));
		gate_identity_fault(run, server, item, verdict->event_id);
		break;
	case VERDICT_OLD:
		settle_old(run, server, item, verdict);
		break;
	case VERDICT_BLIND:
		result_settle(run, item, OUTCOME_UNKNOWN, STATUS_UNKNOWN,
			      verdict->reason);
		gate_failure(run, server);
		break;
	case VERDICT_WRONG:
	case VERDICT_GAVE_UP:
	case VERDICT_DOWN:
		result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
			      verdict->reason);
		gate_failure(run, server);
		break;
	}
}

bool verdict_of_chunk(struct engine *run, struct server_run *server, bool last)
{
	bool settled = true;

	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);
		struct verdict verdict;

		if (item->state != ITEM_COMMITTED)
			continue;
		verdict = judge(run, item,
				observed_find(run->event->observed,
					      item->change->pool));
		if (!last && may_pass(run, item, &verdict))
			settled = false;
		else
			settle(run, server, item, &verdict);
	}
	return settled;
}
