/* queue.c - see queue.h. */
#include "reconciler/rehearse/queue.h"

#include "reconciler/core/array.h"

static bool is_before(const struct queued *a, const struct queued *b)
{
	return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->seq < b->seq);
}

bool queue_put(struct queue *queue, int64_t at_ms, void *what)
{
	const struct queued put = { at_ms, queue->seq++, what };
	size_t at = queue->n;

	if (!array_push(queue->arena, queue, put))
		return false;
	while (at > 0 && is_before(&put, &queue->items[(at - 1) / 2])) {
		queue->items[at] = queue->items[(at - 1) / 2];
		at = (at - 1) / 2;
	}
	queue->items[at] = put;
	return true;
}

void *queue_take(struct queue *queue, int64_t *ret_at_ms)
{
	struct queued first, last;
	size_t at = 0;

	if (queue->n == 0)
		return NULL;
	first = queue->items[0];
	last = queue->items[--queue->n];
	for (;;) {
		size_t child = 2 * at + 1;

		if (child >= queue->n)
			break;
		if (child + 1 < queue->n &&
		    is_before(&queue->items[child + 1], &queue->items[child]))
			child++;
		if (!is_before(&queue->items[child], &last))
			break;
		queue->items[at] = queue->items[child];
		at = child;
	}
	queue->items[at] = last;
	*ret_at_ms = first.at_ms;
	return first.what;
}
