/*
 * frame.h - headers of the frames that go to a server's script: type byte,
 * length as u32 big-endian, then the payload. Payloads with secrets are
 * built by transport/, never here.
 */
#ifndef CORE_FRAME_H
#define CORE_FRAME_H

#include "reconciler/core/buf.h"

#include <stdint.h>

#define FRAME_HEADER_BYTES 5
#define FRAME_PAYLOAD_MAX  4194304

enum frame_type {
	FRAME_SESSION_KEY = 'S', /* 32 bytes, first and once */
	FRAME_SECRET = 'K',      /* u32 number, u8 purpose, u16 length, account,
			       secret bytes */
	FRAME_REQUEST = 'R',     /* records */
	FRAME_END = 'Z',         /* empty */
};

enum frame_purpose { FRAME_TAG_KEY = 1, FRAME_PASSWORD = 2 };

void frame_put_header(struct buf *out, enum frame_type type, uint32_t length);

#endif
