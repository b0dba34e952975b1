/* undo.c - after a failed verify the identity from before is put back, when
 * the binding says so and it needs no password. */
#include "reconciler/engine/run.h"

#include "reconciler/plan/rollback.h"

static const struct binding *binding_of(const struct engine *run,
					const struct change *change)
{
	return &run->input.desired->bindings.items[change->binding];
}

/* The change that takes the change of this item back. */
static void turn_round(struct engine *run, const struct item *item,
		       const struct observed_pool *pool, struct change *ret)
{
	const struct change *change = item->change;
	const bool builtin = change->seen_identity != IDENTITY_SPECIFIC_USER;

	*ret = *change;
	ret->identity = change->seen_identity;
	ret->user = builtin ? "" : change->seen_user;
	ret->account = builtin ? SIZE_MAX
			       : identity_account(run->input.desired,
						  run->input.config,
						  change->seen_user);
	ret->secret = false;
	ret->version = 0;
	ret->first_pair = false;
	ret->seen_identity = change->identity;
	ret->seen_user = pool->user;
	ret->seen_local = pool->identity_local;
	ret->seen_password = pool->password;
	ret->revive = item_should_run(item) && pool->state == POOL_STOPPED;
}

/* Its row is settled as failed. A pool that somebody else changed since is
 * not ours to put back. */
void undo_due(struct engine *run, struct item *item,
	      const struct observed_pool *pool)
{
	const struct change *change = item->change;
	struct undo *undo;

	if (item->undo || !pool || !rollback_possible(change) ||
	    binding_of(run, change)->on_verify_fail != VERIFY_FAIL_ROLLBACK ||
	    !identity_is_declared(run, change, pool))
		return;
	undo = arena_alloc(run->input.arena, sizeof(*undo));
	if (!undo) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return;
	}
	*undo = (struct undo){ .why = result_of(run, item)->reason };
	turn_round(run, item, pool, &undo->change);
	undo->fault_seen_ms = observed_fault(pool, NULL);
	undo->disabled_seen_ms = observed_disabled(pool);
	item->undo = undo;
}

bool undo_begin(struct item *item)
{
	struct undo *undo = item->undo;
	int64_t not_before_ms = item->committed_ms;

	if (!undo || undo->begun)
		return false;
	if (undo->fault_seen_ms >= not_before_ms)
		not_before_ms = undo->fault_seen_ms + 1;
	undo->begun = true;
	*item = (struct item){
		.state = ITEM_INTENT,
		.change = &undo->change,
		.generation = item->generation + 1,
		.not_before_ms = not_before_ms,
		.fault_seen_ms = undo->fault_seen_ms,
		.disabled_seen_ms = undo->disabled_seen_ms,
		.state_before = item->state_before,
		.had_worker = item->had_worker,
		.undo = undo,
	};
	return true;
}

/* However it ends, the change itself failed. */
void undo_result(struct engine *run, const struct item *item,
		 struct result_row *row)
{
	const struct undo *undo = item->undo;
	const char *to = run_account_name(run, &undo->change);

	if (row->outcome == OUTCOME_CHANGED) {
		row->outcome = OUTCOME_FAILED;
		row->status = STATUS_FAILED;
		row->reason =
			run_text(run, "%s; put back to %s", undo->why, to);
	} else if (row->outcome == OUTCOME_UNKNOWN) {
		row->reason = run_text(run,
				       "%s; whether it was put back to %s is "
				       "not known: %s",
				       undo->why, to, row->reason);
	} else if (item->committed_ms > 0) {
		row->outcome = OUTCOME_FAILED;
		row->status = STATUS_FAILED;
		row->reason = run_text(run, "%s; put back to %s, but %s",
				       undo->why, to, row->reason);
	} else {
		row->outcome = OUTCOME_FAILED;
		row->status = STATUS_FAILED;
		row->reason = run_text(run, "%s; not put back to %s: %s",
				       undo->why, to, row->reason);
	}
}
