/* sim_run.c - one run of the real engine, with the rules looking on. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void sim_break(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (sim->broken[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(sim->broken, sizeof(sim->broken), fmt, ap);
	va_end(ap);
}

struct farm_pool *sim_pool(struct sim *sim, size_t pool)
{
	return &sim->world.farm.pools.items[pool];
}

size_t sim_find(struct sim *sim, size_t server, const char *pool)
{
	return farm_find(&sim->world.farm, server, pool);
}

size_t sim_find_saved(struct sim *sim, const struct save_row *row)
{
	const size_t server = farm_find_server(&sim->world.farm, row->server);

	return server == SIZE_MAX ? SIZE_MAX : sim_find(sim, server, row->pool);
}

void sim_recycle(struct sim *sim, size_t pool)
{
	const struct farm *farm = &sim->world.farm;

	farm_recycle(&sim->world.farm, pool,
		     farm_clock(farm, farm->pools.items[pool].server,
				sim->world.now_ms));
}

bool sim_runs_declared(const struct sim *sim, size_t pool)
{
	const struct farm_who who =
		sim_who(sim, sim->watch[pool].account, WHO_DECLARED);

	return farm_who_same(&sim->world.farm.pools.items[pool].who, &who);
}

static void watch_fault(struct sim *sim, size_t server, size_t pool,
			const struct observed_pool *seen)
{
	const size_t account = sim->watch[pool].account;

	/* What is put back is not the account. */
	if (sim->watch[pool].puts_back ||
	    seen->identity != IDENTITY_SPECIFIC_USER)
		return;
	if (observed_fault_code(seen) == 0x80070569)
		sim->barred[server][account] = true;
	else
		sim->faulted[account] = sim->faulted_at[server][account] = true;
}

/* A fault after a commit: the engine is told, and the account is over. A
 * fault seen by whatever look: of one server, or of the account. */
static void watch_faults(struct sim *sim, const struct event *event)
{
	const int64_t began_ms =
		farm_clock(&sim->world.farm, event->server, sim->run->began_ms);
	const struct observed_pool *seen;

	array_foreach(seen, &event->observed->pools) {
		const size_t pool = sim_find(sim, event->server, seen->name);
		const int64_t fault_ms = observed_fault(seen, NULL);
		const struct sim_watch *watch = &sim->watch[pool];

		if (pool == SIZE_MAX || fault_ms == 0)
			continue;
		if (event->kind == EVENT_VERIFIED && watch->verifies_ms > 0 &&
		    fault_ms > began_ms && fault_ms >= watch->verifies_ms)
			watch_fault(sim, event->server, pool, seen);
		if (observed_fault_code(seen) == 0x80070569)
			sim->local[event->server][watch->account] = true;
		else
			sim->told[watch->account] =
				sim->told_at[event->server][watch->account] =
					true;
	}
}

static bool is_answer(const struct event *event)
{
	return event->kind == EVENT_OBSERVED || event->kind == EVENT_APPLIED ||
	       event->kind == EVENT_ACTIVATED ||
	       event->kind == EVENT_VERIFIED || event->kind == EVENT_FAILED;
}

static void on_event(void *user, struct controller *run,
		     const struct event *event)
{
	struct sim *sim = user;

	sim->run = run;
	if (event->kind == EVENT_FAILED)
		sim->session[event->server] = false;
	if (is_answer(event))
		sim->in_air[event->server] = false;
	if (event->observed)
		watch_faults(sim, event);
	if (event->kind == EVENT_PROVED)
		check_proof(sim, event);
	trace_event(sim, event);
}

static void on_action(void *user, struct controller *run,
		      const struct action *action)
{
	struct sim *sim = user;

	sim->run = run;
	trace_action(sim, action);
	check_action(sim, action);
}

static void on_saved(void *user, struct controller *run,
		     const struct save *save)
{
	(void)run;
	check_save(user, save);
}

static void on_lands(void *user, const struct request *request)
{
	const struct sim *sim = user;

	if (sim->trace)
		printf("%9lld lands kind %d on server %zu\n",
		       (long long)sim->world.now_ms, (int)request->kind,
		       request->server);
}

static void on_commit(void *user, const struct request *request,
		      const struct farm_row *row, int64_t before)
{
	check_commit(user, request, row, before);
}

