/* openssh_key.c - see openssh_key.h for the two file forms. */
#include "reconciler/transport/openssh_key.h"

#include "reconciler/sys/file.h"
#include "reconciler/transport/base64.h"
#include "reconciler/transport/ecdsa_key.h"
#include "reconciler/transport/wire_reader.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEED_BYTES         32
#define PUBLIC_BYTES       32
#define ED25519_BLOB_BYTES 51
#define BLOB_BYTES_MAX     172 /* of nistp521 */

struct openssh_key {
	EVP_PKEY *pkey;
	const struct ecdsa_curve *curve; /* NULL: ed25519 */
	size_t blob_len;
	uint8_t blob[BLOB_BYTES_MAX];
};

static const char use_others[] =
	"only ed25519 and ECDSA keys, in the form of ssh-keygen, are honoured "
	"by this version";

/* A PKCS#8 ed25519 key is these 16 bytes and the seed. */
static const uint8_t pkcs8_start[16] = { 0x30, 0x2e, 0x02, 0x01, 0x00, 0x30,
					 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70,
					 0x04, 0x22, 0x04, 0x20 };

void openssh_key_free(struct openssh_key *key)
{
	if (key == NULL)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

const uint8_t *openssh_key_blob(const struct openssh_key *key, size_t *ret_len)
{
	*ret_len = key->blob_len;
	return key->blob;
}

static int key_from_seed(const uint8_t *seed, const char *path,
			 struct openssh_key **ret, struct err *err)
{
	static const char start[] = "\0\0\0\x0bssh-ed25519\0\0\0\x20";
	struct openssh_key *key = calloc(1, sizeof(*key));
	size_t public_len = PUBLIC_BYTES;

	if (key == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for %s", path);
	memcpy(key->blob, start, ED25519_BLOB_BYTES - PUBLIC_BYTES);
	key->blob_len = ED25519_BLOB_BYTES;
	key->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed,
						 SEED_BYTES);
	if (key->pkey == NULL ||
	    EVP_PKEY_get_raw_public_key(
		    key->pkey, key->blob + ED25519_BLOB_BYTES - PUBLIC_BYTES,
		    &public_len) != 1 ||
	    public_len != PUBLIC_BYTES) {
		openssh_key_free(key);
		return err_set(err, -ERR_KEY, "%s: OpenSSL refuses the key",
			       path);
	}
	*ret = key;
	return 0;
}

static int bad_form(const char *path, struct err *err)
{
	return err_set(err, -ERR_KEY, "%s: the key file is damaged", path);
}

static int bad_pair(const char *path, struct err *err)
{
	return err_set(err, -ERR_KEY,
		       "%s: public and private half do not match", path);
}

/* After the private half: a comment, and 1 2 3 ... up to a whole block. */
static bool end_is_good(struct wire_reader *reader)
{
	(void)wire_read_string(reader);
	if (reader->bad || reader->left > 8)
		return false;
	for (size_t i = 0; i < reader->left; i++)
		if (reader->at[i] != i + 1)
			return false;
	return true;
}

static int ed25519_read(struct wire_reader *reader, struct wire_field blob,
			const char *path, struct openssh_key **ret,
			struct err *err)
{
	struct wire_field public_key = wire_read_string(reader);
	struct wire_field private_key = wire_read_string(reader);
	int rc;

	if (!end_is_good(reader) || public_key.len != PUBLIC_BYTES ||
	    private_key.len != SEED_BYTES + PUBLIC_BYTES)
		return bad_form(path, err);
	rc = key_from_seed(private_key.bytes, path, ret, err);
	if (rc < 0)
		return rc;
	if (blob.len != ED25519_BLOB_BYTES ||
	    memcmp((*ret)->blob, blob.bytes, blob.len) != 0 ||
	    memcmp((*ret)->blob + ED25519_BLOB_BYTES - PUBLIC_BYTES,
		   public_key.bytes, PUBLIC_BYTES) != 0 ||
	    memcmp(private_key.bytes + SEED_BYTES, public_key.bytes,
		   PUBLIC_BYTES) != 0) {
		openssh_key_free(*ret);
		*ret = NULL;
		return bad_pair(path, err);
	}
	return 0;
}

/* Is blob: type, curve, exactly this point? */
static bool blob_is(struct wire_field blob, const struct ecdsa_curve *curve,
		    struct wire_field point)
{
	struct wire_reader reader = { blob.bytes, blob.len, false };
	const bool type = wire_field_is(wire_read_string(&reader), curve->type);
	const bool name = wire_field_is(wire_read_string(&reader), curve->name);
	const struct wire_field public_key = wire_read_string(&reader);

	return type && name && !reader.bad && reader.left == 0 &&
	       blob.len <= BLOB_BYTES_MAX && public_key.len == point.len &&
	       memcmp(public_key.bytes, point.bytes, point.len) == 0;
}

static int ecdsa_read(struct wire_reader *reader,
		      const struct ecdsa_curve *curve, struct wire_field blob,
		      const char *path, struct openssh_key **ret,
		      struct err *err)
{
	const struct wire_field name = wire_read_string(reader);
	const struct wire_field point = wire_read_string(reader);
	const struct wire_field number = wire_read_string(reader);
	struct openssh_key *key;

	if (!end_is_good(reader) || !wire_field_is(name, curve->name) ||
	    point.len != curve->point_bytes)
		return bad_form(path, err);
	if (!blob_is(blob, curve, point))
		return bad_pair(path, err);
	key = calloc(1, sizeof(*key));
	if (key == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for %s", path);
	key->curve = curve;
	key->blob_len = blob.len;
	memcpy(key->blob, blob.bytes, blob.len);
	key->pkey = ecdsa_key_make(curve, point, number);
	if (key->pkey == NULL) {
		openssh_key_free(key);
		return bad_pair(path, err);
	}
	*ret = key;
	return 0;
}

/* The part that a passphrase would encrypt. */
static int private_read(struct wire_field section, struct wire_field blob,
			const char *path, struct openssh_key **ret,
			struct err *err)
{
	struct wire_reader reader = { section.bytes, section.len, false };
	uint32_t check = wire_read_u32(&reader);
	bool same = wire_read_u32(&reader) == check;
	struct wire_field type = wire_read_string(&reader);
	const struct ecdsa_curve *curve = ecdsa_curve_find(type);

	if (reader.bad || !same)
		return bad_form(path, err);
	if (wire_field_is(type, "ssh-ed25519"))
		return ed25519_read(&reader, blob, path, ret, err);
	if (curve != NULL)
		return ecdsa_read(&reader, curve, blob, path, ret, err);
	return err_set(err, -ERR_KEY, "%s: %s", path, use_others);
}

static int openssh_read(const uint8_t *bytes, size_t len, const char *path,
			struct openssh_key **ret, struct err *err)
{
	static const char magic[] = "openssh-key-v1"; /* its NUL counts */
	struct wire_reader reader = { bytes, len, false };
	struct wire_field start = wire_read_bytes(&reader, sizeof(magic));
	struct wire_field cipher = wire_read_string(&reader);
	struct wire_field blob;
	struct wire_field section;
	uint32_t n_keys;

	(void)wire_read_string(&reader); /* key derivation and its options */
	(void)wire_read_string(&reader);
	n_keys = wire_read_u32(&reader);
	blob = wire_read_string(&reader);
	section = wire_read_string(&reader);
	if (reader.bad || reader.left != 0 || n_keys != 1 ||
	    memcmp(start.bytes, magic, sizeof(magic)) != 0)
		return bad_form(path, err);
	if (!wire_field_is(cipher, "none"))
		return err_set(err, -ERR_KEY,
			       "%s: the key is encrypted; this version needs "
			       "one without a passphrase",
			       path);
	return private_read(section, blob, path, ret, err);
}

static int pkcs8_read(const uint8_t *bytes, size_t len, const char *path,
		      struct openssh_key **ret, struct err *err)
{
	if (len != sizeof(pkcs8_start) + SEED_BYTES ||
	    memcmp(bytes, pkcs8_start, sizeof(pkcs8_start)) != 0)
		return err_set(err, -ERR_KEY, "%s: %s", path, use_others);
	return key_from_seed(bytes + sizeof(pkcs8_start), path, ret, err);
}

/* Copies the base64 between the two lines without its line ends; false when
 * the file has another shape. */
static bool armour_strip(const struct secret *text, const char *label,
			 char *ret, size_t *ret_len)
{
	const char *at = (const char *)secret_bytes(text);
	const char *end = at + secret_len(text);
	char line[64];
	size_t line_len;
	size_t n = 0;

	line_len = strlen("-----BEGIN -----") + strlen(label);
	at += line_len; /* what the caller recognised */
	(void)snprintf(line, sizeof(line), "-----END %s-----", label);
	line_len = strlen(line);
	for (; at < end && *at != '-'; at++)
		if (*at != '\n' && *at != '\r')
			ret[n++] = *at;
	if ((size_t)(end - at) < line_len || memcmp(at, line, line_len) != 0)
		return false;
	for (at += line_len; at < end; at++)
		if (*at != '\n' && *at != '\r')
			return false;
	*ret_len = n;
	return true;
}

static bool text_begins(const struct secret *text, const char *label)
{
	char line[64];
	int len = snprintf(line, sizeof(line), "-----BEGIN %s-----", label);

	return len > 0 && secret_len(text) >= (size_t)len &&
	       memcmp(secret_bytes(text), line, (size_t)len) == 0;
}

int openssh_key_parse(const struct secret *text, const char *path,
		      struct openssh_key **ret, struct err *err)
{
	static const char openssh[] = "OPENSSH PRIVATE KEY";
	static const char pkcs8[] = "PRIVATE KEY";
	CLEANUP(secret_freep) struct secret *body = NULL;
	CLEANUP(secret_freep) struct secret *decoded = NULL;
	bool is_openssh = text_begins(text, openssh);
	uint8_t *characters;
	uint8_t *bytes;
	size_t len;
	int rc;

	if (text_begins(text, "ENCRYPTED PRIVATE KEY"))
		return err_set(err, -ERR_KEY,
			       "%s: the key is encrypted; this version needs "
			       "one without a passphrase",
			       path);
	if (text_begins(text, "RSA PRIVATE KEY") ||
	    text_begins(text, "EC PRIVATE KEY") ||
	    text_begins(text, "DSA PRIVATE KEY"))
		return err_set(err, -ERR_KEY, "%s: %s", path, use_others);
	if (!is_openssh && !text_begins(text, pkcs8))
		return err_set(err, -ERR_KEY,
			       "%s: not a private key of ssh-keygen or PKCS#8",
			       path);
	rc = secret_reserve(secret_len(text), &body, &characters, err);
	if (rc < 0)
		return rc;
	rc = secret_reserve(secret_len(text), &decoded, &bytes, err);
	if (rc < 0)
		return rc;
	if (!armour_strip(text, is_openssh ? openssh : pkcs8,
			  (char *)characters, &len) ||
	    !base64_decode((const char *)characters, len, true, bytes, &len))
		return bad_form(path, err);
	return is_openssh ? openssh_read(bytes, len, path, ret, err)
			  : pkcs8_read(bytes, len, path, ret, err);
}

int openssh_key_read(const char *path, struct openssh_key **ret,
		     struct err *err)
{
	CLEANUP(secret_freep) struct secret *text = NULL;
	int64_t version;
	int rc;

	rc = file_read_secret(path, SECRET_BYTES_MAX, &text, &version, err);
	if ((rc == -ERR_SECRET || rc == -ERR_LIMIT) && err != NULL)
		err->code = rc = -ERR_KEY; /* empty, or too large for one */
	if (rc < 0)
		return rc;
	return openssh_key_parse(text, path, ret, err);
}

int openssh_key_sign(const struct openssh_key *key, const uint8_t *bytes,
		     size_t len, uint8_t ret[OPENSSH_KEY_SIGNATURE_BYTES],
		     size_t *ret_len, struct err *err)
{
	EVP_MD_CTX *context = NULL;
	bool signed_ok;

	if (key->curve != NULL) {
		signed_ok = ecdsa_key_sign(key->curve, key->pkey, bytes, len,
					   ret, ret_len);
	} else {
		*ret_len = OPENSSH_KEY_SIGNATURE_BYTES;
		context = EVP_MD_CTX_new();
		signed_ok =
			context != NULL &&
			EVP_DigestSignInit(context, NULL, NULL, NULL,
					   key->pkey) == 1 &&
			EVP_DigestSign(context, ret, ret_len, bytes, len) == 1;
	}
	EVP_MD_CTX_free(context);
	if (!signed_ok)
		return err_set(err, -ERR_KEY, "OpenSSL can't sign");
	return 0;
}
