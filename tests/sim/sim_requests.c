/* sim_requests.c - what the network and the servers do with a request. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

#include <stdlib.h>
#include <string.h>

#define QUICK_MS  300
#define COMMIT_MS 3000 /* a commit may end that much after the deadline */

void sim_later(struct sim *sim, int64_t in_ms, const struct sim_event *event)
{
	struct sim_event *place;

	if (sim->n_events == EVENTS_MAX) {
		sim_break(sim, "too many events at once");
		return;
	}
	place = &sim->events[sim->n_events++];
	*place = *event;
	place->at_ms = sim->now_ms + in_ms;
	place->seq = sim->seq++;
}

static void put_row(struct sim *sim, struct sim_request *request,
		    const struct action_row *row)
{
	const struct change *change = row->change;
	struct farm_row *place = &request->rows[request->n_rows++];
	size_t server = 0, pool = 0, account;

	if (!sim_find(sim, sim->desired.servers.items[change->server].name,
		      change->pool, &server, &pool)) {
		sim_break(sim, "an action names a pool that is not there");
		return;
	}
	account = sim->farm.pools[server][pool].account;
	*place = (struct farm_row){
		.pool = pool,
		.seen = farm_who_is(&sim->farm, account, change->seen_identity,
				    change->seen_user),
		.seen_local = change->seen_local,
		.to = farm_who_is(&sim->farm, account, change->identity,
				  change->user),
		.password = change->secret
				    ? sim->farm.accounts[account].declared
				    : 0,
		.http = row->http,
		.version = change->version,
		.generation = row->generation,
		.committed_ms = row->committed_ms,
		.rewrite = change->kind == CHANGE_REWRITE,
		.revive = change->revive,
		.recycle =
			sim->desired.bindings.items[change->binding].restart !=
			RESTART_NONE,
	};
	memcpy(place->candidate, row->candidate, 16);
	if (place->to == WHO_COUNT || place->seen == WHO_COUNT)
		sim_break(sim, "%zu/%zu is to run as somebody unknown", server,
			  pool);
}

static void fail_later(struct sim *sim, const struct sim_request *request,
		       int64_t in_ms, int code, bool sent)
{
	struct sim_event fails = { .kind = SIM_FAILS, .life = sim->life };

	fails.event.kind = EVENT_FAILED;
	fails.event.server = request->server;
	fails.event.sent = sent;
	(void)err_set(&fails.event.err, code, "made up");
	sim_later(sim, in_ms, &fails);
}

static enum farm_end draw_end(struct sim *sim)
{
	return rng_chance(&sim->rng, sim->faults.partial)
		       ? (enum farm_end)rng_range(&sim->rng, FARM_BEGUN,
						  FARM_FAULT)
		       : FARM_WHOLE;
}

/* The request, and how its session ends when no answer comes. */
void sim_send(struct sim *sim, const struct action *action)
{
	struct sim_event lands = { .kind = SIM_LANDS, .life = sim->life };
	struct sim_request *request =
		arena_alloc(&sim->arena, sizeof(*request));
	const struct action_row *row;
	int64_t takes = rng_range(&sim->rng, 1, QUICK_MS);
	bool late;

	*request = (struct sim_request){
		.kind = action->kind,
		.server = action->server,
		.life = sim->life,
		.deadline_ms = sim->now_ms + action->timeout_ms,
	};
	array_foreach(row, &action->rows) {
		put_row(sim, request, row);
	}
	if (rng_chance(&sim->rng, sim->faults.unreachable)) {
		fail_later(sim, request, takes, -ERR_CONNECT, false);
		return;
	}
	if (rng_chance(&sim->rng, sim->faults.lost)) {
		fail_later(sim, request,
			   rng_range(&sim->rng, 1, action->timeout_ms),
			   -ERR_SSH, true);
		return;
	}
	late = rng_chance(&sim->rng, sim->faults.late);
	request->reply_lost =
		late || rng_chance(&sim->rng, sim->faults.reply_lost);
	request->end = draw_end(sim);
	if (request->end == FARM_BEGUN || request->end == FARM_COMMITTED)
		request->reply_lost = true;
	if (late)
		takes = rng_range(&sim->rng, 1, action->timeout_ms + COMMIT_MS);
	lands.request = request;
	sim_later(sim, takes, &lands);
	if (request->reply_lost)
		fail_later(sim, request,
			   rng_range(&sim->rng, 1, action->timeout_ms),
			   -ERR_DEADLINE, true);
}

