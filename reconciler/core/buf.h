/*
 * buf.h - a growable byte buffer that is born with a maximum.
 *
 * Growing past the maximum or out of memory sets `failed` and keeps what
 * was there; later puts do nothing. So a run of puts is checked once, by
 * buf_check(). Holds no secrets: use sys/secret.h for those.
 * Owner: whoever called buf_init() calls buf_done().
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf {
	char *data; /* NUL-terminated once anything was put; else NULL */
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
	bool no_memory; /* why it failed: else the maximum */
};

void buf_init(struct buf *buf, size_t max_bytes);
void buf_done(struct buf *buf);  /* CLEANUP(buf_done) */
void buf_clear(struct buf *buf); /* keeps the memory */
void buf_put(struct buf *buf, const void *bytes, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_put_u16(struct buf *buf, uint16_t value); /* big-endian */
void buf_put_u32(struct buf *buf, uint32_t value); /* big-endian */
void buf_printf(struct buf *buf, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *buf_text(const struct buf *buf); /* "" when empty */
/* The same, but NULL when memory was missing: for what takes over the text of a
 * buffer of its own. Callers hand NULL on, and what gets it fails. */
const char *buf_whole(const struct buf *buf);
/* What was missing for `part` is missing for `buf`, which was to hold it. */
void buf_follow(struct buf *buf, const struct buf *part);
int buf_check(const struct buf *buf, struct err *err); /* NOMEM or LIMIT */

#endif
