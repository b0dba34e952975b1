/* sim_check_kinds.c - the rules for bindings and pools of every kind. */
#include "tests/sim/sim.h"

#include "reconciler/core/str.h"

#include <string.h>

static const struct binding *binding_of(const struct sim *sim, size_t pool)
{
	return &sim->desired.bindings.items[sim->pools[pool].account];
}

/* An identity that needs no password. */
static bool is_bare(enum identity_type type, const char *user)
{
	const size_t len = strlen(user);

	return type != IDENTITY_SPECIFIC_USER ||
	       (len > 0 && user[len - 1] == '$');
}

static const struct result_row *row_of(const struct sim *sim,
				       const struct change *planned)
{
	return &engine_result(sim->run->controller->engine)
			->rows.items[planned - sim->run->plan->changes.items];
}

/* What is not as planned may only be that an identity without a password is
 * put back, after the change of identity failed, where the binding says so. */
bool check_put_back(struct sim *sim, const struct action_row *row,
		    const struct change *planned, size_t pool)
{
	const struct change *change = row->change;
	const bool builtin = planned->seen_identity != IDENTITY_SPECIFIC_USER;

	if (planned->kind != CHANGE_IDENTITY || change->secret ||
	    binding_of(sim, pool)->on_verify_fail != VERIFY_FAIL_ROLLBACK ||
	    !is_bare(planned->seen_identity, planned->seen_user) ||
	    change->identity != planned->seen_identity ||
	    !str_eq(change->user, builtin ? "" : planned->seen_user))
		return false;
	if (row_of(sim, planned)->outcome != OUTCOME_FAILED)
		sim_break(sim, RULE_ROLLBACK,
			  "pool %zu is put back though it did not fail", pool);
	return true;
}

void check_kind_row(struct sim *sim, const struct action *action,
		    const struct action_row *row, size_t pool)
{
	const struct farm_pool *found = sim_pool(sim, pool);
	const bool writes = action->kind != ACTION_VERIFY;

	if (sim_is_suspended(sim, pool))
		sim_break(sim, RULE_SUSPENDED, "pool %zu is suspended", pool);
	if (action->kind == ACTION_ACTIVATE && found->held)
		sim_break(sim, RULE_HELD, "pool %zu was stopped by a person",
			  pool);
	if (row->http &&
	    (writes || found->held || sim->run->watch[pool].puts_back))
		sim_break(sim, RULE_SITE, "pool %zu: its site is asked", pool);
	if (writes &&
	    sim->run->barred[found->server][sim->pools[pool].account] &&
	    !sim->run->watch[pool].puts_back)
		sim_break(sim, RULE_RIGHT,
			  "pool %zu: its account has no right there", pool);
}

static bool starts_with_any(const char *text, const char *const words[])
{
	while (*words && !str_starts(text, *words))
		words++;
	return *words != NULL;
}

/* A verify that came to an end, and said no. */
static bool is_verify_failure(const char *reason)
{
	static const char *const words[] = { "site ",
					     "WAS disabled it",
					     "WAS gave up",
					     "it does not run",
					     "it is to run always",
					     "a worker from before",
					     "its worker runs",
					     "its stored password",
					     "after the write it",
					     NULL };

	return starts_with_any(reason, words);
}

bool counts_not(struct sim *sim, const struct result_row *row)
{
	size_t pool = 0;

	return row->outcome == OUTCOME_FAILED &&
	       is_verify_failure(row->reason) &&
	       (pool = sim_find(sim, row->server, row->pool)) != SIZE_MAX &&
	       binding_of(sim, pool)->on_verify_fail == VERIFY_FAIL_CONTINUE;
}

/* A server that can't be read any more can't be put back either. */
static bool is_lost(const struct sim *sim, size_t server)
{
	const struct result_row *row;

	array_foreach(row, &engine_result(sim->run->controller->engine)->rows) {
		if (row->server == server && (row->outcome == OUTCOME_UNKNOWN ||
					      row->status == STATUS_UNREADABLE))
			return true;
	}
	return false;
}

