/*
 * arena.h - memory of one lifetime: everything is freed at once.
 *
 * Alignment: 16 bytes. arena_alloc() returns zeroed memory, or NULL when
 * there is no more or the maximum is reached. Not for secrets.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena_block;

struct arena {
	struct arena_block *last;
	size_t used_bytes;
	size_t max_bytes;
};

void arena_init(struct arena *arena, size_t max_bytes);
void arena_done(struct arena *arena); /* CLEANUP(arena_done) */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
char *arena_printf(struct arena *arena, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

#endif
