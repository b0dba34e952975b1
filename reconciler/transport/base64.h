/*
 * base64.h - strict base64 of RFC 4648, as known_hosts and key files use it.
 *
 * No blanks, no line ends, nothing behind the padding; unused bits are zero.
 */
#ifndef TRANSPORT_BASE64_H
#define TRANSPORT_BASE64_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Room that `len` characters may need. */
#define BASE64_ROOM(len) ((len) / 4 * 3 + 3)

/* ret has BASE64_ROOM(len) bytes. padded: `=` must complete the last four
 * characters; else none may be there (as in SHA256:... fingerprints). */
bool base64_decode(const char *text, size_t len, bool padded, uint8_t *ret,
		   size_t *ret_len);

#endif
