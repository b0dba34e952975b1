/* sim_check_gate.c - may a server start: waves, failures, cap, stop. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

/* An engine that asks nobody has no gate. */
static bool is_gated;

/* Each question once for an account and run, and only of those that have a
 * password. */
void check_asked(struct sim *sim, const struct action *action)
{
	const size_t account = action->account;

	is_gated = true;
	if (!sim->run->change || sim->kind_of[account] != SIM_USER)
		sim_break(sim, RULE_GATE, "the directory is asked for nothing");
	if (++sim->run->n_asked[account][action->question] > 1)
		sim_break(sim, RULE_GATE, "the directory is asked twice");
	if (action->question == PROOF_BREAKER && !sim->run->told[account])
		sim_break(sim, RULE_BREAKER, "the breaker asks for nothing");
}

void check_proof(struct sim *sim, const struct event *event)
{
	const size_t account = event->account;
	const bool proved = event->proof == PROOF_PROVED;
	struct sim_run *run = sim->run;

	if (event->question == PROOF_BREAKER) {
		run->blameless[account] = proved;
		/* Its server was at fault: the next one may be the first. */
		if (proved)
			run->first[account] = SIZE_MAX;
		return;
	}
	run->may_finish[account] = event->proof != PROOF_REFUSED;
	run->may_write[account] = proved || (event->proof == PROOF_UNPROVED &&
					     sim->config.allow_unproved);
}

/* May APPLY or ACTIVATE touch it? */
void check_account(struct sim *sim, enum action_kind kind, size_t pool)
{
	const size_t account = sim->pools[pool].account;
	const size_t server = sim_pool(sim, pool)->server;
	const struct sim_run *run = sim->run;

	if (run->faulted[account] &&
	    (!run->blameless[account] || run->faulted_at[server][account]))
		sim_break(sim, RULE_BREAKER,
			  "pool %zu: its account has a fault", pool);
	if (!is_gated || sim->kind_of[account] != SIM_USER)
		return;
	if (!run->may_finish[account] ||
	    (kind == ACTION_APPLY && !run->may_write[account]))
		sim_break(sim, RULE_GATE,
			  "pool %zu: its account did not pass the gate", pool);
}

/* What the engine says of a server so far. */
struct standing_of {
	bool settled; /* every change has its result */
	bool failed;
};

static struct standing_of standing_of(struct sim *sim,
				      const struct plan_server *planned)
{
	const struct run_result *result =
		engine_result(sim->run->controller->engine);
	struct standing_of standing = { .settled = true };

	for (size_t i = 0; i < planned->n_changes; i++) {
		const struct result_row *row =
			&result->rows.items[planned->first_change + i];

		if (str_eq(row->reason, "the run ended before"))
			standing.settled = false;
		if ((row->outcome == OUTCOME_FAILED ||
		     row->outcome == OUTCOME_UNKNOWN) &&
		    !counts_not(sim, row))
			standing.failed = true;
	}
	if (!planned->read)
		standing.failed = true;
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

static void check_wave(struct sim *sim, const struct plan_server *starts,
		       const struct plan_server *other,
		       const struct standing_of *standing)
{
	const struct resource_group *group =
		&sim->desired.groups.items[starts->group];

	if (other->group != starts->group || other->wave >= starts->wave ||
	    other->n_changes == 0)
		return;
	if (!standing->settled)
		sim_break(sim, RULE_WAVE, "server %zu starts before its wave",
			  starts->server);
	if (other->wave == 0 && group->rollout.canary > 0 && standing->failed)
		sim_break(sim, RULE_CANARY,
			  "server %zu starts after a failed canary",
			  starts->server);
}

void check_start(struct sim *sim, size_t server)
{
	const struct plan_server *starts = planned_of(sim, server);
	const struct plan_server *other;
	size_t n_failed = 0;
	size_t n_working = 0;

	sim->run->started[server] = true;
	if (!starts || !starts->read || starts->n_changes == 0) {
		sim_break(sim, RULE_AS_PLANNED, "server %zu has nothing to do",
			  server);
		return;
	}
	array_foreach(other, &sim->run->plan->servers) {
		const struct standing_of standing = standing_of(sim, other);

		n_failed += standing.failed;
		n_working +=
			sim->run->started[other->server] && !standing.settled;
		check_wave(sim, starts, other, &standing);
	}
	if (sim->run->controller->stopped)
		sim_break(sim, RULE_STOP, "server %zu starts after the stop",
			  server);
	if (n_working > sim->config.caps.parallel)
		sim_break(sim, RULE_PARALLEL, "%zu servers at once", n_working);
	if (n_failed >=
	    sim->desired.groups.items[starts->group].rollout.max_failures)
		sim_break(sim, RULE_FAILURES,
			  "server %zu starts after %zu failures", server,
			  n_failed);
}
