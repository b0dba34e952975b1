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

/* A WAS identity fault: id 5021 5057 5059 5002. */
struct was_event {
	unsigned id;
	int64_t time_ms;
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
	struct fence fence;
	const char *fault; /* why it could not be read in full, or NULL */
};

ARRAY_TYPE(observed_pool_array, struct observed_pool);

struct observed {
	size_t server;   /* into desired.servers */
	bool redirected; /* shared configuration: never written */
	bool writable;
	bool fence_damaged;
	const char *powershell; /* version */
	const char *iis;        /* version of Microsoft.Web.Administration */
	int64_t now_ms;         /* the server's clock */
	char config_digest[65]; /* of applicationHost.config, hex */
	struct observed_pool_array pools;
};

/* ASCII case ignored; NULL = not there. */
const struct observed_pool *observed_find(const struct observed *observed,
					  const char *pool);
/* Newest start of a worker of the pool, 0 = none runs. */
int64_t observed_worker_start(const struct observed_pool *pool);
/* Newest identity fault, 0 = none; *ret_id may be NULL. */
int64_t observed_fault(const struct observed_pool *pool, unsigned *ret_id);

#endif
