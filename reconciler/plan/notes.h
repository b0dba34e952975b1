/*
 * notes.h - notes of a plan that hold for a binding as a whole.
 */
#ifndef PLAN_NOTES_H
#define PLAN_NOTES_H

#include "reconciler/plan/diff.h"

/* What depends on an identity that changes, and what a failed verify can't
 * put back. Adds to plan->notes. */
int notes_of_bindings(const struct diff_input *input, struct plan *plan,
		      struct err *err);

#endif
