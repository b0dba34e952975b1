/*
 * queue.h - what will happen, by its time; what was put first comes first
 * among equals. A heap.
 *
 * Owner    the arena; what was taken is used again.
 */
#ifndef REHEARSE_QUEUE_H
#define REHEARSE_QUEUE_H

#include "reconciler/core/arena.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct queued {
	int64_t at_ms;
	uint64_t seq;
	void *what;
};

struct queue {
	struct arena *arena;
	struct queued *items;
	size_t n, cap;
	uint64_t seq;
};

/* False: no memory. */
bool queue_put(struct queue *queue, int64_t at_ms, void *what);
/* NULL = it is empty. */
void *queue_take(struct queue *queue, int64_t *ret_at_ms);

#endif
