/*
 * key.h - ed25519 keys of the fleet: the host key of each server comes from
 * the fleet's seed and the server's address, so that it is the same again
 * with the same seed; the client's key comes from the seed too.
 *
 * Test keys: whoever knows the seed has them.
 */
#ifndef TESTS_FLEET_KEY_H
#define TESTS_FLEET_KEY_H

#include "reconciler/core/buf.h"

#include <stdint.h>

#define KEY_SEED_BYTES 32

struct key_pair {
	uint8_t seed[KEY_SEED_BYTES];
	uint8_t public[32];
};

/* what: "client" or an address. */
void key_derive(uint64_t fleet_seed, const char *what, struct key_pair *ret);
/* "ssh-ed25519 AAAA...": as in known_hosts and authorized_keys. */
void key_put_public(const struct key_pair *pair, struct buf *out);
/* The private key as an unencrypted openssh-key-v1 file. */
void key_put_private(const struct key_pair *pair, struct buf *out);

#endif
