/*
 * selection.h - the part of what is declared that a command was asked for.
 *
 * Patterns know * and ?; ASCII case is ignored. Servers are selected by the
 * scope of a run; pools and accounts here, since they are known only when
 * a server was read. What is not selected is neither planned nor told about.
 */
#ifndef MODEL_SELECTION_H
#define MODEL_SELECTION_H

#include "reconciler/model/config.h"

#include <stdbool.h>

struct selection {
	struct text_array pools; /* none = all */
	struct text_array exclude_pools;
	struct text_array accounts; /* names of Accounts; none = all */
	struct text_array exclude_accounts;
};

/* selection NULL = everything. account: metadata.name, "" = builtin. */
bool selection_takes(const struct selection *selection, const char *pool,
		     const char *account);

#endif
