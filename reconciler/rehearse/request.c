/* request.c - a request and what becomes of it on the network. */
#include "reconciler/rehearse/inside.h"

#include <string.h>

static const struct span *span_of(const struct pace *pace,
				  enum action_kind kind)
{
	if (kind == ACTION_APPLY)
		return &pace->apply;
	if (kind == ACTION_ACTIVATE)
		return &pace->activate;
	return kind == ACTION_VERIFY ? &pace->verify : &pace->observe;
}

static const struct pace *pace_of(const struct rehearse *rehearse,
				  size_t server)
{
	const struct pace *own =
		rehearse->paces ? rehearse->paces[server] : NULL;

	return own ? own : &rehearse->pace;
}

/* From now until it lands. */
static int64_t draw_way(struct rehearse *rehearse,
			const struct controller *controller,
			const struct action *action)
{
	const struct pace *pace = pace_of(rehearse, action->server);
	const struct span *span = span_of(pace, action->kind);
	size_t n = 1;
	int64_t takes = 0;

	if (!controller->session[action->server])
		takes = dice_span(&rehearse->dice, &pace->connect);
	if (action->kind == ACTION_APPLY && action->pools_per_commit > 0)
		n = (action->rows.n + action->pools_per_commit - 1) /
		    action->pools_per_commit;
	for (size_t i = 0; i < n; i++)
		takes += dice_span(&rehearse->dice, span);
	return takes;
}

static void put_row(struct rehearse *rehearse, struct request *request,
		    const struct action_row *row)
{
	struct farm *farm = &rehearse->farm;
	const struct change *change = row->change;
	const struct binding *binding =
		&farm->desired->bindings.items[change->binding];
	const size_t pool = farm_find(farm, change->server, change->pool);
	/* The change may be gone before the request has landed. */
	const char *user = arena_strdup(rehearse->arena, change->user);
	const char *seen = arena_strdup(rehearse->arena, change->seen_user);
	struct farm_row *place;

	if (!user || !seen) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return;
	}
	if (pool == SIZE_MAX) {
		rehearse_fail(rehearse, -ERR_BUG,
			      "an action names pool %s, which is not there",
			      change->pool);
		return;
	}
	place = &request->rows[request->n_rows++];
	*place = (struct farm_row){
		.pool = pool,
		.seen = { change->seen_identity, seen, SIZE_MAX },
		.seen_local = change->seen_local,
		.to = { change->identity, user, change->account },
		.secret = change->secret,
		.http = row->http ? &binding->http : NULL,
		.version = change->version,
		.generation = row->generation,
		.committed_ms = row->committed_ms,
		.rewrite = change->kind == CHANGE_REWRITE,
		.revive = change->revive,
		.recycle = binding->restart != RESTART_NONE,
	};
	if (change->secret)
		place->password = farm->accounts[change->account].declared;
	memcpy(place->candidate, row->candidate, 16);
}

void request_fails(struct rehearse *rehearse, const struct request *request,
		   int64_t in_ms, int code, bool sent)
{
	struct happening fails = { .kind = HAPPENS_FAILS,
				   .controller = request->controller };

	fails.event.kind = EVENT_FAILED;
	fails.event.server = request->server;
	fails.event.sent = sent;
	(void)err_set(&fails.event.err, code,
		      sent ? "the connection ended" : "no connection");
	rehearse_later(rehearse, in_ms, &fails);
}

static enum farm_end draw_end(struct rehearse *rehearse)
{
	if (!rehearse_fault(rehearse, FAULT_PARTIAL, rehearse->chances.partial))
		return FARM_WHOLE;
	return (enum farm_end)dice_range(&rehearse->dice, FARM_BEGUN,
					 FARM_FAULT);
}

static struct request *request_new(struct rehearse *rehearse,
				   struct controller *controller,
				   const struct action *action)
{
	struct request *request =
		arena_alloc(rehearse->arena, sizeof(*request));
	const struct action_row *row;

	if (!request)
		return NULL;
	*request = (struct request){
		.kind = action->kind,
		.server = action->server,
		.controller = controller,
		/* Counted from when the engine asked for it. */
		.deadline_ms = controller->told_ms + action->timeout_ms,
		.boot = rehearse->farm.servers[action->server].n_boots,
	};
	request->rows = arena_alloc(
		rehearse->arena, (action->rows.n + 1) * sizeof(*request->rows));
	if (!request->rows)
		return NULL;
	array_foreach(row, &action->rows) {
		put_row(rehearse, request, row);
	}
	return request;
}

