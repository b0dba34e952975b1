/* past.c - looking into what is remembered. */
#include "reconciler/model/past.h"

#include "reconciler/core/str.h"

const struct past_pool *past_find(const struct past *past, const char *server,
				  const char *pool)
{
	const struct past_pool *item;

	array_foreach(item, &past->pools) {
		if (str_eq(item->server, server) &&
		    str_eq_nocase(item->pool, pool))
			return item;
	}
	return NULL;
}

bool past_paired(const struct past *past, const char *account,
		 const char *server)
{
	const struct past_pair *item;

	/* DOMAIN\user is one account in any case. */
	array_foreach(item, &past->pairs) {
		if (str_eq(item->server, server) &&
		    str_eq_nocase(item->account, account))
			return true;
	}
	return false;
}

const struct past_suspension *
past_suspended(const struct past *past, const char *server, const char *pool)
{
	const struct past_suspension *whole = NULL;
	const struct past_suspension *item;

	array_foreach(item, &past->suspensions) {
		if (!str_eq(item->server, server))
			continue;
		if (!item->pool[0])
			whole = item;
		else if (str_eq_nocase(item->pool, pool))
			return item;
	}
	return whole;
}
