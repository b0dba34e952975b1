/*
 * known_hosts.h - which host keys are pinned for a server.
 *
 * A strict reader of OpenSSH's known_hosts. Pinning is exact: wildcards and
 * negation are errors, a name means its own port only (`h`, `[h]:2222`),
 * nothing is learned. Names are compared in lower case; hashed names (|1|)
 * are found too, at one HMAC for each hashed line and search.
 * Keys     ed25519 and ECDSA on the NIST curves. Lines with other keys count
 *          only for the message. @revoked takes its key from every server,
 *          whatever name the line has; @cert-authority lines are not used.
 * Owner    the caller frees; keys that were found live as long as it.
 * Errors   FILE, FILE_MODE, LIMIT, NOMEM; HOST_KEY from the search.
 * Source   sshd(8) SSH_KNOWN_HOSTS FILE FORMAT.
 */
#ifndef TRANSPORT_KNOWN_HOSTS_H
#define TRANSPORT_KNOWN_HOSTS_H

#include "reconciler/core/err.h"

#include <stddef.h>
#include <stdint.h>

#define KNOWN_KEYS_MAX    16
#define KNOWN_HOST_MAX    255
#define KNOWN_HOSTS_BYTES 16777216

struct known_hosts;

struct known_key {
	const char *type; /* "ssh-ed25519"; static */
	const uint8_t *blob;
	size_t len;
	size_t line;
};

struct known_keys {
	struct known_key items[KNOWN_KEYS_MAX];
	size_t n;
};

int known_hosts_read(const char *path, struct known_hosts **ret,
		     struct err *err);
/* text: the content of the file; path: for messages. */
int known_hosts_parse(const char *text, size_t len, const char *path,
		      struct known_hosts **ret, struct err *err);
void known_hosts_free(struct known_hosts *known); /* NULL is fine */

/* The keys pinned for host and port, at least one. fingerprint ("SHA256:..."
 * or NULL) narrows them. */
int known_hosts_find(const struct known_hosts *known, const char *host,
		     uint16_t port, const char *fingerprint,
		     struct known_keys *ret, struct err *err);

#endif
