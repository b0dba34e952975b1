/* sim_check.c - the rules that must hold whatever happens. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

#include <string.h>

#define BAD_LOGONS_MAX 3

static void check_request(struct sim *sim, const struct action *action)
{
	if (sim->run->in_air[action->server])
		sim_break(sim, RULE_ONE_REQUEST,
			  "two requests at once to server %zu", action->server);
	sim->run->in_air[action->server] = true;
	if (action->kind != ACTION_OBSERVE &&
	    !sim->run->session[action->server])
		sim_break(sim, RULE_ONE_REQUEST, "a request without a session");
	if (action->kind != ACTION_OBSERVE && action->rows.n == 0)
		sim_break(sim, RULE_ONE_REQUEST, "a request without rows");
	sim->run->session[action->server] = true;
	if (sim->run->save_failed)
		sim_break(sim, RULE_ONE_WRITER,
			  "a request after the state was not kept");
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
		sim_break(sim, RULE_AS_PLANNED,
			  "an action names a pool that is not there");
		return;
	}
	planned = plan_find(sim->run->plan, row->change->server,
			    row->change->pool);
	if (!planned || (!change_same(planned, row->change) &&
			 !check_put_back(sim, row, planned, pool)))
		sim_break(sim, RULE_AS_PLANNED,
			  "pool %zu is not done as planned", pool);
	watch = &sim->run->watch[pool];
	watch->verifies_ms =
		action->kind == ACTION_VERIFY ? row->committed_ms : 0;
	if (!watch->intended || watch->generation != row->generation ||
	    memcmp(watch->candidate, row->candidate, 16) != 0)
		sim_break(sim, RULE_INTENT,
			  "pool %zu is sent without its saved intent", pool);
	check_kind_row(sim, action, row, pool);
	if (action->kind != ACTION_VERIFY && !watch->puts_back)
		check_account(sim, action->kind, pool);
}

static void count_apply(struct sim *sim, const struct action_row *row)
{
	const size_t pool =
		sim_find(sim, row->change->server, row->change->pool);

	if (pool != SIZE_MAX && ++sim->run->watch[pool].n_applies > 3)
		sim_break(sim, RULE_RETRIES, "pool %zu is sent again and again",
			  pool);
}

static void check_apply(struct sim *sim, const struct action *action)
{
	const struct action_row *row;
	size_t n[ACCOUNTS_MAX] = { 0 };

	if (action->rows.n > sim->config.caps.pools_per_commit)
		sim_break(sim, RULE_CHUNK, "too many pools in one request");
	array_foreach(row, &action->rows) {
		const size_t pool =
			sim_find(sim, row->change->server, row->change->pool);

		count_apply(sim, row);
		if (pool != SIZE_MAX && !sim->run->watch[pool].puts_back)
			n[sim->pools[pool].account]++;
	}
	for (size_t i = 0; i < ACCOUNTS_MAX; i++) {
		if (!sim->run->proved[i] && n[i] > 1 &&
		    sim->kind_of[i] != SIM_BUILTIN)
			sim_break(sim, RULE_FIRST,
				  "many pools of an unproved account");
	}
}

/* An intent of another identity than the declared one. */
static bool puts_back(struct sim *sim, const struct save_row *row)
{
	const size_t pool = sim_find_saved(sim, row);
	size_t account;

	if (pool == SIZE_MAX)
		return false;
	account = sim->pools[pool].account;
	if (sim->kind_of[account] == SIM_BUILTIN)
		return !str_eq(row->account, "NetworkService");
	return !str_eq(row->account, sim_who(sim, account, WHO_DECLARED).user);
}

/* The row says that it failed, and yet the account was seen to work. */
static bool logged_on(const struct sim *sim, const struct save_row *row,
		      size_t pool)
{
	const struct sim_watch *watch = &sim->run->watch[pool];

	return row->outcome == OUTCOME_FAILED && !watch->puts_back &&
	       watch->logged_on;
}

