/* config_fields.c - config.yaml. */
#include "reconciler/manifest/config_draft.h"
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

#include <string.h>

static int check_netbios(const char *text, struct err *err)
{
	if (strlen(text) > 15 || strpbrk(text, "\\/:*?\"<>|@"))
		return err_set(err, -ERR_MANIFEST,
			       "expected a NetBIOS name of at most 15 "
			       "characters without \\ / : * ? \" < > | @, for "
			       "example CORP");
	return 0;
}

static int check_dns(const char *text, struct err *err)
{
	size_t len = strlen(text);

	if (strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
			 "0123456789.-_") != len ||
	    text[0] == '.' || text[len - 1] == '.')
		return err_set(err, -ERR_MANIFEST,
			       "expected a DNS name, for example corp.example");
	return 0;
}

static int check_controller(const char *text, struct err *err)
{
	if (str_starts(text, "ldap://"))
		return err_set(err, -ERR_MANIFEST,
			       "expected ldaps://NAME; plain ldap:// would "
			       "send passwords in clear");
	if (!str_starts(text, "ldaps://") || !text[strlen("ldaps://")] ||
	    strpbrk(text + strlen("ldaps://"), "/?#@ "))
		return err_set(err, -ERR_MANIFEST,
			       "expected ldaps://NAME or ldaps://NAME:PORT, "
			       "for example ldaps://dc1.corp.example");
	return 0;
}

/* systemd puts credentials as files into one folder. */
static int check_credential(const char *name, struct err *err)
{
	if (!*name || strchr(name, '/') || str_eq(name, ".") ||
	    str_eq(name, ".."))
		return err_set(err, -ERR_MANIFEST,
			       "expected systemd: and the name of a "
			       "credential, without any /, for example "
			       "systemd:corp-bind");
	return 0;
}

/* It is started as it stands here: no shell takes words apart. */
static int check_program(const char *path, struct err *err)
{
	if (*path != '/' || strpbrk(path, " \t"))
		return err_set(err, -ERR_MANIFEST,
			       "expected exec: and the absolute path of a "
			       "program, without arguments or spaces, for "
			       "example exec:/etc/lockstep/read-vault");
	return 0;
}

/* The value is not shown: somebody may have put a password here. */
static int check_source(const char *text, struct err *err)
{
	if (str_starts(text, "systemd:"))
		return check_credential(text + strlen("systemd:"), err);
	if (str_starts(text, "exec:"))
		return check_program(text + strlen("exec:"), err);
	if (str_starts(text, "file:/"))
		return 0;
	if (str_starts(text, "file:"))
		return err_set(err, -ERR_MANIFEST,
			       "expected file: and an absolute path, for "
			       "example file:/etc/lockstep/secrets/svc-orders");
	return err_set(err, -ERR_MANIFEST,
		       "expected file:PATH, systemd:CREDENTIAL or "
		       "exec:PROGRAM, for example "
		       "file:/etc/lockstep/secrets/svc-orders; found another "
		       "text");
}

/* clang-format off */
static const struct field_choice right_choices[] = {
	{ .name = "password", .value = GRANT_PASSWORD },
	{ .name = "identity", .value = GRANT_IDENTITY },
	{ .name = "follow", .value = GRANT_FOLLOW },
	{ .name = "rotate", .value = GRANT_ROTATE, .not_honoured = true },
	{ .name = "builtin", .value = GRANT_BUILTIN },
	{ .name = NULL },
};

static const struct field_choice pair_choices[] = {
	{ .name = "ask", .value = 1 },
	{ .name = "allow", .value = 0 },
	{ .name = NULL },
};

static const struct field_choice approval_choices[] = {
	{ .name = "none", .value = APPROVAL_NONE },
	{ .name = "any", .value = APPROVAL_ANY },
	{ .name = "other", .value = APPROVAL_OTHER },
	{ .name = NULL },
};

#define FULL(member) offsetof(struct draft_config, member)

static const struct field ssh_fields[] = {
	{ .name = "user", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = FULL(ssh.user) - FULL(ssh),
	  .expect = "the name that sshd knows",
	  .example = "'corp\\svc-lockstep-ssh'",
	  .help = "The Windows user, in the servers' Administrators." },
	{ .name = "key", .type = FIELD_PATH, .flags = FIELD_REQUIRED,
	  .offset = FULL(ssh.key) - FULL(ssh), .max = 4096,
	  .example = "/etc/lockstep/id_ed25519",
	  .help = "An ed25519 private key without a passphrase." },
	{ .name = "knownHosts", .type = FIELD_PATH, .flags = FIELD_REQUIRED,
	  .offset = FULL(ssh.known_hosts) - FULL(ssh), .max = 4096,
	  .example = "/etc/lockstep/known_hosts",
	  .help = "The pinned host keys, in the form of ssh-keyscan." },
	{ .name = NULL },
};

#define DOMAIN(member) offsetof(struct draft_domain, member)

