/*
 * doctor_report.h - what is right and wrong with one server, check by check.
 *
 * saw may hold what a server said: it is escaped when put.
 */
#ifndef REPORT_DOCTOR_REPORT_H
#define REPORT_DOCTOR_REPORT_H

#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"

/* NOT_REACHED: an earlier check failed, so nobody knows. */
enum doctor_state {
	DOCTOR_NOT_REACHED,
	DOCTOR_OK,
	DOCTOR_WARNING,
	DOCTOR_FAILED,
};

struct doctor_check {
	const char *word; /* for programs: "hostKey" */
	const char *name; /* "host key is pinned" */
	enum doctor_state state;
	const char *saw; /* "" = nothing to say */
	const char *fix; /* FAILED and WARNING */
	bool reach;      /* without it the server can't be read */
};

ARRAY_TYPE(doctor_check_array, struct doctor_check);

struct doctor_report {
	const struct report_context *named;
	const char *server;
	const struct doctor_check_array *checks;
};

size_t doctor_count(const struct doctor_check_array *checks,
		    enum doctor_state state);

int doctor_print(const struct doctor_report *report, struct buf *out,
		 struct err *err);
/* lockstep.doctor/1.0: {schema, server, verdict{}, checks[]} */
int doctor_json(const struct doctor_report *report, struct buf *out,
		struct err *err);

#endif
