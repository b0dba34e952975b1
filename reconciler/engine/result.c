/* result.c - how it went: a row for every change, and for lost servers. */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"

/* Rows of changes come first and in the order of the plan. */
struct result_row *result_of(const struct engine *run, const struct item *item)
{
	return &run->result.rows.items[item - run->items.items];
}

void result_add(struct engine *run, const struct change *change)
{
	const struct item item = { .change = change };
	const struct result_row row = {
		.server = change->server,
		.pool = change->pool,
		.account = change->account,
		.outcome = OUTCOME_SKIPPED,
		.status = STATUS_SKIPPED,
		.reason = "the run ended before",
		.identity = change->identity,
	};

	if (!array_push(run->input.arena, &run->items, item) ||
	    !array_push(run->input.arena, &run->result.rows, row))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

/* An intent stays open while its result is not known, and while a request of
 * the run before, which got the same number, can still land. A caller that
 * knows better sets item->closes after this. */
void result_settle(struct engine *run, struct item *item, enum outcome outcome,
		   enum status status, const char *reason)
{
	struct result_row *row = result_of(run, item);

	row->outcome = outcome;
	row->status = status;
	row->reason = reason;
	if (item->undo && item->undo->begun)
		undo_result(run, item, row);
	item->state = ITEM_SETTLED;
	item->closes = outcome != OUTCOME_UNKNOWN &&
		       (!item->resumed || item->committed_ms > 0);
}

void result_unreadable(struct engine *run, size_t server, const char *reason)
{
	const struct result_row row = {
		.server = server,
		.pool = "",
		.account = SIZE_MAX,
		.outcome = OUTCOME_FAILED,
		.status = STATUS_UNREADABLE,
		.reason = reason ? reason : "",
	};

	if (!array_push(run->input.arena, &run->result.rows, row))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

enum outcome result_worst(const struct engine *run)
{
	enum outcome worst = OUTCOME_KEPT;
	const struct result_row *row;

	array_foreach(row, &run->result.rows) {
		worst = outcome_merge(worst, row->outcome);
	}
	return worst;
}

void result_count(struct engine *run)
{
	struct run_result *result = &run->result;
	const struct result_row *row;

	array_foreach(row, &result->rows) {
		result->n_kept += row->outcome == OUTCOME_KEPT;
		result->n_changed += row->outcome == OUTCOME_CHANGED;
		result->n_skipped += row->outcome == OUTCOME_SKIPPED;
		result->n_failed += row->outcome == OUTCOME_FAILED;
		result->n_unknown += row->outcome == OUTCOME_UNKNOWN;
	}
}
