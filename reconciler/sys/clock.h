/*
 * clock.h - the only place that asks for the time.
 */
#ifndef SYS_CLOCK_H
#define SYS_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_wall_ms(void); /* since 1970-01-01 UTC */
int64_t clock_mono_ms(void); /* for intervals; suspend counts */
/* "2026-09-19 20:00:04Z"; ret has at least 32 bytes. */
void clock_text(int64_t wall_ms, char *ret, size_t size);

#endif
