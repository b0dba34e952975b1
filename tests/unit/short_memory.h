/*
 * short_memory.h - lets each allocation of something fail in turn: until it
 * has enough, it must say NOMEM, whatever it was doing.
 */
#ifndef TESTS_UNIT_SHORT_MEMORY_H
#define TESTS_UNIT_SHORT_MEMORY_H

#include "reconciler/core/arena.h"
#include "reconciler/core/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SHORT_MEMORY_MAX ((size_t)1 << 20)

/* Where it has enough it also looks at what came out. */
typedef int (*memory_use)(struct arena *arena, void *closure, struct err *err);

/* How many bytes were enough. An arena gives memory in pieces of 16. */
static inline size_t memory_enough(memory_use use, void *closure)
{
	size_t bytes = 0;

	while (bytes < SHORT_MEMORY_MAX) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct err err = { 0 };
		int rc;

		arena_init(&arena, bytes);
		rc = use(&arena, closure, &err);
		if (rc == 0)
			return bytes;
		assert_int_equal(rc, -ERR_NOMEM);
		assert_int_equal(err.code, -ERR_NOMEM);
		bytes += 16;
	}
	fail_msg("a MiB is not enough");
	return 0;
}

#endif
