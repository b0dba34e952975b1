/* digest.c - SHA-256 and its HMAC by OpenSSL 3. */
#include "reconciler/sys/digest.h"

#include <limits.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>

/* OPENSSL_CONF of the caller must not choose what computes here. */
static bool openssl_ready(void)
{
	return OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) == 1;
}

static void md_ctx_freep(EVP_MD_CTX **ctx)
{
	EVP_MD_CTX_free(*ctx);
}

static void mac_freep(EVP_MAC **mac)
{
	EVP_MAC_free(*mac);
}

static void mac_ctx_freep(EVP_MAC_CTX **ctx)
{
	EVP_MAC_CTX_free(*ctx);
}

int digest_sha256(const struct digest_part *parts, size_t n,
		  uint8_t ret[DIGEST_BYTES], struct err *err)
{
	CLEANUP(md_ctx_freep) EVP_MD_CTX *ctx = NULL;
	uint8_t digest[DIGEST_BYTES];
	bool ok;
	size_t i;

	if (openssl_ready())
		ctx = EVP_MD_CTX_new();
	ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;
	for (i = 0; ok && i < n; i++)
		ok = EVP_DigestUpdate(ctx, parts[i].bytes, parts[i].len) == 1;
	if (!ok || EVP_DigestFinal_ex(ctx, digest, NULL) != 1)
		return err_set(err, -ERR_BUG, "SHA-256 failed in OpenSSL");
	for (i = 0; i < DIGEST_BYTES; i++)
		ret[i] = digest[i];
	return 0;
}

int digest_hmac(const uint8_t *key, size_t key_len,
		const struct digest_part *parts, size_t n,
		uint8_t ret[DIGEST_BYTES], struct err *err)
{
	CLEANUP(mac_freep) EVP_MAC *mac = NULL;
	CLEANUP(mac_ctx_freep) EVP_MAC_CTX *ctx = NULL;
	char name[] = "SHA256";
	const OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, name,
						 0),
		OSSL_PARAM_construct_end(),
	};
	uint8_t digest[DIGEST_BYTES];
	size_t len = 0;
	bool ok;
	size_t i;

	if (!key_len)
		return err_set(err, -ERR_BUG, "HMAC without a key");
	if (openssl_ready())
		mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (mac)
		ctx = EVP_MAC_CTX_new(mac);
	ok = ctx && EVP_MAC_init(ctx, key, key_len, params) == 1;
	for (i = 0; ok && i < n; i++)
		ok = EVP_MAC_update(ctx, parts[i].bytes, parts[i].len) == 1;
	if (!ok || EVP_MAC_final(ctx, digest, &len, sizeof(digest)) != 1 ||
	    len != sizeof(digest))
		return err_set(err, -ERR_BUG, "HMAC failed in OpenSSL");
	for (i = 0; i < DIGEST_BYTES; i++)
		ret[i] = digest[i];
	OPENSSL_cleanse(digest, sizeof(digest));
	return 0;
}

bool digest_eq(const void *a, const void *b, size_t len)
{
	return CRYPTO_memcmp(a, b, len) == 0;
}

int digest_random(void *ret, size_t len, struct err *err)
{
	if (!openssl_ready() || len > INT_MAX ||
	    RAND_priv_bytes(ret, (int)len) != 1)
		return err_set(err, -ERR_BUG, "no random bytes from OpenSSL");
	return 0;
}

void digest_hex(const uint8_t *bytes, size_t len, char *ret)
{
	static const char digits[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < len; i++) {
		ret[i * 2] = digits[bytes[i] >> 4];
		ret[i * 2 + 1] = digits[bytes[i] & 15];
	}
	ret[len * 2] = '\0';
}