/* It comes twice; the second time nobody waits for its answer. Only one that
 * was carried out whole: a script that died in the middle reads nothing more,
 * and no other session has the request. */
static void land_again(struct rehearse *rehearse, const struct request *request,
		       int64_t takes)
{
	struct request *again = arena_alloc(rehearse->arena, sizeof(*again));
	struct happening lands = { .kind = HAPPENS_LANDS,
				   .controller = request->controller,
				   .request = again };

	if (!again) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return;
	}
	*again = *request;
	again->reply_lost = true;
	rehearse_later(rehearse,
		       takes + dice_range(&rehearse->dice, 1, FARM_COMMIT_MS),
		       &lands);
}

/* It goes out; how its session ends when no answer comes. */
static void send_out(struct rehearse *rehearse, struct request *request,
		     int64_t takes, uint32_t timeout_ms)
{
	struct happening lands = { .kind = HAPPENS_LANDS,
				   .controller = request->controller,
				   .request = request };
	struct dice *dice = &rehearse->dice;
	const struct chances *chances = &rehearse->chances;
	const bool late = rehearse_fault(rehearse, FAULT_LATE, chances->late);
	const bool lost = !late && rehearse_fault(rehearse, FAULT_REPLY_LOST,
						  chances->reply_lost);

	request->reply_lost = late || lost;
	request->end = draw_end(rehearse);
	if (request->end == FARM_BEGUN || request->end == FARM_COMMITTED)
		request->reply_lost = true;
	if (late)
		takes = dice_range(dice, 1, timeout_ms + FARM_COMMIT_MS);
	rehearse_later(rehearse, takes, &lands);
	if (request->kind == ACTION_APPLY && request->end == FARM_WHOLE &&
	    rehearse_rare(rehearse, FAULT_DOUBLED, chances->doubled))
		land_again(rehearse, request, takes);
	if (request->reply_lost)
		request_fails(rehearse, request,
			      dice_range(dice, 1, timeout_ms), -ERR_DEADLINE,
			      true);
}

/* Can it not even be sent? */
static bool is_cut_off(struct rehearse *rehearse, struct controller *controller,
		       const struct request *request)
{
	const struct farm_server *server =
		&rehearse->farm.servers[request->server];
	const bool talks = controller->session[request->server];

	if (talks && controller->boot[request->server] != server->n_boots) {
		/* The session is dead; nobody can tell what it took along. */
		request_fails(rehearse, request, 1, -ERR_SSH, true);
		return true;
	}
	controller->session[request->server] = true;
	controller->boot[request->server] = server->n_boots;
	if (server->up_ms <= rehearse->now_ms)
		return false;
	request_fails(rehearse, request, 1, -ERR_CONNECT, false);
	return true;
}

void request_send(struct rehearse *rehearse, struct controller *controller,
		  const struct action *action)
{
	struct dice *dice = &rehearse->dice;
	const int64_t takes = draw_way(rehearse, controller, action);
	struct request *request = request_new(rehearse, controller, action);

	if (!request) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return;
	}
	if (is_cut_off(rehearse, controller, request))
		return;
	if (rehearse_fault(rehearse, FAULT_UNREACHABLE,
			   rehearse->chances.unreachable))
		request_fails(rehearse, request, takes, -ERR_CONNECT, false);
	else if (rehearse_fault(rehearse, FAULT_LOST, rehearse->chances.lost))
		request_fails(rehearse, request,
			      dice_range(dice, 1, action->timeout_ms), -ERR_SSH,
			      true);
	else
		send_out(rehearse, request, takes, action->timeout_ms);
}

void request_answers(struct rehearse *rehearse, struct happening *answer)
{
	const struct request *request = answer->request;
	const struct farm_server *server =
		&rehearse->farm.servers[request->server];

	if (server->n_boots == request->boot)
		return;
	answer->event = (struct event){ .kind = EVENT_FAILED,
					.server = request->server,
					.sent = true };
	(void)err_set(&answer->event.err, -ERR_SSH, "the connection ended");
}
