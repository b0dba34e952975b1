/* desired.c - what the manifests declare about one server. */
#include "reconciler/model/desired.h"

#include "reconciler/core/err.h"
#include "reconciler/core/str.h"

#define ARENA_BYTES 536870912

void desired_init(struct desired *desired)
{
	*desired = (struct desired){ 0 };
	arena_init(&desired->arena, ARENA_BYTES);
}

void desired_done(struct desired *desired)
{
	arena_done(&desired->arena);
	*desired = (struct desired){ 0 };
}

static bool group_has(const struct resource_group *group, size_t server)
{
	const size_t *member;

	array_foreach(member, &group->servers) {
		if (*member == server)
			return true;
	}
	return false;
}

/* The first group of a binding that holds the server, or NULL. */
static const struct resource_group *binding_group(const struct desired *desired,
						  const struct binding *binding,
						  size_t server)
{
	const size_t *group;

	array_foreach(group, &binding->groups) {
		if (group_has(&desired->groups.items[*group], server))
			return &desired->groups.items[*group];
	}
	return NULL;
}

int desired_bindings_of(const struct desired *desired, size_t server,
			struct arena *arena, struct index_array *ret)
{
	struct index_array found = { 0 };

	for (size_t i = 0; i < desired->bindings.n; i++) {
		if (binding_group(desired, &desired->bindings.items[i],
				  server) &&
		    !array_push(arena, &found, i))
			return -ERR_NOMEM;
	}
	*ret = found;
	return 0;
}

int desired_accounts_of(const struct desired *desired, size_t server,
			struct arena *arena, struct index_array *ret)
{
	struct index_array found = { 0 };

	for (size_t i = 0; i < desired->accounts.n; i++) {
		bool used = false;

		for (size_t k = 0; !used && k < desired->bindings.n; k++) {
			const struct binding *binding =
				&desired->bindings.items[k];

			used = binding->account == i &&
			       binding_group(desired, binding, server);
		}
		if (used && !array_push(arena, &found, i))
			return -ERR_NOMEM;
	}
	*ret = found;
	return 0;
}

static int declare(const struct binding *binding,
		   const struct declared_pool *first, struct arena *arena,
		   struct declared_array *ret)
{
	struct declared_pool declared = *first;

	for (; declared.pool < binding->pools.n; declared.pool++) {
		declared.name = binding->pools.items[declared.pool].name;
		declared.how = binding->pools.items[declared.pool].glob
				       ? DECLARED_PATTERN
				       : DECLARED_NAME;
		if (!array_push(arena, ret, declared))
			return -ERR_NOMEM;
	}
	return 0;
}

int desired_pools_of(const struct desired *desired, size_t server,
		     struct arena *arena, struct declared_array *ret)
{
	struct declared_array found = { 0 };
	size_t i;

	for (i = 0; i < desired->bindings.n; i++) {
		const struct binding *binding = &desired->bindings.items[i];
		const struct declared_pool first = { .server = server,
						     .binding = i,
						     .rival = SIZE_MAX };

		if (binding_group(desired, binding, server) &&
		    declare(binding, &first, arena, &found))
			return -ERR_NOMEM;
	}
	*ret = found;
	return 0;
}

bool desired_declares(const struct declared_array *server_pools,
		      const char *pool)
{
	const struct declared_pool *item;

	array_foreach(item, server_pools) {
		if (str_eq_nocase(item->name, pool))
			return true;
	}
	return false;
}

const struct place *binding_claim(const struct binding *binding,
				  const char *pool)
{
	const struct named_pool *pattern = NULL;
	const struct named_pool *item;

	array_foreach(item, &binding->pools) {
		if (!item->glob && str_eq_nocase(item->name, pool))
			return &item->place;
		if (item->glob && !pattern && str_glob_match(item->name, pool))
			pattern = item;
	}
	if (pattern)
		return &pattern->place;
	return binding->follow ? &binding->follow_place : &binding->place;
}

const struct resource_group *desired_group_of(const struct desired *desired,
					      size_t server)
{
	const struct binding *binding;

	array_foreach(binding, &desired->bindings) {
		const struct resource_group *group =
			binding_group(desired, binding, server);

		if (group)
			return group;
	}
	return NULL;
}
