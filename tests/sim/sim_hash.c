/* sim_hash.c - one number of everything that happens: FNV-1a over the events
 * and actions of a seed. */
#include "tests/sim/sim.h"

#include <string.h>

static void put(struct sim *sim, const void *bytes, size_t len)
{
	const unsigned char *at = bytes;

	for (size_t i = 0; i < len; i++)
		sim->hash = (sim->hash ^ at[i]) * 0x100000001b3U;
}

static void put_number(struct sim *sim, int64_t number)
{
	put(sim, &number, sizeof(number));
}

static void put_text(struct sim *sim, const char *text)
{
	if (text)
		put(sim, text, strlen(text) + 1);
}

static void put_save(struct sim *sim, const struct save *save)
{
	const struct save_row *row;

	put_number(sim, (int64_t)save->id);
	put_number(sim, save->kind);
	put_number(sim, save->wall_ms);
	array_foreach(row, &save->rows) {
		put_text(sim, row->server);
		put_text(sim, row->pool);
		put_text(sim, row->account);
		put_text(sim, row->reason);
		put_number(sim, row->generation);
		put(sim, row->candidate, sizeof(row->candidate));
		put_number(sim, row->outcome);
		put_number(sim, row->status);
		put_number(sim, row->committed_ms);
		put_number(sim, row->proved + 2 * row->closes);
	}
}

void hash_action(struct sim *sim, const struct action *action)
{
	const struct action_row *row;

	put_number(sim, sim->world.now_ms);
	put_number(sim, action->kind);
	put_number(sim, (int64_t)action->server);
	put_number(sim, (int64_t)action->timer);
	put_number(sim, action->delay_ms);
	put_number(sim, (int64_t)action->account);
	if (action->save)
		put_save(sim, action->save);
	array_foreach(row, &action->rows) {
		put_text(sim, row->change->pool);
		put_number(sim, row->change->kind);
		put_number(sim, row->generation);
		put(sim, row->candidate, sizeof(row->candidate));
		put_number(sim, row->committed_ms);
	}
}

static void put_observed(struct sim *sim, const struct observed *observed)
{
	const struct observed_pool *pool;

	put_number(sim, observed->now_ms);
	array_foreach(pool, &observed->pools) {
		put_text(sim, pool->name);
		put_text(sim, pool->user);
		put_number(sim, pool->password);
		put_number(sim, pool->state);
		put_number(sim, observed_worker_start(pool));
		put_number(sim, observed_fault(pool, NULL));
		put_number(sim, pool->fence.generation);
		put_number(sim, pool->fence.committed_ms);
	}
}

void hash_event(struct sim *sim, const struct event *event)
{
	const struct applied_row *row;

	put_number(sim, sim->world.now_ms);
	put_number(sim, event->kind);
	put_number(sim, (int64_t)event->id);
	put_number(sim, (int64_t)event->server);
	put_number(sim, event->proof);
	put_number(sim, event->err.code);
	if (event->observed)
		put_observed(sim, event->observed);
	if (!event->applied)
		return;
	array_foreach(row, &event->applied->rows) {
		put_text(sim, row->pool);
		put_text(sim, row->why);
		put_number(sim, row->status);
		put_number(sim, row->committed_ms);
	}
}
