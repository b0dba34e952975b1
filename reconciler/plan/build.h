/*
 * build.h - puts the changes of all servers into one plan and gives each
 * server its wave: the canary servers of a group first, by name, then
 * batches. Servers without a change have no wave to wait for.
 */
#ifndef PLAN_BUILD_H
#define PLAN_BUILD_H

#include "reconciler/plan/diff.h"

/* One server as it was read, or not. */
struct reading {
	size_t server;
	const struct observed *observed; /* NULL = unreadable */
	const char *reason;              /* why not */
	int code; /* negative err_code of the reason, 0 = none */
	int64_t read_ms;
	int64_t read_took_ms; /* from connecting to the answer */
};

ARRAY_TYPE(reading_array, struct reading);

int plan_build(const struct diff_input *input,
	       const struct reading_array *readings, struct arena *arena,
	       struct plan *ret, struct err *err);

#endif
