/* gate.c - who goes on now: who is held, whose turn it is, who waits no more. */
#include "reconciler/engine/run.h"

/* Something is left out because of why: the run ends early. */
void gate_skipped(struct engine *run, const char *why)
{
	if (!run->result.stop_reason)
		run->result.stop_reason = why;
}

static void put_left(struct engine *run, const struct server_run *server,
		     enum mode mode)
{
	const size_t at = (size_t)(server - run->servers.items);
	const size_t visit = at * MODE_COUNT + mode;

	run->moved = true;
	if (!array_push(run->input.arena, &run->left.items, visit))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

static void put_ready(struct engine *run, const struct server_run *server)
{
	const size_t at = (size_t)(server - run->servers.items);

	run->moved = true;
	if (!array_push(run->input.arena, &run->ready[server->mode].items, at))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

/* It waits for its turn in the other mode, or is done. */
void gate_leave(struct engine *run, struct server_run *server)
{
	const bool again = server->mode == MODE_FORWARD &&
			   items_left(run, server, MODE_CHANGE);

	if (!again) {
		for (int mode = 0; mode < MODE_COUNT; mode++)
			put_left(run, server, (enum mode)mode);
		server_enter(run, server, PHASE_ENDED);
		return;
	}
	put_left(run, server, MODE_FORWARD);
	server_enter(run, server, PHASE_WAITING);
	server->mode = MODE_CHANGE;
	server->in_hand = false;
	server->retried = false;
	if (server->due)
		put_ready(run, server);
	if (run->stop || group_stops(run, server))
		gate_start(run, server);
}

/* Its turn; or it waits no longer. A server is not read for nothing. */
void gate_start(struct engine *run, struct server_run *server)
{
	if (server->phase != PHASE_WAITING)
		return;
	chunk_forbid(run, server);
	if (!items_left(run, server, server->mode)) {
		gate_leave(run, server);
	} else if (windows_let_start(run, server)) {
		server_enter(run, server, PHASE_READING);
	} else {
		windows_skip(run, server);
		gate_leave(run, server);
	}
}

static bool is_room(const struct engine *run, enum mode mode)
{
	if (run->n_working > 0 &&
	    run->n_working >= run->input.config->caps.parallel)
		return false;
	return mode == MODE_FORWARD || run->n_changing < run->n_changing_max;
}

static void start_ready(struct engine *run, enum mode mode)
{
	struct queue *ready = &run->ready[mode];

	while (ready->next < ready->items.n && is_room(run, mode)) {
		const size_t at = ready->items.items[ready->next++];
		struct server_run *server = &run->servers.items[at];

		if (server->phase == PHASE_WAITING && server->mode == mode)
			gate_start(run, server);
		else
			server->due = true;
	}
}

static void turn_held(struct engine *run)
{
	const struct index_array held = run->held;
	const size_t *at;

	if (!run->retry)
		return;
	run->retry = false;
	run->held = run->held_before;
	run->held.n = 0;
	run->held_before = held;
	array_foreach(at, &held) {
		struct server_run *server = &run->servers.items[*at];

		if (server->phase == PHASE_HELD)
			server_go_on(run, server);
		else if (chunk_is_halted(run, server))
			server_enter(run, server, PHASE_HALTED);
		else
			chunk_next(run, server);
	}
}

static void turn_left(struct engine *run)
{
	struct queue *left = &run->left;

	while (left->next < left->items.n) {
		const size_t visit = left->items.items[left->next++];

		group_left(run, &run->servers.items[visit / MODE_COUNT],
			   (enum mode)(visit % MODE_COUNT));
	}
}

/* Who waits when the run or its group stops, waits for nothing. */
static void turn_stopped(struct engine *run)
{
	struct server_run *server;

	groups_clear(run);
	if (!run->stop || run->cleared)
		return;
	run->cleared = true;
	array_foreach(server, &run->servers) {
		gate_start(run, server);
	}
}

void gate_turn(struct engine *run)
{
	while (run->moved && !run->rc) {
		run->moved = false;
		turn_stopped(run);
		turn_held(run);
		turn_left(run);
		start_ready(run, MODE_FORWARD);
		start_ready(run, MODE_CHANGE);
	}
	if (!run->rc && run->n_ended == run->servers.n &&
	    run->n_saves_open == 0 && run->n_proofs_open == 0)
		save_end(run);
}