static const struct field domain_bind_fields[] = {
	{ .name = "user", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = DOMAIN(bind.user) - DOMAIN(bind),
	  .expect = "an account", .example = "'CORP\\svc-lockstep-ad'",
	  .help = "As whom lockstep asks the directory." },
	{ .name = "password", .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED | FIELD_HIDE,
	  .offset = DOMAIN(bind.password) - DOMAIN(bind), .max = 4096,
	  .check = check_source, .expect = "a secret source",
	  .example = "file:/etc/lockstep/secrets/bind",
	  .help = "Where its password comes from." },
	{ .name = NULL },
};

static const struct field domain_fields[] = {
	{ .name = "netbios", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = DOMAIN(netbios), .check = check_netbios,
	  .expect = "a NetBIOS name", .example = "CORP",
	  .help = "The CORP of CORP\\user." },
	{ .name = "dnsName", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = DOMAIN(dns_name), .check = check_dns,
	  .expect = "a DNS name", .example = "corp.example",
	  .help = "The DNS name of the domain." },
	{ .name = "upnSuffixes", .type = FIELD_TEXT,
	  .flags = FIELD_LIST | FIELD_MAY_BE_EMPTY,
	  .offset = DOMAIN(upn_suffixes), .check = check_dns,
	  .expect = "a DNS name", .example = "[bank.example]",
	  .help = "What else may stand behind the @ of a user of the domain." },
	{ .name = "controllers", .type = FIELD_TEXT,
	  .flags = FIELD_LIST | FIELD_MAY_BE_EMPTY,
	  .offset = DOMAIN(controllers), .check = check_controller,
	  .expect = "an ldaps:// address",
	  .example = "[ldaps://dc1.corp.example]",
	  .help = "Domain controllers." },
	{ .name = "caFile", .type = FIELD_PATH, .offset = DOMAIN(ca_file),
	  .max = 4096, .example = "/etc/lockstep/corp-ca.pem",
	  .help = "Who signs the controllers' certificates." },
	{ .name = "bind", .type = FIELD_MAP, .offset = DOMAIN(bind),
	  .fields = domain_bind_fields,
	  .example = "{user: 'CORP\\svc-lockstep-ad', password: file:/etc/lockstep/secrets/bind}",
	  .help = "How lockstep logs on to the directory." },
	{ .name = "rotateUnder", .type = FIELD_TEXT,
	  .offset = DOMAIN(rotate_under), .max = 1024,
	  .expect = "a distinguished name",
	  .example = "\"OU=Service Accounts,DC=corp,DC=example\"",
	  .help = "Only accounts below it may ever be rotated." },
	{ .name = NULL },
};

static const struct field secret_fields[] = {
	{ .name = "from", .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED | FIELD_HIDE,
	  .offset = offsetof(struct draft_secret, from), .max = 4096,
	  .check = check_source, .expect = "a secret source",
	  .example = "file:/etc/lockstep/secrets/svc-orders",
	  .help = "Where the password comes from." },
	{ .name = "account", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = offsetof(struct draft_secret, account),
	  .expect = "an account", .example = "'CORP\\svc-orders'",
	  .help = "Whose password it is; it goes out for no other account." },
	{ .name = NULL },
};

static const struct field grant_fields[] = {
	{ .name = "accounts", .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED | FIELD_LIST,
	  .offset = offsetof(struct draft_grant, accounts),
	  .expect = "a pattern of accounts",
	  .example = "['CORP\\svc-orders']",
	  .help = "Accounts as CORP\\user, or ApplicationPoolIdentity, NetworkService, LocalService, LocalSystem; * and ? are patterns." },
	{ .name = "servers", .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED | FIELD_LIST,
	  .offset = offsetof(struct draft_grant, servers),
	  .expect = "a pattern of host names",
	  .example = "['web*.corp.example']",
	  .help = "Match Server.spec.host, the name that known_hosts pins; * and ? are patterns." },
	{ .name = "pools", .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED | FIELD_LIST,
	  .offset = offsetof(struct draft_grant, pools),
	  .expect = "a pattern of pools", .example = "['Orders*']",
	  .help = "Pools; * and ? are patterns." },
	{ .name = "allow", .type = FIELD_CHOICE,
	  .flags = FIELD_REQUIRED | FIELD_LIST,
	  .offset = offsetof(struct draft_grant, allow),
	  .choices = right_choices, .example = "[password, identity]",
	  .help = "password: store the account's password; identity: make a pool run as the account; follow, beside password: in every pool found running as it; builtin: make a pool run as a builtin identity." },
	{ .name = NULL },
};

#define CAPS(member) FULL(caps.member) - FULL(caps)

