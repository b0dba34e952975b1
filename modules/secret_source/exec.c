/* exec.c - secrets that a program prints: a line `version: N`, then the password. */
#include "modules/secret_source/parts.h"
#include "reconciler/core/str.h"

#include <string.h>

#define LIMIT_MS    30000
#define VERSION_MAX 9223372036854775807LL
#define START       "version: "

/* A canonical number from 1 that ends where the line does. */
static bool read_version(const uint8_t *bytes, size_t len, int64_t *ret)
{
	int64_t version = 0;

	if (len == 0 || bytes[0] == '0')
		return false;
	for (size_t i = 0; i < len; i++) {
		const int digit = bytes[i] - '0';

		if (digit < 0 || digit > 9 ||
		    version > (VERSION_MAX - digit) / 10)
			return false;
		version = version * 10 + digit;
	}
	*ret = version;
	return true;
}

/* Where the password begins, 0 = there is no first line as agreed. */
static size_t take_version(const struct secret *printed, int64_t *ret)
{
	const uint8_t *bytes = secret_bytes(printed);
	const size_t start = strlen(START);
	const uint8_t *end = memchr(bytes, '\n', secret_len(printed));
	size_t len;

	if (!end || secret_len(printed) < start ||
	    memcmp(bytes, START, start) != 0)
		return 0;
	len = (size_t)(end - bytes);
	if (len > start && bytes[len - 1] == '\r')
		len--;
	return len >= start && read_version(bytes + start, len - start, ret)
		       ? (size_t)(end - bytes) + 1
		       : 0;
}

int secret_from_program(const char *name, const char *path, struct secret **ret,
			int64_t *ret_version, struct err *err)
{
	CLEANUP(secret_freep) struct secret *printed = NULL;
	int64_t version;
	size_t at;
	int rc = program_read(name, path, LIMIT_MS, &printed, err);

	if (rc)
		return rc;
	at = take_version(printed, &version);
	if (at == 0)
		return err_set(err, -ERR_SECRET,
			       "%s: the first line it prints must be `" START
			       "N`, a number from 1 that grows with each new "
			       "password; the password is the second line",
			       path);
	if (at == secret_len(printed))
		return err_set(err, -ERR_SECRET,
			       "%s printed a version and no password", path);
	rc = secret_new(secret_bytes(printed) + at, secret_len(printed) - at,
			ret, err);
	if (!rc)
		*ret_version = version;
	return rc;
}
