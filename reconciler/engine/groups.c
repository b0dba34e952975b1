/* groups.c - the rollout of a group: canary, waves, and what stops it. */
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

const char *group_stops(const struct engine *run,
			const struct server_run *server)
{
	return server->mode == MODE_CHANGE ? group_of(run, server)->stopped
					   : NULL;
}

/* How many of the servers that are not opened yet make the next wave. A
 * canary that changed nothing proves nothing: the next server takes its
 * place. */
static size_t next_wave(const struct engine *run, const struct track *track,
			enum mode mode)
{
	const size_t rest = track->servers.n - track->n_opened;
	const size_t *at = &track->servers.items[track->n_opened];
	const struct server_run *servers = run->servers.items;
	size_t n = 1;

	if (track->canary_due > 0)
		return track->canary_due < rest ? track->canary_due : rest;
	if (mode == MODE_FORWARD)
		return rest;
	while (n < rest &&
	       servers[at[n]].planned->wave == servers[at[0]].planned->wave)
		n++;
	return n;
}

static void open_server(struct engine *run, struct track *track, enum mode mode)
{
	const size_t at = track->servers.items[track->n_opened++];
	struct server_run *server = &run->servers.items[at];

	if (server->phase == PHASE_ENDED)
		return;
	server->opened[mode] = true;
	track->n_left++;
	run->moved = true;
	if (!array_push(run->input.arena, &run->ready[mode].items, at))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

static void open_wave(struct engine *run, struct group_run *group,
		      enum mode mode)
{
	struct track *track = &group->tracks[mode];

	while (track->n_left == 0 && track->n_opened < track->servers.n) {
		size_t n = next_wave(run, track, mode);

		track->canary = track->canary_due > 0;
		while (n-- > 0)
			open_server(run, track, mode);
	}
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
	run->moved = run->retry = true;
}

/* Its servers in the order of the plan; returns whether it has changes of
 * that mode. */
static bool add_to_track(struct engine *run, const struct server_run *server,
			 enum mode mode)
{
	const size_t at = (size_t)(server - run->servers.items);
	struct track *track = &group_of(run, server)->tracks[mode];

	if (!items_left(run, server, mode))
		return false;
	if (!array_push(run->input.arena, &track->servers, at))
		run_fail(run, -ERR_NOMEM, "starting the engine");
	return true;
}

static void set_rollout(const struct engine *run, size_t at)
{
	const struct desired *desired = run->input.desired;
	struct group_run *group = &run->groups[at];
	uint32_t max = run->input.config->caps.max_failures;

	if (at < desired->groups.n) {
		const struct rollout *rollout =
			&desired->groups.items[at].rollout;

		max = rollout->max_failures;
		group->pause_ms = rollout->pause_ms;
		for (int mode = 0; mode < MODE_COUNT; mode++)
			group->tracks[mode].canary_due = rollout->canary;
	}
	group->max_failures = max ? max : 1;
}

/* caps.batch holds for the run as a whole: many small groups are no way
 * round it. */
static size_t most_changing(const struct engine *run, size_t n)
{
	const size_t percent = run->input.config->caps.batch_percent;
	const size_t most = (n * percent + 99) / 100;

	if (percent == 0)
		return SIZE_MAX;
	return most > 0 ? most : 1;
}

int groups_new(struct engine *run)
{
	const size_t n = run->input.desired->groups.n;
	struct server_run *server;
	size_t n_changing = 0;

	run->groups =
		arena_alloc(run->input.arena, (n + 1) * sizeof(*run->groups));
	if (!run->groups)
		return -ERR_NOMEM;
	for (size_t i = 0; i <= n; i++)
		set_rollout(run, i);
	array_foreach(server, &run->servers) {
		server->counts = add_to_track(run, server, MODE_CHANGE);
		if (add_to_track(run, server, MODE_FORWARD))
			server->mode = MODE_FORWARD;
		n_changing += server->counts;
	}
	run->n_changing_max = most_changing(run, n_changing);
	for (size_t i = 0; !run->rc && i <= n; i++) {
		open_wave(run, &run->groups[i], MODE_FORWARD);
		open_wave(run, &run->groups[i], MODE_CHANGE);
	}
	stop_groups(run);
	return run->rc;
}

/* Once a server, however many of its pools failed. */
void group_failure(struct engine *run, struct server_run *server)
{
	if (server->failed)
		return;
	server->failed = true;
	if (!server->counts)
		return;
	run->n_failures++;
	if (!run->first_failure)
		run->first_failure = run_server_name(run, server->server);
	stop_groups(run);
}

static void put_pause(struct engine *run, struct group_run *group)
{
	const size_t owner = OWNER_GROUPS + (size_t)(group - run->groups);
	struct action action = { .kind = ACTION_TIMER,
				 .server = SIZE_MAX,
				 .delay_ms = group->pause_ms };

	run->n_paused++;
	group->paused_mono_ms = run->event->mono_ms + group->pause_ms;
	if (!array_push(run->input.arena, &run->timers, owner)) {
		run_fail(run, -ERR_NOMEM, "running the engine");
		return;
	}
	action.timer = run->timers.n;
	if (!array_push(run->input.arena, run->actions, action))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

/* Not read again: what a canary becomes after its pause, no one looks at. */
void group_pause_over(struct engine *run, size_t group)
{
	run->n_paused--;
	run->groups[group].paused_mono_ms = 0;
	open_wave(run, &run->groups[group], MODE_CHANGE);
}

static void wave_ended(struct engine *run, struct group_run *group,
		       enum mode mode)
{
	const struct track *track = &group->tracks[mode];

	if (mode == MODE_CHANGE && track->canary && track->canary_due == 0 &&
	    track->n_opened < track->servers.n && group->pause_ms > 0 &&
	    !group->stopped && !run->stop)
		put_pause(run, group);
	else
		open_wave(run, group, mode);
}

/* A visit of the server is over. */
void group_left(struct engine *run, struct server_run *server, enum mode mode)
{
	struct group_run *group = group_of(run, server);
	struct track *track = &group->tracks[mode];

	if (!server->opened[mode])
		return;
	server->opened[mode] = false;
	if (track->canary && track->canary_due > 0 &&
	    items_done(run, server, mode))
		track->canary_due--;
	if (track->canary && mode == MODE_CHANGE && server->failed &&
	    !group->stopped) {
		group->stopped = run_text(run,
					  "group %s stopped: its canary "
					  "server %s failed",
					  group_name(run, group),
					  run_server_name(run, server->server));
		run->moved = run->retry = true;
	}
	if (--track->n_left == 0)
		wave_ended(run, group, mode);
}

void groups_waits(const struct engine *run, struct run_waits *waits)
{
	for (size_t i = 0;
	     run->n_paused > 0 && i < run->input.desired->groups.n; i++) {
		const struct group_run *group = &run->groups[i];

		if (group->stopped || group->paused_mono_ms == 0)
			continue;
		waits->n_paused++;
		if (group->paused_mono_ms < waits->paused_until_ms)
			continue;
		waits->paused_until_ms = group->paused_mono_ms;
		waits->paused = group_name(run, group);
	}
}

/* A group that stopped starts nobody: who waits is told at once. */
void groups_clear(struct engine *run)
{
	for (size_t i = 0; i <= run->input.desired->groups.n; i++) {
		struct group_run *group = &run->groups[i];
		const struct track *track = &group->tracks[MODE_CHANGE];
		const size_t *at;

		if (!group->stopped || group->cleared)
			continue;
		group->cleared = true;
		array_foreach(at, &track->servers) {
			struct server_run *server = &run->servers.items[*at];

			/* One that waits for its forward visit has its turn
			 * yet to come. */
			if (group_stops(run, server))
				gate_start(run, server);
		}
	}
}
