/* reach.c - see reach.h. */
#include "reconciler/runtime/reach.h"

#include "reconciler/model/grant.h"
#include "reconciler/model/identity.h"

static bool is_managed(const struct account *account)
{
	return account->type == ACCOUNT_GMSA;
}

static int add(const struct account *account, size_t at,
	       const struct passwords *passwords, struct arena *arena,
	       struct reach *ret)
{
	const bool loaded = !is_managed(account) &&
			    account->secret < passwords->n &&
			    passwords->items[account->secret];

	if (!array_push(arena, &ret->accounts, at))
		return -ERR_NOMEM;
	if (loaded)
		ret->passwords[ret->n_passwords++] =
			passwords->items[account->secret];
	return 0;
}

int reach_find(const struct desired *desired, const struct config *config,
	       const struct passwords *passwords, size_t server,
	       struct arena *arena, struct reach *ret)
{
	const char *host = desired->servers.items[server].host;
	struct index_array declared = { 0 };
	struct reach reach = { 0 };
	int rc = desired_accounts_of(desired, server, arena, &declared);

	reach.passwords = arena_alloc(
		arena, (declared.n + 1) * sizeof(const struct secret *));
	if (!reach.passwords)
		rc = -ERR_NOMEM;
	for (size_t i = 0; !rc && i < declared.n; i++) {
		const struct account *account =
			&desired->accounts.items[declared.items[i]];
		const char *shown = identity_show(
			arena, &config->domains.items[account->domain],
			account->user);

		if (!shown)
			rc = -ERR_NOMEM;
		else if (grant_somewhere(config, shown, host,
					 is_managed(account) ? GRANT_IDENTITY
							     : GRANT_PASSWORD))
			rc = add(account, declared.items[i], passwords, arena,
				 &reach);
	}
	if (!rc)
		*ret = reach;
	return rc;
}
