/* buf.c - growing in steps of two up to the maximum. */
#include "reconciler/core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CAP_MIN ((size_t)64)

void buf_init(struct buf *buf, size_t max_bytes)
{
	/* One byte is kept for the NUL behind the last. */
	*buf = (struct buf){ .max = max_bytes < SIZE_MAX ? max_bytes
							 : SIZE_MAX - 1 };
}

void buf_done(struct buf *buf)
{
	free(buf->data);
	buf->data = NULL;
	buf->len = 0;
	buf->cap = 0;
}

void buf_clear(struct buf *buf)
{
	buf->len = 0;
	buf->failed = false;
	buf->no_memory = false;
	if (buf->data)
		buf->data[0] = '\0';
}

/* Make room for len more bytes and a NUL. */
static bool buf_reserve(struct buf *buf, size_t len)
{
	size_t need;
	size_t cap;
	char *data;

	if (buf->failed)
		return false;
	if (len > buf->max - buf->len) {
		buf->failed = true;
		return false;
	}
	need = buf->len + len + 1;
	if (need <= buf->cap)
		return true;
	cap = buf->cap > (buf->max + 1) / 2 ? buf->max + 1 : buf->cap * 2;
	if (cap < CAP_MIN)
		cap = CAP_MIN;
	if (cap < need)
		cap = need;
	data = realloc(buf->data, cap);
	if (!data) {
		buf->failed = true;
		buf->no_memory = true;
		return false;
	}
	buf->data = data;
	buf->cap = cap;
	return true;
}

void buf_put(struct buf *buf, const void *bytes, size_t len)
{
	if (!len || !buf_reserve(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void buf_puts(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
	buf_put(buf, &c, 1);
}

void buf_put_u16(struct buf *buf, uint16_t value)
{
	const uint8_t bytes[2] = { (uint8_t)(value >> 8), (uint8_t)value };

	buf_put(buf, bytes, sizeof(bytes));
}

void buf_put_u32(struct buf *buf, uint32_t value)
{
	const uint8_t bytes[4] = { (uint8_t)(value >> 24),
				   (uint8_t)(value >> 16),
				   (uint8_t)(value >> 8), (uint8_t)value };

	buf_put(buf, bytes, sizeof(bytes));
}

void buf_printf(struct buf *buf, const char *fmt, ...)
{
	va_list ap;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0) {
		buf->failed = true;
		return;
	}
	if (!len || !buf_reserve(buf, (size_t)len))
		return;
	va_start(ap, fmt);
	(void)vsnprintf(buf->data + buf->len, (size_t)len + 1, fmt, ap);
	va_end(ap);
	buf->len += (size_t)len;
}

const char *buf_text(const struct buf *buf)
{
	return buf->data ? buf->data : "";
}

const char *buf_whole(const struct buf *buf)
{
	return buf->no_memory ? NULL : buf_text(buf);
}

void buf_follow(struct buf *buf, const struct buf *part)
{
	if (part->no_memory)
		buf->failed = buf->no_memory = true;
}

int buf_check(const struct buf *buf, struct err *err)
{
	if (!buf->failed)
		return 0;
	if (buf->no_memory)
		return err_set(err, -ERR_NOMEM,
			       "no memory for more than %zu bytes", buf->len);
	return err_set(err, -ERR_LIMIT, "more than %zu bytes of text",
		       buf->max);
}
