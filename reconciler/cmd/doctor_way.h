/*
 * doctor_way.h - the checks on the way to a server: from its name to a script
 * that runs. For doctor_checks.c.
 */
#ifndef CMD_DOCTOR_WAY_H
#define CMD_DOCTOR_WAY_H

#include "reconciler/cmd/doctor_checks.h"

int doctor_way(const struct doctor_facts *facts, struct arena *arena,
	       struct doctor_check_array *ret, struct err *err);

#endif
