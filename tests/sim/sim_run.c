/* sim_run.c - one run of the real engine, with the rules looking on. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void sim_break(struct sim *sim, enum sim_rule rule, const char *fmt, ...)
{
	va_list ap;

	if (sim->broken[0])
		return;
	sim->rule = rule;
	va_start(ap, fmt);
	(void)vsnprintf(sim->broken, sizeof(sim->broken), fmt, ap);
	va_end(ap);
}

bool sim_is_meddled(const struct sim *sim, size_t pool)
{
	return sim->pools[pool].meddled_ms > 0 &&
	       sim->pools[pool].meddled_ms >= sim->run->since_ms;
}

void sim_meddled(struct sim *sim, size_t pool)
{
	sim->pools[pool].meddled_ms = sim->world.now_ms;
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
		sim_who(sim, sim->pools[pool].account, WHO_DECLARED);

	return farm_who_same(&sim->world.farm.pools.items[pool].who, &who);
}

static void watch_fault(struct sim *sim, size_t server, size_t pool,
			const struct observed_pool *seen)
{
	const size_t account = sim->pools[pool].account;
	struct sim_run *run = sim->run;

	/* What is put back is not the account. */
	if (run->watch[pool].puts_back ||
	    seen->identity != IDENTITY_SPECIFIC_USER)
		return;
	if (observed_fault_code(seen) == 0x80070569)
		run->barred[server][account] = true;
	else
		run->faulted[account] = run->faulted_at[server][account] = true;
}

/* A fault after a commit: the engine is told, and the account waits. A fault
 * seen by whatever look: of one server, or of the account. */
static void watch_faults(struct sim *sim, const struct event *event)
{
	struct sim_run *run = sim->run;
	const int64_t began_ms = farm_clock(&sim->world.farm, event->server,
					    run->controller->began_ms);
	const struct observed_pool *seen;

	array_foreach(seen, &event->observed->pools) {
		const size_t pool = sim_find(sim, event->server, seen->name);
		const int64_t fault_ms = observed_fault(seen, NULL);
		size_t account;

		if (pool == SIZE_MAX || fault_ms == 0)
			continue;
		account = sim->pools[pool].account;
		if (event->kind == EVENT_VERIFIED &&
		    run->watch[pool].verifies_ms > 0 && fault_ms > began_ms &&
		    fault_ms >= run->watch[pool].verifies_ms)
			watch_fault(sim, event->server, pool, seen);
		if (observed_fault_code(seen) == 0x80070569)
			run->local[event->server][account] = true;
		else
			run->told[account] =
				run->told_at[event->server][account] = true;
	}
}

static bool is_answer(const struct event *event)
{
	return event->kind == EVENT_OBSERVED || event->kind == EVENT_APPLIED ||
	       event->kind == EVENT_ACTIVATED ||
	       event->kind == EVENT_VERIFIED || event->kind == EVENT_FAILED;
}

/* Whose run it is. */
static void look_at(struct sim *sim, struct controller *controller)
{
	if (!controller->of_hooks) {
		controller->of_hooks = sim->begins;
		sim->begins->controller = controller;
	}
	sim->run = controller->of_hooks;
}

static void on_event(void *user, struct controller *controller,
		     const struct event *event)
{
	struct sim *sim = user;

	look_at(sim, controller);
	if (event->kind == EVENT_FAILED)
		sim->run->session[event->server] = false;
	if (is_answer(event))
		sim->run->in_air[event->server] = false;
	if (event->observed)
		watch_faults(sim, event);
	if (event->kind == EVENT_PROVED)
		check_proof(sim, event);
	if (sim->short_memory)
		memory_record(sim, event);
	if (sim->hashes)
		hash_event(sim, event);
	trace_event(sim, event);
}

static void on_action(void *user, struct controller *controller,
		      const struct action *action)
{
	struct sim *sim = user;

	look_at(sim, controller);
	sim->run->n_actions++;
	if (sim->hashes)
		hash_action(sim, action);
	trace_action(sim, action);
	check_action(sim, action);
}

static void on_saved(void *user, struct controller *controller,
		     const struct save *save)
{
	struct sim *sim = user;

	look_at(sim, controller);
	check_save(sim, save);
}

static bool on_fault(void *user, enum fault_kind kind)
{
	struct sim *sim = user;
	const bool may = sim_may_fault(sim);

	if (sim->trace && may)
		printf("%9lld fault: %s\n", (long long)sim->world.now_ms,
		       fault_kind_name(kind));
	return may;
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
	struct sim *sim = user;

	look_at(sim, request->controller);
	check_commit(sim, request, row, before);
}

