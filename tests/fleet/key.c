/* key.c - see key.h. */
#include "tests/fleet/key.h"

#include "reconciler/sys/digest.h"
#include "tests/fleet/world.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#define LINE_CHARS 70

void key_derive(uint64_t fleet_seed, const char *what, struct key_pair *ret)
{
	static const char label[] = "lockstep fleet key";
	const struct digest_part parts[] = {
		{ label, sizeof(label) },
		{ &fleet_seed, sizeof(fleet_seed) },
		{ what, strlen(what) },
	};
	size_t len = sizeof(ret->public);
	EVP_PKEY *key = NULL;

	if (digest_sha256(parts, 3, ret->seed, NULL) == 0)
		key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL,
						   ret->seed, KEY_SEED_BYTES);
	if (!key || EVP_PKEY_get_raw_public_key(key, ret->public, &len) != 1)
		abort();
	EVP_PKEY_free(key);
}

static void put_string(struct buf *out, const void *bytes, size_t len)
{
	buf_put_u32(out, (uint32_t)len);
	buf_put(out, bytes, len);
}

static void put_blob(struct buf *out, const struct key_pair *pair)
{
	put_string(out, "ssh-ed25519", 11);
	put_string(out, pair->public, sizeof(pair->public));
}

/* line: so many characters on one; 0 = all on one. */
static void put_base64(struct buf *out, const struct buf *bytes, size_t line)
{
	size_t cap = bytes->len / 3 * 4 + 8;
	char *text = need(malloc(cap));
	size_t len = (size_t)EVP_EncodeBlock((unsigned char *)text,
					     (const unsigned char *)bytes->data,
					     (int)bytes->len);

	for (size_t at = 0; at < len;) {
		size_t n = line && len - at > line ? line : len - at;

		buf_put(out, text + at, n);
		at += n;
		if (line)
			buf_putc(out, '\n');
	}
	free(text);
}

void key_put_public(const struct key_pair *pair, struct buf *out)
{
	CLEANUP(buf_done) struct buf blob = { 0 };

	buf_init(&blob, 256);
	put_blob(&blob, pair);
	buf_puts(out, "ssh-ed25519 ");
	put_base64(out, &blob, 0);
}

void key_put_private(const struct key_pair *pair, struct buf *out)
{
	static const char magic[] = "openssh-key-v1"; /* its NUL counts */
	CLEANUP(buf_done) struct buf all = { 0 };
	CLEANUP(buf_done) struct buf blob = { 0 };
	CLEANUP(buf_done) struct buf secret = { 0 };
	uint8_t both[64];

	buf_init(&all, 1024);
	buf_init(&blob, 256);
	buf_init(&secret, 512);
	memcpy(both, pair->seed, 32);
	memcpy(both + 32, pair->public, 32);
	put_blob(&blob, pair);
	/* Two equal check numbers, the key, a comment, padding 1 2 3 ... */
	buf_put_u32(&secret, 0);
	buf_put_u32(&secret, 0);
	put_blob(&secret, pair);
	put_string(&secret, both, sizeof(both));
	put_string(&secret, "fleet", 5);
	for (char pad = 1; secret.len % 8; pad++)
		buf_putc(&secret, pad);
	buf_put(&all, magic, sizeof(magic));
	put_string(&all, "none", 4);
	put_string(&all, "none", 4);
	put_string(&all, "", 0);
	buf_put_u32(&all, 1);
	put_string(&all, blob.data, blob.len);
	put_string(&all, secret.data, secret.len);
	buf_puts(out, "-----BEGIN OPENSSH PRIVATE KEY-----\n");
	put_base64(out, &all, LINE_CHARS);
	buf_puts(out, "-----END OPENSSH PRIVATE KEY-----\n");
}
