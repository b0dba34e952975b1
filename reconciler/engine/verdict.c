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
	VERDICT_CRASHED, /* WAS disabled it after the write */
	VERDICT_DOWN,    /* it ran before and does not now */
	VERDICT_HTTP,    /* all is right, but a site does not answer well */
	VERDICT_BLIND,   /* something could not be read */
};

struct verdict {
	enum verdict_kind kind;
	const char *reason;
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
		return pool->identity == change->identity &&
		       (change->identity != IDENTITY_SPECIFIC_USER ||
			str_eq_nocase(pool->user, change->user));
	return pool->identity == IDENTITY_SPECIFIC_USER &&
	       pool->identity_local && is_account(run, change, pool->user);
}

static struct verdict of_stored(const struct engine *run,
				const struct item *item,
				const struct observed_pool *pool)
{
	struct verdict verdict = { VERDICT_WRONG, NULL };

	if (!pool)
		verdict.reason = "the pool is not there any more";
	else if (!identity_is_declared(run, item->change, pool))
		verdict.reason = "after the write it runs as somebody else";
	else if (item->change->secret && pool->password == PASSWORD_UNREADABLE)
		verdict.reason = "its stored password can't be read back";
	else if (item->change->secret && pool->password != PASSWORD_CURRENT)
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
	/* A gMSA that nobody declares has no known spellings. */
	if (change->identity == IDENTITY_SPECIFIC_USER)
		return false;
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
						 "change still runs" };
	}
	array_foreach(worker, &pool->workers) {
		if (worker->owner[0] == '\0')
			return (struct verdict){ VERDICT_BLIND,
						 "who its worker runs as "
						 "could not be read" };
		if (is_other_owner(run, item->change, worker->owner))
			return (struct verdict){ VERDICT_WRONG,
						 "its worker runs as somebody "
						 "else" };
	}
	/* One that WAS let idle before is not started by a recycle. */
	if (item->activated && pool->always_running && item->had_worker &&
	    pool->workers.n == 0)
		return (struct verdict){ VERDICT_DOWN,
					 "it is to run always, and no worker "
					 "does" };
	return (struct verdict){ VERDICT_PROVED, "" };
}

/* A fault from before this run is history once a worker started after it. */
static struct verdict of_faults(const struct item *item,
				const struct observed_pool *pool)
{
	const int64_t fault_ms = observed_fault(pool, NULL);

	if (!fault_is_possible(item->change))
		return (struct verdict){ VERDICT_PROVED, "" };
	if (fault_ms > item->fault_seen_ms && fault_ms >= item->since_ms)
		return (struct verdict){ VERDICT_FAULT, "" };
	if (fault_ms < item->committed_ms)
		return (struct verdict){ VERDICT_PROVED, "" };
	if (observed_worker_start(pool) > fault_ms)
		return (struct verdict){ VERDICT_PROVED, "" };
	return (struct verdict){ VERDICT_GAVE_UP,
				 "WAS gave up on its identity before this "
				 "run" };
}

/* When a write that is only finished happened may not be known: then whatever
 * stands is told. */
static bool is_crashed(const struct item *item,
		       const struct observed_pool *pool)
{
	const int64_t disabled_ms = observed_disabled(pool);

	if (pool->state == POOL_STARTED)
		return false;
	if (item->change->kind == CHANGE_FINISH)
		return observed_crashed(pool);
	return disabled_ms > item->disabled_seen_ms &&
	       disabled_ms >= item->since_ms;
}

static struct verdict of_running(const struct item *item,
				 const struct observed_pool *pool)
{
	if (is_crashed(item, pool))
		return (struct verdict){ VERDICT_CRASHED,
					 "WAS disabled it after repeated "
					 "crashes (event 5002)" };
	if (pool->fault)
		return (struct verdict){ VERDICT_BLIND, pool->fault };
	if ((item->state_before == POOL_STARTED || item->change->revive) &&
	    pool->state != POOL_STARTED)
		return (struct verdict){ VERDICT_DOWN,
					 "it does not run any more" };
	return (struct verdict){ VERDICT_PROVED, "" };
}

static bool is_expected(const struct http_check *http, unsigned status)
{
	for (size_t i = 0; i < http->n_expect; i++) {
		if (http->expect[i] == status)
			return true;
	}
	return false;
}

