/* account_fields.c - kind Account. */
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

#include <string.h>

#define USER_MAX 20 /* sAMAccountName of a user */
#define GMSA_MAX 15 /* of a managed service account, without its $ */

static int check_user(const char *text, struct err *err)
{
	if (strpbrk(text, "\\@"))
		return err_set(err, -ERR_MANIFEST,
			       "expected the sAMAccountName alone, for example "
			       "svc-orders; the domain stands in the field "
			       "\"domain\"");
	if (strpbrk(text, "\"/[]:;|=,+*?<>"))
		return err_set(err, -ERR_MANIFEST,
			       "expected a sAMAccountName; none may hold any "
			       "of \"/[]:;|=,+*?<>");
	if (text[0] == '$')
		return err_set(err, -ERR_MANIFEST,
			       "expected a name before the $, for example "
			       "svc-orders$");
	if (text[strlen(text) - 1] == '$')
		return strlen(text) - 1 <= GMSA_MAX
			       ? 0
			       : err_set(err, -ERR_MANIFEST,
					 "expected at most %d characters "
					 "before the $; Active Directory takes "
					 "no more for a managed service account",
					 GMSA_MAX);
	if (strlen(text) > USER_MAX)
		return err_set(err, -ERR_MANIFEST,
			       "expected a sAMAccountName of at most %d "
			       "characters; Active Directory takes no more for "
			       "a user",
			       USER_MAX);
	if (text[0] == ' ' || strchr(" .", text[strlen(text) - 1]))
		return err_set(err, -ERR_MANIFEST,
			       "expected a sAMAccountName; none begins with a "
			       "space, or ends with one or with a dot");
	return 0;
}

/* clang-format off */
static const struct field_choice type_choices[] = {
	{ .name = "user", .value = ACCOUNT_USER },
	{ .name = "gmsa", .value = ACCOUNT_GMSA },
	{ .name = NULL },
};

static const struct field_choice format_choices[] = {
	{ .name = "keep", .value = USER_FORMAT_KEEP },
	{ .name = "netbios", .value = USER_FORMAT_NETBIOS },
	{ .name = "upn", .value = USER_FORMAT_UPN },
	{ .name = NULL },
};

#define AT(member) offsetof(struct draft_account, spec.member)

static const struct field password_fields[] = {
	{ .name = "secret", .type = FIELD_NAME,
	  .flags = FIELD_REQUIRED | FIELD_HIDE,
	  .offset = AT(password.secret) - AT(password),
	  .expect = "the name of a secret of the configuration",
	  .example = "svc-orders",
	  .help = "A name under secrets in the configuration; never the password itself." },
	{ .name = NULL },
};

static const struct field spec_fields[] = {
	{ .name = "domain", .type = FIELD_NAME, .flags = FIELD_REQUIRED,
	  .offset = AT(domain) - offsetof(struct draft_account, spec),
	  .expect = "the name of a domain of the configuration",
	  .example = "corp",
	  .help = "A name under domains in the configuration." },
	{ .name = "user", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = AT(user) - offsetof(struct draft_account, spec),
	  .check = check_user,
	  .expect = "a sAMAccountName", .example = "svc-orders",
	  .help = "The sAMAccountName, without domain; of a gmsa with its $." },
	{ .name = "userNameFormat", .type = FIELD_CHOICE,
	  .offset = AT(user_format) - offsetof(struct draft_account, spec),
	  .choices = format_choices, .fallback = "keep",
	  .help = "How IIS is to spell the account: as the pool does already (else as netbios), CORP\\user, or user@suffix." },
	{ .name = "type", .type = FIELD_CHOICE,
	  .offset = AT(type) - offsetof(struct draft_account, spec),
	  .choices = type_choices, .fallback = "user",
	  .help = "What the account is in Active Directory: a user, or a (group) managed service account, whose password Windows fetches itself." },
	{ .name = "password", .type = FIELD_MAP,
	  .flags = FIELD_HIDE | FIELD_PLACED,
	  .offset = AT(password) - offsetof(struct draft_account, spec),
	  .fields = password_fields,
	  .expect = "a map that names a secret of the configuration",
	  .example = "{secret: svc-orders}",
	  .help = "Where the password comes from: required for a user, not there for a gmsa." },
	{ .name = "rotation", .type = FIELD_NAME, .flags = FIELD_NOT_HONOURED,
	  .help = "The RotationPolicy by which lockstep changes the password itself." },
	{ .name = NULL },
};

const struct field account_fields[] = {
	KIND_ENVELOPE,
	{ .name = "spec", .type = FIELD_MAP,
	  .flags = FIELD_REQUIRED | FIELD_PLACED,
	  .offset = offsetof(struct draft_account, spec),
	  .fields = spec_fields,
	  .example = "{domain: corp, user: svc-orders, password: {secret: svc-orders}}" },
	{ .name = NULL },
};
/* clang-format on */
