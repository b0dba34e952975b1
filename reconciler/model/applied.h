/*
 * applied.h - what a server answered to apply and activate. Built by
 * modules/iis_app_pool from a verified reply; strings are untrusted.
 */
#ifndef MODEL_APPLIED_H
#define MODEL_APPLIED_H

#include "reconciler/core/array.h"
#include "reconciler/model/observed.h"

#include <stdint.h>

enum applied_status { APPLIED_SET, APPLIED_KEPT, APPLIED_REFUSED };

struct applied_row {
	const char *pool;
	int64_t generation;
	enum applied_status status;
	const char *why;      /* word of the module's list, "" = none */
	int64_t committed_ms; /* server's clock */
};

ARRAY_TYPE(applied_array, struct applied_row);

struct applied {
	struct applied_array rows; /* may lack pools when fault is set */
	unsigned n_commits;
	const char *fault; /* the request as a whole failed, or NULL */
};

struct activated_row {
	const char *pool;
	const char *did;
	enum pool_state state;
};

ARRAY_TYPE(activated_array, struct activated_row);

struct activated {
	struct activated_array rows;
	const char *fault;
};

#endif
