/* sim_check.c - the rules that must hold whatever happens. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

#include <string.h>

static void check_request(struct sim *sim, const struct action *action)
{
	if (sim->in_air[action->server])
		sim_break(sim, "two requests at once to server %zu",
			  action->server);
	sim->in_air[action->server] = true;
	if (action->kind != ACTION_OBSERVE && !sim->session[action->server])
		sim_break(sim, "a request without a session");
	if (action->kind != ACTION_OBSERVE && action->rows.n == 0)
		sim_break(sim, "a request without rows");
	sim->session[action->server] = true;
}

/* Nothing is sent whose intent is not durable. */
static void check_row(struct sim *sim, const struct action *action,
		      const struct action_row *row)
{
	struct sim_watch *watch;
	const struct change *planned;
	size_t server = 0, pool = 0;

	if (!sim_find(sim, sim->desired.servers.items[row->change->server].name,
		      row->change->pool, &server, &pool)) {
		sim_break(sim, "an action names a pool that is not there");
		return;
	}
	planned = plan_find(sim->plan, row->change->server, row->change->pool);
	if (!planned || !change_same(planned, row->change))
		sim_break(sim, "%zu/%zu is not done as planned", server, pool);
	watch = &sim->watch[server][pool];
	watch->verifies_ms =
		action->kind == ACTION_VERIFY ? row->committed_ms : 0;
	if (!watch->intended || watch->generation != row->generation ||
	    memcmp(watch->candidate, row->candidate, 16) != 0)
		sim_break(sim, "%zu/%zu is sent without its saved intent",
			  server, pool);
	if (action->kind != ACTION_VERIFY && sim->faulted[row->change->account])
		sim_break(sim, "%zu/%zu: its account has a fault", server,
			  pool);
}

static void count_apply(struct sim *sim, const struct action_row *row)
{
	size_t server = 0, pool = 0;

	if (sim_find(sim, sim->desired.servers.items[row->change->server].name,
		     row->change->pool, &server, &pool) &&
	    ++sim->watch[server][pool].n_applies > 3)
		sim_break(sim, "%zu/%zu is sent again and again", server, pool);
}

static void check_apply(struct sim *sim, const struct action *action)
{
	const struct action_row *row;
	size_t n[ACCOUNTS_MAX] = { 0 };

	if (action->rows.n > sim->config.caps.pools_per_commit)
		sim_break(sim, "too many pools in one request");
	array_foreach(row, &action->rows) {
		n[row->change->account]++;
		count_apply(sim, row);
	}
	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		if (!sim->proved[i] && n[i] > 1)
			sim_break(sim, "many pools of an unproved account");
	}
}

void check_action(struct sim *sim, const struct action *action)
{
	const struct action_row *row;

	if (action->kind == ACTION_CLOSE) {
		if (sim->in_air[action->server])
			sim_break(sim, "a session is closed under a request");
		sim->session[action->server] = false;
	}
	if (action->kind == ACTION_SAVE && sim->stopped &&
	    action->save->kind == SAVE_INTENT)
		sim_break(sim, "a chunk begins after the stop");
	if (action->kind == ACTION_OBSERVE && sim->change &&
	    !sim->started[action->server])
		check_start(sim, action->server);
	if (action->kind != ACTION_OBSERVE && action->kind != ACTION_APPLY &&
	    action->kind != ACTION_ACTIVATE && action->kind != ACTION_VERIFY)
		return;
	check_request(sim, action);
	array_foreach(row, &action->rows) {
		check_row(sim, action, row);
	}
	if (action->kind == ACTION_APPLY)
		check_apply(sim, action);
}

/* A save became durable. */
void check_save(struct sim *sim, const struct save *save)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		struct sim_watch *watch;
		size_t server = 0, pool = 0, account;

		if (!sim_find(sim, row->server, row->pool, &server, &pool))
			continue;
		watch = &sim->watch[server][pool];
		account = sim->farm.pools[server][pool].account;
		if (save->kind == SAVE_INTENT) {
			watch->intended = true;
			watch->generation = row->generation;
			memcpy(watch->candidate, row->candidate, 16);
			watch->closed_unwritten = false;
		}
		if (save->kind == SAVE_OUTCOME && row->generation > 0) {
			watch->intended = false;
			watch->closed_unwritten =
				row->closes && row->committed_ms == 0;
		}
		if (save->kind == SAVE_OUTCOME &&
		    row->outcome == OUTCOME_CHANGED)
			sim->proved[account] = true;
	}
}

/* A write of lockstep reached a server. */
void check_commit(struct sim *sim, const struct sim_request *request,
		  const struct farm_row *row, int64_t version_before)
{
	const struct farm_pool *pool =
		&sim->farm.pools[request->server][row->pool];
	const struct sim_watch *watch = &sim->watch[request->server][row->pool];

	if (row->version < version_before)
		sim_break(sim, "%zu/%zu: an old password came back",
			  request->server, row->pool);
	if (pool->n_same > 1 && !pool->meddled && !row->rewrite)
		sim_break(sim, "%zu/%zu: generation %lld was written twice",
			  request->server, row->pool,
			  (long long)row->generation);
	if (watch->closed_unwritten && watch->generation == row->generation)
		sim_break(sim, "%zu/%zu: said not to be written, then was",
			  request->server, row->pool);
	if (request->life != sim->life || sim->crashed || !sim->change)
		return;
	if (sim->proved[pool->account])
		return;
	if (sim->first[pool->account] && sim->first[pool->account] != pool)
		sim_break(sim, "a second commit before the first is proved");
	sim->first[pool->account] = pool;
}

static void check_row_of_result(struct sim *sim, const struct result_row *row)
{
	size_t server = 0, pool = 0;

	if (str_eq(row->reason, "the run ended before"))
		sim_break(sim, "a change without a result");
	if (row->outcome == OUTCOME_UNKNOWN && row->status != STATUS_UNKNOWN)
		sim_break(sim, "unknown, but shown as %s",
			  status_name(row->status));
	if (row->status != STATUS_CONVERGED ||
	    !sim_find(sim, sim->desired.servers.items[row->server].name,
		      row->pool, &server, &pool) ||
	    sim->farm.pools[server][pool].meddled)
		return;
	if (!farm_converged(&sim->farm, server, pool))
		sim_break(sim, "%zu/%zu is not what the result says", server,
			  pool);
}

void check_result(struct sim *sim, const struct plan *plan)
{
	const struct run_result *result = engine_result(sim->engine);
	const struct result_row *row;

	if (plan && result->rows.n < plan->changes.n)
		sim_break(sim, "%zu results for %zu changes", result->rows.n,
			  plan->changes.n);
	array_foreach(row, &result->rows) {
		check_row_of_result(sim, row);
	}
	if (result->n_changed + result->n_kept + result->n_skipped +
		    result->n_failed + result->n_unknown !=
	    result->rows.n)
		sim_break(sim, "the counts do not add up");
}
