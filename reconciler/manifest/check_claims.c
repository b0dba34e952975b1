/* check_claims.c - that no pool of a server has two bindings. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"

#include <stdlib.h>

#define CLAIMS_MAX 2000000

/* One binding's word about one pool of one server. */
struct claim {
	size_t server;
	const struct binding *binding;
	const struct named_pool *pool;
	bool *refused; /* of the pool: one problem each is enough */
};

struct claims {
	struct check *check;
	struct claim *items;
	size_t n;
	bool *refused;
};

static int compare(const void *a, const void *b)
{
	const struct claim *ca = a;
	const struct claim *cb = b;
	int order;

	if (ca->server != cb->server)
		return ca->server < cb->server ? -1 : 1;
	order = str_cmp_nocase(ca->pool->name, cb->pool->name);
	if (order)
		return order;
	if (ca->binding != cb->binding)
		return ca->binding < cb->binding ? -1 : 1;
	if (ca->pool != cb->pool)
		return ca->pool < cb->pool ? -1 : 1;
	return 0;
}

/* How many claims there can be. */
static size_t count(const struct desired *desired)
{
	const struct binding *binding;
	const size_t *group;
	size_t n = 0;

	array_foreach(binding, &desired->bindings) {
		array_foreach(group, &binding->groups) {
			n += desired->groups.items[*group].servers.n *
			     binding->pools.n;
			if (n > CLAIMS_MAX)
				return n;
		}
	}
	return n;
}

static void collect(struct claims *claims)
{
	const struct desired *desired = claims->check->desired;
	const struct binding *binding;
	size_t before = 0; /* pools of the bindings before */
	const size_t *group;
	const size_t *server;
	size_t i;

	array_foreach(binding, &desired->bindings) {
		array_foreach(group, &binding->groups) {
			array_foreach(server,
				      &desired->groups.items[*group].servers) {
				for (i = 0; i < binding->pools.n; i++)
					claims->items
						[claims->n++] = (struct claim){
						.server = *server,
						.binding = binding,
						.pool = &binding->pools.items[i],
						.refused =
							&claims->refused[before +
									 i],
					};
			}
		}
		before += binding->pools.n;
	}
}

static void refuse(const struct check *check, const struct claim *first,
		   const struct claim *second)
{
	const char *pool = problem_quote(check->problems, second->pool->name);
	const char *place = problem_place(check->problems, &first->pool->place);

	if (first->binding == second->binding)
		problem_add(check->problems, &second->pool->place,
			    "%s %s is listed twice (case is ignored); the "
			    "first is at %s",
			    second->pool->glob ? "pattern" : "pool", pool,
			    place);
	else
		problem_add(check->problems, &second->pool->place,
			    "pool %s of server \"%s\" is in AppPoolBinding "
			    "\"%s\" already, at %s; a pool has one binding",
			    pool,
			    check->desired->servers.items[second->server].name,
			    first->binding->name, place);
}

static size_t count_pools(const struct desired *desired)
{
	const struct binding *binding;
	size_t n = 0;

	array_foreach(binding, &desired->bindings)
		n += binding->pools.n;
	return n;
}

int check_claims(struct check *check)
{
	size_t max = count(check->desired);
	struct claims claims = { .check = check };
	size_t first = 0;
	size_t i;

	if (max > CLAIMS_MAX) {
		problem_add(check->problems,
			    &check->desired->bindings.items[0].place,
			    "the bindings declare more than %d pools on all "
			    "servers together",
			    CLAIMS_MAX);
		return 0;
	}
	claims.items =
		arena_alloc(check->scratch, (max + 1) * sizeof(*claims.items));
	claims.refused =
		arena_alloc(check->scratch, count_pools(check->desired) + 1);
	if (!claims.items || !claims.refused)
		return -ERR_NOMEM;
	collect(&claims);
	qsort(claims.items, claims.n, sizeof(*claims.items), compare);
	for (i = 1; i < claims.n; i++) {
		const struct claim *a = &claims.items[first];
		const struct claim *b = &claims.items[i];

		if (a->server != b->server ||
		    !str_eq_nocase(a->pool->name, b->pool->name)) {
			first = i;
			continue;
		}
		/* What patterns of two bindings match is known only when the
		 * server was read. */
		if (b->pool->glob && a->binding != b->binding) {
			first = i;
			continue;
		}
		/* Two groups of one binding may share a server. */
		if (a->pool == b->pool || *b->refused)
			continue;
		*b->refused = true;
		refuse(check, a, b);
	}
	return 0;
}
