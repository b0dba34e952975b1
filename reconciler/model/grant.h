/*
 * grant.h - may this account's password go to this pool of this server?
 * Only the configuration says so; nothing is allowed that no line allows.
 */
#ifndef MODEL_GRANT_H
#define MODEL_GRANT_H

#include "reconciler/model/config.h"

#include <stdbool.h>

/* account: as identity_show() gives it, or the name of a builtin identity.
 * host: Server.spec.host. */
bool grant_allows(const struct config *config, const char *account,
		  const char *host, const char *pool, unsigned right);
/* Is there a line that gives the right on this server, whatever the pool? */
bool grant_somewhere(const struct config *config, const char *account,
		     const char *host, unsigned right);

#endif