static struct verdict of_http(struct engine *run, const struct item *item,
			      const struct observed_pool *pool)
{
	const struct http_check *http =
		&run->input.desired->bindings.items[item->change->binding].http;
	const struct http_answer *answer;

	array_foreach(answer, &pool->answers) {
		if (is_expected(http, answer->status))
			continue;
		if (answer->status == 0)
			return (struct verdict){
				VERDICT_HTTP,
				run_text(run,
					 "site %s does not answer %s through "
					 "%s (%s)",
					 answer->site, http->path,
					 answer->binding, answer->why)
			};
		return (struct verdict){
			VERDICT_HTTP,
			run_text(run, "site %s answers %s through %s with %u",
				 answer->site, http->path, answer->binding,
				 answer->status)
		};
	}
	return (struct verdict){ VERDICT_PROVED, "" };
}

static struct verdict judge(struct engine *run, const struct item *item,
			    const struct observed_pool *pool)
{
	const struct verdict stored = of_stored(run, item, pool);
	struct verdict verdict = { VERDICT_PROVED, "" };

	if (pool)
		verdict = of_faults(item, pool);
	if (verdict.kind == VERDICT_FAULT)
		return verdict;
	if (stored.kind != VERDICT_PROVED)
		return stored;
	if (verdict.kind == VERDICT_PROVED)
		verdict = of_running(item, pool);
	if (verdict.kind == VERDICT_PROVED)
		verdict = of_workers(run, item, pool);
	if (verdict.kind == VERDICT_PROVED && item_asks_http(run, item))
		verdict = of_http(run, item, pool);
	return verdict;
}

static const struct binding *binding_of(const struct engine *run,
					const struct item *item)
{
	return &run->input.desired->bindings.items[item->change->binding];
}

/* A site had all the time of `within` to answer: asking again would only
 * double it. */
static bool may_pass(const struct engine *run, const struct item *item,
		     const struct verdict *verdict)
{
	if (verdict->kind == VERDICT_OLD)
		return binding_of(run, item)->restart != RESTART_NONE &&
		       !item_forbidden(run, item);
	return verdict->kind == VERDICT_DOWN || verdict->kind == VERDICT_BLIND;
}

static void settle_failed(struct engine *run, struct server_run *server,
			  struct item *item, const struct verdict *verdict,
			  const struct observed_pool *pool)
{
	result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
		      verdict->reason);
	/* Told, and no reason to stop: the binding says so. A pool that is not
	 * there was not verified. */
	if (!pool ||
	    binding_of(run, item)->on_verify_fail != VERIFY_FAIL_CONTINUE)
		group_failure(run, server);
	item->logged_on = verdict->kind == VERDICT_HTTP && pool->workers.n > 0;
	undo_due(run, item, pool);
}

static void settle_old(struct engine *run, struct server_run *server,
		       struct item *item, const struct verdict *verdict,
		       const struct observed_pool *pool)
{
	const char *forbidden = item_forbidden(run, item);
	const bool none = binding_of(run, item)->restart == RESTART_NONE;

	if (forbidden || none)
		result_settle(
			run, item, OUTCOME_CHANGED, STATUS_PENDING_RECYCLE,
			forbidden ? run_text(run, "not recycled: %s", forbidden)
				  : verdict->reason);
	else
		settle_failed(run, server, item, verdict, pool);
	/* The next run finishes what this one may not leave as it is. */
	item->closes = !forbidden && none;
}

static void settle(struct engine *run, struct server_run *server,
		   struct item *item, const struct verdict *verdict,
		   const struct observed_pool *pool)
{
	switch (verdict->kind) {
	case VERDICT_PROVED:
		result_settle(run, item, OUTCOME_CHANGED, STATUS_CONVERGED, "");
		item->proved = !item->undo;
		item->logged_on = pool->workers.n > 0;
		break;
	case VERDICT_FAULT:
		settle_identity_fault(run, server, item, pool);
		break;
	case VERDICT_OLD:
		settle_old(run, server, item, verdict, pool);
		break;
	case VERDICT_BLIND:
		result_settle(run, item, OUTCOME_UNKNOWN, STATUS_UNKNOWN,
			      verdict->reason);
		group_failure(run, server);
		break;
	case VERDICT_WRONG:
	case VERDICT_GAVE_UP:
	case VERDICT_CRASHED:
	case VERDICT_DOWN:
	case VERDICT_HTTP:
		settle_failed(run, server, item, verdict, pool);
		break;
	}
}

bool verdict_of_chunk(struct engine *run, struct server_run *server, bool last)
{
	bool settled = true;

	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);
		const struct observed_pool *pool;
		struct verdict verdict;

		if (item->state != ITEM_COMMITTED)
			continue;
		pool = observed_find(run->event->observed, item->change->pool);
		verdict = judge(run, item, pool);
		if (!last && may_pass(run, item, &verdict))
			settled = false;
		else
			settle(run, server, item, &verdict, pool);
	}
	return settled;
}
