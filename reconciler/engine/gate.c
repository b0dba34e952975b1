/* gate.c - who may start and go on: waves, failures, accounts, stop. */
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

static const char *what_to_check(struct engine *run,
				 const struct change *change)
{
	const struct account *account =
		&run->input.desired->accounts.items[change->account];

	if (!change->secret)
		return "Check that this server may fetch its managed password "
		       "(Test-ADServiceAccount)";
	return run_text(run, "Check the value of secret %s",
			run->input.config->secrets.items[account->secret].name);
}

void gate_identity_fault(struct engine *run, struct server_run *server,
			 const struct item *item, const char *what)
{
	struct account_run *account = run_account(run, item->change);
	const char *name = run_server_name(run, server->server);

	if (!account->stopped)
		account->stopped = run_text(
			run, "account %s stopped: %s on %s/%s", account->shown,
			what, name, item->change->pool);
	if (!run->result.identity_fault)
		run->result.stop_reason = run_text(
			run,
			"account %s stopped: WAS reported %s for pool %s on %s "
			"after its %s was written. %s, and that the account "
			"may log on as a batch job there; %s",
			account->shown, what, item->change->pool, name,
			item->change->secret ? "password" : "identity",
			what_to_check(run, item->change),
			account->n_committed > 1
				? "no further pool of it is touched"
				: "no other pool of it was touched");
	run->result.identity_fault = true;
	gate_failure(run, server);
}

/* The account's first commit of the run: one pool in the whole farm. */
bool gate_opening(struct engine *run, const struct server_run *server,
		  const struct change *change)
{
	const size_t at = (size_t)(server - run->servers.items);
	struct account_run *state = run_account(run, change);

	if (state->proved || state->stopped || state->opening != SIZE_MAX)
		return false;
	state->opening = at;
	return true;
}

/* An account whose first commit happened, but proves nothing, goes no
 * further. */
static void end_opening(struct engine *run, struct server_run *server,
			const struct item *item)
{
	struct account_run *account = run_account(run, item->change);

	account->opening = SIZE_MAX;
	run->moved = true;
	/* Finishing what an earlier run wrote is no commit of this one. */
	if (account->proved || account->stopped || !item->sent ||
	    item->local_fault)
		return;
	account->stopped = run_text(
		run,
		"account %s stopped: its first pool, %s on %s, could not be "
		"verified",
		account->shown, item->change->pool,
		run_server_name(run, server->server));
}

void gate_chunk_saved(struct engine *run, struct server_run *server)
{
	const size_t at = (size_t)(server - run->servers.items);

	for (size_t i = 0; i < server->chunk.n; i++) {
		const struct item *item = chunk_item(run, server, i);
		struct account_run *account = run_account(run, item->change);

		if ((result_of(run, item)->outcome == OUTCOME_CHANGED ||
		     item->logged_on) &&
		    !account->stopped)
			account->proved = true;
		if (account->opening == at)
			end_opening(run, server, item);
	}
	server->chunk.n = 0;
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
	    run->n_saves_open == 0)
		save_end(run);
}
