/*
 * zones.h - time zones by name, each read once.
 *
 * Source   the tz database of the machine (package tzdata). A name is looked
 *          up below its folder and nowhere else.
 * Refused  names that mean something else on each machine (localtime,
 *          posixrules), and copies that count leap seconds (right/...).
 */
#ifndef MANIFEST_ZONES_H
#define MANIFEST_ZONES_H

#include "reconciler/core/array.h"
#include "reconciler/core/err.h"
#include "reconciler/model/zone.h"

#define ZONES_FOLDER "/usr/share/zoneinfo"

struct zones {
	const char *folder;
	struct arena *arena;   /* of the zones */
	struct arena *scratch; /* of names to suggest */
	ARRAY(const struct zone *) items;
};

/* -ERR_MANIFEST: err says what was expected, and what is near. */
int zones_find(struct zones *zones, const char *name, const struct zone **ret,
	       struct err *err);

#endif
