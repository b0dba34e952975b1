/* ecdsa_key.c - see ecdsa_key.h. */
#include "reconciler/transport/ecdsa_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/param_build.h>

#define DER_BYTES_MAX 160

static const struct ecdsa_curve curves[] = {
	{ "ecdsa-sha2-nistp256", "nistp256", "P-256", "SHA256", 32, 65 },
	{ "ecdsa-sha2-nistp384", "nistp384", "P-384", "SHA384", 48, 97 },
	{ "ecdsa-sha2-nistp521", "nistp521", "P-521", "SHA512", 66, 133 },
};

const struct ecdsa_curve *ecdsa_curve_find(struct wire_field type)
{
	for (size_t i = 0; i < sizeof(curves) / sizeof(curves[0]); i++)
		if (wire_field_is(type, curves[i].type))
			return &curves[i];
	return NULL;
}

/* The private number stays in the secure heap: OpenSSL's copies do, too. */
static OSSL_PARAM *key_params(const struct ecdsa_curve *curve,
			      struct wire_field point, const BIGNUM *number)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;

	if (build &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME,
					    curve->group, 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY,
					     point.bytes, point.len) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, number))
		params = OSSL_PARAM_BLD_to_param(build);
	OSSL_PARAM_BLD_free(build);
	return params;
}

/* Do the two halves belong together, and are they of the curve? */
static bool key_fits(EVP_PKEY *key)
{
	EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_pkey(NULL, key, NULL);
	const bool fits = context && EVP_PKEY_check(context) == 1;

	EVP_PKEY_CTX_free(context);
	return fits;
}

/* A positive mpint in its one form, no longer than the curve's numbers. */
static bool is_number(const struct ecdsa_curve *curve, struct wire_field number)
{
	if (number.len == 0 || number.len > curve->number_bytes + 1 ||
	    (number.bytes[0] & 0x80))
		return false;
	return number.bytes[0] != 0 ||
	       (number.len > 1 && (number.bytes[1] & 0x80));
}

EVP_PKEY *ecdsa_key_make(const struct ecdsa_curve *curve,
			 struct wire_field point, struct wire_field number)
{
	EVP_PKEY_CTX *context = NULL;
	OSSL_PARAM *params = NULL;
	EVP_PKEY *key = NULL;
	BIGNUM *secret;

	/* An uncompressed point begins with 4; no other form is used. */
	if (point.len != curve->point_bytes || point.bytes[0] != 4 ||
	    !is_number(curve, number))
		return NULL;
	secret = BN_secure_new();
	if (secret && BN_bin2bn(number.bytes, (int)number.len, secret))
		params = key_params(curve, point, secret);
	if (params)
		context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (context && EVP_PKEY_fromdata_init(context) == 1 &&
	    EVP_PKEY_fromdata(context, &key, EVP_PKEY_KEYPAIR, params) == 1 &&
	    !key_fits(key)) {
		EVP_PKEY_free(key);
		key = NULL;
	}
	EVP_PKEY_CTX_free(context);
	OSSL_PARAM_free(params);
	BN_clear_free(secret);
	return key;
}

static size_t put_mpint(uint8_t *out, const BIGNUM *number)
{
	const size_t n = (size_t)BN_num_bytes(number);
	/* One that begins with a set bit would be negative. */
	const size_t pad = n > 0 && BN_is_bit_set(number, (int)(8 * n) - 1);

	out[0] = 0;
	out[1] = 0;
	out[2] = 0;
	out[3] = (uint8_t)(pad + n);
	out[4] = 0;
	(void)BN_bn2bin(number, out + 4 + pad);
	return 4 + pad + n;
}

bool ecdsa_key_sign(const struct ecdsa_curve *curve, EVP_PKEY *key,
		    const uint8_t *bytes, size_t len,
		    uint8_t ret[ECDSA_SIGNATURE_BYTES], size_t *ret_len)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	uint8_t der[DER_BYTES_MAX];
	const uint8_t *at = der;
	size_t der_len = sizeof(der);
	ECDSA_SIG *signature = NULL;

	if (context &&
	    EVP_DigestSignInit_ex(context, NULL, curve->digest, NULL, NULL, key,
				  NULL) == 1 &&
	    EVP_DigestSign(context, der, &der_len, bytes, len) == 1)
		signature = d2i_ECDSA_SIG(NULL, &at, (long)der_len);
	EVP_MD_CTX_free(context);
	if (!signature)
		return false;
	*ret_len = put_mpint(ret, ECDSA_SIG_get0_r(signature));
	*ret_len += put_mpint(ret + *ret_len, ECDSA_SIG_get0_s(signature));
	ECDSA_SIG_free(signature);
	return true;
}
