/* binding_fields.c - kind AppPoolBinding. */
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

static int check_pool(const char *text, struct err *err)
{
	if (str_is_glob(text))
		return err_set(err, -ERR_MANIFEST,
			       "expected the full name of a pool; patterns "
			       "with * or ? are not honoured by this version");
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
	{ .name = "refuse" },
	{ .name = "makeLocal", .not_honoured = true },
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
	{ .name = "stop" },
	{ .name = "rollback", .not_honoured = true },
	{ .name = "continue", .not_honoured = true },
	{ .name = NULL },
};

#define FULL(member) offsetof(struct draft_binding, spec.member)
#define AT(member) (FULL(member) - offsetof(struct draft_binding, spec))

static const struct field identity_fields[] = {
	{ .name = "account", .type = FIELD_NAME, .flags = FIELD_REQUIRED,
	  .offset = FULL(identity.account) - FULL(identity),
	  .expect = "the name of an Account", .example = "svc-orders",
	  .help = "The name of an Account." },
	{ .name = "builtin", .type = FIELD_NAME, .flags = FIELD_NOT_HONOURED,
	  .replaces = "account",
	  .help = "ApplicationPoolIdentity, NetworkService, LocalService or LocalSystem." },
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
	{ .name = "http", .type = FIELD_MAP, .flags = FIELD_NOT_HONOURED,
	  .help = "Ask the pool's own sites over loopback." },
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
	  .check = check_pool, .expect = "the name of a pool",
	  .example = "[OrdersApi, OrdersWorker]",
	  .help = "These pools must run as the identity; case is ignored, as IIS does." },
	{ .name = "inherited", .type = FIELD_CHOICE, .offset = AT(inherited),
	  .choices = inherited_choices, .fallback = "refuse",
	  .help = "What to do when user or password come from applicationPoolDefaults." },
	{ .name = "restart", .type = FIELD_CHOICE, .offset = AT(restart),
	  .choices = restart_choices, .fallback = "recycle",
	  .help = "How running workers get the new identity." },
	{ .name = "verify", .type = FIELD_MAP, .offset = AT(verify),
	  .fields = verify_fields,
	  .example = "{state: unchanged, worker: newer-than-commit}",
	  .help = "What must hold before a pool counts as converged." },
	{ .name = "onVerifyFail", .type = FIELD_CHOICE,
	  .offset = AT(on_verify_fail), .choices = fail_choices,
	  .fallback = "stop", .help = "What to do when it does not hold." },
	{ .name = "follow", .type = FIELD_BOOL, .flags = FIELD_NOT_HONOURED,
	  .replaces = "pools",
	  .help = "Keep every pool found running as the account in step." },
	{ .name = "exclude", .type = FIELD_TEXT,
	  .flags = FIELD_NOT_HONOURED | FIELD_LIST,
	  .help = "Pools to leave alone." },
	{ .name = "elsewhere", .type = FIELD_NAME, .flags = FIELD_NOT_HONOURED,
	  .help = "What to do when the server uses the account in other places too." },
	{ .name = "windows", .type = FIELD_MAP, .flags = FIELD_NOT_HONOURED,
	  .help = "ChangeWindows in which changes may start." },
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
