/*
 * rollback.h - can the identity that a change replaces be put back?
 *
 * Only one that needs no password: a builtin one, or a gMSA that is declared;
 * and only where the configuration allows that it is written.
 */
#ifndef PLAN_ROLLBACK_H
#define PLAN_ROLLBACK_H

#include "reconciler/model/change.h"
#include "reconciler/model/config.h"

/* NULL = yes, and *ret_account is whose it is (SIZE_MAX = builtin); else why
 * not. "" = out of memory. */
const char *rollback_obstacle(const struct desired *desired,
			      const struct config *config,
			      const struct change *change, struct arena *arena,
			      size_t *ret_account);

#endif
