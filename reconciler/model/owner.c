/* owner.c - see owner.h. */
#include "reconciler/model/owner.h"

#include "reconciler/core/str.h"

#include <string.h>

#define POOL_AUTHORITY "IIS APPPOOL\\"

static const char *const owners[IDENTITY_COUNT] = {
	[IDENTITY_NETWORK_SERVICE] = "NT AUTHORITY\\NETWORK SERVICE",
	[IDENTITY_LOCAL_SERVICE] = "NT AUTHORITY\\LOCAL SERVICE",
	[IDENTITY_LOCAL_SYSTEM] = "NT AUTHORITY\\SYSTEM",
};

static bool is_of_pool(const char *owner)
{
	return str_glob_match(POOL_AUTHORITY "*", owner);
}

/* What stands before `\` is the domain's name. */
static bool is_of_domain(const struct domain_array *domains, const char *owner)
{
	const char *cut = strchr(owner, '\\');
	const struct domain *domain;

	if (!cut)
		return false;
	array_foreach(domain, domains) {
		if (identity_is(domain, cut + 1, owner))
			return true;
	}
	return false;
}

enum owner_match owner_match(const struct domain_array *domains,
			     enum identity_type type, const char *pool,
			     const char *owner)
{
	if (type == IDENTITY_APPLICATION_POOL && is_of_pool(owner))
		return str_eq_nocase(owner + strlen(POOL_AUTHORITY), pool)
			       ? OWNER_SAME
			       : OWNER_OTHER;
	if (is_of_pool(owner) || is_of_domain(domains, owner))
		return OWNER_OTHER;
	for (size_t i = 0; i < IDENTITY_COUNT; i++) {
		if (owners[i] && str_eq_nocase(owners[i], owner))
			return i == (size_t)type ? OWNER_SAME : OWNER_OTHER;
	}
	return OWNER_UNSURE;
}