static const struct field caps_fields[] = {
	{ .name = "parallel", .type = FIELD_NUMBER, .offset = CAPS(parallel),
	  .min = 1, .max = 10000, .fallback = "200",
	  .help = "Servers in hand at the same time." },
	{ .name = "canary", .type = FIELD_NUMBER, .offset = CAPS(canary),
	  .min = 1, .max = 10000, .fallback = "1",
	  .help = "The smallest canary that a rollout may have." },
	{ .name = "batch", .type = FIELD_PERCENT, .offset = CAPS(batch),
	  .min = 1, .max = 100, .fallback = "25%",
	  .help = "The largest batch that a rollout may have." },
	{ .name = "maxFailures", .type = FIELD_NUMBER,
	  .offset = CAPS(max_failures), .min = 1, .max = 10000,
	  .fallback = "1",
	  .help = "The largest maxFailures that a rollout may have." },
	{ .name = "poolsPerCommit", .type = FIELD_NUMBER,
	  .offset = CAPS(pools_per_commit), .min = 1, .max = 100,
	  .fallback = "10",
	  .help = "Pools that one commit on a server may change." },
	{ .name = "changesPerRun", .type = FIELD_NUMBER,
	  .offset = CAPS(changes_per_run), .min = 1, .max = 1000000,
	  .fallback = "500", .help = "Pools that one run may change." },
	{ .name = NULL },
};

static const struct field plans_fields[] = {
	{ .name = "expireAfter", .type = FIELD_DURATION,
	  .offset = FULL(plans.expire_after) - FULL(plans),
	  .min = 60000, .max = INT64_C(30) * 86400000, .fallback = "24h",
	  .help = "How long a plan that was saved with plan --out may be approved and applied." },
	{ .name = "approval", .type = FIELD_CHOICE,
	  .offset = FULL(plans.approval) - FULL(plans),
	  .choices = approval_choices, .fallback = "none",
	  .help = "any: only a saved plan that a person approved is applied; other: and who approved it is another user than who made it." },
	{ .name = NULL },
};

static const struct field allow_fields[] = {
	{ .name = "unproved", .type = FIELD_BOOL,
	  .offset = FULL(allow.unproved) - FULL(allow), .fallback = "false",
	  .help = "Use a password that no domain controller proved; its first pool is then the proof." },
	{ .name = "continue", .type = FIELD_BOOL,
	  .offset = FULL(allow.go_on) - FULL(allow), .fallback = "false",
	  .help = "A binding may say onVerifyFail: continue, so that its failures stop nothing." },
	{ .name = NULL },
};

const struct field config_fields[] = {
	{ .name = "state", .type = FIELD_PATH, .offset = FULL(state),
	  .max = 4096, .example = "/var/lib/lockstep/state.db",
	  .fallback_from = "state.db in $STATE_DIRECTORY or $XDG_STATE_HOME/lockstep",
	  .help = "What lockstep remembers." },
	{ .name = "ssh", .type = FIELD_MAP, .flags = FIELD_REQUIRED,
	  .offset = FULL(ssh), .fields = ssh_fields,
	  .example = "{user: svc-lockstep-ssh, key: /etc/lockstep/id_ed25519, knownHosts: /etc/lockstep/known_hosts}",
	  .help = "How servers are reached." },
	{ .name = "domains", .type = FIELD_MAP_BY_NAME,
	  .flags = FIELD_MAY_BE_EMPTY, .offset = FULL(domains),
	  .size = sizeof(struct draft_domain), .fields = domain_fields,
	  .example = "{corp: {netbios: CORP, dnsName: corp.example}}",
	  .help = "Active Directory domains, by the name that manifests use." },
	{ .name = "secrets", .type = FIELD_MAP_BY_NAME,
	  .flags = FIELD_MAY_BE_EMPTY | FIELD_HIDE, .offset = FULL(secrets),
	  .size = sizeof(struct draft_secret), .fields = secret_fields,
	  .example = "{svc-orders: {from: file:/etc/lockstep/secrets/svc-orders, account: 'CORP\\svc-orders'}}",
	  .help = "Passwords, by the name that manifests use." },
	{ .name = "grants", .type = FIELD_MAP,
	  .flags = FIELD_LIST | FIELD_MAY_BE_EMPTY, .offset = FULL(grants),
	  .size = sizeof(struct draft_grant), .fields = grant_fields,
	  .example = "[{accounts: ['CORP\\svc-orders'], servers: ['web*'], pools: ['Orders*'], allow: [password]}]",
	  .help = "Who may get what, where; nothing is allowed that no line allows." },
	{ .name = "caps", .type = FIELD_MAP, .offset = FULL(caps),
	  .fields = caps_fields, .example = "{parallel: 200, canary: 1}",
	  .help = "What no manifest may exceed." },
	{ .name = "newPairs", .type = FIELD_CHOICE, .offset = FULL(new_pairs),
	  .choices = pair_choices, .fallback = "ask",
	  .help = "Must a person confirm the first use of an account on a server?" },
	{ .name = "plans", .type = FIELD_MAP, .offset = FULL(plans),
	  .fields = plans_fields,
	  .example = "{expireAfter: 24h, approval: any}",
	  .help = "Saved plans: lockstep plan --out, approve, apply PLAN." },
	{ .name = "allow", .type = FIELD_MAP, .offset = FULL(allow),
	  .fields = allow_fields, .example = "{unproved: false, continue: false}",
	  .help = "What is refused otherwise." },
	{ .name = NULL },
};
/* clang-format on */
