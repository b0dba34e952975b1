/* ecdsa_key_test.c - ECDSA keys as ssh-keygen writes them: read, sign, and what is refused. */
#include "reconciler/transport/openssh_key.h"

#include "reconciler/core/buf.h"
#include "reconciler/transport/ecdsa_key.h"
#include "tests/lib/test.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <string.h>

#define NUMBER_MAX 66

/* A new key in its parts. */
struct parts {
	const char *type;
	const char *curve;
	uint8_t point[133];
	size_t point_len;
	uint8_t number[NUMBER_MAX + 1]; /* an mpint */
	size_t number_len;
	EVP_PKEY *pkey;
};

static const struct {
	const char *type;
	const char *curve;
	const char *group;
	const char *digest;
} curves[] = {
	{ "ecdsa-sha2-nistp256", "nistp256", "P-256", "SHA256" },
	{ "ecdsa-sha2-nistp384", "nistp384", "P-384", "SHA384" },
	{ "ecdsa-sha2-nistp521", "nistp521", "P-521", "SHA512" },
};

static void parts_make(size_t curve, struct parts *ret)
{
	BIGNUM *number = NULL;

	*ret = (struct parts){ .type = curves[curve].type,
			       .curve = curves[curve].curve };
	ret->pkey = EVP_EC_gen(curves[curve].group);
	assert_non_null(ret->pkey);
	assert_int_equal(EVP_PKEY_get_octet_string_param(
				 ret->pkey, OSSL_PKEY_PARAM_PUB_KEY, ret->point,
				 sizeof(ret->point), &ret->point_len),
			 1);
	assert_int_equal(EVP_PKEY_get_bn_param(
				 ret->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number),
			 1);
	ret->number_len = (size_t)BN_num_bytes(number);
	(void)BN_bn2bin(number, ret->number + 1);
	if (ret->number[1] & 0x80)
		ret->number_len++;
	else
		memmove(ret->number, ret->number + 1, ret->number_len);
	BN_clear_free(number);
}

static void put_string(struct buf *out, const void *bytes, size_t len)
{
	buf_put_u32(out, (uint32_t)len);
	buf_put(out, bytes, len);
}

static void put_text(struct buf *out, const char *text)
{
	put_string(out, text, strlen(text));
}

/* The file: outside = the public half before the section. */
static struct secret *file_build(const struct parts *outside,
				 const struct parts *inside)
{
	CLEANUP(buf_done) struct buf blob = { 0 };
	CLEANUP(buf_done) struct buf section = { 0 };
	CLEANUP(buf_done) struct buf all = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	unsigned char digits[2048];
	struct secret *file = NULL;

	buf_init(&blob, 1024);
	buf_init(&section, 1024);
	buf_init(&all, 2048);
	buf_init(&text, 4096);
	put_text(&blob, outside->type);
	put_text(&blob, outside->curve);
	put_string(&blob, outside->point, outside->point_len);
	buf_put_u32(&section, 7);
	buf_put_u32(&section, 7);
	put_text(&section, inside->type);
	put_text(&section, inside->curve);
	put_string(&section, inside->point, inside->point_len);
	put_string(&section, inside->number, inside->number_len);
	put_text(&section, "a@b");
	buf_puts(&section, "\1\2\3");
	buf_put(&all, "openssh-key-v1", 15);
	put_text(&all, "none");
	put_text(&all, "none");
	put_text(&all, "");
	buf_put_u32(&all, 1);
	put_string(&all, blob.data, blob.len);
	put_string(&all, section.data, section.len);
	assert_int_equal(buf_check(&all, NULL), 0);
	(void)EVP_EncodeBlock(digits, (const unsigned char *)all.data,
			      (int)all.len);
	buf_printf(&text,
		   "-----BEGIN OPENSSH PRIVATE KEY-----\n%s\n"
		   "-----END OPENSSH PRIVATE KEY-----\n",
		   (const char *)digits);
	assert_int_equal(secret_new(text.data, text.len, &file, NULL), 0);
	return file;
}

static int parse(const struct parts *outside, const struct parts *inside,
		 struct openssh_key **ret, struct err *err)
{
	CLEANUP(secret_freep)
	struct secret *file = file_build(outside, inside);

	*ret = NULL;
	return openssh_key_parse(file, "KEY", ret, err);
}

static BIGNUM *take_mpint(const uint8_t **at)
{
	const size_t len = (*at)[3];
	BIGNUM *number = BN_bin2bn(*at + 4, (int)len, NULL);

	assert_true((*at)[0] == 0 && (*at)[1] == 0 && (*at)[2] == 0);
	/* In its one form: not negative, no needless zero. */
	assert_true(len > 0 && !((*at)[4] & 0x80));
	assert_true((*at)[4] != 0 || ((*at)[5] & 0x80));
	*at += 4 + len;
	return number;
}

