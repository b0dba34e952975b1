/*
 * row_grant.h - the last look before a change leaves for a server: does a
 * line of the configuration allow it? The guards refused what none allows
 * long before, so a refusal here is a fault of ours. Pure.
 */
#ifndef RUNTIME_ROW_GRANT_H
#define RUNTIME_ROW_GRANT_H

#include "reconciler/core/arena.h"
#include "reconciler/core/err.h"
#include "reconciler/model/change.h"
#include "reconciler/model/config.h"

/* -ERR_GRANT names server, pool, account and rights; -ERR_NOMEM. */
int row_grant(const struct desired *desired, const struct config *config,
	      const struct change *change, struct arena *arena,
	      struct err *err);

#endif
