/* openssh_key_test.c - reading ed25519 keys in both forms, refusing others.
 * The key is the first of RFC 8032 section 7.1, so nobody's. */
#include "reconciler/transport/openssh_key.h"

#include "reconciler/core/buf.h"
#include "tests/lib/test.h"

#include <openssl/evp.h>
#include <string.h>

#define PUBLIC                                                             \
	"\xd7\x5a\x98\x01\x82\xb1\x0a\xb7\xd5\x4b\xfe\xd3\xc9\x64\x07\x3a" \
	"\x0e\xe1\x72\xf3\xda\xa6\x23\x25\xaf\x02\x1a\x68\xf7\x07\x51\x1a"
#define SEED                                                               \
	"\x9d\x61\xb1\x9d\xef\xfd\x5a\x60\xba\x84\x4a\xf4\x92\xec\x2c\xc4" \
	"\x44\x49\xc5\x69\x7b\x32\x69\x19\x70\x3b\xac\x03\x1c\xae\x7f\x60"
#define SIGNATURE                                                          \
	"\xe5\x56\x43\x00\xc3\x60\xac\x72\x90\x86\xe2\xcc\x80\x6e\x82\x8a" \
	"\x84\x87\x7f\x1e\xb8\xe5\xd9\x74\xd8\x73\xe0\x65\x22\x49\x01\x55" \
	"\x5f\xb8\x82\x15\x90\xa3\x3b\xac\xc6\x1e\x39\x70\x1c\xf9\xb4\x6b" \
	"\xd2\x5b\xf5\xf0\x59\x5b\xbe\x24\x65\x51\x41\x43\x8e\x7a\x10\x0b"
#define BLOB "\0\0\0\x0bssh-ed25519\0\0\0\x20" PUBLIC
#define PKCS8 \
	"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20" SEED
#define OPENSSH_LABEL "OPENSSH PRIVATE KEY"

/* What a file holds; what is zero or NULL is as ssh-keygen writes it. */
struct parts {
	const char *cipher;
	uint32_t n_keys;
	uint32_t second_check;
	const char *type;
	const char *public_key;
	const char *padding;
};

static void put_string(struct buf *out, const char *bytes, size_t len)
{
	buf_put_u32(out, (uint32_t)len);
	buf_put(out, bytes, len);
}

static void put_text(struct buf *out, const char *text, const char *normal)
{
	if (text == NULL)
		text = normal;
	put_string(out, text, strlen(text));
}

static void key_build(const struct parts *parts, struct buf *out)
{
	CLEANUP(buf_done) struct buf section = { 0 };

	buf_init(&section, 1024);
	buf_put_u32(&section, 7);
	buf_put_u32(&section, 7 + parts->second_check);
	put_text(&section, parts->type, "ssh-ed25519");
	put_string(&section,
		   parts->public_key == NULL ? PUBLIC : parts->public_key, 32);
	put_string(&section, SEED PUBLIC, 64);
	put_text(&section, NULL, "a@b");
	buf_puts(&section,
		 parts->padding == NULL ? "\1\2\3\4\5\6" : parts->padding);
	buf_put(out, "openssh-key-v1", 15);
	put_text(out, parts->cipher, "none");
	put_text(out, NULL, "none");
	put_text(out, NULL, "");
	buf_put_u32(out, 1 + parts->n_keys);
	put_string(out, BLOB, 51);
	put_string(out, section.data, section.len);
	assert_int_equal(buf_check(out, NULL), 0);
}

/* The file: label, base64 in lines of 70, label. */
static struct secret *file_build(const char *label, const char *bytes,
				 size_t len)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	unsigned char digits[2048];
	struct secret *file = NULL;
	int n = EVP_EncodeBlock(digits, (const unsigned char *)bytes, (int)len);

	buf_init(&text, 4096);
	buf_printf(&text, "-----BEGIN %s-----\n", label);
	for (int i = 0; i < n; i += 70)
		buf_printf(&text, "%.70s\n", (const char *)digits + i);
	buf_printf(&text, "-----END %s-----\n", label);
	assert_int_equal(secret_new(text.data, text.len, &file, NULL), 0);
	return file;
}

static int parse(struct secret *file, struct err *err)
{
	struct openssh_key *key = NULL;
	int rc = openssh_key_parse(file, "KEY", &key, err);

	if (rc != 0)
		assert_null(key);
	openssh_key_free(key);
	secret_free(file);
	return rc;
}

static void assert_rfc_key(const char *label, const char *bytes, size_t len)
{
	CLEANUP(secret_freep)
	struct secret *file = file_build(label, bytes, len);
	struct openssh_key *key = NULL;
	struct err err = { 0 };
	uint8_t signature[OPENSSH_KEY_SIGNATURE_BYTES];
	size_t signature_len;
	size_t blob_len;

	if (openssh_key_parse(file, "KEY", &key, &err) != 0)
		fail_msg("%s", err.what);
	assert_memory_equal(openssh_key_blob(key, &blob_len), BLOB, 51);
	assert_int_equal(blob_len, 51);
	assert_int_equal(openssh_key_sign(key, (const uint8_t *)"", 0,
					  signature, &signature_len, NULL),
			 0);
	assert_int_equal(signature_len, 64);
	assert_memory_equal(signature, SIGNATURE, 64);
	openssh_key_free(key);
}

static void test_openssh(void **state)
{
	CLEANUP(buf_done) struct buf bytes = { 0 };

	(void)state;
	buf_init(&bytes, 1024);
	key_build(&(struct parts){ 0 }, &bytes);
	assert_rfc_key(OPENSSH_LABEL, bytes.data, bytes.len);
}

