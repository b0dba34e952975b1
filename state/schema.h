/*
 * schema.h - the tables of the state file: making them, bringing an older
 * file up to date, and refusing a file that holds anything else.
 *
 * Shapes   a list of schema texts ends with NULL; text n makes version n out
 *          of version n-1. user_version holds n, application_id says that
 *          the file is lockstep's.
 * Errors   STATE_DAMAGED: not lockstep's, or not what the texts make.
 *          STATE_FILE: made by a newer lockstep.
 */
#ifndef STATE_SCHEMA_H
#define STATE_SCHEMA_H

#include "reconciler/core/err.h"

#include <stdint.h>

#define SCHEMA_APPLICATION_ID 0x4c6b5374 /* "LkSt" */

struct sqlite3;

/* state/schema/NNNN_*.sql in their order, put here by the build. */
extern const char *const state_schema[];

/* Version of the file behind db, at most what the list makes. */
int schema_version(struct sqlite3 *db, const char *const list[],
		   int64_t *ret_version, struct err *err);
/* Does the file hold exactly what the first `version` texts make? A trigger
 * or view that somebody put there would run inside our statements. */
int schema_check(struct sqlite3 *db, const char *const list[], int64_t version,
		 struct err *err);
/* Apply the texts behind `version`. The caller holds the transaction. */
int schema_apply(struct sqlite3 *db, const char *const list[], int64_t version,
		 struct err *err);

#endif
