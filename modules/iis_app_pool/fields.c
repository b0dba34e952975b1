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
	{ "apply", { "nonce", "deadline", "poolsPerCommit" } },
	/* identity, userWas, local: what the plan saw; the pool is refused when
	 * it differs. secret: number of the K frame, whose account must
	 * equal the row's. user: what IIS is to store. rewrite: 1 = write
	 * even what is equal, since WAS gave up on it and looks again only then. */
	{ "set", { "name", "generation", "candidate", "account", "secret",
		   "user", "identity", "userWas", "local", "rewrite" } },
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
	 * write applicationHost.config. was, w3svc: service states. */
	{ "probe", { "ps", "language", "bits", "name", "mwa", "writable",
		     "redirected", "was", "w3svc", "now" } },
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
	/* A WAS identity fault: 5021 5057 5059 5002. The newest of each id: in
	 * observe among the newest 2,000 events of the log, in verify since
	 * the row's time. */
	{ "event", { "pool", "id", "time" } },
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
