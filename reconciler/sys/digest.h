/*
 * digest.h - SHA-256, HMAC-SHA-256, constant-time compare, random bytes,
 * hex. OpenSSL 3 underneath; no configuration from the environment.
 */
#ifndef SYS_DIGEST_H
#define SYS_DIGEST_H

#include "reconciler/core/err.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DIGEST_BYTES 32
#define DIGEST_HEX   65 /* with NUL */

struct digest_part {
	const void *bytes;
	size_t len;
};

int digest_sha256(const struct digest_part *parts, size_t n,
		  uint8_t ret[DIGEST_BYTES], struct err *err);
int digest_hmac(const uint8_t *key, size_t key_len,
		const struct digest_part *parts, size_t n,
		uint8_t ret[DIGEST_BYTES], struct err *err);
bool digest_eq(const void *a, const void *b, size_t len); /* constant time */
int digest_random(void *ret, size_t len, struct err *err);
/* ret: 2 * len + 1 bytes, lower case. */
void digest_hex(const uint8_t *bytes, size_t len, char *ret);

#endif
