/* look.c - an answer did not come: look first, then decide. */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"

#include <string.h>

static bool fence_is_ours(const struct fence *fence, const struct item *item)
{
	return fence->present && fence->generation == item->generation &&
	       memcmp(fence->candidate, item->candidate,
		      sizeof(item->candidate)) == 0;
}

static bool fence_is_foreign(const struct fence *fence, const struct item *item)
{
	return fence->present && fence->generation >= item->generation &&
	       !fence_is_ours(fence, item);
}

/* WAS already refused what was written. */
static bool settle_fault(struct engine *run, struct server_run *server,
			 struct item *item, const struct observed_pool *pool)
{
	const int64_t fault_ms = observed_fault(pool, NULL);
	const int64_t since_ms = item->committed_ms > 0 ? item->committed_ms
							: item->not_before_ms;

	if (!fault_is_possible(item->change) ||
	    fault_ms <= item->fault_seen_ms || fault_ms < since_ms ||
	    observed_worker_start(pool) > fault_ms)
		return false;
	if (item->state == ITEM_INTENT)
		item_committed(run, item, since_ms);
	settle_identity_fault(run, server, item, pool);
	return true;
}

/* A fence that only began it tells no time: then only workers that start
 * from now on count. Whether an equal password was written again can't be
 * seen at all. */
static void judge_ours(struct engine *run, struct server_run *server,
		       struct item *item, const struct observed_pool *pool)
{
	int64_t committed_ms = pool->fence.committed_ms;

	if (settle_fault(run, server, item, pool))
		return;
	item->begun = committed_ms == 0 && item->change->kind == CHANGE_REWRITE;
	if (item->begun)
		return;
	run->result.n_commits++;
	item_committed(run, item,
		       committed_ms ? committed_ms : server->observed->now_ms);
	if (committed_ms == 0)
		item_expect_late_fault(item);
}

/* Somebody else gave it another identity since the plan saw it. */
static bool is_moved(const struct change *change,
		     const struct observed_pool *pool)
{
	return pool->identity != change->seen_identity ||
	       !str_eq_nocase(pool->user, change->seen_user);
}

/* An item that may have been sent, and is not known to be committed. */
static void judge_sent(struct engine *run, struct server_run *server,
		       struct item *item, const struct observed_pool *pool)
{
	const bool right =
		(pool->password == PASSWORD_CURRENT || !item->change->secret) &&
		identity_is_declared(run, item->change, pool);
	const bool ours = fence_is_ours(&pool->fence, item);

	if (right && ours) {
		judge_ours(run, server, item, pool);
		return;
	}
	if (!right)
		item->not_before_ms = server->observed->now_ms;
	if (fence_is_foreign(&pool->fence, item)) {
		item->sent = false;
		run->result.guarded = true;
		result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED,
			      run_text(run, REASON_FENCE, "generation_behind"));
	} else if (ours && pool->fence.committed_ms > 0) {
		run->result.n_commits++;
		item_committed(run, item, pool->fence.committed_ms);
		result_settle(run, item, OUTCOME_FAILED, STATUS_DRIFTED,
			      "it was written, and somebody changed it since");
		group_failure(run, server);
	} else if (ours && is_moved(item->change, pool)) {
		/* Counts as written: else another first commit of the account
		 * could follow one that nobody saw the end of. */
		item_committed(run, item, server->observed->now_ms);
		result_settle(run, item, OUTCOME_FAILED, STATUS_DRIFTED,
			      "it may have been written, and somebody changed "
			      "it since");
		group_failure(run, server);
	}
}

static void settle_unknown(struct engine *run, struct server_run *server,
			   struct item *item, const char *reason)
{
	result_settle(run, item, OUTCOME_UNKNOWN, STATUS_UNKNOWN, reason);
	group_failure(run, server);
}

/* A restart that was carried out is not asked for once more: nothing is left
 * to renew. */
static void judge_activation(struct item *item,
			     const struct observed_pool *pool)
{
	const struct worker *worker;

	if (!item->activating || pool->fault || pool->state != POOL_STARTED)
		return;
	array_foreach(worker, &pool->workers) {
		if (worker->started_ms < item->committed_ms)
			return;
	}
	item->activated = true;
}

static void judge_item(struct engine *run, struct server_run *server,
		       struct item *item)
{
	const struct observed_pool *pool =
		observed_find(server->observed, item->change->pool);

