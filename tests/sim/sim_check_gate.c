/* sim_check_gate.c - may a server start: waves, canary, pause, batch,
 * failures, stop. A server with changes of both modes is visited twice. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

/* What the engine says of a visit so far. */
struct standing_of {
	bool has;     /* it has changes of that mode */
	bool settled; /* each has its result */
	bool failed;
	bool done; /* something was done, or tried */
};

/* A move to another identity keeps to its waves. */
bool is_forward(const struct sim *sim, const struct change *change)
{
	return sim->run->input.forward && change->kind != CHANGE_IDENTITY &&
	       change->account < ACCOUNTS_MAX &&
	       sim->run->input.forward[change->account];
}

static bool is_forward_row(const struct sim *sim, const struct result_row *row)
{
	const struct change *change =
		plan_find(sim->run->plan, row->server, row->pool);

	return change && is_forward(sim, change);
}

static bool is_settled(const struct result_row *row)
{
	return !str_eq(row->reason, "the run ended before");
}

static struct standing_of
standing_of(struct sim *sim, const struct plan_server *planned, bool forward)
{
	const struct run_result *result =
		engine_result(sim->run->controller->engine);
	struct standing_of standing = { .settled = true };

	for (size_t i = 0; i < planned->n_changes; i++) {
		const size_t at = planned->first_change + i;
		const struct change *change =
			&sim->run->plan->changes.items[at];
		const struct result_row *row = &result->rows.items[at];

		if (is_settled(row) &&
		    (row->outcome == OUTCOME_FAILED ||
		     row->outcome == OUTCOME_UNKNOWN) &&
		    !counts_not(sim, row))
			standing.failed = true;
		if (is_forward(sim, change) != forward)
			continue;
		standing.has = true;
		if (!is_settled(row))
			standing.settled = false;
		else if (row->outcome != OUTCOME_KEPT &&
			 row->outcome != OUTCOME_SKIPPED)
			standing.done = true;
	}
	return standing;
}

static const struct plan_server *planned_of(const struct sim *sim,
					    size_t server)
{
	const struct plan_server *planned;

	array_foreach(planned, &sim->run->plan->servers) {
		if (planned->server == server)
			return planned;
	}
	return NULL;
}

static const struct rollout *rollout_of(const struct sim *sim,
					const struct plan_server *planned)
{
	return &sim->desired.groups.items[planned->group].rollout;
}

/* What the servers of a run are at the moment when one more starts. */
struct count {
	size_t n_failed;
	size_t n_working;  /* of both modes */
	size_t n_changing; /* of change mode */
	size_t n_changes;  /* servers that change something in change mode */
	/* of its group and mode */
	size_t n_done;
	size_t n_begun; /* started, and not settled */
	bool canary_failed;
};

/* A canary whose predecessor changed nothing takes its place, whatever its
 * wave. */
static void check_waves(struct sim *sim, const struct plan_server *starts)
{
	const struct plan_server *other;

	if (sim->run->canary[0][starts->server])
		return;
	array_foreach(other, &sim->run->plan->servers) {
		if (other->group == starts->group && other->read &&
		    other->wave < starts->wave &&
		    !standing_of(sim, other, false).settled)
			sim_break(sim, RULE_WAVE,
				  "server %zu starts before its wave",
				  starts->server);
	}
}

static void count_server(struct sim *sim, const struct plan_server *starts,
			 const struct plan_server *other, bool forward,
			 struct count *count)
{
	const struct sim_run *run = sim->run;

	if (!other->read) {
		count->n_failed++;
		return;
	}
	for (size_t mode = 0; mode < 2; mode++) {
		const struct standing_of standing =
			standing_of(sim, other, mode == 1);
		const bool begun =
			run->started[mode][other->server] && !standing.settled;

		if (!standing.has)
			continue;
		count->n_working += begun;
		if (mode == 0) {
			count->n_changes++;
			count->n_changing += begun;
			count->n_failed += standing.failed;
		}
		if (other->group != starts->group || (mode == 1) != forward)
			continue;
		count->n_done += run->started[mode][other->server] &&
				 standing.settled && standing.done;
		count->n_begun += other != starts && begun;
		count->canary_failed |=
			run->canary[mode][other->server] && standing.failed;
	}
}

static size_t most_changing(const struct sim *sim, size_t n)
{
	const size_t percent = sim->config.caps.batch_percent;
	const size_t most = (n * percent + 99) / 100;

	return most > 0 ? most : 1;
}

static void check_canary(struct sim *sim, const struct plan_server *starts,
			 bool forward, const struct count *count)
{
	const struct rollout *rollout = rollout_of(sim, starts);
	const int64_t done_ms = sim->run->canary_done_ms[starts->group];

	if (count->n_done < rollout->canary) {
		sim->run->canary[forward][starts->server] = true;
		if (count->n_done + count->n_begun >= rollout->canary)
			sim_break(sim, RULE_CANARY,
				  "server %zu starts beside the canary",
				  starts->server);
		return;
	}
	if (forward || rollout->canary == 0)
		return;
	if (count->canary_failed)
		sim_break(sim, RULE_CANARY,
			  "server %zu starts after a failed canary",
			  starts->server);
	if (done_ms == 0 ||
	    sim->world.now_ms < done_ms + (int64_t)rollout->pause_ms)
		sim_break(sim, RULE_PAUSE,
			  "server %zu starts before the pause is over",
			  starts->server);
}

