/* arena.c - a chain of blocks, each twice as large as the one before. */
#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ALIGN_BYTES     ((size_t)16)
#define BLOCK_BYTES_MIN ((size_t)4096)
#define BLOCK_BYTES_MAX ((size_t)1048576)

struct arena_block {
	struct arena_block *before;
	size_t cap;
	size_t used;
	_Alignas(16) unsigned char bytes[];
};

void arena_init(struct arena *arena, size_t max_bytes)
{
	*arena = (struct arena){ .max_bytes = max_bytes };
}

void arena_done(struct arena *arena)
{
	struct arena_block *block = arena->last;

	while (block) {
		struct arena_block *before = block->before;

		free(block);
		block = before;
	}
	arena->last = NULL;
	arena->used_bytes = 0;
}

static struct arena_block *block_new(struct arena *arena, size_t size)
{
	size_t cap = BLOCK_BYTES_MIN;
	struct arena_block *block;

	if (arena->last && arena->last->cap < BLOCK_BYTES_MAX)
		cap = arena->last->cap * 2;
	else if (arena->last)
		cap = BLOCK_BYTES_MAX;
	if (cap < size)
		cap = size;
	if (cap > SIZE_MAX - sizeof(*block))
		return NULL;
	block = calloc(1, sizeof(*block) + cap);
	if (!block)
		return NULL;
	block->cap = cap;
	block->before = arena->last;
	arena->last = block;
	return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct arena_block *block = arena->last;
	void *place;

	if (size > SIZE_MAX - ALIGN_BYTES)
		return NULL;
	size = size ? (size + ALIGN_BYTES - 1) & ~(ALIGN_BYTES - 1)
		    : ALIGN_BYTES;
	if (size > arena->max_bytes ||
	    arena->used_bytes > arena->max_bytes - size)
		return NULL;
	if (!block || block->cap - block->used < size)
		block = block_new(arena, size);
	if (!block)
		return NULL;
	place = block->bytes + block->used;
	block->used += size;
	arena->used_bytes += size;
	return place;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *copy = len < SIZE_MAX ? arena_alloc(arena, len + 1) : NULL;

	if (copy && len)
		memcpy(copy, text, len);
	return copy;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len >= 0)
		text = arena_alloc(arena, (size_t)len + 1);
	if (text) {
		va_start(ap, fmt);
		(void)vsnprintf(text, (size_t)len + 1, fmt, ap);
		va_end(ap);
	}
	return text;
}

void *array_grow(struct arena *arena, void *items, size_t n, size_t *cap,
		 size_t size)
{
	size_t wider = *cap ? *cap * 2 : 8;
	void *grown;

	if (n < *cap)
		return items;
	if (*cap > SIZE_MAX / 2 || wider > SIZE_MAX / size)
		return NULL;
	grown = arena_alloc(arena, wider * size);
	if (!grown)
		return NULL;
	if (n)
		memcpy(grown, items, n * size);
	*cap = wider;
	return grown;
}
