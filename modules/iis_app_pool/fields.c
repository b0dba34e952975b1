/* fields.c - see fields.h. */
#include "modules/iis_app_pool/fields.h"

#include <stddef.h>

/* clang-format off */
const struct record_kind iis_request_kinds[] = {
	/* The first record of a request says its kind; rows follow. */
	{ "probe", { "nonce" } },
	/* key: number of the tag key's K frame of this request. */
	{ "observe", { "nonce", "key" } },
	{ "verify", { "nonce", "key" } },
	/* A spelling of a managed account: only pools whose stored userName
	 * equals one (case ignored) are tagged. Rows of observe and verify. */
	{ "watch", { "user" } },
	/* Rows of verify: one pool, faults counted since then. */
	{ "check", { "name", "since" } },
	/* Rows of verify: GET path over loopback through each binding of the
	 * sites that use the pool of a `check`, again until all answer with one
	 * of expect ("200,401") or `within` ms after the request came. */
	{ "http", { "name", "path", "expect", "within" } },
	{ "apply", { "nonce", "deadline", "poolsPerCommit" } },
	/* type, user: what IIS is to store. A builtin type has user "" and
	 * secret 0: user and password are cleared. A user that ends with '$' (a
	 * group managed service account) has secret 0 too. Every other has the
	 * number of the K frame, whose account must equal the row's.
	 * identity, userWas, local: what the plan saw; the pool is refused when
	 * it differs. rewrite: 1 = write even what is equal, since WAS gave
	 * up on it and looks again only then. */
	{ "set", { "name", "generation", "candidate", "type", "account",
		   "secret", "user", "identity", "userWas", "local",
		   "rewrite" } },
	{ "activate", { "nonce", "deadline" } },
	/* policy: recycle restart none. committed: time of the commit; an older
	 * worker must go. revive: 1 = start it if WAS stopped it. */
	{ "pool", { "name", "policy", "committed", "revive" } },
	{ NULL, { NULL } },
};

const struct record_kind iis_reply_kinds[] = {
	/* where: stage or pool. code: one word of the lists in README.md. */
	{ "fault", { "where", "code", "type", "hresult", "detail" } },
	{ "done", { "stage" } },
	/* redirected: 1 = shared configuration. writable: 1 = the caller may
	 * write applicationHost.config. was, w3svc: service states. user: whom
	 * the session runs as. os: version of Windows. */
	{ "probe", { "ps", "language", "bits", "name", "user", "os", "mwa",
		     "writable", "redirected", "was", "w3svc", "now" } },
	/* config: SHA-256 of applicationHost.config. fence: absent present
	 * damaged. */
	{ "server", { "config", "fence", "now" } },
	/* identity: SpecificUser NetworkService LocalService LocalSystem
	 * ApplicationPoolIdentity. local: 1 = identityType stands at the pool
	 * itself. userFrom, passwordFrom: local inherited none.
	 * password: absent present unreadable. tag: hex, or empty when the pool
	 * is not watched. state: Starting Started Stopping Stopped Unknown.
	 * rotates: 0 = disallowRotationOnConfigChange. sites: how many sites
	 * use it. */
	{ "pool", { "name", "identity", "local", "user", "userFrom",
		    "password", "passwordFrom", "tag", "state", "autoStart",
		    "startMode", "rotates", "sites" } },
	{ "worker", { "pool", "pid", "owner", "started" } },
	/* A fault that WAS logged: 5021 5057 5059 5002. The newest of each id:
	 * in observe among the newest 2,000 events of the log, in verify since
	 * the row's time. code: 8 hex digits, the error number in the event's
	 * data, empty when there is none. */
	{ "event", { "pool", "id", "time", "code" } },
	/* A site with at most 8 of its bindings, "http *:80:shop, +3". */
	{ "site", { "name", "bindings" } },
	/* An application that runs in the pool. folder: physicalPath of its
	 * root as stored. windowsAuth, kernelMode, poolCredentials: of
	 * windowsAuthentication at that place. */
	{ "app", { "pool", "site", "path", "folder", "windowsAuth",
		   "kernelMode", "poolCredentials" } },
	/* Another place that uses a watched user. kind: virtualDirectory
	 * anonymous defaults service task. */
	{ "elsewhere", { "kind", "place", "user" } },
	/* what: services tasks locations; could not be read. */
	{ "blind", { "what", "code" } },
	/* Answer to an `http` row through one binding. status: 0 = none, then
	 * why: refused timeout tls bad_answer no_binding. */
	{ "answer", { "pool", "site", "binding", "status", "why" } },
	/* What the fence file holds. committed: 0 = begun, not reported. */
	{ "fence", { "pool", "generation", "candidate", "committed" } },
	/* status: set kept refused. why: empty, or missing identity_changed
	 * user_changed local_changed generation_behind candidate_differs
	 * deadline fence_damaged. committed: 0 = not known or none */
	{ "result", { "name", "generation", "status", "why", "committed" } },
	{ "commit", { "number", "tries", "pools", "committed" } },
	/* did: nothing recycled started restarted failed */
	{ "activated", { "name", "did", "state" } },
	{ NULL, { NULL } },
};
/* clang-format on */
