/* saves.c - what is to be remembered, and when it is asked for. */
#include "reconciler/engine/run.h"

#include <string.h>

void save_put(struct engine *run, struct save *save, size_t owner)
{
	const struct action action = { .kind = ACTION_SAVE, .save = save };

	if (!array_push(run->input.arena, &run->saves, owner) ||
	    !array_push(run->input.arena, run->actions, action)) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return;
	}
	save->id = run->saves.n;
	run->n_saves_open++;
}

struct save *save_new(struct engine *run, enum save_kind kind)
{
	struct save *save = arena_alloc(run->input.arena, sizeof(*save));

	if (!save) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return NULL;
	}
	save->kind = kind;
	save->wall_ms = run->event->wall_ms;
	save->reason = "";
	return save;
}

void save_push(struct engine *run, struct save *save,
	       const struct save_row *row)
{
	if (!array_push(run->input.arena, &save->rows, *row))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

struct save_row save_row_of(const struct engine *run,
			    const struct change *change)
{
	return (struct save_row){
		.server = run->input.desired->servers.items[change->server].key,
		.pool = change->pool,
		.account = run_account_name(run, change),
		.kind = change->kind,
		.version = change->version,
		.reason = "",
	};
}

void save_begin(struct engine *run)
{
	struct save *save = save_new(run, SAVE_BEGIN);
	const struct change *change;

	if (!save)
		return;
	save->desired_digest = run->input.desired->digest;
	save->config_digest = run->input.config->digest;
	save->grounds = run->input.grounds;
	array_foreach(change, &run->input.plan->changes) {
		const struct save_row row = save_row_of(run, change);

		save_push(run, save, &row);
	}
	save_put(run, save, OWNER_RUN);
}

/* WAS giving up on an identity is nobody's change of it. */
static bool corrects(const struct change *change)
{
	return change->cause == CAUSE_CORRECTIVE &&
	       change->kind != CHANGE_REWRITE && change->kind != CHANGE_FINISH;
}

void save_intent(struct engine *run, const struct server_run *server)
{
	struct save *save = save_new(run, SAVE_INTENT);

	if (!save)
		return;
	for (size_t i = 0; i < server->chunk.n; i++) {
		const struct item *item = chunk_item(run, server, i);
		struct save_row row = save_row_of(run, item->change);

		row.generation = item->generation;
		row.corrective = corrects(item->change);
		memcpy(row.candidate, item->candidate, sizeof(row.candidate));
		save_push(run, save, &row);
	}
	save_put(run, save, (size_t)(server - run->servers.items));
}

static struct save_row outcome_row(const struct engine *run,
				   const struct item *item)
{
	const struct result_row *result = result_of(run, item);
	struct save_row row = save_row_of(run, item->change);

	row.kind = (enum change_kind)0;
	row.generation = item->generation;
	row.outcome = result->outcome;
	row.status = result->status;
	row.reason = result->reason;
	row.committed_ms = item->committed_ms;
	row.proved = item->proved;
	row.closes = item->closes;
	return row;
}

void save_outcome(struct engine *run, const struct server_run *server)
{
	struct save *save = save_new(run, SAVE_OUTCOME);

	for (size_t i = 0; save && i < server->chunk.n; i++) {
		const struct save_row row =
			outcome_row(run, chunk_item(run, server, i));

		save_push(run, save, &row);
	}
	if (save)
		save_put(run, save, (size_t)(server - run->servers.items));
}

/* Planned pools that turned out to be right already. */
void save_kept(struct engine *run, const struct server_run *server)
{
	struct save *save = save_new(run, SAVE_OBSERVED);

	for (size_t i = 0; save && i < server->planned->n_changes; i++) {
		const struct item *item = items_of(run, server, i);
		struct save_row row = save_row_of(run, item->change);

		if (item->state != ITEM_SETTLED || !item->proved ||
		    item->generation > 0)
			continue;
		row.kind = (enum change_kind)0;
		row.status = STATUS_CONVERGED;
		row.proved = true;
		save_push(run, save, &row);
	}
	if (save && save->rows.n > 0)
		save_put(run, save, OWNER_RUN);
}

/* Pools that were never in hand: history says why. */
static void save_rest(struct engine *run)
{
	struct save *save = save_new(run, SAVE_OUTCOME);
	const struct item *item;

	array_foreach(item, &run->items) {
		if (save && item->generation == 0 && !item->proved) {
			const struct save_row row = outcome_row(run, item);

			save_push(run, save, &row);
		}
	}
	if (save && save->rows.n > 0)
		save_put(run, save, OWNER_RUN);
}

void save_end(struct engine *run)
{
	struct save *save;

	save_rest(run);
	save = save_new(run, SAVE_END);
	if (!save)
		return;
	run->stage = STAGE_CLOSING;
	save->outcome = result_worst(run);
	if (run->result.stop_reason)
		save->reason = run->result.stop_reason;
	save_put(run, save, OWNER_RUN);
}
