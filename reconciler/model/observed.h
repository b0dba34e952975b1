/*
 * observed.h - what a server said it holds. Built by modules/iis_app_pool
 * from a verified reply; strings are the server's and untrusted.
 *
 * Owner    the arena that the builder was given.
 * Times    *_ms since 1970-01-01 UTC by the server's clock, unless noted.
 */
#ifndef MODEL_OBSERVED_H
#define MODEL_OBSERVED_H

#include "reconciler/core/array.h"
#include "reconciler/model/identity.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum value_from { VALUE_NONE, VALUE_LOCAL, VALUE_INHERITED };

/* What the stored password is against the declared one. NOT_COMPARED: the
 * pool runs as nobody that lockstep may know the password of. */
enum password_state {
	PASSWORD_NOT_COMPARED,
	PASSWORD_ABSENT,
	PASSWORD_UNREADABLE, /* key damage on the server */
	PASSWORD_STALE,
	PASSWORD_CURRENT,
};

enum pool_state {
	POOL_STARTING,
	POOL_STARTED,
	POOL_STOPPING,
	POOL_STOPPED,
	POOL_STATE_UNKNOWN,
};

struct worker {
	int64_t pid;
	const char *owner; /* DOMAIN\user, or "" when it could not be read */
	int64_t started_ms;
};

/* A fault that WAS logged about a pool. 5021 5057 5059: of its identity;
 * 5002: it was disabled after a series of failures (rapid-fail protection),
 * which may have any cause. code: the error in the event's data, for
 * example 0x8007052e = wrong password; 0 = none was there. */
struct was_event {
	unsigned id;
	int64_t time_ms;
	uint32_t code;
};

/* An application that runs in a pool. */
struct pool_app {
	const char *site;
	const char *path;      /* "/" or "/shop" */
	const char *folder;    /* physicalPath of its root, as stored */
	bool windows_auth;     /* Windows authentication is on */
	bool kernel_mode;      /* ... in kernel mode */
	bool pool_credentials; /* ... with the pool's own account */
};

/* A site's answer to the HTTP check, through one of its bindings. */
struct http_answer {
	const char *site;
	const char *binding; /* "http *:80:shop.example" */
	unsigned status;     /* 0 = none */
	const char *why;     /* word of the module's list when status is 0 */
};

/* What the server's fence file holds for a pool. */
struct fence {
	bool present;
	int64_t generation;
	uint8_t candidate[16];
	int64_t committed_ms; /* 0 = begun, not committed as far as it knows */
};

ARRAY_TYPE(worker_array, struct worker);
ARRAY_TYPE(was_event_array, struct was_event);
ARRAY_TYPE(pool_app_array, struct pool_app);
ARRAY_TYPE(http_answer_array, struct http_answer);

struct observed_pool {
	const char *name; /* as the server spells it */
	enum identity_type identity;
	bool identity_local;
	const char *user; /* effective userName, "" = none */
	enum value_from user_from;
	enum value_from password_from;
	enum password_state password;
	/* Which declared account the password was compared with: index into
	 * desired.accounts; SIZE_MAX = none. */
	size_t account;
	enum pool_state state;
	bool auto_start;
	bool always_running;
	bool rotates; /* a change of its configuration recycles it */
	unsigned n_sites;
	struct worker_array workers;
	struct was_event_array events;
	struct pool_app_array apps;
	struct http_answer_array answers; /* VERIFY only */
	struct fence fence;
	const char *fault_code; /* the word of that fault, or NULL */
	const char *fault;      /* why it could not be read in full, or NULL */
};

ARRAY_TYPE(observed_pool_array, struct observed_pool);

/* Another place on the server that uses a watched account. */
enum elsewhere_kind {
	ELSEWHERE_VIRTUAL_DIRECTORY, /* place: "Shop/images" */
	ELSEWHERE_ANONYMOUS, /* anonymousAuthentication; place: location, "" =
				the whole server */
	ELSEWHERE_DEFAULTS,  /* applicationPoolDefaults, siteDefaults...:
				place names which */
	ELSEWHERE_SERVICE,   /* place: name of the Windows service */
	ELSEWHERE_TASK,      /* place: path of the scheduled task */
	ELSEWHERE_COUNT,
};

struct elsewhere {
	enum elsewhere_kind kind;
	const char *place;
	const char *user; /* as stored there */
	size_t account;   /* into desired.accounts */
};

/* Something that could not be read about the server: what = services tasks
 * locations; why is the fault. elsewhere is then not complete. */
struct blind_spot {
	const char *what;
	const char *why;
};

/* A site, and the first eight of its bindings. */
struct observed_site {
	const char *name;
	const char *bindings; /* "http *:80:, https *:443:shop.example, +3" */
};

ARRAY_TYPE(elsewhere_array, struct elsewhere);
ARRAY_TYPE(blind_spot_array, struct blind_spot);
ARRAY_TYPE(observed_site_array, struct observed_site);

struct observed {
	size_t server;   /* into desired.servers */
	bool redirected; /* shared configuration: never written */
	bool writable;
	bool fence_damaged;
	const char *powershell;   /* version */
	const char *iis;          /* version of Microsoft.Web.Administration */
	const char *computer;     /* the name that the server gives itself */
	const char *session_user; /* whom the session runs as */
	const char *windows;      /* version of the operating system */
	const char *was_state;    /* of the service WAS: "Running"... */
	const char *w3svc_state;
	int64_t now_ms;         /* the server's clock */
	char config_digest[65]; /* of applicationHost.config, hex */
	struct observed_pool_array pools;
	struct observed_site_array sites;
	struct elsewhere_array elsewhere;
	struct blind_spot_array blind;
};

/* ASCII case ignored; NULL = not there. */
const struct observed_pool *observed_find(const struct observed *observed,
					  const char *pool);
/* Newest start of a worker of the pool, 0 = none runs. */
int64_t observed_worker_start(const struct observed_pool *pool);
/* Newest identity fault (5021 5057 5059), 0 = none; *ret_id may be NULL. */
int64_t observed_fault(const struct observed_pool *pool, unsigned *ret_id);
/* The error in its data, or in that of another which was logged with it; 0 =
 * there is none. */
uint32_t observed_fault_code(const struct observed_pool *pool);
/* When rapid-fail protection disabled it (5002) last, 0 = never. */
int64_t observed_disabled(const struct observed_pool *pool);
/* Did it disable the pool for another cause than its identity: is the newest
 * 5002 more than a minute younger than the newest identity fault? */
bool observed_crashed(const struct observed_pool *pool);

/* The word of `elsewhere` records: "virtualDirectory" "anonymous" "defaults"
 * "service" "task". */
const char *elsewhere_kind_name(enum elsewhere_kind kind);

#endif
