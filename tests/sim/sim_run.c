/* sim_run.c - the loop of the simulator: one run of the real engine. */
#include "tests/sim/sim.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define STEPS_MAX 20000

void sim_break(struct sim *sim, const char *fmt, ...)
{
	va_list ap;

	if (sim->broken[0])
		return;
	va_start(ap, fmt);
	(void)vsnprintf(sim->broken, sizeof(sim->broken), fmt, ap);
	va_end(ap);
}

static void take_save(struct sim *sim, const struct save *save)
{
	struct sim_event event = { .kind = SIM_SAVED,
				   .life = sim->life,
				   .save = save };

	event.event.kind = EVENT_SAVED;
	event.event.id = save->id;
	/* One queue: what was asked for first is durable first. */
	sim_later(sim, 5, &event);
}

static void carry_out(struct sim *sim, const struct action *action)
{
	struct sim_event timer = { .kind = SIM_TIMER, .life = sim->life };

	trace_action(sim, action);
	check_action(sim, action);
	switch (action->kind) {
	case ACTION_OBSERVE:
	case ACTION_APPLY:
	case ACTION_ACTIVATE:
	case ACTION_VERIFY:
		sim_send(sim, action);
		break;
	case ACTION_SAVE:
		take_save(sim, action->save);
		break;
	case ACTION_TIMER:
		timer.event.kind = EVENT_TIMER;
		timer.event.id = action->timer;
		sim_later(sim, action->delay_ms, &timer);
		break;
	case ACTION_PROVE:
		sim_break(sim, "nobody answers for the directory");
		break;
	case ACTION_CLOSE:
	case ACTION_END:
		break;
	}
}

static void tell(struct sim *sim, struct event *event)
{
	struct action_array actions = { 0 };
	const struct action *action;
	struct err err = { 0 };

	trace_event(sim, event);
	event->wall_ms = event->mono_ms = sim->now_ms;
	for (size_t i = 0; i < sizeof(event->random); i++)
		event->random[i] = (uint8_t)rng_next(&sim->rng);
	if (engine_step(sim->engine, event, &actions, &err)) {
		sim_break(sim, "engine_step: %s", err.what);
		return;
	}
	array_foreach(action, &actions) {
		carry_out(sim, action);
	}
}

static bool take_next(struct sim *sim, struct sim_event *ret)
{
	size_t best = 0;

	if (sim->n_events == 0)
		return false;
	for (size_t i = 1; i < sim->n_events; i++) {
		const struct sim_event *a = &sim->events[i];
		const struct sim_event *b = &sim->events[best];

		if (a->at_ms < b->at_ms ||
		    (a->at_ms == b->at_ms && a->seq < b->seq))
			best = i;
	}
	*ret = sim->events[best];
	sim->events[best] = sim->events[--sim->n_events];
	sim->now_ms = ret->at_ms;
	return true;
}

static void watch_fault(struct sim *sim, size_t server, size_t pool,
			const struct observed_pool *seen)
{
	const size_t account = sim->farm.pools[server][pool].account;

	/* What is put back is not the account. */
	if (sim->watch[server][pool].puts_back ||
	    seen->identity != IDENTITY_SPECIFIC_USER)
		return;
	if (observed_fault_code(seen) == 0x80070569)
		sim->barred[server][account] = true;
	else
		sim->faulted[account] = true;
}

/* A fault seen by whatever look: of one server, or of the account. */
static void watch_told(struct sim *sim, const struct event *event)
{
	const struct observed_pool *seen;

	if (!event->observed)
		return;
	array_foreach(seen, &event->observed->pools) {
		size_t server = 0, pool = 0, account;

		if (!sim_find(sim,
			      sim->desired.servers.items[event->server].name,
			      seen->name, &server, &pool) ||
		    observed_fault(seen, NULL) == 0)
			continue;
		account = sim->farm.pools[server][pool].account;
		if (observed_fault_code(seen) == 0x80070569)
			sim->local[server][account] = true;
		else
			sim->told[account] = true;
	}
}

/* A fault after a commit: the engine is told, and the account is over. */
static void watch_faults(struct sim *sim, const struct event *event)
{
	const struct observed_pool *seen;

	if (event->kind != EVENT_VERIFIED)
		return;
	array_foreach(seen, &event->observed->pools) {
		size_t server = 0, pool = 0;
		const char *name =
			sim->desired.servers.items[event->server].name;

		if (sim_find(sim, name, seen->name, &server, &pool) &&
		    sim->watch[server][pool].verifies_ms > 0 &&
		    observed_fault(seen, NULL) > sim->began_ms &&
		    observed_fault(seen, NULL) >=
			    sim->watch[server][pool].verifies_ms)
			watch_fault(sim, server, pool, seen);
	}
}

static void deliver_save(struct sim *sim, struct sim_event *event)
{
	if (!sim->saves_fail && rng_chance(&sim->rng, sim->faults.save_fails))
		sim->saves_fail = true;
	if (sim->saves_fail) {
		event->event.kind = EVENT_SAVE_FAILED;
		(void)err_set(&event->event.err, -ERR_STATE_FILE, "made up");
	} else {
		disk_write(sim, event->save);
		check_save(sim, event->save);
	}
	tell(sim, &event->event);
}

