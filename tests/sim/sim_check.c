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
	if (!planned || (!change_same(planned, row->change) &&
			 !check_put_back(sim, row, planned, server, pool)))
		sim_break(sim, "%zu/%zu is not done as planned", server, pool);
	watch = &sim->watch[server][pool];
	watch->verifies_ms =
		action->kind == ACTION_VERIFY ? row->committed_ms : 0;
	if (!watch->intended || watch->generation != row->generation ||
	    memcmp(watch->candidate, row->candidate, 16) != 0)
		sim_break(sim, "%zu/%zu is sent without its saved intent",
			  server, pool);
	check_kind_row(sim, action, row, server, pool);
	if (action->kind != ACTION_VERIFY && !watch->puts_back &&
	    sim->faulted[sim->farm.pools[server][pool].account])
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
		size_t server = 0, pool = 0;

		count_apply(sim, row);
		if (sim_find(
			    sim,
			    sim->desired.servers.items[row->change->server].name,
			    row->change->pool, &server, &pool) &&
		    !sim->watch[server][pool].puts_back)
			n[sim->farm.pools[server][pool].account]++;
	}
	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		if (!sim->proved[i] && n[i] > 1 &&
		    sim->farm.accounts[i].kind != FARM_BUILTIN)
			sim_break(sim, "many pools of an unproved account");
	}
}

/* An intent of another identity than the declared one. */
static bool puts_back(const struct sim *sim, const struct save_row *row)
{
	size_t server = 0, pool = 0, account;

	if (!sim_find(sim, row->server, row->pool, &server, &pool))
		return false;
	account = sim->farm.pools[server][pool].account;
	if (sim->farm.accounts[account].kind == FARM_BUILTIN)
		return !str_eq(row->account, "NetworkService");
	return !str_eq(row->account,
		       farm_user(&sim->farm, account, WHO_DECLARED));
}

/* The row says that it failed, and yet the account was seen to work. */
static bool logged_on(const struct sim *sim, const struct save_row *row,
		      size_t server, size_t pool)
{
	return row->outcome == OUTCOME_FAILED &&
	       !sim->watch[server][pool].puts_back &&
	       sim->farm.pools[server][pool].worker_ms > 0 &&
	       farm_converged(&sim->farm, server, pool);
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
	    action->save->kind == SAVE_INTENT &&
	    !puts_back(sim, &action->save->rows.items[0]))
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
			watch->puts_back = puts_back(sim, row);
			if (watch->generation != row->generation)
				watch->n_applies = 0;
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
		    (row->outcome == OUTCOME_CHANGED ||
		     logged_on(sim, row, server, pool)))
			sim->proved[account] = true;
		/* Its server was at fault: the next one may be the first. */
		else if (save->kind == SAVE_OUTCOME &&
			 sim->local[server][account])
			sim->first[account] = NULL;
	}
}

/* A write of lockstep reached a server. */
void check_commit(struct sim *sim, const struct sim_request *request,
		  const struct farm_row *row, int64_t version_before)
{
	const struct farm_pool *pool =
		&sim->farm.pools[request->server][row->pool];
	const struct sim_watch *watch = &sim->watch[request->server][row->pool];

	if (row->version < version_before && row->to == WHO_DECLARED)
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
	if (sim->proved[pool->account] || row->to != WHO_DECLARED ||
	    sim->farm.accounts[pool->account].kind == FARM_BUILTIN)
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
	if (!sim->change ||
	    !sim_find(sim, sim->desired.servers.items[row->server].name,
		      row->pool, &server, &pool))
		return;
	check_kind_result(sim, row, server, pool);
	if (row->status != STATUS_CONVERGED ||
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
	if (sim->change)
		check_stops(sim);
	if (result->n_changed + result->n_kept + result->n_skipped +
		    result->n_failed + result->n_unknown !=
	    result->rows.n)
		sim_break(sim, "the counts do not add up");
}
