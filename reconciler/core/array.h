/*
 * array.h - typed arrays that live in an arena.
 *
 *   ARRAY(struct server) servers;              all zero = empty
 *   if (!array_push(arena, &servers, server)) return err_set(... NOMEM ...);
 *
 * Growing moves the items: keep indices, not pointers, while one grows.
 */
#ifndef CORE_ARRAY_H
#define CORE_ARRAY_H

#include "reconciler/core/arena.h"

#include <stdbool.h>
#include <stddef.h>

#define ARRAY(type)          \
	struct {             \
		type *items; \
		size_t n;    \
		size_t cap;  \
	}

/* The same as a named type: ARRAY_TYPE(server_array, struct server); */
#define ARRAY_TYPE(name, type) \
	struct name {          \
		type *items;   \
		size_t n;      \
		size_t cap;    \
	}

/* Make room for one more item of size bytes; the new place or NULL. */
void *array_grow(struct arena *arena, void *items, size_t n, size_t *cap,
		 size_t size);

/* NOLINTBEGIN(readability-identifier-naming): used as functions */
#define array_push(arena, array, ...)                                       \
	__extension__({                                                     \
		void *grown_ =                                              \
			array_grow((arena), (array)->items, (array)->n,     \
				   &(array)->cap, sizeof(*(array)->items)); \
		if (grown_) {                                               \
			(array)->items = grown_;                            \
			(array)->items[(array)->n++] = (__VA_ARGS__);       \
		}                                                           \
		grown_ != NULL;                                             \
	})

/* An empty array has no items to point into: no pointer is made of NULL. */
#define array_foreach(item, array)    \
	for ((item) = (array)->items; \
	     (array)->n > 0 && (item) < (array)->items + (array)->n; (item)++)
/* NOLINTEND(readability-identifier-naming) */

#endif
