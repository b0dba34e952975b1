/*
 * identity.h - who a pool runs as, and when two spellings mean one account.
 *
 * `CORP\u`, `corp.example\u`, `u@corp.example` and `u@bank.example` (each UPN suffix of the
 * domain) are one account; case is ignored. Until a directory gives the
 * objectSid, (domain, sAMAccountName in lower case) is the account's key.
 * An equal UPN prefix is taken for the sAMAccountName.
 */
#ifndef MODEL_IDENTITY_H
#define MODEL_IDENTITY_H

#include "reconciler/core/buf.h"
#include "reconciler/model/config.h"
#include "reconciler/model/identity_type.h"

#include <stdbool.h>

/* Does text, in any spelling, mean user of domain? */
bool identity_is(const struct domain *domain, const char *user,
		 const char *text);
/* Is text some spelling of a user of one of the domains? The user (of a UPN
 * its prefix) is from arena; no memory counts as no. */
bool identity_resolve(struct arena *arena, const struct domain_array *domains,
		      const char *text, size_t *ret_domain,
		      const char **ret_user);
/* The declared account that text is some spelling of: index into
 * desired.accounts, SIZE_MAX = none. */
size_t identity_account(const struct desired *desired,
			const struct config *config, const char *text);
/* CORP\user: how lockstep shows an account, and matches grants. Arena. */
char *identity_show(struct arena *arena, const struct domain *domain,
		    const char *user);
/* Adds every spelling that IIS may hold: NETBIOS\u, dns\u, u@suffix... */
int identity_spellings(struct arena *arena, const struct domain *domain,
		       const char *user, struct text_array *ret);
/* The spelling to store: by format, `stored` is what the pool holds ("" =
 * nothing). Arena; NULL = out of memory. */
const char *identity_spell(struct arena *arena, const struct domain *domain,
			   const struct account *account, const char *stored);

#endif
