/* binding_fields.c - kind AppPoolBinding. */
#include "reconciler/manifest/kinds.h"

#include <string.h>

/* What may stand in a request line behind the host, and nothing that ends it
 * or that a server would take for another host. */
static int check_path(const char *text, struct err *err)
{
	static const char others[] = "/?-._~!$&'()*+,;=:@%";
	const char *c;

	if (text[0] != '/' || text[1] == '/')
		return err_set(err, -ERR_MANIFEST,
			       "expected a path that begins with one /, for "
			       "example /health; host and port are those of "
			       "the pool's own sites");
	for (c = text; *c; c++) {
		bool alnum = (*c >= '0' && *c <= '9') ||
			     (*c >= 'a' && *c <= 'z') ||
			     (*c >= 'A' && *c <= 'Z');

		if (!alnum && !strchr(others, *c))
			return err_set(err, -ERR_MANIFEST,
				       "expected a path as it stands in a "
				       "request, for example /health?full=1; "
				       "write other characters as %%XX");
	}
	return 0;
}

/* clang-format off */
static const struct field_choice restart_choices[] = {
	{ .name = "recycle", .value = RESTART_RECYCLE },
	{ .name = "restart", .value = RESTART_RESTART },
	{ .name = "none", .value = RESTART_NONE },
	{ .name = NULL },
};

static const struct field_choice inherited_choices[] = {
	{ .name = "refuse", .value = INHERITED_REFUSE },
	{ .name = "makeLocal", .value = INHERITED_MAKE_LOCAL },
	{ .name = NULL },
};

static const struct field_choice elsewhere_choices[] = {
	{ .name = "warn", .value = ELSEWHERE_WARN },
	{ .name = "refuse", .value = ELSEWHERE_REFUSE },
	{ .name = NULL },
};

static const struct field_choice builtin_choices[] = {
	{ .name = "ApplicationPoolIdentity",
	  .value = IDENTITY_APPLICATION_POOL },
	{ .name = "NetworkService", .value = IDENTITY_NETWORK_SERVICE },
	{ .name = "LocalService", .value = IDENTITY_LOCAL_SERVICE },
	{ .name = "LocalSystem", .value = IDENTITY_LOCAL_SYSTEM },
	{ .name = NULL },
};

static const struct field_choice state_choices[] = {
	{ .name = "unchanged" },
	{ .name = NULL },
};

static const struct field_choice worker_choices[] = {
	{ .name = "newer-than-commit" },
	{ .name = NULL },
};

static const struct field_choice fail_choices[] = {
	{ .name = "stop", .value = VERIFY_FAIL_STOP },
	{ .name = "rollback", .value = VERIFY_FAIL_ROLLBACK },
	{ .name = "continue", .value = VERIFY_FAIL_CONTINUE },
	{ .name = NULL },
};

#define FULL(member) offsetof(struct draft_binding, spec.member)
#define AT(member) (FULL(member) - offsetof(struct draft_binding, spec))

static const struct field identity_fields[] = {
	{ .name = "account", .type = FIELD_NAME, .flags = FIELD_REQUIRED,
	  .offset = FULL(identity.account) - FULL(identity),
	  .expect = "the name of an Account", .example = "svc-orders",
	  .help = "The name of an Account." },
	{ .name = "builtin", .type = FIELD_CHOICE, .flags = FIELD_ALONE,
	  .offset = FULL(identity.builtin) - FULL(identity),
	  .choices = builtin_choices, .replaces = "account",
	  .example = "NetworkService",
	  .help = "Instead of an account: an identity of Windows itself, which has no password." },
	{ .name = NULL },
};

static const struct field http_fields[] = {
	{ .name = "path", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = FULL(verify.http.path) - FULL(verify.http), .max = 1024,
	  .check = check_path, .expect = "a path", .example = "/health",
	  .help = "Asked with GET on the server itself, through each binding of the pool's own sites." },
	{ .name = "expect", .type = FIELD_NUMBER, .flags = FIELD_LIST,
	  .offset = FULL(verify.http.expect) - FULL(verify.http),
	  .min = 100, .max = 599, .example = "[200, 401]",
	  .fallback = "[200]",
	  .help = "The statuses that are fine; at most 8." },
	{ .name = "within", .type = FIELD_DURATION,
	  .offset = FULL(verify.http.within) - FULL(verify.http),
	  .min = 1000, .max = 90000, .fallback = "60s",
	  .help = "Asked again until then." },
	{ .name = NULL },
};

