/*
 * passwords.h - the passwords of the accounts that a run needs, loaded once.
 * By index in config.secrets; NULL where no account in scope uses it.
 */
#ifndef RUNTIME_PASSWORDS_H
#define RUNTIME_PASSWORDS_H

#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"
#include "reconciler/sys/secret.h"

struct passwords {
	struct secret **items; /* config.secrets.n of them */
	int64_t *versions;
	size_t n;
};

/* Every error names its secret; *ret is empty then. */
int passwords_load(const struct config *config, const struct desired *desired,
		   const struct index_array *scope, struct passwords *ret,
		   struct err *err);
void passwords_done(struct passwords *passwords); /* CLEANUP */

#endif
