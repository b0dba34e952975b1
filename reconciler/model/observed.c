/* observed.c - looking into what a server said. */
#include "reconciler/model/observed.h"

#include "reconciler/core/str.h"

const struct observed_pool *observed_find(const struct observed *observed,
					  const char *pool)
{
	const struct observed_pool *item;

	array_foreach(item, &observed->pools) {
		if (str_eq_nocase(item->name, pool))
			return item;
	}
	return NULL;
}

int64_t observed_worker_start(const struct observed_pool *pool)
{
	const struct worker *worker;
	int64_t newest = 0;

	array_foreach(worker, &pool->workers) {
		if (worker->started_ms > newest)
			newest = worker->started_ms;
	}
	return newest;
}

int64_t observed_fault(const struct observed_pool *pool, unsigned *ret_id)
{
	const struct was_event *event;
	int64_t newest = 0;
	unsigned id = 0;

	array_foreach(event, &pool->events) {
		if (event->time_ms > newest) {
			newest = event->time_ms;
			id = event->id;
		}
	}
	if (newest > 0 && ret_id)
		*ret_id = id;
	return newest;
}

const char *elsewhere_kind_name(enum elsewhere_kind kind)
{
	static const char *const names[ELSEWHERE_COUNT] = {
		[ELSEWHERE_VIRTUAL_DIRECTORY] = "virtualDirectory",
		[ELSEWHERE_ANONYMOUS] = "anonymous",
		[ELSEWHERE_DEFAULTS] = "defaults",
		[ELSEWHERE_SERVICE] = "service",
		[ELSEWHERE_TASK] = "task",
	};

	return names[kind];
}
