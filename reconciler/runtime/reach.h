/*
 * reach.h - whom a conversation with a server may be about.
 *
 * Only accounts that bindings mean there and whose password (for a managed
 * account: identity) some grant line lets go to that server. What it says is
 * held against the passwords of no others: how a run goes on would tell it
 * whether a text that it made up is, or holds, one of them.
 */
#ifndef RUNTIME_REACH_H
#define RUNTIME_REACH_H

#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"
#include "reconciler/runtime/passwords.h"

struct reach {
	struct index_array accounts; /* into desired.accounts, ascending */
	/* Theirs, as far as they were loaded. */
	const struct secret **passwords;
	size_t n_passwords;
};

/* All memory is from the arena. -ERR_NOMEM only. */
int reach_find(const struct desired *desired, const struct config *config,
	       const struct passwords *passwords, size_t server,
	       struct arena *arena, struct reach *ret);

#endif
