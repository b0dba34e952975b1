/* frame.c - type byte and length of a frame. */
#include "reconciler/core/frame.h"

void frame_put_header(struct buf *out, enum frame_type type, uint32_t length)
{
	buf_putc(out, (char)type);
	buf_put_u32(out, length);
}
