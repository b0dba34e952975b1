/* plan.c - looking into a plan. */
#include "reconciler/model/plan.h"

#include "reconciler/core/str.h"

const char *plan_note_kind_name(enum plan_note_kind kind)
{
	static const char *const names[NOTE_COUNT] = {
		[NOTE_ELSEWHERE] = "elsewhere", [NOTE_BLIND] = "blind",
		[NOTE_DEPENDS] = "depends",     [NOTE_FOREIGN] = "foreign",
		[NOTE_ROLLBACK] = "rollback",   [NOTE_DOWN] = "down",
		[NOTE_HTTP] = "http",
	};

	return names[kind];
}

const struct change *plan_find(const struct plan *plan, size_t server,
			       const char *pool)
{
	const struct plan_server *item;
	size_t i;

	array_foreach(item, &plan->servers) {
		if (item->server != server)
			continue;
		for (i = 0; i < item->n_changes; i++) {
			const struct change *change =
				&plan->changes.items[item->first_change + i];

			if (str_eq_nocase(change->pool, pool))
				return change;
		}
	}
	return NULL;
}

bool plan_is_complete(const struct plan *plan)
{
	const struct plan_server *server;
	const struct standing *standing;

	array_foreach(server, &plan->servers) {
		if (!server->read)
			return false;
	}
	array_foreach(standing, &plan->standing) {
		if (standing->status == STATUS_UNREADABLE ||
		    standing->status == STATUS_UNKNOWN)
			return false;
	}
	return true;
}

bool plan_is_held(const struct plan *plan)
{
	const struct standing *standing;

	array_foreach(standing, &plan->standing) {
		if (standing->guard)
			return true;
	}
	return false;
}