/* By another way: from the wire to DER, to OpenSSL. */
static void assert_verifies(size_t curve, const struct parts *parts,
			    const uint8_t *signature, size_t len)
{
	const uint8_t *at = signature;
	ECDSA_SIG *numbers = ECDSA_SIG_new();
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	unsigned char *der = NULL;
	BIGNUM *r = take_mpint(&at);
	BIGNUM *s = take_mpint(&at);
	int der_len;

	assert_true(at == signature + len);
	assert_int_equal(ECDSA_SIG_set0(numbers, r, s), 1);
	der_len = i2d_ECDSA_SIG(numbers, &der);
	assert_true(der_len > 0);
	assert_int_equal(EVP_DigestVerifyInit_ex(context, NULL,
						 curves[curve].digest, NULL,
						 NULL, parts->pkey, NULL),
			 1);
	assert_int_equal(EVP_DigestVerify(context, der, (size_t)der_len,
					  (const unsigned char *)"hello", 5),
			 1);
	OPENSSL_free(der);
	EVP_MD_CTX_free(context);
	ECDSA_SIG_free(numbers);
}

static void each_curve_signs(void **state)
{
	(void)state;
	for (size_t i = 0; i < 60; i++) {
		struct openssh_key *key = NULL;
		uint8_t signature[OPENSSH_KEY_SIGNATURE_BYTES];
		struct parts parts;
		struct err err = { 0 };
		size_t len;

		parts_make(i % 3, &parts);
		if (parse(&parts, &parts, &key, &err))
			fail_msg("%s", err.what);
		assert_int_equal(openssh_key_sign(key, (const uint8_t *)"hello",
						  5, signature, &len, NULL),
				 0);
		assert_verifies(i % 3, &parts, signature, len);
		(void)openssh_key_blob(key, &len);
		assert_int_equal(len, 4 + strlen(parts.type) + 4 + 8 + 4 +
					      parts.point_len);
		openssh_key_free(key);
		EVP_PKEY_free(parts.pkey);
	}
}

static void refuse(const struct parts *outside, const struct parts *inside,
		   const char *why)
{
	struct openssh_key *key;
	struct err err = { 0 };

	assert_int_equal(parse(outside, inside, &key, &err), -ERR_KEY);
	assert_null(key);
	assert_string_equal(err.what, why);
}

static void keys_that_do_not_fit_are_refused(void **state)
{
	static const char damaged[] = "KEY: the key file is damaged";
	static const char halves[] =
		"KEY: public and private half do not match";
	struct parts mine, other, large, bad;

	(void)state;
	parts_make(0, &mine);
	parts_make(0, &other);
	parts_make(1, &large);
	refuse(&other, &mine, halves);
	refuse(&large, &mine, halves);
	bad = mine;
	memcpy(bad.number, other.number, sizeof(bad.number));
	bad.number_len = other.number_len;
	refuse(&mine, &bad, halves);
	bad = mine;
	bad.number_len = 0;
	refuse(&mine, &bad, halves);
	bad = mine;
	bad.number_len = 1;
	bad.number[0] = 0;
	refuse(&mine, &bad, halves);
	/* Negative; longer than the curve; with a needless zero. */
	memset(bad.number, 0xff, sizeof(bad.number));
	bad.number_len = 32;
	refuse(&mine, &bad, halves);
	bad.number[0] = 0;
	bad.number_len = 34;
	refuse(&mine, &bad, halves);
	memset(bad.number, 0, sizeof(bad.number));
	bad.number[2] = 1;
	bad.number_len = 3;
	refuse(&mine, &bad, halves);
	/* Not on the curve; compressed; of another curve. */
	bad = mine;
	bad.point[20] ^= 1;
	refuse(&bad, &bad, halves);
	bad = mine;
	bad.point[0] = 2;
	refuse(&bad, &bad, halves);
	bad.point_len = 33;
	refuse(&bad, &bad, damaged);
	bad = mine;
	bad.curve = "nistp384";
	refuse(&mine, &bad, damaged);
	refuse(&bad, &mine, halves);
	bad = mine;
	bad.type = "ecdsa-sha2-nistp192";
	refuse(&mine, &bad,
	       "KEY: only ed25519 and ECDSA keys, in the form of ssh-keygen, "
	       "are honoured by this version");
	EVP_PKEY_free(mine.pkey);
	EVP_PKEY_free(other.pkey);
	EVP_PKEY_free(large.pkey);
}

static int heap_start(void **state)
{
	(void)state;
	return secret_heap_init(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_curve_signs),
		cmocka_unit_test(keys_that_do_not_fit_are_refused),
	};

	return cmocka_run_group_tests(tests, heap_start, NULL);
}