/* A person or IIS does something to a pool. */
static void meddle(struct sim *sim, size_t index)
{
	struct dice *dice = &sim->world.dice;
	struct farm_pool *pool = sim_pool(sim, index);
	struct sim_watch *watch = &sim->watch[index];

	pool->n_same = 0;
	switch (dice_range(dice, 0, 3)) {
	case 0:
		pool->password = dice_range(dice, 900, 999);
		watch->meddled = true;
		break;
	case 1:
		pool->who =
			sim_who(sim, watch->account,
				sim_runs_declared(sim, index) ? watch->alt
							      : WHO_DECLARED);
		pool->local = true;
		pool->user_from = pool->password_from = VALUE_LOCAL;
		watch->meddled = true;
		break;
	default:
		break;
	}
	sim_recycle(sim, index);
	if (farm_logon_error(&sim->world.farm, index) != 0 || pool->crashes)
		watch->meddled = true;
	/* People put right what they broke at once; lockstep mends the rest. */
	if (pool->state == POOL_STOPPED && watch->meddled && !pool->held)
		pool->state = POOL_STARTED;
}

static void on_meanwhile(void *user, struct controller *run)
{
	struct sim *sim = user;
	struct dice *dice = &sim->world.dice;

	(void)run;
	if (sim->broken[0])
		return;
	/* Somebody resets the account's password in the domain. */
	if (dice_chance(dice, sim->reset)) {
		const size_t account = dice_index(dice, 2);

		if (account < sim->world.farm.n_accounts)
			sim->world.farm.accounts[account].truth = 1;
	}
	kinds_disturb(sim);
	if (dice_chance(dice, sim->meddle)) {
		size_t pool = dice_index(dice, sim->n_pools);

		pool += dice_index(dice, sim->world.farm.n_servers) *
			sim->n_pools;
		meddle(sim, pool);
	}
}

static void begin_run(struct sim *sim, const struct engine_input *input)
{
	sim->world.hooks = (struct rehearse_hooks){
		.user = sim,
		.action = on_action,
		.event = on_event,
		.saved = on_saved,
		.lands = on_lands,
		.commit = on_commit,
		.meanwhile = on_meanwhile,
	};
	sim->change = input->kind == RUN_CHANGE;
	sim->plan = input->plan;
	memset(sim->started, 0, sizeof(sim->started));
	memset(sim->in_air, 0, sizeof(sim->in_air));
	memset(sim->session, 0, sizeof(sim->session));
	memset(sim->proved, 0, sizeof(sim->proved));
	memset(sim->faulted, 0, sizeof(sim->faulted));
	memset(sim->told, 0, sizeof(sim->told));
	memset(sim->faulted_at, 0, sizeof(sim->faulted_at));
	memset(sim->told_at, 0, sizeof(sim->told_at));
	memset(sim->may_write, 0, sizeof(sim->may_write));
	memset(sim->may_finish, 0, sizeof(sim->may_finish));
	memset(sim->blameless, 0, sizeof(sim->blameless));
	memset(sim->barred, 0, sizeof(sim->barred));
	memset(sim->local, 0, sizeof(sim->local));
	for (size_t i = 0; i < ACCOUNTS_MAX; i++)
		sim->first[i] = SIZE_MAX;
	for (size_t p = 0; p < sim->world.farm.pools.n; p++) {
		struct sim_watch *watch = &sim->watch[p];

		watch->intended = false;
		watch->verifies_ms = 0;
		watch->n_applies = 0;
		watch->puts_back = false;
		/* A change that follows at once may not see it. */
		if (!sim->change)
			watch->meddled = false;
	}
}

bool sim_run(struct sim *sim, const struct engine_input *input,
	     struct sim_totals *totals)
{
	const int64_t began_ms = sim->world.now_ms;

	begin_run(sim, input);
	sim->run = rehearse_run(&sim->world, input, &sim->disk);
	if (!sim->run)
		sim_break(sim, "%s", sim->world.err.what);
	if (sim->broken[0] || sim->run->crashed)
		return false;
	totals->n_runs++;
	totals->n_ms += (uint64_t)(sim->world.now_ms - began_ms);
	totals->n_commits += engine_result(sim->run->engine)->n_commits;
	check_result(sim, sim->change ? input->plan : NULL);
	count_kinds(sim, totals);
	return !sim->broken[0];
}
