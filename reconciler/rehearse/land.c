/* land.c - a request reaches its server. */
#include "reconciler/rehearse/inside.h"

/* Nobody waits for it any more: then nothing is built that says how it
 * went. */
static bool is_awaited(const struct request *request)
{
	return !request->reply_lost && !rehearse_is_over(request->controller);
}

static void answer(struct rehearse *rehearse, struct request *request,
		   const struct event *event)
{
	const struct pace *pace = &rehearse->pace;
	struct happening answer = { .kind = HAPPENS_ANSWER,
				    .controller = request->controller,
				    .request = request,
				    .event = *event };

	if (rehearse->paces && rehearse->paces[request->server])
		pace = rehearse->paces[request->server];
	answer.event.server = request->server;
	rehearse_later(rehearse, dice_span(&rehearse->dice, &pace->answer),
		       &answer);
}

static bool apply_row(struct rehearse *rehearse, const struct request *request,
		      const struct farm_row *row, struct applied *applied)
{
	struct arena *arena = request->controller->input.arena;
	struct farm_pool *pool = &rehearse->farm.pools.items[row->pool];
	const unsigned before = pool->n_commits;
	const int64_t version = pool->version;
	const int64_t now_ms =
		farm_clock(&rehearse->farm, request->server, rehearse->now_ms);
	struct applied_row result;

	/* Its deadline passed while it was on its way. */
	if (rehearse->now_ms > request->deadline_ms + FARM_COMMIT_MS)
		result = (struct applied_row){ .pool = pool->name,
					       .generation = row->generation,
					       .status = APPLIED_REFUSED,
					       .why = "deadline" };
	else
		result = farm_apply(&rehearse->farm, row, request->end, now_ms);

	if (pool->n_commits != before) {
		applied->n_commits++;
		if (rehearse->hooks.commit)
			rehearse->hooks.commit(rehearse->hooks.user, request,
					       row, version);
	}
	if (!result.pool)
		applied->fault = "the commit failed";
	return !result.pool || !is_awaited(request) ||
	       array_push(arena, &applied->rows, result);
}

static bool land_apply(struct rehearse *rehearse, struct request *request,
		       struct event *event)
{
	struct applied applied = { 0 };
	struct applied *kept = NULL;

	rehearse->farm.by_tool = true;
	for (size_t i = 0; i < request->n_rows; i++) {
		if (!apply_row(rehearse, request, &request->rows[i], &applied))
			return false;
	}
	rehearse->farm.by_tool = false;
	if (!is_awaited(request))
		return true;
	kept = arena_alloc(request->controller->input.arena, sizeof(*kept));
	if (!kept)
		return false;
	*kept = applied;
	event->kind = EVENT_APPLIED;
	event->applied = kept;
	return true;
}

static bool land_activate(struct rehearse *rehearse, struct request *request,
			  struct event *event)
{
	const int64_t now_ms =
		farm_clock(&rehearse->farm, request->server, rehearse->now_ms);

	rehearse->farm.by_tool = true;
	for (size_t i = 0; i < request->n_rows; i++)
		farm_activate(&rehearse->farm, &request->rows[i], now_ms);
	rehearse->farm.by_tool = false;
	if (!is_awaited(request))
		return true;
	event->kind = EVENT_ACTIVATED;
	event->activated = arena_alloc(request->controller->input.arena,
				       sizeof(*event->activated));
	return event->activated != NULL;
}

/* Its site answers, if a worker can run. */
static bool ask_site(const struct rehearse *rehearse,
		     const struct request *request, const struct farm_row *row,
		     struct observed *observed)
{
	const struct farm *farm = &rehearse->farm;
	const struct farm_pool *pool = &farm->pools.items[row->pool];
	const size_t first = farm->servers[request->server].first_pool;
	struct observed_pool *seen = &observed->pools.items[row->pool - first];
	struct http_answer says = { .site = "Site",
				    .binding = "http *:80:",
				    .status = 200,
				    .why = "" };
	if (!row->http)
		return true;
	if (row->http->n_expect > 0)
		says.status = row->http->expect[0];
	if (pool->http_bad || pool->state != POOL_STARTED)
		says.status = 503;
	return array_push(request->controller->input.arena, &seen->answers,
			  says);
}

/* VERIFY answers for the pools that it was asked about. */
static bool keep_checked(const struct rehearse *rehearse,
			 const struct request *request,
			 struct observed *observed)
{
	const size_t first = rehearse->farm.servers[request->server].first_pool;
	size_t n = 0;

	for (size_t i = 0; i < request->n_rows; i++) {
		if (!ask_site(rehearse, request, &request->rows[i], observed))
			return false;
	}
	for (size_t p = 0; p < observed->pools.n; p++) {
		bool asked = false;

		for (size_t i = 0; i < request->n_rows; i++)
			asked = asked || request->rows[i].pool == first + p;
		if (asked)
			observed->pools.items[n++] = observed->pools.items[p];
	}
	observed->pools.n = n;
	return true;
}

static bool land_look(struct rehearse *rehearse, struct request *request,
		      struct event *event)
{
	struct observed *observed;

	if (!is_awaited(request))
		return true;
	observed = farm_observe(
		&rehearse->farm, request->server,
		request->controller->input.arena,
		farm_clock(&rehearse->farm, request->server, rehearse->now_ms));
	if (!observed)
		return false;
	event->kind = EVENT_OBSERVED;
	if (request->kind == ACTION_VERIFY) {
		event->kind = EVENT_VERIFIED;
		if (!keep_checked(rehearse, request, observed))
			return false;
	}
	farm_drop_gone(observed);
	event->observed = observed;
	return true;
}

void request_lands(struct rehearse *rehearse, struct request *request)
{
	struct event event = { .kind = EVENT_OBSERVED };
	bool done;

	/* Its server began anew meanwhile: it is lost. */
	if (rehearse->farm.servers[request->server].n_boots != request->boot) {
		if (is_awaited(request))
			request_fails(rehearse, request, 1, -ERR_SSH, true);
		return;
	}
	if (rehearse->hooks.lands)
		rehearse->hooks.lands(rehearse->hooks.user, request);
	if (request->kind == ACTION_APPLY)
		done = land_apply(rehearse, request, &event);
	else if (request->kind == ACTION_ACTIVATE)
		done = land_activate(rehearse, request, &event);
	else
		done = land_look(rehearse, request, &event);
	if (!done)
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
	else if (is_awaited(request))
		answer(rehearse, request, &event);
}
