/*
 * tag.h - proves that a pool's stored password is the declared one, without
 * either side sending it: HMAC-SHA256(key, "lockstep/1 tag" 00
 * u32 length pool, u32 length userName-as-stored, password as UTF-8).
 *
 * key is new for each request, so a tag of one reply says nothing in
 * another. Compared in constant time. README.md publishes a vector.
 */
#ifndef IIS_APP_POOL_TAG_H
#define IIS_APP_POOL_TAG_H

#include "reconciler/core/err.h"
#include "reconciler/sys/digest.h"
#include "reconciler/sys/secret.h"

#define IIS_TAG_KEY_BYTES 32

int iis_tag(const struct secret *key, const char *pool, const char *user,
	    const struct secret *password, uint8_t ret[DIGEST_BYTES],
	    struct err *err);

#endif
