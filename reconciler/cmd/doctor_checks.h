/*
 * doctor_checks.h - from what a server showed to checks: each fine or not, with
 * what was seen and how to mend it. Pure.
 *
 * Owner    texts are from arena, or those of what was examined.
 */
#ifndef CMD_DOCTOR_CHECKS_H
#define CMD_DOCTOR_CHECKS_H

#include "reconciler/model/config.h"
#include "reconciler/model/refusal.h"
#include "reconciler/report/doctor_report.h"
#include "reconciler/runtime/examine.h"

/* Warn from this difference of clocks on. */
#define DOCTOR_CLOCK_MS 60000

struct doctor_facts {
	const struct desired *desired;
	const struct config *config;
	size_t server; /* into desired.servers */
	const struct examined *examined;
	const struct refusal_array *refusals; /* of guards_declared */
	/* One line for each secret in use that can't be read. */
	const struct text_array *bad_secrets;
	size_t n_secrets; /* in use */
};

/* Adds every check, in the order in which one needs the other. */
int doctor_checks(const struct doctor_facts *facts, struct arena *arena,
		  struct doctor_check_array *ret, struct err *err);

#endif
