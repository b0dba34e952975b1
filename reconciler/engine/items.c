/* items.c - the changes of a server: are they still as planned? */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"

bool item_touched(const struct item *item)
{
	return item->sent || item->committed_ms > 0;
}

void item_committed(struct engine *run, struct item *item, int64_t committed_ms)
{
	item->state = ITEM_COMMITTED;
	item->sent = true;
	item->committed_ms = committed_ms > item->not_before_ms
				     ? committed_ms
				     : item->not_before_ms;
	if (item->committed_ms < 1)
		item->committed_ms = 1;
	item->since_ms = item->committed_ms;
	run_account(run, item->change)->n_committed++;
}

/* When the commit happened is not known, only that it did: a fault that the
 * log shows late may still be its own. */
void item_expect_late_fault(struct item *item)
{
	item->since_ms = item->committed_ms > LOG_BEHIND_MS
				 ? item->committed_ms - LOG_BEHIND_MS
				 : 0;
}

/* A pool that a person stopped stays so. */
bool item_should_run(const struct item *item)
{
	return item->state_before != POOL_STOPPED || item->change->revive;
}

bool item_wakes(const struct item *item)
{
	const struct change *change = item->change;

	return item_should_run(item) && (item->had_worker || change->revive ||
					 change->seen_always_running);
}

/* What is put back is not what the binding checks. */
bool item_asks_http(const struct engine *run, const struct item *item)
{
	return run->input.desired->bindings.items[item->change->binding]
		       .http.path &&
	       item_should_run(item) && !item->undo;
}

/* A recycle under a password that is known to be bad takes the pool down. */
bool item_needs_activation(const struct engine *run, const struct item *item)
{
	const struct change *change = item->change;
	const struct binding *binding =
		&run->input.desired->bindings.items[change->binding];

	return item->state == ITEM_COMMITTED && !item->activated &&
	       item_should_run(item) && !item_forbidden(run, item) &&
	       (binding->restart != RESTART_NONE || change->revive);
}

struct item *items_of(const struct engine *run, const struct server_run *server,
		      size_t at)
{
	return &run->items.items[server->planned->first_change + at];
}

enum mode item_mode(const struct engine *run, const struct item *item)
{
	const struct engine_input *input = &run->input;
	/* As planned: what is put back may be another account's. */
	const size_t at = (size_t)(item - run->items.items);
	const struct change *change = &input->plan->changes.items[at];

	/* The password of the identity that a pool still has is as good as it
	 * was: for a move to another one stopping is no outage. */
	return input->forward && change->kind != CHANGE_IDENTITY &&
			       change->account < input->desired->accounts.n &&
			       input->forward[change->account]
		       ? MODE_FORWARD
		       : MODE_CHANGE;
}

bool items_left(const struct engine *run, const struct server_run *server,
		enum mode mode)
{
	for (size_t i = 0; i < server->planned->n_changes; i++) {
		const struct item *item = items_of(run, server, i);

		if (item->state == ITEM_TODO && item_mode(run, item) == mode)
			return true;
	}
	return false;
}

bool items_done(const struct engine *run, const struct server_run *server,
		enum mode mode)
{
	for (size_t i = 0; i < server->planned->n_changes; i++) {
		const struct item *item = items_of(run, server, i);
		const enum outcome outcome = result_of(run, item)->outcome;

		if (outcome != OUTCOME_KEPT && outcome != OUTCOME_SKIPPED &&
		    item_mode(run, item) == mode)
			return true;
	}
	return false;
}

void items_skip(struct engine *run, struct server_run *server,
		const char *reason)
{
	if (!server->planned)
		return;
	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);

		if (item->state != ITEM_SETTLED)
			result_settle(run, item, OUTCOME_SKIPPED,
				      STATUS_SKIPPED, reason);
	}
}

/* Not carried out as planned: already right, or moved. */
static void settle_moved(struct engine *run, struct item *item,
			 const struct diff_output *output)
{
	const struct standing *standing;

	array_foreach(standing, &output->standing) {
		if (!str_eq_nocase(standing->pool, item->change->pool))
			continue;
		if (standing->status == STATUS_CONVERGED) {
			result_settle(run, item, OUTCOME_KEPT, STATUS_CONVERGED,
				      "");
			item->proved = true;
			return;
		}
		if (standing->guard || standing->status == STATUS_SUSPENDED) {
			run->result.guarded |= standing->guard;
			result_settle(run, item, OUTCOME_SKIPPED,
				      standing->status, standing->reason);
			return;
		}
	}
	result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED,
		      REASON_REPLAN);
}

static void derive_item(struct engine *run, const struct server_run *server,
			struct item *item, const struct diff_output *output)
{
	const struct observed_pool *pool =
		observed_find(server->observed, item->change->pool);
	const struct change *derived;

	item->not_before_ms = server->observed->now_ms;
	array_foreach(derived, &output->changes) {
		if (!pool || !str_eq_nocase(derived->pool, item->change->pool))
			continue;
		if (!change_same(item->change, derived))
			break;
		item->change = derived;
		item->state_before = pool->state;
		item->had_worker = pool->workers.n > 0;
		item->fault_seen_ms = observed_fault(pool, NULL);
		item->disabled_seen_ms = observed_disabled(pool);
		return;
	}
	settle_moved(run, item, output);
}

/* The server was read again: only what is still as planned stays due. */
void items_derive(struct engine *run, struct server_run *server)
{
	const struct engine_input *input = &run->input;
	const struct diff_input diff = { input->desired,   input->config,
					 input->past,      input->versions,
					 input->selection, input->contested };
	struct diff_output output = { .arena = input->arena };
	struct err err = { 0 };
	int rc = diff_server(&diff, server->observed, &output, &err);

	if (rc) {
		run_fail(run, rc, "%s", err.what);
		return;
	}
	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);

		if (item->state == ITEM_TODO &&
		    item_mode(run, item) == server->mode)
			derive_item(run, server, item, &output);
	}
	save_kept(run, server);
}

/* Nothing was sent. */
void items_unreadable(struct engine *run, struct server_run *server,
		      const char *reason)
{
	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);

		if (item->state == ITEM_TODO)
			result_settle(run, item, OUTCOME_FAILED,
				      STATUS_UNREADABLE, reason);
	}
	group_failure(run, server);
}