/* A person or IIS does something to a pool. */
static void meddle(struct sim *sim, size_t index)
{
	struct dice *dice = &sim->world.dice;
	struct farm_pool *pool = sim_pool(sim, index);

	pool->n_same = 0;
	switch (dice_range(dice, 0, 3)) {
	case 0:
		pool->password = dice_range(dice, 900, 999);
		sim_meddled(sim, index);
		break;
	case 1:
		pool->who = sim_who(sim, sim->pools[index].account,
				    sim_runs_declared(sim, index)
					    ? sim->pools[index].alt
					    : WHO_DECLARED);
		pool->local = true;
		pool->user_from = pool->password_from = VALUE_LOCAL;
		sim_meddled(sim, index);
		break;
	default:
		break;
	}
	sim_recycle(sim, index);
	if (farm_logon_error(&sim->world.farm, index) != 0 || pool->crashes)
		sim_meddled(sim, index);
	/* People put right what they broke at once; lockstep mends the rest. */
	if (pool->state == POOL_STOPPED && sim_is_meddled(sim, index) &&
	    !pool->held)
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
	if (sim_fault(sim, dice, SIM_FAULT_RESET, sim->reset)) {
		const size_t account = dice_index(dice, 2);

		if (account < sim->world.farm.n_accounts)
			sim->world.farm.accounts[account].truth = 1;
	}
	kinds_disturb(sim);
	if (sim_fault(sim, dice, SIM_FAULT_MEDDLE, sim->meddle)) {
		size_t pool = dice_index(dice, sim->n_pools);

		pool += dice_index(dice, sim->world.farm.n_servers) *
			sim->n_pools;
		meddle(sim, pool);
	}
}

static void *zeroed(struct sim *sim, size_t n, size_t size)
{
	void *memory = arena_alloc(&sim->arena, (n + 1) * size);

	if (!memory)
		abort();
	return memory;
}

static struct sim_run *run_new(struct sim *sim,
			       const struct engine_input *input)
{
	const size_t n = sim->world.farm.n_servers;
	struct sim_run *run = zeroed(sim, 1, sizeof(*run));

	*run = (struct sim_run){
		.change = input->kind == RUN_CHANGE,
		.plan = input->plan,
		.since_ms = sim->world.now_ms,
		.watch = zeroed(sim, sim->world.farm.pools.n,
				sizeof(*run->watch)),
		.in_air = zeroed(sim, n, 1),
		.session = zeroed(sim, n, 1),
		.started = zeroed(sim, n, 1),
		.barred = zeroed(sim, n, sizeof(*run->barred)),
		.local = zeroed(sim, n, sizeof(*run->local)),
		.faulted_at = zeroed(sim, n, sizeof(*run->faulted_at)),
		.told_at = zeroed(sim, n, sizeof(*run->told_at)),
	};
	for (size_t i = 0; i < ACCOUNTS_MAX; i++)
		run->first[i] = SIZE_MAX;
	return run;
}

static void begin_run(struct sim *sim, const struct engine_input *input)
{
	const int64_t since_ms = sim->run ? sim->run->since_ms : 0;

	sim->world.hooks = (struct rehearse_hooks){
		.user = sim,
		.action = on_action,
		.event = on_event,
		.saved = on_saved,
		.lands = on_lands,
		.commit = on_commit,
		.fault = on_fault,
		.meanwhile = on_meanwhile,
	};
	sim->begins = run_new(sim, input);
	/* A change that follows a look at once may not see what a person did
	 * since. */
	if (input->kind == RUN_CHANGE)
		sim->begins->since_ms = since_ms;
}

bool sim_run(struct sim *sim, const struct engine_input *input,
	     struct sim_totals *totals)
{
	const int64_t began_ms = sim->world.now_ms;
	struct controller *controller;

	begin_run(sim, input);
	controller = rehearse_run(&sim->world, input, &sim->disk);
	if (!controller) {
		sim_break(sim, RULE_RUN, "%s", sim->world.err.what);
		return false;
	}
	sim->run = controller->of_hooks;
	if (sim->short_memory && !sim->broken[0])
		memory_check(sim, input, totals);
	if (sim->broken[0] || controller->crashed)
		return false;
	totals->n_runs++;
	totals->n_ms += (uint64_t)(sim->world.now_ms - began_ms);
	totals->n_commits += engine_result(controller->engine)->n_commits;
	check_result(sim, input->plan);
	count_kinds(sim, totals);
	return !sim->broken[0];
}
