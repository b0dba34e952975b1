/* past.c - looking into what is remembered. */
#include "reconciler/model/past.h"

#include "reconciler/core/str.h"

#include <stdlib.h>
#include <string.h>

/* Servers are known by their exact key; pools and accounts in any case. */
static int cmp_place(const char *server, const char *name, const char *server_b,
		     const char *name_b)
{
	int order = strcmp(server, server_b);

	return order ? order : str_cmp_nocase(name, name_b);
}

static int cmp_pool(const void *a, const void *b)
{
	const struct past_pool *x = a;
	const struct past_pool *y = b;

	return cmp_place(x->server, x->pool, y->server, y->pool);
}

static int cmp_pair(const void *a, const void *b)
{
	const struct past_pair *x = a;
	const struct past_pair *y = b;

	return cmp_place(x->server, x->account, y->server, y->account);
}

static int cmp_suspension(const void *a, const void *b)
{
	const struct past_suspension *x = a;
	const struct past_suspension *y = b;

	return cmp_place(x->server, x->pool, y->server, y->pool);
}

typedef int (*cmp_items)(const void *a, const void *b);

static void sort(void *items, size_t n, size_t size, cmp_items cmp)
{
	if (n > 1)
		qsort(items, n, size, cmp);
}

void past_sort(struct past *past)
{
	sort(past->pools.items, past->pools.n, sizeof(*past->pools.items),
	     cmp_pool);
	sort(past->pairs.items, past->pairs.n, sizeof(*past->pairs.items),
	     cmp_pair);
	sort(past->suspensions.items, past->suspensions.n,
	     sizeof(*past->suspensions.items), cmp_suspension);
	past->sorted = true;
}

/* A list and what is looked for in it. */
struct search {
	const void *items;
	size_t n;
	size_t size;
	cmp_items cmp;
	bool sorted;
};

static const void *search_at(const struct search *search, size_t at)
{
	return (const char *)search->items + at * search->size;
}

static const void *search_linear(const struct search *search, const void *key)
{
	for (size_t i = 0; i < search->n; i++)
		if (search->cmp(key, search_at(search, i)) == 0)
			return search_at(search, i);
	return NULL;
}

static const void *search_find(const struct search *search, const void *key)
{
	size_t low = 0;
	size_t high = search->n;

	if (!search->sorted)
		return search_linear(search, key);
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int order = search->cmp(key, search_at(search, middle));

		if (order == 0)
			return search_at(search, middle);
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct past_pool *past_find(const struct past *past, const char *server,
				  const char *pool)
{
	const struct past_pool key = { .server = server, .pool = pool };
	const struct search search = { past->pools.items, past->pools.n,
				       sizeof(*past->pools.items), cmp_pool,
				       past->sorted };

	return search_find(&search, &key);
}

/* Where the pools of a server begin, if it has any. */
static size_t first_of(const struct past *past, const char *server)
{
	size_t low = 0;
	size_t high = past->pools.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(past->pools.items[middle].server, server) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct past_pool *past_next(const struct past *past, const char *server,
				  const struct past_pool *last)
{
	const struct past_pool_array *pools = &past->pools;
	size_t at = 0;

	if (last)
		at = (size_t)(last - pools->items) + 1;
	else if (past->sorted)
		at = first_of(past, server);
	for (; at < pools->n; at++) {
		if (str_eq(pools->items[at].server, server))
			return &pools->items[at];
		if (past->sorted)
			break;
	}
	return NULL;
}

bool past_paired(const struct past *past, const char *account,
		 const char *server)
{
	const struct past_pair key = { .account = account, .server = server };
	const struct search search = { past->pairs.items, past->pairs.n,
				       sizeof(*past->pairs.items), cmp_pair,
				       past->sorted };

	return search_find(&search, &key) != NULL;
}

const struct past_suspension *
past_suspended(const struct past *past, const char *server, const char *pool)
{
	struct past_suspension key = { .server = server, .pool = pool };
	const struct search search = { past->suspensions.items,
				       past->suspensions.n,
				       sizeof(*past->suspensions.items),
				       cmp_suspension, past->sorted };
	const struct past_suspension *found = search_find(&search, &key);

	if (found)
		return found;
	key.pool = "";
	return search_find(&search, &key);
}
