/* sim_memory.c - engines whose memory ends: they must say so, whatever they
 * were doing, and never go on as if nothing had happened. */
#include "tests/sim/sim.h"

#include <stdlib.h>

#define ENOUGH ((size_t)64 << 20)

void memory_record(struct sim *sim, const struct event *event)
{
	if (!array_push(&sim->arena, &sim->run->events, *event))
		abort();
}

/* Has the engine refused, in the one way that is right? */
static bool check_refusal(struct sim *sim, int rc, const struct err *err,
			  const struct action_array *actions)
{
	if (rc == -ERR_NOMEM && err->code == rc && actions->n == 0)
		return true;
	sim_break(sim, RULE_MEMORY, "with memory short: %d: %s, %zu actions",
		  rc, err->what, actions->n);
	return false;
}

/* The run once more. True = it came to its end, or a rule broke. */
static bool replay(struct sim *sim, const struct engine_input *input,
		   struct arena *arena)
{
	struct engine_input again = *input;
	struct action_array actions = { 0 };
	const struct event *event;
	struct engine *engine;
	struct err err = { 0 };
	size_t n_actions = 0;
	int rc;

	again.arena = arena;
	rc = engine_new(&again, &engine, &err);
	if (rc)
		return !check_refusal(sim, rc, &err, &actions);
	array_foreach(event, &sim->run->events) {
		actions = (struct action_array){ 0 };
		rc = engine_step(engine, event, &actions, &err);
		if (rc && !check_refusal(sim, rc, &err, &actions))
			return true;
		/* And it stays so. */
		if (rc)
			return !check_refusal(
				sim, engine_step(engine, event, &actions, &err),
				&err, &actions);
		n_actions += actions.n;
	}
	if (n_actions != sim->run->n_actions)
		sim_break(sim, RULE_MEMORY,
			  "the same events led to %zu actions instead of %zu",
			  n_actions, sim->run->n_actions);
	return true;
}

void memory_check(struct sim *sim, const struct engine_input *input,
		  struct sim_totals *totals)
{
	size_t bytes = 0;
	bool ended = false;

	while (!ended && !sim->broken[0]) {
		struct arena arena;

		arena_init(&arena, bytes < ENOUGH ? bytes : ENOUGH);
		ended = replay(sim, input, &arena);
		/* What failed needs more than was left. */
		if (arena.used_bytes > bytes)
			bytes = arena.used_bytes;
		bytes += 16;
		arena_done(&arena);
		totals->n_short += !ended;
	}
}
