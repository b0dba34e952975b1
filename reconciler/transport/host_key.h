/*
 * host_key.h - the kinds of host key that lockstep accepts.
 *
 * Errors: none; a NULL or false says that the key is not of such a kind.
 */
#ifndef TRANSPORT_HOST_KEY_H
#define TRANSPORT_HOST_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The static name when type is one of the accepted kinds, else NULL. */
const char *host_key_type(const char *type);
/* Is blob a key of exactly this (accepted) kind, and nothing more? */
bool host_key_valid(const char *type, const uint8_t *blob, size_t len);
#define HOST_KEY_FINGERPRINT_BYTES 64
/* "SHA256:..." as OpenSSH shows it; "" when the digest fails. */
void host_key_fingerprint(const uint8_t *blob, size_t len,
			  char ret[HOST_KEY_FINGERPRINT_BYTES]);
/* Does "SHA256:..." name this key? False, too, when it is not in that form. */
bool host_key_matches(const char *fingerprint, const uint8_t *blob, size_t len);

#endif
