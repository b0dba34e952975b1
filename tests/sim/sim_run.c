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
	if (sim->trace)
		printf("          BREAKS %s: %s\n", sim_rule_name(rule),
		       sim->broken);
}

bool sim_is_meddled(const struct sim *sim, size_t pool)
{
	const struct sim_pool *known = &sim->pools[pool];
	const int64_t since_ms = sim->run->since_ms;

	/* A second controller is somebody else. */
	if (sim->racing && known->writer && known->writer != sim->run &&
	    known->written_ms >= since_ms)
		return true;
	return known->meddled_ms > 0 && known->meddled_ms >= since_ms;
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

		if (pool == SIZE_MAX)
			continue;
		/* By the truth of that moment: it may be gone at the next. */
		if (event->kind == EVENT_VERIFIED)
			run->watch[pool].logged_on =
				seen->workers.n > 0 && is_converged(sim, pool);
		if (fault_ms == 0)
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
	sim->run->wall_ms = event->wall_ms;
	if (event->kind == EVENT_START) {
		sim->run->start_wall_ms = event->wall_ms;
		if (sim->run->plan)
			trace_plan(sim, sim->run->plan);
	}
	if (event->kind == EVENT_SAVE_FAILED)
		sim->run->save_failed = true;
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
	if (sim->run->change)
		watch_canaries(sim);
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
	sim->pools[row->pool].writer = sim->run;
	sim->run->watch[row->pool].written = true;
	sim->pools[row->pool].written_ms = sim->world.now_ms;
	check_commit(sim, request, row, before);
}

/* What its pools can't run as was put to the test again. */
static void on_rebooted(void *user, size_t server)
{
	struct sim *sim = user;
	const struct farm_server *at = &sim->world.farm.servers[server];

	for (size_t i = 0; i < at->n_pools; i++) {
		const struct farm_pool *pool =
			sim_pool(sim, at->first_pool + i);

		if (pool->worker_ms == 0)
			sim_meddled(sim, at->first_pool + i);
	}
	if (sim->trace)
		printf("%9lld server %zu starts anew\n",
		       (long long)sim->world.now_ms, server);
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

		if (account < sim->world.farm.n_accounts) {
			farm_set_password(&sim->world.farm, account, 1);
			sim->n_resets++;
		}
	}
	kinds_disturb(sim);
	if (sim_fault(sim, dice, SIM_FAULT_MEDDLE, sim->meddle)) {
		size_t pool = dice_index(dice, sim->n_pools);

		pool += dice_index(dice, sim->world.farm.n_servers) *
			sim->n_pools;
		meddle(sim, pool);
	}
}

void *sim_zeroed(struct sim *sim, size_t n, size_t size)
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
	const size_t n_pools = sim->world.farm.pools.n;
	struct sim_run *run = sim_zeroed(sim, 1, sizeof(*run));

	*run = (struct sim_run){
		.input = *input,
		.change = input->kind == RUN_CHANGE,
		.plan = input->plan,
		.since_ms = sim->world.now_ms,
		.n_resets = sim->n_resets,
		.watch = sim_zeroed(sim, n_pools, sizeof(*run->watch)),
		.in_air = sim_zeroed(sim, n, 1),
		.session = sim_zeroed(sim, n, 1),
		.started = { sim_zeroed(sim, n, 1), sim_zeroed(sim, n, 1) },
		.canary = { sim_zeroed(sim, n, 1), sim_zeroed(sim, n, 1) },
		.chose_ms = sim_zeroed(sim, n, sizeof(*run->chose_ms)),
		.canary_done_ms = sim_zeroed(sim, sim->desired.groups.n,
					     sizeof(*run->canary_done_ms)),
		.barred = sim_zeroed(sim, n, sizeof(*run->barred)),
		.local = sim_zeroed(sim, n, sizeof(*run->local)),
		.faulted_at = sim_zeroed(sim, n, sizeof(*run->faulted_at)),
		.told_at = sim_zeroed(sim, n, sizeof(*run->told_at)),
	};
	for (size_t i = 0; i < ACCOUNTS_MAX; i++)
		run->first[i] = SIZE_MAX;
	for (size_t i = 0; i < sim->world.farm.n_accounts; i++)
		run->n_tool_bad[i] = sim->world.farm.accounts[i].n_tool_bad;
	for (size_t i = 0; input->forward && i < ACCOUNTS_MAX; i++)
		run->forward[i] = input->forward[i];
	if (input->forward)
		run->input.forward = run->forward;
	return run;
}

void sim_begin(struct sim *sim, const struct engine_input *input)
{
	const int64_t since_ms = sim->run ? sim->run->since_ms : 0;

	sim->world.hooks = (struct rehearse_hooks){
		.user = sim,
		.action = on_action,
		.event = on_event,
		.saved = on_saved,
		.lands = on_lands,
		.commit = on_commit,
		.rebooted = on_rebooted,
		.fault = on_fault,
		.meanwhile = on_meanwhile,
	};
	sim->begins = run_new(sim, input);
	/* A change that follows a look at once may not see what a person did
	 * since. */
	if (input->kind == RUN_CHANGE)
		sim->begins->since_ms = since_ms;
}

/* A run that ended. */
bool sim_judge(struct sim *sim, struct controller *controller,
	       struct sim_totals *totals)
{
	sim->run = controller->of_hooks;
	totals->n_runs++;
	totals->n_ms += (uint64_t)(sim->world.now_ms - controller->began_ms);
	totals->n_commits += engine_result(controller->engine)->n_commits;
	check_result(sim, sim->run->plan);
	count_kinds(sim, totals);
	return !sim->broken[0];
}

bool sim_run(struct sim *sim, const struct engine_input *input,
	     struct sim_totals *totals)
{
	struct controller *controller;

	sim_begin(sim, input);
	controller = rehearse_run(&sim->world, &sim->begins->input, sim->used);
	if (!controller) {
		sim_break(sim, RULE_RUN, "%s", sim->world.err.what);
		return false;
	}
	sim->run = controller->of_hooks;
	if (sim->short_memory && !sim->broken[0])
		memory_check(sim, input, totals);
	if (sim->broken[0] || controller->crashed)
		return false;
	/* Its clock stays as it was set. */
	sim->world.wall_offset_ms = controller->wall_offset_ms;
	return sim_judge(sim, controller, totals);
}