static void test_pkcs8(void **state)
{
	(void)state;
	assert_rfc_key("PRIVATE KEY", PKCS8, 48);
}

static void test_refused_openssh(void **state)
{
	static const struct {
		struct parts parts;
		const char *why;
	} cases[] = {
		{ { .cipher = "aes256-ctr" },
		  "KEY: the key is encrypted; this version needs one without "
		  "a passphrase" },
		{ { .type = "ssh-rsa" },
		  "KEY: only ed25519 and ECDSA keys, in the form of ssh-keygen, are honoured by this version" },
		{ { .type = "ecdsa-sha2-nistp256" },
		  "KEY: the key file is damaged" },
		{ { .n_keys = 1 }, "KEY: the key file is damaged" },
		{ { .second_check = 1 }, "KEY: the key file is damaged" },
		{ { .padding = "\1\2\4" }, "KEY: the key file is damaged" },
		{ { .padding = "\1\2\3\4\5\6\7\10\11" },
		  "KEY: the key file is damaged" },
		{ { .public_key = SEED },
		  "KEY: public and private half do not match" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CLEANUP(buf_done) struct buf bytes = { 0 };
		struct err err = { 0 };

		buf_init(&bytes, 1024);
		key_build(&cases[i].parts, &bytes);
		assert_int_equal(
			parse(file_build(OPENSSH_LABEL, bytes.data, bytes.len),
			      &err),
			-ERR_KEY);
		assert_string_equal(err.what, cases[i].why);
	}
}

/* Cut at any byte, or with any byte changed, it is refused or the same key:
 * what the changed byte belongs to may be of no importance (comment). */
static void test_damaged(void **state)
{
	CLEANUP(buf_done) struct buf bytes = { 0 };
	size_t n_fine = 0;

	(void)state;
	buf_init(&bytes, 1024);
	key_build(&(struct parts){ 0 }, &bytes);
	for (size_t len = 0; len < bytes.len; len++)
		assert_int_equal(
			parse(file_build(OPENSSH_LABEL, bytes.data, len), NULL),
			-ERR_KEY);
	for (size_t at = 0; at < bytes.len; at++) {
		bytes.data[at] = (char)(bytes.data[at] ^ 0x10);
		n_fine +=
			parse(file_build(OPENSSH_LABEL, bytes.data, bytes.len),
			      NULL) == 0;
		bytes.data[at] = (char)(bytes.data[at] ^ 0x10);
	}
	/* The name of the key derivation and the comment. */
	assert_int_equal(n_fine, 4 + 3);
}

static void test_other_files(void **state)
{
	static const struct {
		const char *text;
		const char *why;
	} cases[] = {
		{ "hello\n", "KEY: not a private key of ssh-keygen or PKCS#8" },
		{ "-----BEGIN ENCRYPTED PRIVATE KEY-----\n",
		  "KEY: the key is encrypted; this version needs one without "
		  "a passphrase" },
		{ "-----BEGIN RSA PRIVATE KEY-----\n",
		  "KEY: only ed25519 and ECDSA keys, in the form of ssh-keygen, are honoured by this version" },
		{ "-----BEGIN EC PRIVATE KEY-----\n",
		  "KEY: only ed25519 and ECDSA keys, in the form of ssh-keygen, are honoured by this version" },
		{ "-----BEGIN PRIVATE KEY-----\n"
		  "AAAA\n-----END PRIVATE KEY-----\n",
		  "KEY: only ed25519 and ECDSA keys, in the form of ssh-keygen, are honoured by this version" },
		{ "-----BEGIN PRIVATE KEY-----\n"
		  "AA*A\n-----END PRIVATE KEY-----\n",
		  "KEY: the key file is damaged" },
		{ "-----BEGIN PRIVATE KEY-----\nAAAA\n",
		  "KEY: the key file is damaged" },
		{ "-----BEGIN PRIVATE KEY-----\n"
		  "AAAA\n-----END PRIVATE KEY-----\nmore",
		  "KEY: the key file is damaged" },
		{ "-----BEGIN PRIVATE KEY-----",
		  "KEY: the key file is damaged" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct secret *file = NULL;
		struct err err = { 0 };

		assert_int_equal(secret_new(cases[i].text,
					    strlen(cases[i].text), &file, NULL),
				 0);
		assert_int_equal(parse(file, &err), -ERR_KEY);
		assert_string_equal(err.what, cases[i].why);
	}
}

/* A file that others may read is refused, whatever is in it. */
static void test_file_mode(void **state)
{
	CLEANUP(secret_freep)
	struct secret *file = file_build("PRIVATE KEY", PKCS8, 48);
	char *folder = test_folder();
	char *path = test_file(folder, "key", secret_bytes(file),
			       secret_len(file), 0640);
	struct openssh_key *key = NULL;

	(void)state;
	assert_int_equal(openssh_key_read(path, &key, NULL), -ERR_FILE_MODE);
	free(path);
	path = test_file(folder, "key", secret_bytes(file), secret_len(file),
			 0600);
	assert_int_equal(openssh_key_read(path, &key, NULL), 0);
	openssh_key_free(key);
	free(path);
	test_remove(folder);
}

static int heap_start(void **state)
{
	(void)state;
	return secret_heap_init(NULL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_openssh),
		cmocka_unit_test(test_pkcs8),
		cmocka_unit_test(test_refused_openssh),
		cmocka_unit_test(test_damaged),
		cmocka_unit_test(test_other_files),
		cmocka_unit_test(test_file_mode),
	};

	return cmocka_run_group_tests_name("openssh_key", tests, heap_start,
					   NULL);
}
