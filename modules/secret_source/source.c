/* source.c - the kinds of source, and what a password may be. */
#include "modules/secret_source/parts.h"
#include "reconciler/core/str.h"

#include <string.h>

/* One more kind of source is one more line here. */
static const struct kind {
	const char *scheme;
	secret_load load;
} kinds[] = {
	{ "file:", secret_from_file },
	{ "systemd:", secret_from_systemd },
	{ "exec:", secret_from_program },
};

/* Drop one final LF or CRLF. */
static size_t trimmed_len(const uint8_t *bytes, size_t len)
{
	if (len > 0 && bytes[len - 1] == '\n') {
		len--;
		if (len > 0 && bytes[len - 1] == '\r')
			len--;
	}
	return len;
}

/* U+0000..001F, 007F..009F: a password never holds them, a damaged file
 * does. */
static bool is_control(const uint8_t *bytes, size_t len, size_t at)
{
	uint8_t c = bytes[at];

	return c < 0x20 || c == 0x7f ||
	       (c == 0xc2 && at + 1 < len && bytes[at + 1] < 0xa0);
}

static const char *password_fault(const uint8_t *bytes, size_t len)
{
	size_t units = 0;

	if (len == 0)
		return "is empty";
	if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
		return "begins with a byte order mark";
	for (size_t i = 0; i < len; i++)
		if (is_control(bytes, len, i))
			return "holds a control character";
	if (!str_utf8_valid((const char *)bytes, len))
		return "is not UTF-8";
	for (size_t i = 0; i < len; i++) {
		if ((bytes[i] & 0xc0) != 0x80) /* starts a character */
			units += bytes[i] >= 0xf0 ? 2 : 1;
	}
	return units > SECRET_UTF16_MAX ? "is longer than 256 characters"
					: NULL;
}

static const struct kind *kind_of(const char *from)
{
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (str_starts(from, kinds[i].scheme))
			return &kinds[i];
	return NULL;
}

int secret_source_load(const struct secret_ref *ref, struct secret **ret,
		       int64_t *ret_version, struct err *err)
{
	CLEANUP(secret_freep) struct secret *secret = NULL;
	const struct kind *kind = kind_of(ref->from);
	const char *fault;
	int64_t version;
	size_t len;
	int rc;

	if (!kind)
		return err_set(err, -ERR_SECRET,
			       "secret %s: a source begins with file:, "
			       "systemd: or exec:",
			       ref->name);
	rc = kind->load(ref->name, ref->from + strlen(kind->scheme), &secret,
			&version, err);
	if (rc)
		return err_prefix(err, rc, "secret %s", ref->name);
	len = trimmed_len(secret_bytes(secret), secret_len(secret));
	fault = password_fault(secret_bytes(secret), len);
	if (fault)
		return err_set(err, -ERR_SECRET,
			       "secret %s: the password in %s %s", ref->name,
			       ref->from + strlen(kind->scheme), fault);
	secret_truncate(secret, len);
	*ret = secret;
	secret = NULL;
	*ret_version = version;
	return 0;
}
