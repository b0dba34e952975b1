/* rollback.c - see rollback.h. */
#include "reconciler/plan/rollback.h"

#include "reconciler/model/grant.h"

#include <string.h>

#define STOPS "so a failed verify stops"

static bool is_managed(const char *user)
{
	const size_t len = strlen(user);

	return len > 0 && user[len - 1] == '$';
}

static const char *obstacle(struct arena *arena, const char *why,
			    const char *who)
{
	const char *text = arena_printf(
		arena, "onVerifyFail: rollback: %s %s, " STOPS, why, who);

	return text ? text : "";
}

static const char *of_builtin(const struct config *config,
			      const struct server *server,
			      const struct change *change, struct arena *arena)
{
	const char *name = identity_type_name(change->seen_identity);

	if (grant_allows(config, name, server->host, change->pool,
			 GRANT_BUILTIN))
		return NULL;
	return obstacle(arena, "no grant (builtin) allows to put back", name);
}

const char *rollback_obstacle(const struct desired *desired,
			      const struct config *config,
			      const struct change *change, struct arena *arena,
			      size_t *ret_account)
{
	const struct server *server = &desired->servers.items[change->server];
	const struct account *account;
	const char *shown;
	size_t index;

	*ret_account = SIZE_MAX;
	if (change->kind == CHANGE_IDENTITY &&
	    change->seen_identity != IDENTITY_SPECIFIC_USER)
		return of_builtin(config, server, change, arena);
	if (change->kind != CHANGE_IDENTITY || !is_managed(change->seen_user))
		return "onVerifyFail: rollback: the old password is not known "
		       "to lockstep, " STOPS;
	index = identity_account(desired, config, change->seen_user);
	if (index == SIZE_MAX)
		return obstacle(arena, "no Account declares",
				change->seen_user);
	account = &desired->accounts.items[index];
	shown = identity_show(arena, &config->domains.items[account->domain],
			      account->user);
	if (!shown)
		return "";
	if (!grant_allows(config, shown, server->host, change->pool,
			  GRANT_IDENTITY))
		return obstacle(arena, "no grant (identity) allows to put back",
				shown);
	*ret_account = index;
	return NULL;
}
