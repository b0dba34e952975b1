/* server_fields.c - kind Server. */
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

#include <arpa/inet.h>
#include <string.h>

#define HASH_CHARS 43 /* base64 of 32 bytes without its '=' */

static bool is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') ||
	       (c >= 'A' && c <= 'Z');
}

/* What looks like an address is one, in its only form: a resolver would read
 * 127.0.0.010 as octal. The parts of a name have 1 to 63 characters. */
static int check_address(const char *text, struct err *err)
{
	unsigned char bytes[sizeof(struct in6_addr)];
	size_t len;

	if (strchr(text, ':'))
		return inet_pton(AF_INET6, text, bytes) == 1
			       ? 0
			       : err_set(err, -ERR_MANIFEST,
					 "expected a DNS name or an address; a "
					 "port stands in the field \"port\"");
	if (strspn(text, "0123456789.") == strlen(text))
		return inet_pton(AF_INET, text, bytes) == 1
			       ? 0
			       : err_set(err, -ERR_MANIFEST,
					 "expected a DNS name or an address "
					 "such as 192.0.2.7: four numbers from "
					 "0 to 255 without leading zeros");
	for (; *text; text += len + (text[len] == '.')) {
		len = strcspn(text, ".");
		if (len < 1 || len > 63)
			return err_set(err, -ERR_MANIFEST,
				       "expected a DNS name whose parts have 1 "
				       "to 63 characters; one has %zu",
				       len);
	}
	return 0;
}

/* A DNS name or an address; nothing that a command line or a known_hosts
 * pattern would take for something else. */
static int check_host(const char *text, struct err *err)
{
	const char *c;

	for (c = text; *c; c++) {
		if (!is_alnum(*c) && !strchr("-_.:", *c))
			return err_set(err, -ERR_MANIFEST,
				       "expected a DNS name or an address, for "
				       "example web01.corp.example; other "
				       "characters are not allowed");
	}
	if (!is_alnum(text[0]) && text[0] != ':')
		return err_set(err, -ERR_MANIFEST,
			       "expected a DNS name or an address; it begins "
			       "with a letter or digit");
	if (c[-1] == '.')
		return err_set(err, -ERR_MANIFEST,
			       "expected a DNS name without a dot at its end");
	return check_address(text, err);
}

static int check_host_key(const char *text, struct err *err)
{
	const char *hash = text + strlen("SHA256:");
	const char *c;

	if (!str_starts(text, "SHA256:"))
		return err_set(err, -ERR_MANIFEST,
			       "expected SHA256: and 43 characters, as "
			       "ssh-keygen -l shows them");
	for (c = hash; *c && (is_alnum(*c) || *c == '+' || *c == '/'); c++)
		;
	if (*c || c - hash != HASH_CHARS)
		return err_set(err, -ERR_MANIFEST,
			       "expected SHA256: and 43 characters, as "
			       "ssh-keygen -l shows them; found %zu behind the "
			       "colon",
			       strlen(hash));
	return 0;
}

/* clang-format off */
#define AT(member) \
	(offsetof(struct draft_server, spec.member) - \
	 offsetof(struct draft_server, spec))

static const struct field spec_fields[] = {
	{ .name = "host", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = AT(host), .max = 253, .check = check_host,
	  .expect = "a DNS name or an address",
	  .example = "web01.corp.example",
	  .help = "The name that known_hosts pins and that grants match." },
	{ .name = "port", .type = FIELD_NUMBER, .offset = AT(port),
	  .min = 1, .max = 65535, .fallback = "22", .example = "22",
	  .help = "Where sshd listens." },
	{ .name = "hostKey", .type = FIELD_TEXT, .offset = AT(host_key),
	  .check = check_host_key,
	  .expect = "a fingerprint as ssh-keygen -l shows it",
	  .help = "Allows only this one of the host keys that known_hosts pins." },
	{ .name = NULL },
};

const struct field server_fields[] = {
	KIND_ENVELOPE,
	{ .name = "spec", .type = FIELD_MAP, .flags = FIELD_REQUIRED,
	  .offset = offsetof(struct draft_server, spec),
	  .fields = spec_fields, .example = "{host: web01.corp.example}" },
	{ .name = NULL },
};
/* clang-format on */
