/*
 * drift_report.h - where the servers are not as declared, as people and
 * programs read it: what, since when, why, and what to do.
 *
 * Verdict first, then how much was read. A server that could not be read is
 * never part of "no drift". A farm that is fine has one line.
 */
#ifndef REPORT_DRIFT_REPORT_H
#define REPORT_DRIFT_REPORT_H

#include "reconciler/core/arena.h"
#include "reconciler/core/buf.h"
#include "reconciler/model/plan.h"
#include "reconciler/report/context.h"

#include <stddef.h>
#include <stdint.h>

struct drift_row {
	const char *server; /* name */
	const char *pool;   /* "*" = the whole server */
	enum status status;
	const char *field;     /* "identity", "password"; "" = all of it */
	const char *git;       /* what is declared, "" = nothing */
	const char *on_server; /* what is there, "" = not known */
	const char *cause;     /* intentional, corrective, secret, first, "" */
	int64_t since_ms;      /* 0 = not known */
	const char *advice;    /* "apply", "doctor web09", "" = see reason */
	const char *reason;    /* "" = nothing to add */
};

ARRAY_TYPE(drift_row_array, struct drift_row);

struct drift_report {
	struct drift_row_array rows;   /* not those that are in sync */
	size_t statuses[STATUS_COUNT]; /* of pools; CONVERGED = in sync */
	size_t pools, pools_read;      /* declared, as far as is known */
	size_t servers, servers_unread;
	size_t drift; /* pools that are not as declared */
	bool complete;
	int64_t read_ms;         /* when the last server was read */
	bool recorded;           /* the state knows it now */
	const char *selected;    /* "2 of 40 servers"; NULL = everything */
	const struct plan *plan; /* what apply would change, and when it may */
};

/* Fills all but recorded and selected. Memory is from arena; the plan stays the
 * caller's. */
int drift_find(const struct report_context *context, const struct plan *plan,
	       struct arena *arena, struct drift_report *ret, struct err *err);

/* NOMEM or LIMIT (the maximum of out). */
int drift_print(const struct report_context *context,
		const struct drift_report *report, struct buf *out,
		struct err *err);
/* lockstep.drift/1.0: {schema, verdict{}, rows[], windows[]} */
int drift_json(const struct report_context *context,
	       const struct drift_report *report, struct buf *out,
	       struct err *err);

#endif
