/*
 * waves.h - which server changes when: canary, then batches, per group.
 */
#ifndef PLAN_WAVES_H
#define PLAN_WAVES_H

#include "reconciler/model/plan.h"

/* Sets wave of each server; servers must stand in the order of names.
 * Returns how many waves there are, 0 when nothing changes. */
unsigned plan_waves(const struct desired *desired,
		    struct plan_server_array *servers);

#endif
