/*
 * farm.h - a model of servers: what IIS, WAS, the fence and Active Directory
 * would do to what is asked of them.
 *
 * Passwords are numbers. A pool's logon works when its number is the
 * account's `truth` and the account may log on to the server; whom no Account
 * declares can always log on.
 *
 * Owner    the arena that farm_new() was given; strings of desired, config and
 *          observed are used where they are.
 * Shapes   servers as in desired.servers; the pools of a server stand
 *          together. Add them server by server, then look things up.
 * Times    milliseconds by the server's clock: farm_clock().
 * Errors   -ERR_NOMEM only.
 */
#ifndef REHEARSE_FARM_H
#define REHEARSE_FARM_H

#include "reconciler/model/applied.h"
#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"
#include "reconciler/model/identity.h"
#include "reconciler/model/observed.h"
#include "reconciler/rehearse/dice.h"

#define FARM_PASSWORD_UNKNOWN (-1) /* one that lockstep does not know */
#define FARM_PASSWORD_NONE    (-2) /* none at all */
#define FARM_FAULT_SHOWN_MS   700  /* an event is in the log by then */
#define FARM_COMMIT_MS \
	3000 /* a commit may end so long after its
					deadline */
#define FARM_LOCKED_MS 1800000

/* Whom a pool runs as. */
struct farm_who {
	enum identity_type type;
	const char *user; /* as stored; "" for a builtin identity */
	size_t account;   /* into desired.accounts; SIZE_MAX = none of them */
};

struct farm_account {
	const char *shown; /* CORP\user */
	bool managed;      /* a gMSA */
	int64_t declared;  /* what the secret holds */
	int64_t truth;     /* what the domain accepts; of a gMSA: whether its
			      password may be fetched, when it is `declared` */
	/* The two before it: logons with them fail and do not count. */
	int64_t before[2];
	unsigned lock_at;     /* bad logons within half an hour; 0 = never */
	unsigned n_bad;       /* so far */
	int64_t bad_ms;       /* the last, by the domain's clock */
	int64_t locked_ms;    /* until then */
	unsigned n_tool_bad;  /* bad logons that lockstep made, ever */
	unsigned n_tool_lock; /* it was the one that locked the account */
};

struct farm_pool {
	size_t server;
	const char *name;
	struct observed_pool base; /* what nothing here changes: sites... */
	struct farm_who who;
	bool local; /* its identity stands at the pool, not in the defaults */
	enum value_from user_from;
	enum value_from password_from;
	int64_t password;
	bool gone;      /* somebody removed it */
	bool held;      /* a person stopped it */
	bool crashes;   /* its program dies at once */
	bool http_bad;  /* its site answers 503 */
	bool rotates;   /* a commit recycles it */
	bool stuck;     /* a recycle does not replace its worker */
	bool on_demand; /* no worker until a request comes */
	enum pool_state state;
	int64_t worker_ms; /* its start, 0 = none */
	struct farm_who worker_who;
	int64_t disabled_ms; /* newest 5002, 0 = none */
	int64_t fault_ms;    /* newest 5021, 0 = none */
	uint32_t fault_code;
	int64_t fault_before_ms; /* the one before it */
	uint32_t fault_before_code;
	struct fence fence;
	int64_t commit_ms;  /* when lockstep wrote it last, truly; 0 = never */
	int64_t version;    /* of the last commit of lockstep */
	unsigned n_commits; /* by lockstep, ever */
	unsigned n_same;    /* of the generation that the fence holds */
};

struct farm_server {
	size_t first_pool; /* into farm.pools */
	size_t n_pools;
	struct observed base;    /* its pools are not used */
	int64_t clock_offset_ms; /* its clock less the controller's */
	bool *no_right; /* by account: it may not log on as a batch job */
	unsigned n_boots;
	int64_t up_ms;   /* it is down until then, by the controllers' clock */
	size_t *by_name; /* its pools, sorted; made when first asked for */
};

ARRAY_TYPE(farm_pool_array, struct farm_pool);

struct farm {
	struct arena *arena;
	const struct desired *desired;
	const struct config *config;
	size_t n_servers;
	size_t n_accounts;
	struct farm_server *servers;
	struct farm_account *accounts;
	struct farm_pool_array pools;
	size_t *by_key; /* servers, sorted */
	bool by_tool;   /* lockstep makes what happens now */
};

/* One row of an APPLY, ACTIVATE or VERIFY on its way. */
struct farm_row {
	size_t pool; /* into farm.pools */
	struct farm_who seen;
	bool seen_local;
	struct farm_who to;
	bool secret; /* a password goes with it */
	int64_t password;
	int64_t version;
	int64_t generation;
	uint8_t candidate[16];
	int64_t committed_ms;
	bool rewrite; /* though it holds the right password */
	bool revive;
	bool recycle;
	const struct http_check *http; /* VERIFY asks its site; or NULL */
};

/* How far a request gets on the server. */
enum farm_end {
	FARM_WHOLE,
	FARM_BEGUN,     /* dies after the fence said "begun" */
	FARM_COMMITTED, /* dies after the commit, before the fence knows */
	FARM_FAULT,     /* the commit fails */
};

/* farm.c */
int farm_new(struct farm *farm, struct arena *arena,
	     const struct desired *desired, const struct config *config);
/* The new pool of the server, a started one that nobody wrote; NULL = no
 * memory. */
struct farm_pool *farm_add(struct farm *farm, size_t server, const char *name);
/* A server as it was read. */
int farm_add_observed(struct farm *farm, const struct observed *observed,
		      int64_t read_ms);
/* Whom a user as IIS stores it is. */
struct farm_who farm_who(const struct farm *farm, enum identity_type type,
			 const char *user);
bool farm_who_same(const struct farm_who *a, const struct farm_who *b);
/* SIZE_MAX = it is not there. */
size_t farm_find_server(struct farm *farm, const char *key);
size_t farm_find(struct farm *farm, size_t server, const char *pool);
int64_t farm_clock(const struct farm *farm, size_t server, int64_t now_ms);

/* farm_acts.c: what a server does. index: into farm.pools. */
struct applied_row farm_apply(struct farm *farm, const struct farm_row *row,
			      enum farm_end end, int64_t now_ms);
void farm_activate(struct farm *farm, const struct farm_row *row,
		   int64_t now_ms);
void farm_recycle(struct farm *farm, size_t index, int64_t now_ms);
/* Can whom it runs as log on there? 0 = yes, else the error that WAS logs. */
uint32_t farm_logon_error(const struct farm *farm, size_t index);

/* now_ms: the controllers' clock. */
void farm_reboot(struct farm *farm, size_t server, int64_t now_ms,
		 int64_t down_ms);
/* The domain has a new password. */
void farm_set_password(struct farm *farm, size_t index, int64_t password);
/* Does the domain accept what the secret holds? */
bool farm_account_works(const struct farm_account *account, int64_t now_ms);

/* farm_look.c: what OBSERVE and VERIFY see; memory of the arena; NULL = there
 * is none. A pool that is gone is named "". */
struct observed *farm_observe(const struct farm *farm, size_t server,
			      struct arena *arena, int64_t now_ms);
/* The same, without pools that are gone. */
void farm_drop_gone(struct observed *observed);

#endif
