/*
 * unfinished.h - a run that began to change servers and never ended, as every
 * report of what is says it: which, what of it is not known to be done, and
 * what to do.
 */
#ifndef REPORT_UNFINISHED_H
#define REPORT_UNFINISHED_H

#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"

#include <stddef.h>

struct json_out;

ARRAY_TYPE(unfinished_servers, const char *);

struct unfinished {
	const char *run;
	size_t n_pools;                    /* that were approved for it */
	size_t n_left;                     /* of them, not known to be done */
	struct unfinished_servers servers; /* keys of where those are */
	const char *holder; /* who holds the state, perhaps that run; NULL =
			       nobody else */
};

/* One line; nothing when it is NULL. */
void unfinished_put(const struct report_context *context,
		    const struct unfinished *unfinished, struct buf *out);
/* "unfinished": {run, pools, left, servers[], holder}; the same. */
void unfinished_put_json(const struct report_context *context,
			 const struct unfinished *unfinished,
			 struct json_out *json);

#endif
