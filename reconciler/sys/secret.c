/* secret.c - secrets in OpenSSL's secure heap. */
#include "reconciler/sys/secret.h"
#include "reconciler/sys/digest.h"

#include <openssl/crypto.h>
#include <string.h>

#define HEAP_BYTES  1048576
#define HEAP_CHUNKS 64 /* the smallest that is given out, in bytes */

struct secret {
	size_t len;
	size_t cap;
	uint8_t bytes[];
};

/* 2 = the heap works but could not be locked (RLIMIT_MEMLOCK below 1 MiB):
 * still guarded, left out of dumps and wiped, so it is accepted. */
int secret_heap_init(struct err *err)
{
	/* Before anything of OpenSSL loads the configuration. */
	if (OPENSSL_init_crypto(OPENSSL_INIT_NO_LOAD_CONFIG, NULL) != 1)
		return err_set(err, -ERR_BUG, "OpenSSL does not start");
	if (CRYPTO_secure_malloc_initialized())
		return 0;
	if (!CRYPTO_secure_malloc_init(HEAP_BYTES, HEAP_CHUNKS))
		return err_set(err, -ERR_NOMEM,
			       "no protected memory for secrets");
	return 0;
}

int secret_reserve(size_t len, struct secret **ret, uint8_t **ret_bytes,
		   struct err *err)
{
	struct secret *secret;

	if (len < 1 || len > SECRET_BYTES_MAX)
		return err_set(err, -ERR_SECRET,
			       "a secret has 1 to %d bytes, not %zu",
			       SECRET_BYTES_MAX, len);
	/* Without its heap OpenSSL would quietly use the common one. */
	if (!CRYPTO_secure_malloc_initialized())
		return err_set(err, -ERR_BUG, "the secret heap was not made");
	secret = OPENSSL_secure_zalloc(sizeof(*secret) + len);
	if (!secret)
		return err_set(err, -ERR_NOMEM,
			       "the protected memory for secrets is full");
	/* When full, OpenSSL 3 fails; a later one must not spill either. */
	if (!CRYPTO_secure_allocated(secret)) {
		OPENSSL_clear_free(secret, sizeof(*secret) + len);
		return err_set(err, -ERR_NOMEM,
			       "the protected memory for secrets is full");
	}
	secret->len = len;
	secret->cap = len;
	*ret = secret;
	*ret_bytes = secret->bytes;
	return 0;
}

int secret_new(const void *bytes, size_t len, struct secret **ret,
	       struct err *err)
{
	struct secret *secret;
	uint8_t *place;
	int rc = secret_reserve(len, &secret, &place, err);

	if (rc < 0)
		return rc;
	memcpy(place, bytes, len);
	*ret = secret;
	return 0;
}

int secret_random(size_t len, struct secret **ret, struct err *err)
{
	struct secret *secret;
	uint8_t *place;
	int rc = secret_reserve(len, &secret, &place, err);

	if (rc < 0)
		return rc;
	rc = digest_random(place, len, err);
	if (rc < 0) {
		secret_free(secret);
		return rc;
	}
	*ret = secret;
	return 0;
}

void secret_truncate(struct secret *secret, size_t len)
{
	if (len >= secret->len)
		return;
	OPENSSL_cleanse(secret->bytes + len, secret->len - len);
	secret->len = len;
}

void secret_free(struct secret *secret)
{
	if (secret)
		OPENSSL_secure_clear_free(secret,
					  sizeof(*secret) + secret->cap);
}

void secret_freep(struct secret **secret)
{
	secret_free(*secret);
	*secret = NULL;
}

const uint8_t *secret_bytes(const struct secret *secret)
{
	return secret->bytes;
}

size_t secret_len(const struct secret *secret)
{
	return secret->len;
}

bool secret_eq(const struct secret *a, const struct secret *b)
{
	return a->len == b->len && digest_eq(a->bytes, b->bytes, a->len);
}