	if (!pool) {
		/* Sent stays sent: nobody saw the end of it. */
		result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
			      "the pool is not there any more");
		group_failure(run, server);
	} else if (item->state == ITEM_INTENT && item->sent &&
		   (server->observed->fence_damaged || pool->fault)) {
		settle_unknown(run, server, item,
			       pool->fault ? pool->fault
					   : "the fence file of the server is "
					     "damaged: state repair");
	} else if (item->state == ITEM_INTENT && item->sent) {
		judge_sent(run, server, item, pool);
	} else if (item->state == ITEM_COMMITTED) {
		judge_activation(item, pool);
		if (item->sent)
			(void)settle_fault(run, server, item, pool);
	}
}

/* Whoever asked to stop does not want it sent again. What failed is put back
 * all the same. */
static bool settle_stopped(struct engine *run, struct server_run *server,
			   struct item *item)
{
	if (!run->stop || (item->undo && item->undo->begun))
		return false;
	if (item->begun) {
		settle_unknown(run, server, item, REASON_BEGUN);
		return true;
	}
	item->sent = false;
	result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED,
		      "interrupted; the request did not get through");
	return true;
}

/* Written, and never seen there: it is not, and can't come late. */
static void settle_lost(struct engine *run, struct server_run *server,
			struct item *item)
{
	if (item->begun) {
		settle_unknown(run, server, item, REASON_BEGUN);
		return;
	}
	item->sent = false;
	result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
		      server->fault
			      ? run_text(run, "not written: %s", server->fault)
			      : "not written: the request did not get through");
	group_failure(run, server);
}

void look_judge(struct engine *run, struct server_run *server)
{
	const bool last = server->n_resends >= RESENDS_MAX;
	bool resend = false;

	server->n_looks = 0;
	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);

		if (item->state == ITEM_INTENT || item->state == ITEM_COMMITTED)
			judge_item(run, server, item);
		if (item->state != ITEM_INTENT ||
		    settle_stopped(run, server, item))
			continue;
		if (last)
			settle_lost(run, server, item);
		else
			resend = true;
	}
	if (resend)
		server->n_resends++;
	chunk_next(run, server);
}

static bool any_touched(const struct engine *run,
			const struct server_run *server)
{
	for (size_t i = 0; i < server->chunk.n; i++) {
		const struct item *item = chunk_item(run, server, i);

		if (item->state != ITEM_SETTLED && item_touched(item))
			return true;
	}
	return false;
}

/* Nobody can say what is there. */
static void give_up(struct engine *run, struct server_run *server)
{
	const char *what = run->event->err.what;

	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);

		if (item->state == ITEM_SETTLED)
			continue;
		if (item_touched(item))
			settle_unknown(run, server, item,
				       run_text(run,
						"the answer got lost and the "
						"server can't be read: %s",
						what));
		else
			result_settle(run, item, OUTCOME_FAILED,
				      STATUS_UNREADABLE,
				      run_text(run, "unreachable: %s", what));
	}
	server->unusable = true;
	group_failure(run, server);
	server_enter(run, server, PHASE_OUTCOME);
}

/* How long until the request that got lost can't land any more. */
static uint32_t pause_of(const struct engine *run,
			 const struct server_run *server, bool sent)
{
	const uint32_t backoff = (uint32_t)RETRY_MS << 2 * server->n_looks;
	const int64_t gone = run->event->mono_ms - server->sent_mono_ms;
	int64_t left = REQUEST_TIMEOUT_MS - gone;

	if (!sent)
		return backoff + server_jitter(run, backoff);
	if (left < 0)
		left = 0;
	return (uint32_t)left + LATE_MS + server_jitter(run, RETRY_MS);
}

void look_later(struct engine *run, struct server_run *server)
{
	const bool looked = server->phase == PHASE_LOOKING;
	const bool sent = !looked && run->event->sent;
	const bool wrote = sent && server->phase == PHASE_APPLYING;
	unsigned looks_max = LOOKS_MAX;

	server->open = false;
	for (size_t i = 0; wrote && i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);

		if (item->state == ITEM_INTENT)
			item->sent = true;
	}
	for (size_t i = 0; sent && i < server->chunk.n; i++)
		chunk_item(run, server, i)->activating =
			server->phase == PHASE_ACTIVATING;
	if (looked)
		server->n_looks++;
	else
		server->n_losses++;
	/* Nor does whoever asked to stop want to wait longer than a request
	 * may take to land. */
	if (run->stop || !any_touched(run, server))
		looks_max = 1;
	if (server->n_looks >= looks_max || server->n_losses > LOSSES_MAX) {
		give_up(run, server);
		return;
	}
	server->pause_ms = pause_of(run, server, sent);
	server_enter(run, server, PHASE_PAUSING);
}
