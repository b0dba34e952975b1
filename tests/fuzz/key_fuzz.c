/* key_fuzz.c - any bytes as the file of the SSH key. Byte 0: 'o' = the rest is
 * what an openssh-key-v1 file has in base64, 'p' = the same of PKCS#8; else
 * the rest is the file. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/transport/openssh_key.h"

#include <openssl/evp.h>
#include <string.h>

static struct secret *armour(const char *label, const uint8_t *bytes,
			     size_t len)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	static unsigned char digits[SECRET_BYTES_MAX * 2];
	struct secret *file = NULL;

	if (len > SECRET_BYTES_MAX / 2)
		len = SECRET_BYTES_MAX / 2;
	(void)EVP_EncodeBlock(digits, bytes, (int)len);
	buf_init(&text, SECRET_BYTES_MAX);
	buf_printf(&text, "-----BEGIN %s-----\n%s\n-----END %s-----\n", label,
		   (const char *)digits, label);
	FUZZ_REQUIRE(buf_check(&text, NULL) == 0);
	FUZZ_REQUIRE(secret_new(text.data, text.len, &file, NULL) == 0);
	return file;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(secret_freep) struct secret *file = NULL;
	struct openssh_key *key = NULL;
	uint8_t signature[OPENSSH_KEY_SIGNATURE_BYTES];
	size_t signature_len;
	size_t blob_len;
	struct err err = { 0 };
	int rc;

	if (len < 2 || len > SECRET_BYTES_MAX)
		return 0;
	FUZZ_REQUIRE(secret_heap_init(NULL) == 0);
	if (bytes[0] == 'o')
		file = armour("OPENSSH PRIVATE KEY", bytes + 1, len - 1);
	else if (bytes[0] == 'p')
		file = armour("PRIVATE KEY", bytes + 1, len - 1);
	else
		FUZZ_REQUIRE(secret_new(bytes + 1, len - 1, &file, NULL) == 0);
	rc = openssh_key_parse(file, "KEY", &key, &err);
	FUZZ_REQUIRE((rc == 0) == (key != NULL));
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_KEY);
	if (rc < 0)
		return 0;
	fuzz_accept();
	FUZZ_REQUIRE(memcmp(openssh_key_blob(key, &blob_len), "\0\0\0", 3) ==
		     0);
	FUZZ_REQUIRE(blob_len > 50);
	FUZZ_REQUIRE(openssh_key_sign(key, bytes, len, signature,
				      &signature_len, NULL) == 0);
	FUZZ_REQUIRE(signature_len <= sizeof(signature));
	openssh_key_free(key);
	return 0;
}
