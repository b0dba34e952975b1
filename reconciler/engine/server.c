/* server.c - the phases of a server: what each waits for and asks for. */
#include "reconciler/engine/run.h"

#include <string.h>

#define IN(phase) (1U << (phase))

/* Which answers a server may get in which phase. */
static const unsigned allowed[] = {
	[EVENT_START] = 0,
	[EVENT_SAVED] = IN(PHASE_INTENT) | IN(PHASE_OUTCOME),
	[EVENT_SAVE_FAILED] = 0,
	[EVENT_OBSERVED] = IN(PHASE_READING) | IN(PHASE_LOOKING),
	[EVENT_APPLIED] = IN(PHASE_APPLYING),
	[EVENT_ACTIVATED] = IN(PHASE_ACTIVATING),
	[EVENT_VERIFIED] = IN(PHASE_VERIFYING),
	[EVENT_FAILED] = IN(PHASE_READING) | IN(PHASE_LOOKING) |
			 IN(PHASE_APPLYING) | IN(PHASE_ACTIVATING) |
			 IN(PHASE_VERIFYING),
	[EVENT_TIMER] =
		IN(PHASE_REREADING) | IN(PHASE_SETTLING) | IN(PHASE_PAUSING),
	[EVENT_PROVED] = 0,
	[EVENT_STOP] = 0,
};

bool server_allows(const struct server_run *server, enum event_kind kind)
{
	return allowed[kind] & IN(server->phase);
}

bool server_in_air(const struct server_run *server)
{
	return allowed[EVENT_FAILED] & IN(server->phase);
}

static void put_action(struct engine *run, const struct action *action)
{
	if (!array_push(run->input.arena, run->actions, *action))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

/* Is this pool of the chunk part of the request? */
static bool item_takes_part(const struct engine *run, const struct item *item,
			    enum action_kind kind)
{
	if (kind == ACTION_APPLY)
		return item->state == ITEM_INTENT;
	if (kind == ACTION_ACTIVATE)
		return item_needs_activation(run, item);
	return item->state == ITEM_COMMITTED;
}

static void put_request(struct engine *run, struct server_run *server,
			enum action_kind kind)
{
	struct action action = { .kind = kind,
				 .server = server->server,
				 .timeout_ms = REQUEST_TIMEOUT_MS };

	if (kind == ACTION_APPLY)
		action.pools_per_commit =
			run->input.config->caps.pools_per_commit;
	for (size_t i = 0; kind != ACTION_OBSERVE && i < server->chunk.n; i++) {
		const struct item *item = chunk_item(run, server, i);
		struct action_row row = { .change = item->change,
					  .generation = item->generation,
					  .committed_ms = item->committed_ms,
					  .since_ms = item->since_ms };

		if (!item_takes_part(run, item, kind))
			continue;
		row.http = kind == ACTION_VERIFY && item_asks_http(run, item);
		memcpy(row.candidate, item->candidate, sizeof(row.candidate));
		if (!array_push(run->input.arena, &action.rows, row))
			run_fail(run, -ERR_NOMEM, "running the engine");
	}
	server->open = true;
	server->sent_mono_ms = run->event->mono_ms;
	put_action(run, &action);
}

static void put_timer(struct engine *run, struct server_run *server)
{
	const size_t owner = (size_t)(server - run->servers.items);
	struct action action = { .kind = ACTION_TIMER,
				 .server = server->server,
				 .delay_ms = server->pause_ms };

	if (!array_push(run->input.arena, &run->timers, owner))
		run_fail(run, -ERR_NOMEM, "running the engine");
	server->until_mono_ms = run->event->mono_ms + server->pause_ms;
	action.timer = run->timers.n;
	put_action(run, &action);
}

static void put_close(struct engine *run, struct server_run *server)
{
	const struct action action = { .kind = ACTION_CLOSE,
				       .server = server->server };

	run->n_ended += server->phase == PHASE_ENDED;
	run->moved = true;
	if (!server->open)
		return;
	server->open = false;
	put_action(run, &action);
}

static void count_working(struct engine *run, const struct server_run *server,
			  enum phase phase, int by)
{
	if (phase == PHASE_WAITING || phase == PHASE_ENDED)
		return;
	run->n_working += (size_t)by;
	if (phase == PHASE_PAUSING)
		run->n_pausing += (size_t)by;
	if (server->mode == MODE_CHANGE)
		run->n_changing += (size_t)by;
}

static void put_held(struct engine *run, const struct server_run *server)
{
	const size_t at = (size_t)(server - run->servers.items);

	if (!array_push(run->input.arena, &run->held, at))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

void server_enter(struct engine *run, struct server_run *server,
		  enum phase phase)
{
	count_working(run, server, server->phase, -1);
	count_working(run, server, phase, 1);
	server->phase = phase;
	switch (phase) {
	case PHASE_READING:
	case PHASE_LOOKING:
		put_request(run, server, ACTION_OBSERVE);
		break;
	case PHASE_APPLYING:
		put_request(run, server, ACTION_APPLY);
		break;
	case PHASE_ACTIVATING:
		put_request(run, server, ACTION_ACTIVATE);
		break;
	case PHASE_VERIFYING:
		put_request(run, server, ACTION_VERIFY);
		break;
	case PHASE_REREADING:
	case PHASE_SETTLING:
	case PHASE_PAUSING:
		put_timer(run, server);
		break;
	case PHASE_INTENT:
		server->in_hand = true;
		save_intent(run, server);
		break;
	case PHASE_OUTCOME:
		save_outcome(run, server);
		break;
	case PHASE_WAITING:
	case PHASE_ENDED:
		put_close(run, server);
		break;
	case PHASE_HELD:
	case PHASE_HALTED:
		put_held(run, server);
		break;
	case PHASE_COUNT:
		break;
	}
}

uint32_t server_jitter(const struct engine *run, uint32_t max_ms)
{
	const uint8_t *random = run->event->random;
	uint32_t value = (uint32_t)random[14] << 8 | random[15];

	return value * max_ms / 65536;
}

/* One more try when no connection came about. */
bool server_rereads(struct engine *run, struct server_run *server)
{
	const struct event *event = run->event;

	if (server->retried || event->sent || run->stop ||
	    (event->err.code != -ERR_CONNECT && event->err.code != -ERR_SSH))
		return false;
	server->retried = true;
	server->pause_ms = RETRY_MS + server_jitter(run, RETRY_MS);
	server_enter(run, server, PHASE_REREADING);
	return true;
}
