/*
 * refusal.h - something that the configuration forbids, as data.
 */
#ifndef MODEL_REFUSAL_H
#define MODEL_REFUSAL_H

#include "reconciler/core/array.h"

struct refusal {
	int code;         /* GRANT CAP NEW_PAIR UNPROVED */
	const char *text; /* names server, pool, account, line of the manifest */
};

ARRAY_TYPE(refusal_array, struct refusal);

#endif
