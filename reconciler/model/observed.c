/* observed.c - looking into what a server said. */
#include "reconciler/model/observed.h"

#include "reconciler/core/str.h"

#define RAPID_FAIL  5002
#define TOGETHER_MS 60000

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

static bool is_identity(const struct was_event *event)
{
	return event->id != RAPID_FAIL;
}

int64_t observed_fault(const struct observed_pool *pool, unsigned *ret_id)
{
	const struct was_event *event;
	int64_t newest = 0;
	unsigned id = 0;

	array_foreach(event, &pool->events) {
		if (is_identity(event) && event->time_ms > newest) {
			newest = event->time_ms;
			id = event->id;
		}
	}
	if (newest > 0 && ret_id)
		*ret_id = id;
	return newest;
}

/* WAS logs 5021, 5057 and 5059 in a row; not each carries the error. */
uint32_t observed_fault_code(const struct observed_pool *pool)
{
	const int64_t newest = observed_fault(pool, NULL);
	const struct was_event *event;
	int64_t best_ms = 0;
	uint32_t code = 0;

	array_foreach(event, &pool->events) {
		if (!is_identity(event) || event->code == 0 ||
		    event->time_ms <= best_ms ||
		    newest - event->time_ms > TOGETHER_MS)
			continue;
		best_ms = event->time_ms;
		code = event->code;
	}
	return code;
}

int64_t observed_disabled(const struct observed_pool *pool)
{
	const struct was_event *event;
	int64_t newest = 0;

	array_foreach(event, &pool->events) {
		if (!is_identity(event) && event->time_ms > newest)
			newest = event->time_ms;
	}
	return newest;
}

bool observed_crashed(const struct observed_pool *pool)
{
	const int64_t fault_ms = observed_fault(pool, NULL);
	const int64_t disabled_ms = observed_disabled(pool);

	return disabled_ms > 0 &&
	       (fault_ms == 0 || disabled_ms > fault_ms + TOGETHER_MS);
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