static void answer(struct sim *sim, const struct sim_request *request,
		   const struct event *event)
{
	struct sim_event answer = { .kind = SIM_ANSWER,
				    .life = request->life,
				    .event = *event };

	answer.event.server = request->server;
	if (!request->reply_lost)
		sim_later(sim, rng_range(&sim->rng, 1, QUICK_MS), &answer);
}

static void land_apply(struct sim *sim, struct sim_request *request,
		       struct event *event)
{
	struct applied *applied =
		arena_alloc(&sim->run_arena, sizeof(*applied));

	for (size_t i = 0; i < request->n_rows; i++) {
		const struct farm_row *row = &request->rows[i];
		struct farm_pool *pool =
			&sim->farm.pools[request->server][row->pool];
		const unsigned before = pool->n_commits;
		const int64_t version = pool->version;
		struct applied_row result =
			farm_apply(&sim->farm, request->server, row,
				   request->end, sim->now_ms);

		if (pool->n_commits != before) {
			applied->n_commits++;
			check_commit(sim, request, row, version);
		}
		if (result.pool)
			(void)array_push(&sim->run_arena, &applied->rows,
					 result);
		else
			applied->fault = "the commit failed";
	}
	event->kind = EVENT_APPLIED;
	event->applied = applied;
}

/* Its site answers, if a worker can run. */
static void ask_site(struct sim *sim, const struct sim_request *request,
		     size_t row, struct observed *observed)
{
	const size_t index = request->rows[row].pool;
	const struct farm_pool *pool = &sim->farm.pools[request->server][index];
	struct http_answer answer = { .site = "Site",
				      .binding = "http *:80:",
				      .status = 200,
				      .why = "" };

	if (!request->rows[row].http)
		return;
	if (pool->http_bad || pool->state != POOL_STARTED)
		answer.status = 503;
	(void)array_push(&sim->run_arena, &observed->pools.items[index].answers,
			 answer);
}

/* VERIFY answers for the pools that it was asked about. */
static void keep_checked(struct sim *sim, const struct sim_request *request,
			 struct observed *observed)
{
	size_t n = 0;

	for (size_t i = 0; i < request->n_rows; i++)
		ask_site(sim, request, i, observed);

	for (size_t p = 0; p < observed->pools.n; p++) {
		bool asked = false;

		for (size_t i = 0; i < request->n_rows; i++)
			asked = asked || request->rows[i].pool == p;
		asked = asked && observed->pools.items[p].name[0];
		if (asked)
			observed->pools.items[n++] = observed->pools.items[p];
	}
	observed->pools.n = n;
}

/* Until then pools are found by their number. */
static void drop_gone(struct observed *observed)
{
	size_t n = 0;

	for (size_t p = 0; p < observed->pools.n; p++) {
		if (observed->pools.items[p].name[0])
			observed->pools.items[n++] = observed->pools.items[p];
	}
	observed->pools.n = n;
}

void sim_lands(struct sim *sim, struct sim_request *request)
{
	struct event event = { .kind = EVENT_OBSERVED };

	if (request->kind == ACTION_APPLY) {
		if (sim->now_ms <= request->deadline_ms + COMMIT_MS)
			land_apply(sim, request, &event);
	} else if (request->kind == ACTION_ACTIVATE) {
		for (size_t i = 0; i < request->n_rows; i++)
			farm_activate(&sim->farm, request->server,
				      &request->rows[i], sim->now_ms);
		event.kind = EVENT_ACTIVATED;
		event.activated =
			arena_alloc(&sim->run_arena, sizeof(struct activated));
	} else {
		struct observed *observed =
			farm_observe(&sim->farm, request->server,
				     &sim->run_arena, sim->now_ms);

		if (request->kind == ACTION_VERIFY) {
			event.kind = EVENT_VERIFIED;
			keep_checked(sim, request, observed);
		}
		drop_gone(observed);
		event.observed = observed;
	}
	if (request->life == sim->life && !sim->crashed)
		answer(sim, request, &event);
}
