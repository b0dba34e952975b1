/*
 * process.h - what the process does once at its start, so that no secret
 * leaves it: no core dumps, not traceable, umask 077, closed standard
 * descriptors opened on /dev/null, as many descriptors as are allowed.
 */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include "reconciler/core/err.h"

int process_harden(struct err *err);

#endif
