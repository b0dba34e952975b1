/*
 * fields.h - the records of section "What runs on a server": every kind with
 * its exact fields, for requests and for replies.
 *
 * One list for both sides: the build prints the PowerShell table from these
 * (reconciler/transport/powershell/embed_main.c), the C side decodes with them.
 * A record with a missing, repeated, unknown or differently cased field is
 * refused.
 *
 * Units    *_ms and times: milliseconds. `committed`, `started`, `time`,
 *          `since`, `now`: since 1970-01-01 UTC by the server's own clock.
 *          `deadline`: since this session's probe, by the server's monotonic
 *          clock. Numbers are canonical decimal, 0 .. 2^53-1. Flags are 0 or 1.
 * Hex      lower case. tag and config: 64 digits; candidate: 32 digits.
 */
#ifndef IIS_APP_POOL_FIELDS_H
#define IIS_APP_POOL_FIELDS_H

#include "reconciler/core/record.h"

extern const struct record_kind iis_request_kinds[]; /* ends with name NULL */
extern const struct record_kind iis_reply_kinds[];   /* ends with name NULL */

#endif
