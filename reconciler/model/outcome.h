/*
 * outcome.h - how it ended for a pool or server, and what status shows.
 */
#ifndef MODEL_OUTCOME_H
#define MODEL_OUTCOME_H

/* Worse is larger; outcome_merge() is the maximum. UNKNOWN is a result of
 * its own: never reported as ok or as failed. */
enum outcome {
	OUTCOME_KEPT,
	OUTCOME_CHANGED,
	OUTCOME_SKIPPED,
	OUTCOME_FAILED,
	OUTCOME_UNKNOWN,
	OUTCOME_COUNT,
};

const char *outcome_name(enum outcome outcome);
enum outcome outcome_merge(enum outcome a, enum outcome b);

/* The words of `status` and `drift`. */
enum status {
	STATUS_CONVERGED,
	STATUS_STALE,           /* an older password than declared */
	STATUS_DRIFTED,         /* someone changed the server */
	STATUS_PENDING_RECYCLE, /* an older worker still runs */
	STATUS_FAILED,
	STATUS_UNKNOWN,
	STATUS_SKIPPED,
	STATUS_SUSPENDED,
	STATUS_UNREADABLE,
	STATUS_UNMANAGED,
	STATUS_COUNT,
};

const char *status_name(enum status status);
int status_parse(const char *name); /* enum status, or -1 */

#endif
