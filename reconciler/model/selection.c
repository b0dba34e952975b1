/* selection.c - see selection.h. */
#include "reconciler/model/selection.h"

#include "reconciler/core/str.h"

static bool matches(const struct text_array *patterns, const char *name)
{
	const char *const *pattern;

	array_foreach(pattern, patterns) {
		if (str_glob_match(*pattern, name))
			return true;
	}
	return false;
}

bool selection_takes(const struct selection *selection, const char *pool,
		     const char *account)
{
	if (!selection)
		return true;
	if (selection->pools.n && !matches(&selection->pools, pool))
		return false;
	if (selection->accounts.n && !matches(&selection->accounts, account))
		return false;
	return !matches(&selection->exclude_pools, pool) &&
	       !matches(&selection->exclude_accounts, account);
}
