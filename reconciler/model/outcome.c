/* outcome.c - the words of outcomes and statuses. */
#include "reconciler/model/outcome.h"

#include <string.h>

static const char *const outcomes[OUTCOME_COUNT] = {
	[OUTCOME_KEPT] = "kept",       [OUTCOME_CHANGED] = "changed",
	[OUTCOME_SKIPPED] = "skipped", [OUTCOME_FAILED] = "failed",
	[OUTCOME_UNKNOWN] = "unknown",
};

static const char *const statuses[STATUS_COUNT] = {
	[STATUS_CONVERGED] = "converged",
	[STATUS_STALE] = "stale",
	[STATUS_DRIFTED] = "drifted",
	[STATUS_PENDING_RECYCLE] = "pending-recycle",
	[STATUS_FAILED] = "failed",
	[STATUS_UNKNOWN] = "unknown",
	[STATUS_SKIPPED] = "skipped",
	[STATUS_SUSPENDED] = "suspended",
	[STATUS_UNREADABLE] = "unreadable",
	[STATUS_UNMANAGED] = "unmanaged",
};

const char *outcome_name(enum outcome outcome)
{
	return (unsigned)outcome < OUTCOME_COUNT ? outcomes[outcome]
						 : "unknown";
}

enum outcome outcome_merge(enum outcome a, enum outcome b)
{
	return a > b ? a : b;
}

const char *status_name(enum status status)
{
	return (unsigned)status < STATUS_COUNT ? statuses[status] : "unknown";
}

int status_parse(const char *name)
{
	for (int i = 0; i < STATUS_COUNT; i++) {
		if (strcmp(statuses[i], name) == 0)
			return i;
	}
	return -1;
}
