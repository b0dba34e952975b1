/*
 * ecdsa_key.h - ECDSA keys of the three curves that SSH uses; for
 * openssh_key.c.
 *
 * Source   RFC 5656 sections 3.1 and 3.1.2; openssh-portable PROTOCOL.key.
 */
#ifndef TRANSPORT_ECDSA_KEY_H
#define TRANSPORT_ECDSA_KEY_H

#include "reconciler/transport/wire_reader.h"

#include <openssl/evp.h>

/* The longest signature on the wire: two numbers of 521 bits. */
#define ECDSA_SIGNATURE_BYTES 142

struct ecdsa_curve {
	const char *type; /* of the key: "ecdsa-sha2-nistp256" */
	const char *name; /* of the curve on the wire: "nistp256" */
	const char *group;
	const char *digest;
	size_t number_bytes;
	size_t point_bytes;
};

/* The curve of a key type, or NULL. */
const struct ecdsa_curve *ecdsa_curve_find(struct wire_field type);

/* NULL when the numbers are no key of the curve or do not fit each other.
 * number: the private one, an mpint. */
EVP_PKEY *ecdsa_key_make(const struct ecdsa_curve *curve,
			 struct wire_field point, struct wire_field number);

/* Sign, in the form of the wire: mpint r, mpint s. False = it failed. */
bool ecdsa_key_sign(const struct ecdsa_curve *curve, EVP_PKEY *key,
		    const uint8_t *bytes, size_t len,
		    uint8_t ret[ECDSA_SIGNATURE_BYTES], size_t *ret_len);

#endif