static void deliver(struct sim *sim, struct sim_event *event)
{
	if (event->kind == SIM_LANDS) {
		if (sim->trace)
			printf("%9lld lands kind %d on server %zu\n",
			       (long long)sim->now_ms,
			       (int)event->request->kind,
			       event->request->server);
		sim_lands(sim, event->request);
		return;
	}
	if (event->life != sim->life || sim->crashed)
		return;
	if (event->kind == SIM_SAVED) {
		deliver_save(sim, event);
		return;
	}
	if (event->kind == SIM_FAILS)
		sim->session[event->event.server] = false;
	if (event->kind != SIM_TIMER)
		sim->in_air[event->event.server] = false;
	watch_faults(sim, &event->event);
	watch_told(sim, &event->event);
	tell(sim, &event->event);
}

/* Dies here: of the saves that wait, the first few are durable. */
static void crash(struct sim *sim)
{
	bool durable = true;

	sim->crashed = true;
	for (size_t i = 0; i < sim->n_events && durable; i++) {
		const struct sim_event *event = &sim->events[i];

		durable = rng_chance(&sim->rng, 500);
		if (durable && !sim->saves_fail && event->kind == SIM_SAVED &&
		    event->life == sim->life)
			disk_write(sim, event->save);
	}
}

static void disturb(struct sim *sim)
{
	struct event stop = { .kind = EVENT_STOP };

	if (rng_chance(&sim->rng, sim->faults.crash)) {
		crash(sim);
		return;
	}
	if (rng_chance(&sim->rng, sim->faults.stop)) {
		tell(sim, &stop);
		sim->stopped = true;
	}
	/* Somebody resets the account's password in the domain. */
	if (rng_chance(&sim->rng, sim->faults.reset))
		sim->farm.accounts[rng_next(&sim->rng) % 2].truth = 1;
	kinds_disturb(sim);
	if (rng_chance(&sim->rng, sim->faults.meddle))
		farm_meddle(&sim->farm,
			    rng_next(&sim->rng) % sim->farm.n_servers,
			    rng_next(&sim->rng) % sim->farm.n_pools, &sim->rng,
			    sim->now_ms);
}

static void begin_run(struct sim *sim, const struct engine_input *input)
{
	sim->life++;
	sim->began_ms = sim->now_ms;
	sim->change = input->kind == RUN_CHANGE;
	sim->plan = input->plan;
	sim->stopped = false;
	memset(sim->started, 0, sizeof(sim->started));
	sim->crashed = sim->saves_fail = false;
	memset(sim->in_air, 0, sizeof(sim->in_air));
	memset(sim->session, 0, sizeof(sim->session));
	memset(sim->proved, 0, sizeof(sim->proved));
	memset(sim->faulted, 0, sizeof(sim->faulted));
	memset(sim->told, 0, sizeof(sim->told));
	memset(sim->barred, 0, sizeof(sim->barred));
	memset(sim->local, 0, sizeof(sim->local));
	memset(sim->first, 0, sizeof(sim->first));
	for (size_t s = 0; s < SERVERS_MAX; s++) {
		for (size_t p = 0; p < POOLS_MAX; p++) {
			sim->watch[s][p].intended = false;
			sim->watch[s][p].verifies_ms = 0;
			sim->watch[s][p].n_applies = 0;
			sim->watch[s][p].puts_back = false;
			/* A change that follows at once may not see it. */
			if (!sim->change)
				sim->farm.pools[s][p].meddled = false;
		}
	}
}

bool sim_run(struct sim *sim, const struct engine_input *input,
	     struct sim_totals *totals)
{
	struct event start = { .kind = EVENT_START };
	struct sim_event event;
	const int64_t began = sim->now_ms;

	begin_run(sim, input);
	if (engine_new(input, &sim->engine, NULL)) {
		sim_break(sim, "engine_new failed");
		return false;
	}
	tell(sim, &start);
	for (unsigned n = 0; !engine_ended(sim->engine); n++) {
		if (n == STEPS_MAX || !take_next(sim, &event))
			sim_break(sim, "the run does not end");
		if (sim->broken[0])
			return false;
		totals->n_events++;
		deliver(sim, &event);
		if (!engine_ended(sim->engine) && !sim->broken[0])
			disturb(sim);
		if (sim->crashed) {
			totals->n_crashes++;
			return false;
		}
	}
	totals->n_runs++;
	totals->n_ms += (uint64_t)(sim->now_ms - began);
	totals->n_commits += engine_result(sim->engine)->n_commits;
	check_result(sim, sim->change ? input->plan : NULL);
	count_kinds(sim, totals);
	return !sim->broken[0];
}

void sim_land_all(struct sim *sim)
{
	struct sim_event event;

	sim->life++;
	while (take_next(sim, &event))
		deliver(sim, &event);
	sim->now_ms += 600000;
}
