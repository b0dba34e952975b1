/*
 * select.h - from the flags that select to servers, pools and accounts.
 *
 * Servers are narrowed by --server, --group, --label and their opposites,
 * and to those where a binding may have a selected pool or account. A flag
 * that selects nothing is a slip of the pen, never "all fine".
 */
#ifndef CMD_SELECT_H
#define CMD_SELECT_H

#include "reconciler/cmd/context.h"
#include "reconciler/model/plan.h"

/* Fills scope, selection and selected of the context. */
int select_scope(const struct options *options, struct context *context,
		 struct err *err);

/* After the servers were read: did each --pool name a pool? Patterns of the
 * manifests leave that open until then. */
int select_check_pools(const struct options *options, const struct plan *plan,
		       struct err *err);

/* Does pattern name a pool that is one of the binding's, as far as is known
 * without asking a server? */
bool select_may_be_pool(const struct binding *binding, const char *pattern);

/* The flag as it was given, for an error: "--exclude-pool". */
const char *select_flag(const struct pick *pick);
/* Names of the manifests that a pick may mean, ending with NULL; from arena,
 * NULL = out of memory. */
const char **select_names(const struct desired *desired, enum pick_kind kind,
			  struct arena *arena);

#endif
