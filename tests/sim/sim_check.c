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
	const size_t pool =
		sim_find(sim, row->change->server, row->change->pool);

	if (pool == SIZE_MAX) {
		sim_break(sim, "an action names a pool that is not there");
		return;
	}
	planned = plan_find(sim->plan, row->change->server, row->change->pool);
	if (!planned || (!change_same(planned, row->change) &&
			 !check_put_back(sim, row, planned, pool)))
		sim_break(sim, "pool %zu is not done as planned", pool);
	watch = &sim->watch[pool];
	watch->verifies_ms =
		action->kind == ACTION_VERIFY ? row->committed_ms : 0;
	if (!watch->intended || watch->generation != row->generation ||
	    memcmp(watch->candidate, row->candidate, 16) != 0)
		sim_break(sim, "pool %zu is sent without its saved intent",
			  pool);
	check_kind_row(sim, action, row, pool);
	if (action->kind != ACTION_VERIFY && !watch->puts_back)
		check_account(sim, action, pool);
}

static void count_apply(struct sim *sim, const struct action_row *row)
{
	const size_t pool =
		sim_find(sim, row->change->server, row->change->pool);

	if (pool != SIZE_MAX && ++sim->watch[pool].n_applies > 3)
		sim_break(sim, "pool %zu is sent again and again", pool);
}

static void check_apply(struct sim *sim, const struct action *action)
{
	const struct action_row *row;
	size_t n[ACCOUNTS_MAX] = { 0 };

	if (action->rows.n > sim->config.caps.pools_per_commit)
		sim_break(sim, "too many pools in one request");
	array_foreach(row, &action->rows) {
		const size_t pool =
			sim_find(sim, row->change->server, row->change->pool);

		count_apply(sim, row);
		if (pool != SIZE_MAX && !sim->watch[pool].puts_back)
			n[sim->watch[pool].account]++;
	}
	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		if (!sim->proved[i] && n[i] > 1 &&
		    sim->kind_of[i] != SIM_BUILTIN)
			sim_break(sim, "many pools of an unproved account");
	}
}

/* An intent of another identity than the declared one. */
static bool puts_back(struct sim *sim, const struct save_row *row)
{
	const size_t pool = sim_find_saved(sim, row);
	size_t account;

	if (pool == SIZE_MAX)
		return false;
	account = sim->watch[pool].account;
	if (sim->kind_of[account] == SIM_BUILTIN)
		return !str_eq(row->account, "NetworkService");
	return !str_eq(row->account, sim_who(sim, account, WHO_DECLARED).user);
}

/* The row says that it failed, and yet the account was seen to work. */
static bool logged_on(struct sim *sim, const struct save_row *row, size_t pool)
{
	return row->outcome == OUTCOME_FAILED && !sim->watch[pool].puts_back &&
	       sim_pool(sim, pool)->worker_ms > 0 && is_converged(sim, pool);
}

void check_action(struct sim *sim, const struct action *action)
{
	const struct action_row *row;

	if (action->kind == ACTION_CLOSE) {
		if (sim->in_air[action->server])
			sim_break(sim, "a session is closed under a request");
		sim->session[action->server] = false;
	}
	if (action->kind == ACTION_SAVE && sim->run->stopped &&
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

/* Was it the server that refused the account? */
static bool is_of_server(const struct sim *sim, size_t server, size_t account)
{
	return sim->local[server][account] ||
	       (sim->blameless[account] && sim->told_at[server][account]);
}

/* A save became durable. */
void check_save(struct sim *sim, const struct save *save)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		const size_t pool = sim_find_saved(sim, row);
		struct sim_watch *watch;
		size_t account;

		if (pool == SIZE_MAX) {
			sim_break(sim, "a save names %s/%s", row->server,
				  row->pool);
			return;
		}
		watch = &sim->watch[pool];
		account = sim->watch[pool].account;
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
		     logged_on(sim, row, pool)))
			sim->proved[account] = true;
		/* Its server was at fault: the next one may be the first. */
		else if (save->kind == SAVE_OUTCOME &&
			 is_of_server(sim, sim_pool(sim, pool)->server,
				      account))
			sim->first[account] = SIZE_MAX;
	}
}

/* A write of lockstep reached a server. */
void check_commit(struct sim *sim, const struct request *request,
		  const struct farm_row *row, int64_t version_before)
{
	const struct farm_pool *pool = sim_pool(sim, row->pool);
	const struct sim_watch *watch = &sim->watch[row->pool];
	const bool declared = sim_runs_declared(sim, row->pool);
	size_t *first = &sim->first[watch->account];

	if (row->version < version_before && declared)
		sim_break(sim, "pool %zu: an old password came back",
			  row->pool);
	if (pool->n_same > 1 && !watch->meddled && !row->rewrite)
		sim_break(sim, "pool %zu: generation %lld was written twice",
			  row->pool, (long long)row->generation);
	if (watch->closed_unwritten && watch->generation == row->generation)
		sim_break(sim, "pool %zu: said not to be written, then was",
			  row->pool);
	if (rehearse_is_over(request->controller) || !sim->change)
		return;
	if (sim->proved[watch->account] || !declared ||
	    sim->kind_of[watch->account] == SIM_BUILTIN)
		return;
	if (*first != SIZE_MAX && *first != row->pool)
		sim_break(sim, "a second commit before the first is proved");
	*first = row->pool;
}

static void check_row_of_result(struct sim *sim, const struct result_row *row)
{
	const size_t pool = sim_find(sim, row->server, row->pool);

	if (str_eq(row->reason, "the run ended before"))
		sim_break(sim, "a change without a result");
	if (row->outcome == OUTCOME_UNKNOWN && row->status != STATUS_UNKNOWN)
		sim_break(sim, "unknown, but shown as %s",
			  status_name(row->status));
	if (!sim->change || pool == SIZE_MAX)
		return;
	check_kind_result(sim, row, pool);
	if (row->status != STATUS_CONVERGED || sim->watch[pool].meddled)
		return;
	if (!is_converged(sim, pool))
		sim_break(sim, "pool %zu is not what the result says", pool);
}

void check_result(struct sim *sim, const struct plan *plan)
{
	const struct run_result *result = engine_result(sim->run->engine);
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
