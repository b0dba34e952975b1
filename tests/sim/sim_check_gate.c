/* sim_check_gate.c - may a server start: waves, failures, cap, stop. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

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
