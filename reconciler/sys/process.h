/*
 * process.h - what the process does once at its start, so that no secret
 * leaves it: no core dumps, not traceable, umask 077, closed standard
 * descriptors opened on /dev/null, as many descriptors as are allowed;
 * children can be waited for.
 */
#ifndef SYS_PROCESS_H
#define SYS_PROCESS_H

#include "reconciler/core/err.h"

/* The leak check of AddressSanitizer traces its own process at the end, so
 * a build for that check stays traceable. */
#if defined(__SANITIZE_ADDRESS__)
#define PROCESS_TRACEABLE 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define PROCESS_TRACEABLE 1
#endif
#endif
#ifndef PROCESS_TRACEABLE
#define PROCESS_TRACEABLE 0
#endif

int process_harden(struct err *err);

#endif
