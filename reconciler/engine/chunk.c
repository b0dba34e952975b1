/* chunk.c - what is in hand: which pools, and their next step. */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"
#include "reconciler/model/past.h"

#include <string.h>

struct item *chunk_item(const struct engine *run,
			const struct server_run *server, size_t at)
{
	return &run->items.items[server->chunk.items[at]];
}

/* An intent whose end is not known is taken up with its own number, unless
 * its commit is known and somebody changed the pool after it. */
static bool resumes(const struct engine *run, const struct item *item,
		    const struct past_pool *past, const struct fence *fence)
{
	const struct change *change = item->change;
	const bool done = fence->present && fence->committed_ms > 0 &&
			  fence->generation == past->generation;

	/* What has no secret has no version: the name tells it all. */
	return past->open && past->generation > 0 && !done &&
	       (past->version > 0 || !change->secret) &&
	       past->version == change->version &&
	       str_eq_nocase(past->account, run_account_name(run, change));
}

/* Different for every pool of the run, though the event is the same. */
static void mix_candidate(const struct engine *run, struct item *item)
{
	uint64_t number = (uint64_t)(item - run->items.items);

	memcpy(item->candidate, run->event->random, sizeof(item->candidate));
	for (size_t i = 0; i < sizeof(number); i++)
		item->candidate[i] ^= (uint8_t)(number >> 8 * i);
}

static void take_item(struct engine *run, struct server_run *server,
		      struct item *item)
{
	const struct change *change = item->change;
	const struct observed_pool *pool =
		observed_find(server->observed, change->pool);
	const struct past_pool *past =
		past_find(run->input.past,
			  run->input.desired->servers.items[server->server].key,
			  change->pool);
	const bool finish = change->kind == CHANGE_FINISH;

	item->state = ITEM_INTENT;
	if (past && pool && past->generation > 0 &&
	    (finish || resumes(run, item, past, &pool->fence))) {
		item->resumed = true;
		item->generation = past->generation;
		memcpy(item->candidate, past->candidate,
		       sizeof(item->candidate));
	} else {
		item->generation = past ? past->generation + 1 : 1;
		mix_candidate(run, item);
	}
	if (!finish)
		return;
	item->state = ITEM_COMMITTED;
	item->committed_ms = change->committed_ms;
	if (item->committed_ms < 1 && pool)
		item->committed_ms = pool->fence.committed_ms;
	if (item->committed_ms < 1)
		item->committed_ms = server->observed->now_ms;
	item_expect_late_fault(item);
}

static void push_item(struct engine *run, struct server_run *server,
		      struct item *item)
{
	const size_t at = (size_t)(item - run->items.items);

	if (!array_push(run->input.arena, &server->chunk, at))
		run_fail(run, -ERR_NOMEM, "running the engine");
	take_item(run, server, item);
}

void chunk_forbid(struct engine *run, struct server_run *server)
{
	const char *all = run->stop ? "interrupted" : group_stops(run, server);

	if (!all && server->unusable)
		all = "the server could not be read any more";
	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);
		const char *why = all;

		if (!why)
			why = item_forbidden(run, item);
		if (!why || item->state != ITEM_TODO)
			continue;
		result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED, why);
		gate_skipped(run, why);
	}
}

static bool is_due(const struct engine *run, const struct server_run *server,
		   const struct item *item)
{
	return item->state == ITEM_TODO && item_mode(run, item) == server->mode;
}

/* Pools that need not go alone; finishing and writing do not mix. */
static void take_proved(struct engine *run, struct server_run *server)
{
	const size_t max = run->input.config->caps.pools_per_commit;
	bool finish = false;

	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);
		const bool finishes = item->change->kind == CHANGE_FINISH;

		if (!is_due(run, server, item) || !account_joins(run, item))
			continue;
		if (server->chunk.n > 0 &&
		    (finishes != finish || server->chunk.n >= max))
			continue;
		finish = finishes;
		push_item(run, server, item);
	}
}

