/* gate.c - who may start and go on: waves, failures, stop. */
#include "reconciler/engine/run.h"

static struct group_run *group_of(const struct engine *run,
				  const struct server_run *server)
{
	const size_t n = run->input.desired->groups.n;
	const size_t group = server->planned->group;

	return &run->groups[group < n ? group : n];
}

static const char *group_name(const struct engine *run,
			      const struct group_run *group)
{
	const size_t at = (size_t)(group - run->groups);

	return at < run->input.desired->groups.n
		       ? run->input.desired->groups.items[at].name
		       : "(none)";
}

/* The lowest wave from `from` on that has servers of the group. */
static void open_wave(struct engine *run, struct group_run *group,
		      unsigned from)
{
	const struct server_run *server;
	bool found = false;

	group->n_left = 0;
	array_foreach(server, &run->servers) {
		if (group_of(run, server) != group ||
		    server->planned->wave < from || server->left)
			continue;
		if (!found || server->planned->wave < group->wave) {
			group->wave = server->planned->wave;
			group->n_left = 0;
			found = true;
		}
		if (server->planned->wave == group->wave)
			group->n_left++;
	}
}

/* Something is left out because of why: the run ends early. */
void gate_skipped(struct engine *run, const char *why)
{
	if (!run->result.stop_reason)
		run->result.stop_reason = why;
}

static void stop_groups(struct engine *run)
{
	for (size_t i = 0; i <= run->input.desired->groups.n; i++) {
		struct group_run *group = &run->groups[i];

		if (group->stopped || run->n_failures < group->max_failures)
			continue;
		group->stopped =
			run_text(run,
				 "group %s stopped: %u failed (first: %s), its "
				 "maxFailures is %u",
				 group_name(run, group), run->n_failures,
				 run->first_failure, group->max_failures);
	}
	run->moved = true;
}

int gate_new(struct engine *run)
{
	const struct desired *desired = run->input.desired;
	const size_t n = desired->groups.n;
	uint32_t max;

	run->groups =
		arena_alloc(run->input.arena, (n + 1) * sizeof(*run->groups));
	if (!run->groups)
		return -ERR_NOMEM;
	for (size_t i = 0; i <= n; i++) {
		max = run->input.config->caps.max_failures;
		if (i < n)
			max = desired->groups.items[i].rollout.max_failures;
		run->groups[i].max_failures = max ? max : 1;
		run->groups[i].canary =
			i < n && desired->groups.items[i].rollout.canary > 0;
		open_wave(run, &run->groups[i], 0);
	}
	stop_groups(run);
	return run->rc;
}

const char *gate_stops(const struct engine *run,
		       const struct server_run *server)
{
	return group_of(run, server)->stopped;
}

/* Once a server, however many of its pools failed. */
void gate_failure(struct engine *run, struct server_run *server)
{
	if (server->failed)
		return;
	server->failed = true;
	run->n_failures++;
	if (!run->first_failure)
		run->first_failure = run_server_name(run, server->server);
	stop_groups(run);
}

/* Counts a server that ended towards its wave. */
static void leave_wave(struct engine *run, const struct server_run *server)
{
	struct group_run *group = group_of(run, server);

	if (server->planned->wave != group->wave || group->n_left == 0)
		return;
	if (group->wave == 0 && group->canary && server->failed &&
	    !group->stopped)
		group->stopped = run_text(run,
					  "group %s stopped: its canary "
					  "server %s failed",
					  group_name(run, group),
					  run_server_name(run, server->server));
	if (--group->n_left == 0)
		open_wave(run, group, group->wave + 1);
}

static void turn_waiting(struct engine *run, struct server_run *server)
{
	const struct group_run *group = group_of(run, server);
	const uint32_t parallel = run->input.config->caps.parallel;
	const char *why = run->stop ? "interrupted" : group->stopped;

	if (why) {
		items_skip(run, server, why);
		gate_skipped(run, why);
		server_enter(run, server, PHASE_ENDED);
	} else if (server->planned->wave == group->wave &&
		   (run->n_working < parallel || run->n_working == 0)) {
		server_enter(run, server, PHASE_READING);
	}
}

static void turn_server(struct engine *run, struct server_run *server)
{
	if (server->phase == PHASE_WAITING)
		turn_waiting(run, server);
	else if (server->phase == PHASE_HELD)
		server_go_on(run, server);
	else if (server->phase == PHASE_HALTED && !chunk_is_halted(run, server))
		chunk_next(run, server);
	if (server->phase == PHASE_ENDED && !server->left) {
		server->left = true;
		leave_wave(run, server);
		run->moved = true;
	}
}

void gate_turn(struct engine *run)
{
	struct server_run *server;

	while (run->moved && !run->rc) {
		run->moved = false;
		array_foreach(server, &run->servers) {
			turn_server(run, server);
		}
	}
	if (!run->rc && run->n_ended == run->servers.n &&
	    run->n_saves_open == 0 && run->n_proofs_open == 0)
		save_end(run);
}
