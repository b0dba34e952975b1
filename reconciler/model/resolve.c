/* resolve.c - names, patterns and follow, met with the pools that are there. */
#include "reconciler/model/desired.h"

#include "reconciler/core/err.h"
#include "reconciler/core/str.h"

#define NOBODY SIZE_MAX

/* The pools of one server while bindings claim them. */
struct claims {
	const struct desired *desired;
	size_t server;
	const struct found_array *found;
	struct index_array bindings; /* of the server */
	size_t *of_found; /* by index in found: into declared, or NOBODY */
	struct arena *arena;
	struct declared_array declared;
};

static bool is_excluded(const struct binding *binding, const char *name)
{
	const struct named_pool *item;

	array_foreach(item, &binding->exclude) {
		if (item->glob ? str_glob_match(item->name, name)
			       : str_eq_nocase(item->name, name))
			return true;
	}
	return false;
}

/* at NOBODY: what is declared is not on the server. */
static bool claim(struct claims *claims, const struct declared_pool *declared,
		  size_t at)
{
	const size_t index = claims->declared.n;
	struct declared_pool *held;

	if (at != NOBODY && claims->of_found[at] != NOBODY) {
		held = &claims->declared.items[claims->of_found[at]];
		if (held->how == declared->how && held->rival == NOBODY &&
		    held->binding != declared->binding)
			held->rival = declared->binding;
		return true;
	}
	if (at != NOBODY)
		claims->of_found[at] = index;
	return array_push(claims->arena, &claims->declared, *declared);
}

static size_t find(const struct claims *claims, const char *name)
{
	for (size_t i = 0; i < claims->found->n; i++) {
		if (str_eq_nocase(claims->found->items[i].name, name))
			return i;
	}
	return NOBODY;
}

static bool claim_name(struct claims *claims, struct declared_pool *declared)
{
	const size_t at = find(claims, declared->name);

	declared->missing = at == NOBODY;
	if (at != NOBODY)
		declared->name = claims->found->items[at].name;
	return claim(claims, declared, at);
}

/* What is excluded, or falls to another binding, matches all the same: the
 * pattern is no slip of the pen. */
static bool claim_pattern(struct claims *claims,
			  const struct declared_pool *pattern)
{
	const struct binding *binding =
		&claims->desired->bindings.items[pattern->binding];
	struct declared_pool declared = *pattern;

	declared.missing = true;
	for (size_t i = 0; i < claims->found->n; i++) {
		const char *name = claims->found->items[i].name;

		if (!str_glob_match(pattern->name, name))
			continue;
		declared.missing = false;
		declared.name = name;
		if (!is_excluded(binding, name) && !claim(claims, &declared, i))
			return false;
	}
	return !declared.missing || claim(claims, &declared, NOBODY);
}

/* The names, or the patterns, of a binding. */
static bool claim_pools(struct claims *claims, size_t index,
			enum declared_how how)
{
	const struct binding *binding = &claims->desired->bindings.items[index];

	for (size_t i = 0; i < binding->pools.n; i++) {
		const struct named_pool *pool = &binding->pools.items[i];
		struct declared_pool declared = { .server = claims->server,
						  .binding = index,
						  .pool = i,
						  .how = how,
						  .name = pool->name,
						  .rival = NOBODY };

		if (pool->glob != (how == DECLARED_PATTERN))
			continue;
		if (pool->glob ? !claim_pattern(claims, &declared)
			       : !claim_name(claims, &declared))
			return false;
	}
	return true;
}

static bool claim_followed(struct claims *claims, size_t index)
{
	const struct binding *binding = &claims->desired->bindings.items[index];

	for (size_t i = 0; binding->follow && i < claims->found->n; i++) {
		const struct found_pool *found = &claims->found->items[i];
		const struct declared_pool declared = {
			.server = claims->server,
			.binding = index,
			.pool = SIZE_MAX,
			.how = DECLARED_FOLLOW,
			.name = found->name,
			.rival = NOBODY,
		};

		if (found->account == binding->account &&
		    found->account != SIZE_MAX &&
		    !is_excluded(binding, found->name) &&
		    !claim(claims, &declared, i))
			return false;
	}
	return true;
}

static bool claim_all(struct claims *claims, enum declared_how how)
{
	const size_t *binding;

	array_foreach(binding, &claims->bindings) {
		if (how == DECLARED_FOLLOW
			    ? !claim_followed(claims, *binding)
			    : !claim_pools(claims, *binding, how))
			return false;
	}
	return true;
}

int desired_resolve(const struct desired *desired, size_t server,
		    const struct found_array *found, struct arena *arena,
		    struct declared_array *ret)
{
	struct claims claims = { .desired = desired,
				 .server = server,
				 .found = found,
				 .arena = arena };

	if (desired_bindings_of(desired, server, arena, &claims.bindings))
		return -ERR_NOMEM;
	claims.of_found =
		arena_alloc(arena, (found->n + 1) * sizeof(*claims.of_found));
	if (!claims.of_found)
		return -ERR_NOMEM;
	for (size_t i = 0; i < found->n; i++)
		claims.of_found[i] = NOBODY;
	if (!claim_all(&claims, DECLARED_NAME) ||
	    !claim_all(&claims, DECLARED_PATTERN) ||
	    !claim_all(&claims, DECLARED_FOLLOW))
		return -ERR_NOMEM;
	*ret = claims.declared;
	return 0;
}