void check_action(struct sim *sim, const struct action *action)
{
	const struct action_row *row;

	if (action->kind == ACTION_PROVE)
		check_asked(sim, action);
	if (action->kind == ACTION_CLOSE) {
		if (sim->run->in_air[action->server])
			sim_break(sim, RULE_ONE_REQUEST,
				  "a session is closed under a request");
		sim->run->session[action->server] = false;
	}
	if (action->kind == ACTION_SAVE && sim->run->controller->stopped &&
	    action->save->kind == SAVE_INTENT &&
	    !puts_back(sim, &action->save->rows.items[0]))
		sim_break(sim, RULE_STOP, "a chunk begins after the stop");
	if (action->kind == ACTION_SAVE && action->save->kind == SAVE_INTENT)
		check_window_intent(sim, action->save);
	if (action->kind == ACTION_OBSERVE && sim->run->change)
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

static void check_intent(struct sim *sim, const struct save_row *row,
			 size_t pool)
{
	struct sim_watch *watch = &sim->run->watch[pool];
	const struct farm_pool *found = sim_pool(sim, pool);
	const struct past_pool *past =
		past_find(sim->run->input.past, row->server, found->name);

	if (row->corrective && past && past->n_corrected >= PAST_CONTESTED &&
	    !sim->run->input.contested)
		sim_break(sim, RULE_CONTESTED,
			  "pool %zu is corrected again, after %u times", pool,
			  past->n_corrected);

	watch->intended = true;
	watch->outcome = false;
	watch->puts_back = puts_back(sim, row);
	if (watch->generation != row->generation)
		watch->n_applies = 0;
	watch->generation = row->generation;
	memcpy(watch->candidate, row->candidate, 16);
	/* It is sent again: now it may be. */
	sim->pools[pool].unwritten = 0;
}

static void check_outcome(struct sim *sim, const struct save_row *row,
			  size_t pool)
{
	const size_t account = sim->pools[pool].account;
	const size_t server = sim_pool(sim, pool)->server;
	struct sim_run *run = sim->run;
	struct sim_watch *watch = &run->watch[pool];

	if (row->generation > 0) {
		watch->intended = false;
		watch->outcome = true;
		if (row->closes && row->committed_ms == 0) {
			sim->pools[pool].unwritten = row->generation;
			memcpy(sim->pools[pool].unwritten_candidate,
			       watch->candidate, 16);
		}
	}
	if (row->outcome == OUTCOME_CHANGED || logged_on(sim, row, pool))
		run->proved[account] = true;
	/* Its server was at fault: the next one may be the first. */
	else if (run->local[server][account] ||
		 (run->blameless[account] && run->told_at[server][account]))
		run->first[account] = SIZE_MAX;
}

/* A save became durable. */
void check_save(struct sim *sim, const struct save *save)
{
	const struct save_row *row;

	array_foreach(row, &save->rows) {
		const size_t pool = sim_find_saved(sim, row);

		if (pool == SIZE_MAX) {
			sim_break(sim, RULE_AUDIT, "a save names %s/%s",
				  row->server, row->pool);
			return;
		}
		if (save->kind == SAVE_INTENT)
			check_intent(sim, row, pool);
		if (save->kind == SAVE_OUTCOME)
			check_outcome(sim, row, pool);
	}
}

static bool same_candidate(const uint8_t *a, const uint8_t *b)
{
	return memcmp(a, b, 16) == 0;
}

/* What no controller may do to a pool, however late it comes. */
static void check_fence(struct sim *sim, const struct farm_row *row,
			int64_t version_before)
{
	struct farm_pool *pool = sim_pool(sim, row->pool);
	struct sim_pool *known = &sim->pools[row->pool];

	if (row->generation < known->generation)
		sim_break(sim, RULE_FENCE,
			  "pool %zu goes back from generation %lld to %lld",
			  row->pool, (long long)known->generation,
			  (long long)row->generation);
	if (row->generation == known->generation &&
	    !same_candidate(row->candidate, known->candidate))
		sim_break(sim, RULE_FENCE,
			  "pool %zu: two candidates of generation %lld",
			  row->pool, (long long)row->generation);
	known->generation = row->generation;
	memcpy(known->candidate, row->candidate, 16);
	if (row->version < version_before && sim_runs_declared(sim, row->pool))
		sim_break(sim, RULE_FENCE,
			  "pool %zu: an old password came back", row->pool);
	if (pool->n_same > 1 && !sim_is_meddled(sim, row->pool) &&
	    !row->rewrite)
		sim_break(sim, RULE_ONCE,
			  "pool %zu: generation %lld was written twice",
			  row->pool, (long long)row->generation);
	/* What slept between its save and its request comes too late for
	 * whoever looked meanwhile: there the fence alone decides. */
	if (!sim->racing && known->unwritten == row->generation &&
	    same_candidate(known->unwritten_candidate, row->candidate))
		sim_break(sim, RULE_ONCE,
			  "pool %zu: said not to be written, then was",
			  row->pool);
}

/* A write of lockstep reached a server. */
void check_commit(struct sim *sim, const struct request *request,
		  const struct farm_row *row, int64_t version_before)
{
	const size_t account = sim->pools[row->pool].account;
	struct sim_run *run = sim->run;

	check_fence(sim, row, version_before);
	if (rehearse_is_over(request->controller) || run->proved[account] ||
	    !sim_runs_declared(sim, row->pool) ||
	    sim->kind_of[account] == SIM_BUILTIN)
		return;
	if (run->first[account] != SIZE_MAX && run->first[account] != row->pool)
		sim_break(sim, RULE_FIRST,
			  "a second commit before the first is proved");
	run->first[account] = row->pool;
}

static void check_row_of_result(struct sim *sim, const struct result_row *row)
{
	const size_t pool = sim_find(sim, row->server, row->pool);

	if (str_eq(row->reason, "the run ended before"))
		sim_break(sim, RULE_RESULT, "a change without a result");
	if (row->outcome == OUTCOME_UNKNOWN && row->status != STATUS_UNKNOWN)
		sim_break(sim, RULE_UNKNOWN, "unknown, but shown as %s",
			  status_name(row->status));
	if (!sim->run->change || pool == SIZE_MAX)
		return;
	check_kind_result(sim, row, pool);
	if (row->status != STATUS_CONVERGED || sim_is_meddled(sim, pool))
		return;
	if (!is_converged(sim, pool))
		sim_break(sim, RULE_TRUE,
			  "pool %zu is not what the result says", pool);
}

/* A password that never was right is tried with one pool: when it is written,
 * when the write recycles it, and when it is started again. */
static void check_lockout(struct sim *sim)
{
	for (size_t i = 0; i < sim->world.farm.n_accounts; i++) {
		const unsigned n_bad = sim->world.farm.accounts[i].n_tool_bad -
				       sim->run->n_tool_bad[i];

		if (n_bad > BAD_LOGONS_MAX &&
		    sim->n_resets == sim->run->n_resets && !sim->racing)
			sim_break(sim, RULE_LOCKOUT,
				  "%u bad logons of account %zu", n_bad, i);
	}
}

/* Unless the state was not kept. */
static void check_outcomes(struct sim *sim)
{
	for (size_t p = 0; p < sim->world.farm.pools.n; p++) {
		const struct sim_watch *watch = &sim->run->watch[p];

		if (watch->intended && !watch->outcome &&
		    !sim->run->save_failed)
			sim_break(sim, RULE_AUDIT,
				  "pool %zu: an intent without an outcome", p);
	}
}

void check_result(struct sim *sim, const struct plan *plan)
{
	const struct run_result *result =
		engine_result(sim->run->controller->engine);
	const struct result_row *row;

	if (plan && result->rows.n < plan->changes.n)
		sim_break(sim, RULE_RESULT, "%zu results for %zu changes",
			  result->rows.n, plan->changes.n);
	array_foreach(row, &result->rows) {
		check_row_of_result(sim, row);
	}
	if (sim->run->change) {
		check_stops(sim);
		check_outcomes(sim);
		check_forward(sim);
		check_blast(sim);
		check_window_result(sim);
		check_lockout(sim);
	}
	if (result->n_changed + result->n_kept + result->n_skipped +
		    result->n_failed + result->n_unknown !=
	    result->rows.n)
		sim_break(sim, RULE_RESULT, "the counts do not add up");
}
