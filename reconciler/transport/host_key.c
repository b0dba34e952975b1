/* host_key.c - see host_key.h. */
#include "reconciler/transport/host_key.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"
#include "reconciler/transport/base64.h"
#include "reconciler/transport/wire_reader.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#define BASE64_DIGITS 48

static const struct kind {
	const char *type;
	const char *curve; /* NULL: ed25519 */
	size_t key_bytes;
} kinds[] = {
	{ "ssh-ed25519", NULL, 32 },
	{ "ecdsa-sha2-nistp256", "nistp256", 65 },
	{ "ecdsa-sha2-nistp384", "nistp384", 97 },
	{ "ecdsa-sha2-nistp521", "nistp521", 133 },
};

static const struct kind *kind_find(const char *type)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kinds[i].type, type) == 0)
			return &kinds[i];
	return NULL;
}

const char *host_key_type(const char *type)
{
	const struct kind *kind = kind_find(type);

	return kind == NULL ? NULL : kind->type;
}

bool host_key_valid(const char *type, const uint8_t *blob, size_t len)
{
	const struct kind *kind = kind_find(type);
	struct wire_reader reader = { blob, len, false };
	struct wire_field key;

	if (kind == NULL || !wire_field_is(wire_read_string(&reader), type))
		return false;
	if (kind->curve != NULL &&
	    !wire_field_is(wire_read_string(&reader), kind->curve))
		return false;
	key = wire_read_string(&reader);
	/* An uncompressed point begins with 4; no other form is used. */
	return !reader.bad && reader.left == 0 && key.len == kind->key_bytes &&
	       (kind->curve == NULL || key.bytes[0] == 4);
}

void host_key_fingerprint(const uint8_t *blob, size_t len,
			  char ret[HOST_KEY_FINGERPRINT_BYTES])
{
	uint8_t digest[DIGEST_BYTES];
	unsigned char digits[BASE64_DIGITS];

	ret[0] = '\0';
	if (digest_sha256((const struct digest_part[]){ { blob, len } }, 1,
			  digest, NULL) != 0)
		return;
	(void)EVP_EncodeBlock(digits, digest, sizeof(digest));
	/* 43 digits and one sign of padding, which is not shown. */
	(void)snprintf(ret, HOST_KEY_FINGERPRINT_BYTES, "SHA256:%.43s",
		       (const char *)digits);
}

bool host_key_matches(const char *fingerprint, const uint8_t *blob, size_t len)
{
	static const char start[] = "SHA256:";
	uint8_t want[BASE64_ROOM(44)];
	uint8_t have[DIGEST_BYTES];
	size_t want_len;

	if (!str_starts(fingerprint, start))
		return false;
	fingerprint += sizeof(start) - 1;
	return strlen(fingerprint) == 43 &&
	       base64_decode(fingerprint, 43, false, want, &want_len) &&
	       want_len == sizeof(have) &&
	       digest_sha256((const struct digest_part[]){ { blob, len } }, 1,
			     have, NULL) == 0 &&
	       digest_eq(want, have, sizeof(have));
}
