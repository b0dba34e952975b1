/*
 * openssh_key.h - lockstep's own key for logging in to servers.
 *
 * Reads openssh-key-v1 (what ssh-keygen writes) with an ed25519 or ECDSA key,
 * and PKCS#8 PEM with an ed25519 one, all without a passphrase. Parsed once; libssh2 gets only signatures, so that neither
 * the file nor the private bytes pass through it.
 * Owner    the caller frees. The private bytes live in the secure heap.
 * Errors   KEY, FILE, FILE_MODE, LIMIT, NOMEM. No text holds file content.
 * Source   openssh-portable PROTOCOL.key; RFC 8410; RFC 5656.
 */
#ifndef TRANSPORT_OPENSSH_KEY_H
#define TRANSPORT_OPENSSH_KEY_H

#include "reconciler/core/err.h"
#include "reconciler/sys/secret.h"

#include <stddef.h>
#include <stdint.h>

#define OPENSSH_KEY_SIGNATURE_BYTES 142 /* the longest, of nistp521 */

struct openssh_key;

int openssh_key_read(const char *path, struct openssh_key **ret,
		     struct err *err);
/* text: the content of the file; path: for messages only. */
int openssh_key_parse(const struct secret *text, const char *path,
		      struct openssh_key **ret, struct err *err);
void openssh_key_free(struct openssh_key *key); /* NULL is fine */

/* The public key as the SSH protocol sends it. */
const uint8_t *openssh_key_blob(const struct openssh_key *key, size_t *ret_len);
/* The signature without the type that stands before it on the wire. */
int openssh_key_sign(const struct openssh_key *key, const uint8_t *bytes,
		     size_t len, uint8_t ret[OPENSSH_KEY_SIGNATURE_BYTES],
		     size_t *ret_len, struct err *err);

#endif
