/*
 * rollback.h - can the identity that a change replaces be put back?
 *
 * Only one that needs no password: a builtin one, or a gMSA. What allowed the
 * change allows to take it back.
 */
#ifndef PLAN_ROLLBACK_H
#define PLAN_ROLLBACK_H

#include "reconciler/model/change.h"

bool rollback_possible(const struct change *change);

#endif
