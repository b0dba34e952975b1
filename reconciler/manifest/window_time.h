/*
 * window_time.h - times as ChangeWindows write them.
 */
#ifndef MANIFEST_WINDOW_TIME_H
#define MANIFEST_WINDOW_TIME_H

#include "reconciler/model/zone.h"

#include <stdbool.h>
#include <stdint.h>

/* "22:00" -> minutes since midnight. */
bool window_at_parse(const char *text, uint16_t *ret_minutes);
/* "2026-12-18T00:00", 1970 to 2199. */
bool window_moment_parse(const char *text, struct civil *ret);

#endif
