/* row_grant.c - see row_grant.h. */
#include "reconciler/runtime/row_grant.h"

#include "reconciler/model/grant.h"
#include "reconciler/model/identity.h"

#include <string.h>

static const struct account *account_of(const struct desired *desired,
					size_t account)
{
	return account == SIZE_MAX ? NULL : &desired->accounts.items[account];
}

/* After a failed verify an identity without a password is put back: it is
 * not what the binding declares, but what stood there before. */
static bool is_put_back(const struct binding *binding,
			const struct change *change)
{
	return binding->on_verify_fail == VERIFY_FAIL_ROLLBACK &&
	       !change->secret &&
	       (change->account != binding->account ||
		change->identity != binding->identity);
}

static unsigned rights_of(const struct binding *binding,
			  const struct account *account, enum change_kind kind)
{
	unsigned rights = GRANT_PASSWORD;

	if (!account)
		return GRANT_BUILTIN;
	if (account->type == ACCOUNT_GMSA)
		return GRANT_IDENTITY;
	if (kind == CHANGE_IDENTITY)
		rights |= GRANT_IDENTITY;
	if (binding->follow)
		rights |= GRANT_FOLLOW;
	return rights;
}

/* How grants name it. */
static const char *name_of(const struct config *config,
			   const struct account *account,
			   enum identity_type identity, struct arena *arena)
{
	return account ? identity_show(arena,
				       &config->domains.items[account->domain],
				       account->user)
		       : identity_type_name(identity);
}

/* What is written without a password: a builtin identity without a user, or
 * a managed account, whose name ends with '$'. */
static bool is_bare(const struct change *change)
{
	const size_t len = strlen(change->user);

	if (change->identity == IDENTITY_SPECIFIC_USER)
		return len > 0 && change->user[len - 1] == '$';
	return len == 0;
}

/* A password goes only with an account that has one, and it is that of the
 * secret which the configuration ties to this very account. */
static bool secret_fits(const struct config *config,
			const struct account *account,
			const struct change *change)
{
	if (!account)
		return !change->secret && is_bare(change) &&
		       change->identity != IDENTITY_SPECIFIC_USER;
	if (account->type == ACCOUNT_GMSA)
		return !change->secret && is_bare(change) &&
		       change->identity == IDENTITY_SPECIFIC_USER;
	return change->secret && account->secret < config->secrets.n &&
	       identity_is(&config->domains.items[account->domain],
			   account->user,
			   config->secrets.items[account->secret].account);
}

int row_grant(const struct desired *desired, const struct config *config,
	      const struct change *change, struct arena *arena, struct err *err)
{
	const struct binding *binding =
		&desired->bindings.items[change->binding];
	const struct server *server = &desired->servers.items[change->server];
	const bool back = is_put_back(binding, change);
	/* What allowed the change allows to take it back. */
	const struct account *account =
		account_of(desired, back ? binding->account : change->account);
	const unsigned rights = rights_of(
		binding, account, back ? CHANGE_IDENTITY : change->kind);
	const char *name =
		name_of(config, account,
			back ? binding->identity : change->identity, arena);

	if (!name)
		return err_set(err, -ERR_NOMEM, "asking a server");
	if ((back ? is_bare(change) : secret_fits(config, account, change)) &&
	    grant_allows(config, name, server->host, change->pool, rights))
		return 0;
	return err_set(
		err, -ERR_GRANT,
		"%s/%s: no grant allows %s to %s there; nothing was sent",
		server->name, change->pool,
		change->secret ? "the password of this account to go"
			       : "this identity to be written",
		name);
}
