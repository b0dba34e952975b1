/*
 * problem.h - how the stages of manifest/ report what is wrong.
 *
 * A stage adds problems and goes on; the caller of all stages looks once at
 * the end. At most PROBLEMS_MAX are kept: a stage may stop early when
 * problems_full().
 */
#ifndef MANIFEST_PROBLEM_H
#define MANIFEST_PROBLEM_H

#include "reconciler/manifest/manifest.h"

#include <stdbool.h>

#define PROBLEMS_MAX 200

void problem_add(struct problems *problems, const struct place *place,
		 const char *fmt, ...) __attribute__((format(printf, 3, 4)));
bool problems_full(const struct problems *problems);
/* "FILE:LINE:COL" of another place, for the text of a problem. */
const char *problem_place(struct problems *problems, const struct place *place);
/* text in quotes and escaped; "?" when out of memory. */
const char *problem_quote(struct problems *problems, const char *text);

/* Sort by place, say so when some were left out. 0 when there are none; else
 * code, with err naming how many and what. -ERR_NOMEM when some could not be
 * kept for want of memory. */
int problems_finish(struct problems *problems, int code, const char *path,
		    struct err *err);

#endif
