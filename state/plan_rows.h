/*
 * plan_rows.h - the records of a plan file, for the files that write and read
 * it. Their order in the file is that of the enum; `seen` follows its `change`.
 */
#ifndef STATE_PLAN_ROWS_H
#define STATE_PLAN_ROWS_H

#include "reconciler/core/record.h"

#define PLAN_FORMAT "1"

enum plan_row {
	PLAN_ROW_HEAD,
	PLAN_ROW_ACCOUNT,
	PLAN_ROW_GROUP,
	PLAN_ROW_BINDING,
	PLAN_ROW_SERVER,
	PLAN_ROW_CHANGE,
	PLAN_ROW_SEEN,
	PLAN_ROW_STANDING,
	PLAN_ROW_UNMANAGED,
	PLAN_ROW_NOTE,
	PLAN_ROW_PAIR,
	PLAN_ROW_END,
	PLAN_ROW_COUNT,
};

extern const struct record_kind plan_rows[PLAN_ROW_COUNT + 1];

/* Words of enums that have no other; NULL ends a list. */
extern const char *const plan_pool_states[];
extern const char *const plan_password_states[];
extern const char *const plan_restarts[];
extern const char *const plan_account_types[];

#endif
