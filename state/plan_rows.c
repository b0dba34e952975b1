/* plan_rows.c - see plan_rows.h. */
#include "state/plan_rows.h"

#include "reconciler/model/desired.h"
#include "reconciler/model/observed.h"

/* clang-format off */
const struct record_kind plan_rows[PLAN_ROW_COUNT + 1] = {
	[PLAN_ROW_HEAD] = { "lockstep-plan",
		{ "format", "id", "made_ms", "expires_ms", "store", "person",
		  "actor", "desired", "config", "selected", "contested",
		  "waves" } },
	/* secret: its name and how it is got, "" = it has none. */
	[PLAN_ROW_ACCOUNT] = { "account",
		{ "name", "domain", "user", "type", "secret", "from",
		  "version" } },
	[PLAN_ROW_GROUP] = { "group",
		{ "name", "canary", "batch_percent", "batch_servers",
		  "max_failures", "pause_ms" } },
	/* account "" = builtin; http: the sites are asked. */
	[PLAN_ROW_BINDING] = { "binding",
		{ "name", "account", "identity", "restart", "http", "file",
		  "line" } },
	/* group "" = in none; reason: why it could not be read. */
	[PLAN_ROW_SERVER] = { "server",
		{ "name", "host", "key", "group", "wave", "read", "read_ms",
		  "took_ms", "reason", "digest", "changes" } },
	[PLAN_ROW_CHANGE] = { "change",
		{ "server", "binding", "pool", "kind", "cause", "identity",
		  "user", "secret", "first_pair", "revive", "rotates", "lags",
		  "version", "committed_ms" } },
	[PLAN_ROW_SEEN] = { "seen",
		{ "identity", "user", "local", "password", "sites", "state",
		  "worker", "always_running", "auto_start" } },
	[PLAN_ROW_STANDING] = { "standing",
		{ "server", "binding", "pool", "status", "reason", "guard" } },
	[PLAN_ROW_UNMANAGED] = { "unmanaged",
		{ "server", "pool", "user" } },
	/* server and binding "" = of none. */
	[PLAN_ROW_NOTE] = { "note",
		{ "kind", "server", "binding", "pool", "text" } },
	[PLAN_ROW_PAIR] = { "pair", { "text" } },
	[PLAN_ROW_END] = { "end", { "seal" } },
	[PLAN_ROW_COUNT] = { NULL, { NULL } },
};

const char *const plan_pool_states[] = {
	[POOL_STARTING] = "starting", [POOL_STARTED] = "started",
	[POOL_STOPPING] = "stopping", [POOL_STOPPED] = "stopped",
	[POOL_STATE_UNKNOWN] = "unknown", NULL,
};

const char *const plan_password_states[] = {
	[PASSWORD_NOT_COMPARED] = "unknown", [PASSWORD_ABSENT] = "none",
	[PASSWORD_UNREADABLE] = "unreadable", [PASSWORD_STALE] = "stale",
	[PASSWORD_CURRENT] = "current", NULL,
};

const char *const plan_restarts[] = {
	[RESTART_RECYCLE] = "recycle", [RESTART_RESTART] = "restart",
	[RESTART_NONE] = "none", NULL,
};

const char *const plan_account_types[] = {
	[ACCOUNT_USER] = "user", [ACCOUNT_GMSA] = "gmsa", NULL,
};
/* clang-format on */