/* What failed is put back before anything else is touched. */
static void take_undone(struct engine *run, struct server_run *server)
{
	const size_t max = run->input.config->caps.pools_per_commit;

	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);
		const size_t at = (size_t)(item - run->items.items);

		if (server->unusable ||
		    (server->chunk.n > 0 && server->chunk.n >= max) ||
		    !undo_begin(item))
			continue;
		mix_candidate(run, item);
		if (!array_push(run->input.arena, &server->chunk, at))
			run_fail(run, -ERR_NOMEM, "running the engine");
	}
}

/* One pool that goes alone; first one whose worker proves the password. */
static void take_opening(struct engine *run, struct server_run *server,
			 bool wakes)
{
	for (size_t i = 0;
	     server->chunk.n == 0 && i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);

		if (is_due(run, server, item) && item_wakes(item) == wakes &&
		    account_opening(run, server, item))
			push_item(run, server, item);
	}
}

bool chunk_take(struct engine *run, struct server_run *server)
{
	server->chunk.n = 0;
	server->n_looks = server->n_resends = 0;
	server->n_verifies = server->n_losses = 0;
	server->fault = NULL;
	chunk_forbid(run, server);
	if (!server->in_hand)
		windows_skip(run, server);
	take_undone(run, server);
	if (server->chunk.n > 0)
		return true;
	take_proved(run, server);
	take_opening(run, server, true);
	take_opening(run, server, false);
	return server->chunk.n > 0;
}

/* Was it forbidden between the save of its intent and its request? */
static void skip_late(struct engine *run, struct server_run *server)
{
	const char *stopped = group_stops(run, server);

	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);
		const char *why = item->undo ? NULL : stopped;

		if (!why)
			why = item_forbidden(run, item);
		if (!why || item->state != ITEM_INTENT)
			continue;
		gate_skipped(run, why);
		if (item->begun) {
			result_settle(run, item, OUTCOME_UNKNOWN,
				      STATUS_UNKNOWN, REASON_BEGUN);
			group_failure(run, server);
			continue;
		}
		item->sent = false;
		result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED, why);
	}
}

static bool any_in(const struct engine *run, const struct server_run *server,
		   enum item_state state)
{
	for (size_t i = 0; i < server->chunk.n; i++) {
		if (chunk_item(run, server, i)->state == state)
			return true;
	}
	return false;
}

static bool any_to_activate(const struct engine *run,
			    const struct server_run *server)
{
	for (size_t i = 0; i < server->chunk.n; i++) {
		if (item_needs_activation(run, chunk_item(run, server, i)))
			return true;
	}
	return false;
}

/* A pool of the chunk is to be written or recycled while its account is in
 * question. What is put back needs no account. */
bool chunk_is_halted(const struct engine *run, const struct server_run *server)
{
	for (size_t i = 0; i < server->chunk.n; i++) {
		const struct item *item = chunk_item(run, server, i);

		if ((item->state == ITEM_INTENT ||
		     item_needs_activation(run, item)) &&
		    !(item->undo && item->undo->begun) &&
		    account_is_halted(run, item->change))
			return true;
	}
	return false;
}

/* Only called when no request of this chunk can land any more: an item in
 * state INTENT is not on the server. */
void chunk_next(struct engine *run, struct server_run *server)
{
	skip_late(run, server);
	if (chunk_is_halted(run, server)) {
		server_enter(run, server, PHASE_HALTED);
	} else if (any_in(run, server, ITEM_INTENT)) {
		server_enter(run, server, PHASE_APPLYING);
	} else if (any_to_activate(run, server)) {
		server_enter(run, server, PHASE_ACTIVATING);
	} else if (any_in(run, server, ITEM_COMMITTED)) {
		server->pause_ms = SETTLE_MS;
		server_enter(run, server, PHASE_SETTLING);
	} else {
		server_enter(run, server, PHASE_OUTCOME);
	}
}
