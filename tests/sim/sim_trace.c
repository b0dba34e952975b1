/* sim_trace.c - prints what happens in one seed, for whoever looks for why. */
#include "tests/sim/sim.h"

#include <stdio.h>

static void trace_save(const struct save *save)
{
	static const char *const kinds[] = { "begin", "intent", "outcome",
					     "observed", "end" };
	const struct save_row *row;

	printf(" %llu %s", (unsigned long long)save->id, kinds[save->kind]);
	array_foreach(row, &save->rows) {
		printf(" %s/%s:%lld:%s:%s%s", row->server, row->pool,
		       (long long)row->generation, outcome_name(row->outcome),
		       status_name(row->status), row->closes ? "" : ":open");
		if (row->reason && row->reason[0])
			printf(" (%s)", row->reason);
	}
}

void trace_action(const struct sim *sim, const struct action *action)
{
	static const char *const kinds[] = { "OBSERVE",  "SAVE",   "APPLY",
					     "ACTIVATE", "VERIFY", "CLOSE",
					     "TIMER",    "PROVE",  "END" };
	const struct action_row *row;

	if (!sim->trace)
		return;
	printf("%9lld   %s", (long long)sim->world.now_ms, kinds[action->kind]);
	if (action->kind == ACTION_SAVE)
		trace_save(action->save);
	else if (action->kind == ACTION_TIMER)
		printf(" %llu %u", (unsigned long long)action->timer,
		       action->delay_ms);
	else if (action->kind != ACTION_END)
		printf(" s%zu", action->server);
	array_foreach(row, &action->rows) {
		printf(" %s:%s:%lld@%lld", row->change->pool,
		       change_kind_name(row->change->kind),
		       (long long)row->generation,
		       (long long)row->committed_ms);
	}
	printf("\n");
}

static void trace_pool(const struct observed_pool *pool)
{
	const struct fence *fence = &pool->fence;

	printf("\n            %s user %s password %d state %d worker %lld "
	       "fault %lld fence %lld@%lld",
	       pool->name, pool->user, (int)pool->password, (int)pool->state,
	       (long long)observed_worker_start(pool),
	       (long long)observed_fault(pool, NULL),
	       (long long)fence->generation, (long long)fence->committed_ms);
}

void trace_event(const struct sim *sim, const struct event *event)
{
	static const char *const kinds[] = {
		"start",   "saved",     "save failed", "observed",
		"applied", "activated", "verified",    "failed",
		"timer",   "proved",    "stop"
	};
	const struct observed_pool *pool;
	const struct applied_row *row;

	if (!sim->trace)
		return;
	printf("%9lld %s id %llu s%zu%s", (long long)sim->world.now_ms,
	       kinds[event->kind], (unsigned long long)event->id, event->server,
	       event->sent ? " sent" : "");
	if (event->observed) {
		array_foreach(pool, &event->observed->pools) {
			trace_pool(pool);
		}
	}
	if (event->applied) {
		array_foreach(row, &event->applied->rows) {
			printf(" %s:%d:%s@%lld", row->pool, (int)row->status,
			       row->why, (long long)row->committed_ms);
		}
	}
	printf("\n");
}

/* What is to be done, and in which order. */
void trace_plan(const struct sim *sim, const struct plan *plan)
{
	const struct plan_server *server;
	const struct resource_group *group;

	if (!sim->trace)
		return;
	array_foreach(group, &sim->desired.groups) {
		const struct rollout *rollout = &group->rollout;

		printf("  group %s: canary %u, batch %u or %u%%, maxFailures "
		       "%u, pause %u ms\n",
		       group->name, rollout->canary, rollout->batch_servers,
		       rollout->batch_percent, rollout->max_failures,
		       rollout->pause_ms);
	}
	array_foreach(server, &plan->servers) {
		printf("  s%zu of g%zu, wave %u:", server->server,
		       server->group, server->wave);
		for (size_t i = 0; i < server->n_changes; i++) {
			const struct change *change =
				&plan->changes.items[server->first_change + i];

			printf(" %s %s%s", change->pool,
			       change_kind_name(change->kind),
			       is_forward(sim, change) ? " forward" : "");
		}
		printf("%s\n", server->read ? "" : " unreadable");
	}
}
