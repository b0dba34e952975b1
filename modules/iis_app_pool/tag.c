/* tag.c - see tag.h. */
#include "modules/iis_app_pool/tag.h"

#include <string.h>

static void put_u32(uint8_t out[4], size_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
}

int iis_tag(const struct secret *key, const char *pool, const char *user,
	    const struct secret *password, uint8_t ret[DIGEST_BYTES],
	    struct err *err)
{
	static const char label[] = "lockstep/1 tag"; /* its NUL counts */
	uint8_t pool_len[4];
	uint8_t user_len[4];
	const struct digest_part parts[] = {
		{ label, sizeof(label) },
		{ pool_len, sizeof(pool_len) },
		{ pool, strlen(pool) },
		{ user_len, sizeof(user_len) },
		{ user, strlen(user) },
		{ secret_bytes(password), secret_len(password) },
	};

	put_u32(pool_len, strlen(pool));
	put_u32(user_len, strlen(user));
	return digest_hmac(secret_bytes(key), secret_len(key), parts,
			   sizeof(parts) / sizeof(parts[0]), ret, err);
}
