/* sim_check_window.c - change windows: no write begins outside them. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

static bool may_start(const struct sim *sim, const struct change *change,
		      int64_t wall_ms)
{
	const struct window_answer answer =
		window_ask(&sim->desired, change->server, change->binding,
			   change_window_class(change), wall_ms);

	return answer.may_start ||
	       (sim->run->input.override_windows && answer.may_override);
}

/* A forward change asks with the start of its run only. */
static int64_t moment_of(const struct sim *sim, bool forward, int64_t wall_ms)
{
	return forward ? sim->run->start_wall_ms : wall_ms;
}

/* One change at least may start. */
void check_window_start(struct sim *sim, size_t server, bool forward)
{
	const struct change *change;

	array_foreach(change, &sim->run->plan->changes) {
		if (change->server == server &&
		    is_forward(sim, change) == forward &&
		    may_start(sim, change,
			      moment_of(sim, forward, sim->run->wall_ms)))
			return;
	}
	sim_break(sim, RULE_WINDOW, "server %zu starts, and nothing may",
		  server);
}

/* Every change of it could start when the server was taken in hand. */
void check_window_intent(struct sim *sim, const struct save *save)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		const size_t pool = sim_find_saved(sim, row);
		const struct change *change;
		int64_t *chose_ms;

		if (pool == SIZE_MAX)
			return;
		chose_ms = &sim->run->chose_ms[sim_pool(sim, pool)->server];
		if (*chose_ms == 0)
			*chose_ms = sim->run->wall_ms;
		change = plan_find(sim->run->plan, sim_pool(sim, pool)->server,
				   row->pool);
		if (change && !may_start(sim, change,
					 moment_of(sim, is_forward(sim, change),
						   *chose_ms)))
			sim_break(sim, RULE_WINDOW,
				  "pool %zu is begun outside its window", pool);
	}
}

/* What is said of closed windows is so. */
void check_window_result(struct sim *sim)
{
	const struct run_result *result =
		engine_result(sim->run->controller->engine);
	unsigned n_closed = 0;
	bool opens = false;

	for (size_t i = 0; i < result->rows.n && i < sim->run->plan->changes.n;
	     i++) {
		const struct result_row *row = &result->rows.items[i];
		const struct change *change = &sim->run->plan->changes.items[i];
		struct window_answer answer;

		if (!str_starts(row->reason, "window closed"))
			continue;
		n_closed++;
		answer = window_ask(
			&sim->desired, change->server, change->binding,
			change_window_class(change), result->retry_at_ms);
		opens = opens || answer.may_start;
		/* Not in a hurry: what may not start within 400 days now,
		 * could not when it was skipped. */
		if (result->retry_at_ms == 0 && sim->run->wall_ms > 0 &&
		    window_ask(&sim->desired, change->server, change->binding,
			       change_window_class(change), sim->run->wall_ms)
				    .next_ms > 0)
			sim_break(sim, RULE_WINDOW,
				  "it may start, and no retry_at says when");
		if (row->outcome != OUTCOME_SKIPPED)
			sim_break(sim, RULE_WINDOW,
				  "a closed window is a failure");
	}
	if (n_closed != result->n_closed)
		sim_break(sim, RULE_WINDOW, "%u windows were closed, not %u",
			  n_closed, result->n_closed);
	if (result->retry_at_ms > 0 && !opens)
		sim_break(sim, RULE_WINDOW, "nothing may start at retry_at");
}