/* When the canaries of each group had ended. */
void watch_canaries(struct sim *sim)
{
	struct sim_run *run = sim->run;
	const struct plan_server *planned;

	for (size_t g = 0; g < sim->desired.groups.n; g++) {
		const struct rollout *rollout =
			&sim->desired.groups.items[g].rollout;
		size_t n_done = 0;
		bool all = true;

		if (rollout->canary == 0 || run->canary_done_ms[g] > 0)
			continue;
		array_foreach(planned, &run->plan->servers) {
			struct standing_of standing;

			if (planned->group != g || !planned->read ||
			    !run->canary[0][planned->server])
				continue;
			standing = standing_of(sim, planned, false);
			n_done += standing.settled && standing.done;
			all = all && standing.settled;
		}
		if (all && n_done >= rollout->canary)
			run->canary_done_ms[g] = sim->world.now_ms;
	}
}

/* Which visit begins? */
static bool is_forward_visit(struct sim *sim, const struct plan_server *starts)
{
	const struct standing_of standing = standing_of(sim, starts, true);

	return standing.has && !standing.settled;
}

static void check_counts(struct sim *sim, const struct plan_server *starts,
			 bool forward, const struct count *count)
{
	if (count->n_working > sim->config.caps.parallel)
		sim_break(sim, RULE_PARALLEL, "%zu servers at once, of %u",
			  count->n_working, sim->config.caps.parallel);
	if (forward)
		return;
	if (count->n_changing > most_changing(sim, count->n_changes))
		sim_break(sim, RULE_BATCH, "%zu of %zu servers at once",
			  count->n_changing, count->n_changes);
	if (count->n_failed >= rollout_of(sim, starts)->max_failures)
		sim_break(sim, RULE_FAILURES,
			  "server %zu starts after %zu failures",
			  starts->server, count->n_failed);
}

/* Is it read since an answer was lost? */
static bool is_in_hand(const struct sim *sim, size_t server)
{
	const struct farm_server *at = &sim->world.farm.servers[server];

	for (size_t i = 0; i < at->n_pools; i++) {
		if (sim->run->watch[at->first_pool + i].intended)
			return true;
	}
	return false;
}

void check_start(struct sim *sim, size_t server)
{
	const struct plan_server *starts = planned_of(sim, server);
	const struct plan_server *other;
	struct count count = { 0 };
	bool forward;

	if (!starts || !starts->read || starts->n_changes == 0) {
		sim_break(sim, RULE_AS_PLANNED, "server %zu has nothing to do",
			  server);
		return;
	}
	forward = is_forward_visit(sim, starts);
	/* A further look of a visit. */
	if (sim->run->started[forward][server] || is_in_hand(sim, server))
		return;
	sim->run->started[forward][server] = true;
	sim->run->chose_ms[server] = 0;
	if (sim->run->controller->stopped)
		sim_break(sim, RULE_STOP, "server %zu starts after the stop",
			  server);
	array_foreach(other, &sim->run->plan->servers) {
		count_server(sim, starts, other, forward, &count);
	}
	check_counts(sim, starts, forward, &count);
	check_canary(sim, starts, forward, &count);
	if (!forward)
		check_waves(sim, starts);
	check_window_start(sim, server, forward);
}

/* Forward changes are left out for the fault of their account only, or since
 * a person stopped the run, or the window was closed when it began. */
void check_forward(struct sim *sim)
{
	const struct result_row *row;

	array_foreach(row, &engine_result(sim->run->controller->engine)->rows) {
		if (row->outcome == OUTCOME_SKIPPED &&
		    is_forward_row(sim, row) &&
		    str_starts(row->reason, "group "))
			sim_break(sim, RULE_FORWARD,
				  "server %zu is stopped by its group",
				  row->server);
	}
}

/* Which servers did this run take a pool of down? */
void check_blast(struct sim *sim)
{
	const struct run_result *result =
		engine_result(sim->run->controller->engine);
	const struct plan_server *planned;
	size_t n_down = 0, n_changes = 0, most = 0, max_failures = 1;

	array_foreach(planned, &sim->run->plan->servers) {
		bool down = false;

		for (size_t i = 0; i < planned->n_changes; i++) {
			const struct result_row *row =
				&result->rows.items[planned->first_change + i];
			const size_t pool =
				sim_find(sim, row->server, row->pool);

			if (pool == SIZE_MAX || !sim->run->watch[pool].written)
				continue;
			down = down || (row->outcome == OUTCOME_FAILED &&
					!is_forward_row(sim, row) &&
					!counts_not(sim, row));
		}
		n_changes += standing_of(sim, planned, false).has;
		n_down += down;
		if (rollout_of(sim, planned)->max_failures > max_failures)
			max_failures = rollout_of(sim, planned)->max_failures;
	}
	most = most_changing(sim, n_changes);
	if (most > sim->config.caps.parallel)
		most = sim->config.caps.parallel;
	if (n_down > max_failures - 1 + most)
		sim_break(sim, RULE_BLAST, "%zu servers failed of %zu", n_down,
			  n_changes);
}
