/* run_change.c - a server's way through a run that changes. */
#include "reconciler/engine/run.h"

#include "reconciler/core/str.h"

static void on_failed_reading(struct engine *run, struct server_run *server)
{
	server->open = false;
	if (server_rereads(run, server))
		return;
	items_unreadable(
		run, server,
		run_text(run, "unreachable: %s", run->event->err.what));
	gate_leave(run, server);
}

static void on_observed(struct engine *run, struct server_run *server)
{
	server->observed = run->event->observed;
	if (server->phase == PHASE_LOOKING) {
		look_judge(run, server);
		return;
	}
	items_derive(run, server);
	if (!run->rc)
		server_go_on(run, server);
}

/* The next chunk, or wait for it, or the end. */
void server_go_on(struct engine *run, struct server_run *server)
{
	if (chunk_take(run, server))
		server_enter(run, server, PHASE_INTENT);
	else if (items_left(run, server, server->mode))
		server_enter(run, server, PHASE_HELD);
	else
		gate_leave(run, server);
}

static const struct applied_row *find_applied(const struct applied *applied,
					      const struct item *item)
{
	const struct applied_row *row;

	array_foreach(row, &applied->rows) {
		if (row->generation == item->generation &&
		    str_eq_nocase(row->pool, item->change->pool))
			return row;
	}
	return NULL;
}

static bool is_among(const char *word, const char *const words[])
{
	while (*words && !str_eq(word, *words))
		words++;
	return *words != NULL;
}

static void settle_refused(struct engine *run, struct server_run *server,
			   struct item *item, const char *why)
{
	static const char *const moved[] = { "identity_changed", "user_changed",
					     "local_changed", NULL };
	static const char *const guards[] = { "generation_behind",
					      "candidate_differs",
					      "fence_damaged", NULL };

	item->sent = false;
	if (is_among(why, moved)) {
		result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED,
			      REASON_REPLAN);
	} else if (is_among(why, guards)) {
		run->result.guarded = true;
		result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED,
			      run_text(run, REASON_FENCE, why));
	} else {
		result_settle(
			run, item, OUTCOME_FAILED, STATUS_FAILED,
			str_eq(why, "deadline")
				? "the server was too slow; nothing was "
				  "written"
				: run_text(run, "the server refused: %s", why));
		group_failure(run, server);
	}
}

/* false: the answer says nothing about this pool. */
static bool take_applied(struct engine *run, struct server_run *server,
			 struct item *item, const struct applied_row *row)
{
	if (!row)
		return false;
	if (row->status == APPLIED_REFUSED) {
		settle_refused(run, server, item, row->why);
		return true;
	}
	if (row->status == APPLIED_KEPT &&
	    item->change->kind == CHANGE_REWRITE &&
	    row->committed_ms < item->not_before_ms) {
		item->sent = false;
		result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
			      "the server kept it as it is: WAS will not try "
			      "its identity again");
		group_failure(run, server);
		return true;
	}
	item_committed(run, item, row->committed_ms);
	return true;
}

static void on_applied(struct engine *run, struct server_run *server)
{
	const struct applied *applied = run->event->applied;
	bool complete = true;

	run->result.n_commits += applied->n_commits;
	server->fault = applied->fault;
	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);

		if (item->state != ITEM_INTENT)
			continue;
		item->sent = true;
		if (!take_applied(run, server, item,
				  find_applied(applied, item)))
			complete = false;
	}
	if (complete)
		chunk_next(run, server);
	else
		server_enter(run, server, PHASE_LOOKING);
}

static void on_activated(struct engine *run, struct server_run *server)
{
	if (run->event->activated->fault)
		server->fault = run->event->activated->fault;
	for (size_t i = 0; i < server->chunk.n; i++)
		chunk_item(run, server, i)->activated = true;
	chunk_next(run, server);
}

static void on_verified(struct engine *run, struct server_run *server)
{
	const bool last = server->n_verifies >= REVERIFIES_MAX;

	server->n_verifies++;
	if (verdict_of_chunk(run, server, last)) {
		server_enter(run, server, PHASE_OUTCOME);
		return;
	}
	server->pause_ms = REVERIFY_MS;
	server_enter(run, server, PHASE_SETTLING);
}

static void on_saved(struct engine *run, struct server_run *server)
{
	if (server->phase == PHASE_INTENT) {
		chunk_next(run, server);
		return;
	}
	account_chunk_saved(run, server);
	server_go_on(run, server);
}

static void on_timer(struct engine *run, struct server_run *server)
{
	if (server->phase == PHASE_REREADING && run->stop)
		server_go_on(run, server);
	else if (server->phase == PHASE_REREADING)
		server_enter(run, server, PHASE_READING);
	else if (server->phase == PHASE_SETTLING)
		server_enter(run, server, PHASE_VERIFYING);
	else
		server_enter(run, server, PHASE_LOOKING);
}

void change_event(struct engine *run, struct server_run *server)
{
	switch (run->event->kind) {
	case EVENT_SAVED:
		on_saved(run, server);
		break;
	case EVENT_OBSERVED:
		on_observed(run, server);
		break;
	case EVENT_APPLIED:
		on_applied(run, server);
		break;
	case EVENT_ACTIVATED:
		on_activated(run, server);
		break;
	case EVENT_VERIFIED:
		on_verified(run, server);
		break;
	case EVENT_FAILED:
		if (server->phase == PHASE_READING)
			on_failed_reading(run, server);
		else
			look_later(run, server);
		break;
	case EVENT_TIMER:
		on_timer(run, server);
		break;
	case EVENT_START:
	case EVENT_SAVE_FAILED:
	case EVENT_PROVED:
	case EVENT_STOP:
		break;
	}
}

/* A save failed: what is in the air is awaited, everything else ends. */
void broken_begin(struct engine *run)
{
	struct server_run *server;

	array_foreach(server, &run->servers) {
		if (server->phase != PHASE_ENDED && !server_in_air(server))
			broken_event(run, server);
	}
}

void broken_event(struct engine *run, struct server_run *server)
{
	const struct event *event = run->event;

	if (event->kind == EVENT_FAILED)
		server->open = false;
	if (event->kind == EVENT_APPLIED)
		run->result.n_commits += event->applied->n_commits;
	for (size_t i = 0; i < server->chunk.n; i++) {
		struct item *item = chunk_item(run, server, i);
		const bool applying = server->phase == PHASE_APPLYING &&
				      item->state == ITEM_INTENT;

		if (applying && (event->kind != EVENT_FAILED || event->sent))
			item->sent = true;
		if (item->state != ITEM_SETTLED && item_touched(item))
			result_settle(run, item, OUTCOME_UNKNOWN,
				      STATUS_UNKNOWN,
				      "not verified: the state was not kept");
	}
	items_skip(run, server, "the state was not kept");
	server_enter(run, server, PHASE_ENDED);
}