static void check_is_back(struct sim *sim, const struct result_row *row,
			  size_t pool)
{
	static const char *const words[] = {
		"WAS refused",         "site ",
		"WAS disabled it",     "it does not run",
		"it is to run always", NULL
	};
	const struct farm_pool *found = sim_pool(sim, pool);
	const struct change *planned =
		plan_find(sim->run->plan, row->server, row->pool);
	const bool back = strstr(row->reason, "; put back to ");

	if (!planned)
		return;
	if (back && planned->kind != CHANGE_IDENTITY)
		sim_break(sim, RULE_ROLLBACK,
			  "pool %zu: a password is put back", pool);
	if (back && found->who.type != planned->seen_identity)
		sim_break(sim, RULE_ROLLBACK, "pool %zu was not put back",
			  pool);
	if (planned->kind == CHANGE_IDENTITY && !sim->run->save_failed &&
	    !is_lost(sim, row->server) &&
	    is_bare(planned->seen_identity, planned->seen_user) &&
	    binding_of(sim, pool)->on_verify_fail == VERIFY_FAIL_ROLLBACK &&
	    starts_with_any(row->reason, words) &&
	    !strstr(row->reason, "put back to "))
		sim_break(sim, RULE_ROLLBACK,
			  "pool %zu: nobody tried to put it back", pool);
}

void check_kind_result(struct sim *sim, const struct result_row *row,
		       size_t pool)
{
	const struct farm_pool *found = sim_pool(sim, pool);
	const bool asks = binding_of(sim, pool)->http.path;

	if (sim_is_suspended(sim, pool))
		sim_break(sim, RULE_SUSPENDED, "pool %zu is suspended", pool);
	if (sim_is_meddled(sim, pool))
		return;
	if (row->outcome == OUTCOME_CHANGED &&
	    row->status == STATUS_CONVERGED && asks && found->http_bad &&
	    found->state == POOL_STARTED)
		sim_break(sim, RULE_SITE, "pool %zu: its site answers 503",
			  pool);
	if (str_starts(row->reason, "site ") && !found->http_bad &&
	    !found->crashes && !found->stuck && found->state == POOL_STARTED)
		sim_break(sim, RULE_SITE, "pool %zu: its site answers well",
			  pool);
	check_is_back(sim, row, pool);
}

/* Does some server of a run fail in a way that counts? */
static bool is_any_failure(struct sim *sim)
{
	const struct result_row *row;

	array_foreach(row, &engine_result(sim->run->controller->engine)->rows) {
		if ((row->outcome == OUTCOME_FAILED ||
		     row->outcome == OUTCOME_UNKNOWN) &&
		    !counts_not(sim, row))
			return true;
	}
	return false;
}

/* Who was stopped had a reason to be. */
void check_stops(struct sim *sim)
{
	const bool failure = is_any_failure(sim);
	const struct result_row *row;

	array_foreach(row, &engine_result(sim->run->controller->engine)->rows) {
		size_t pool = 0;

		if (row->outcome != OUTCOME_SKIPPED ||
		    (pool = sim_find(sim, row->server, row->pool)) == SIZE_MAX)
			continue;
		if (str_starts(row->reason, "account ") &&
		    strstr(row->reason, " stopped: event ") &&
		    !sim->run->told[sim->pools[pool].account])
			sim_break(sim, RULE_BLAME,
				  "pool %zu: its account stopped for the "
				  "fault of one server",
				  pool);
		if (str_starts(row->reason, "group ") && !failure)
			sim_break(sim, RULE_BLAME,
				  "pool %zu: its group stopped for what "
				  "does not count",
				  pool);
	}
}

void count_kinds(struct sim *sim, struct sim_totals *totals)
{
	const struct result_row *row;

	array_foreach(row, &engine_result(sim->run->controller->engine)->rows) {
		totals->n_put_back +=
			strstr(row->reason, "; put back to ") != NULL;
		totals->n_not_put_back +=
			strstr(row->reason, "put back to ") &&
			!strstr(row->reason, "; put back to ");
		totals->n_right += strstr(row->reason, "0x80070569") != NULL;
		totals->n_site += str_starts(row->reason, "site ");
		totals->n_crashed += str_starts(row->reason, "WAS disabled it");
		totals->n_told_only += counts_not(sim, row);
	}
}