static const struct field verify_fields[] = {
	{ .name = "state", .type = FIELD_CHOICE,
	  .offset = FULL(verify.state) - FULL(verify),
	  .choices = state_choices, .fallback = "unchanged",
	  .help = "The pool is started or stopped as it was before." },
	{ .name = "worker", .type = FIELD_CHOICE,
	  .offset = FULL(verify.worker) - FULL(verify),
	  .choices = worker_choices, .fallback = "newer-than-commit",
	  .help = "A worker that runs started after the change, as the account." },
	{ .name = "http", .type = FIELD_MAP,
	  .offset = FULL(verify.http) - FULL(verify), .fields = http_fields,
	  .example = "{path: /health, expect: [200, 401], within: 60s}",
	  .help = "The pool's own sites answer as they should; not asked of a stopped pool." },
	{ .name = NULL },
};

static const struct field windows_fields[] = {
	{ .name = "identity", .type = FIELD_NAME, .flags = FIELD_LIST,
	  .offset = FULL(windows.identity) - FULL(windows), .word = "always",
	  .expect = "the name of a ChangeWindow", .example = "[weekend]",
	  .fallback_from = "always",
	  .help = "When who a pool runs as may change." },
	{ .name = "password", .type = FIELD_NAME, .flags = FIELD_LIST,
	  .offset = FULL(windows.password) - FULL(windows), .word = "always",
	  .expect = "the name of a ChangeWindow", .example = "[weekend]",
	  .fallback_from = "always",
	  .help = "When everything else may: passwords, and what an earlier run left unfinished." },
	{ .name = NULL },
};

static const struct field spec_fields[] = {
	{ .name = "identity", .type = FIELD_MAP, .flags = FIELD_REQUIRED,
	  .offset = AT(identity), .fields = identity_fields,
	  .example = "{account: svc-orders}", .help = "Who the pools run as." },
	{ .name = "groups", .type = FIELD_NAME,
	  .flags = FIELD_REQUIRED | FIELD_LIST, .offset = AT(groups),
	  .expect = "the name of a ResourceGroup",
	  .example = "[web-prod]",
	  .help = "Names of ResourceGroups: on their servers the pools must exist." },
	{ .name = "pools", .type = FIELD_TEXT,
	  .flags = FIELD_REQUIRED | FIELD_LIST, .offset = AT(pools),
	  .expect = "the name or pattern of a pool",
	  .example = "[OrdersApi, OrdersWorker]",
	  .help = "These pools must run as the identity. A name must exist on each server of the groups; a pattern of * and ? must match at least one pool there. Case is ignored, as IIS does." },
	{ .name = "follow", .type = FIELD_BOOL,
	  .offset = AT(follow), .fallback = "false", .replaces = "pools",
	  .help = "Instead of pools: every pool found running as the account keeps its password in step; identities stay as they are." },
	{ .name = "exclude", .type = FIELD_TEXT, .flags = FIELD_LIST,
	  .offset = AT(exclude),
	  .expect = "the name or pattern of a pool",
	  .example = "[OrdersLegacy]",
	  .help = "Pools that patterns and follow leave alone." },
	{ .name = "inherited", .type = FIELD_CHOICE, .offset = AT(inherited),
	  .choices = inherited_choices, .fallback = "refuse",
	  .help = "What to do when user or password come from applicationPoolDefaults." },
	{ .name = "elsewhere", .type = FIELD_CHOICE, .offset = AT(elsewhere),
	  .choices = elsewhere_choices, .fallback = "warn",
	  .help = "What to do when the server uses the account in other places too: virtual directories, services, scheduled tasks, other pools." },
	{ .name = "restart", .type = FIELD_CHOICE, .offset = AT(restart),
	  .choices = restart_choices, .fallback = "recycle",
	  .help = "How running workers get the new identity." },
	{ .name = "verify", .type = FIELD_MAP, .offset = AT(verify),
	  .fields = verify_fields,
	  .example = "{state: unchanged, worker: newer-than-commit}",
	  .help = "What must hold before a pool counts as converged." },
	{ .name = "onVerifyFail", .type = FIELD_CHOICE,
	  .offset = AT(on_verify_fail), .choices = fail_choices,
	  .fallback = "stop",
	  .help = "What to do when it does not hold: count the server as failed (stop); also put an identity without password back (rollback); go on (continue)." },
	{ .name = "windows", .type = FIELD_MAP, .offset = AT(windows),
	  .fields = windows_fields,
	  .example = "{identity: [weekend], password: always}",
	  .fallback_from = "always",
	  .help = "In which ChangeWindows changes may start. Deny windows apply without being named." },
	{ .name = NULL },
};

const struct field binding_fields[] = {
	KIND_ENVELOPE,
	{ .name = "spec", .type = FIELD_MAP, .flags = FIELD_REQUIRED,
	  .offset = offsetof(struct draft_binding, spec),
	  .fields = spec_fields,
	  .example = "{identity: {account: svc-orders}, groups: [web-prod], pools: [OrdersApi]}" },
	{ .name = NULL },
};
/* clang-format on */
