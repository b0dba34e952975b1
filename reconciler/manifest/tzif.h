/*
 * tzif.h - a time zone as the tz database ships it -> struct zone.
 *
 * Source   RFC 8536 and RFC 9636: TZif versions 1 to 4. Of version 2 and later
 *          only the 64-bit data and the footer are used.
 * Refused  leap seconds (a file of "right/": its clock is not UTC); whatever
 *          points outside its table, is not ascending, or goes on after its
 *          end; a footer that contradicts the last shift.
 * Errors   -ERR_MANIFEST: err says what is wrong with the file.
 */
#ifndef MANIFEST_TZIF_H
#define MANIFEST_TZIF_H

#include "reconciler/core/arena.h"
#include "reconciler/core/err.h"
#include "reconciler/model/zone.h"

#include <stddef.h>
#include <stdint.h>

#define TZIF_BYTES_MAX  131072
#define TZIF_SHIFTS_MAX 4000

/* ret->name is not set. */
int tzif_parse(const uint8_t *bytes, size_t len, struct arena *arena,
	       struct zone *ret, struct err *err);

/* "CET-1CEST,M3.5.0,M10.5.0/3": the rule of a footer. -ERR_MANIFEST. */
int posix_rule_parse(const char *text, struct zone_rule *ret, struct err *err);

#endif
