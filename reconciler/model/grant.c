/* grant.c - lines of the configuration, looked at one by one. */
#include "reconciler/model/grant.h"

#include "reconciler/core/str.h"

static bool matches(const struct text_array *patterns, const char *text)
{
	size_t i;

	for (i = 0; i < patterns->n; i++) {
		if (str_glob_match(patterns->items[i], text))
			return true;
	}
	return false;
}

bool grant_allows(const struct config *config, const char *account,
		  const char *host, const char *pool, unsigned right)
{
	const struct grant *grant;

	array_foreach(grant, &config->grants) {
		/* All of it must be in one line: lines do not add up. */
		if ((grant->rights & right) == right &&
		    matches(&grant->accounts, account) &&
		    matches(&grant->servers, host) &&
		    matches(&grant->pools, pool))
			return true;
	}
	return false;
}

bool grant_somewhere(const struct config *config, const char *account,
		     const char *host, unsigned right)
{
	const struct grant *grant;

	array_foreach(grant, &config->grants) {
		if ((grant->rights & right) == right &&
		    matches(&grant->accounts, account) &&
		    matches(&grant->servers, host))
			return true;
	}
	return false;
}
