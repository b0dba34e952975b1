/*
 * farm.h - a model of servers for the simulator: what IIS, WAS, the fence
 * and Active Directory would do, in virtual time.
 *
 * Passwords are numbers. A pool's logon works when its number is the
 * account's `truth` and the account may log on to the server. Times are milliseconds of the one virtual clock.
 */
#ifndef SIM_FARM_H
#define SIM_FARM_H

#include "reconciler/engine/engine.h"

#define SERVERS_MAX  6
#define POOLS_MAX    4
#define ACCOUNTS_MAX 3

struct sim_rng {
	uint64_t state;
};

uint64_t rng_next(struct sim_rng *rng);
/* low..high, both included */
int64_t rng_range(struct sim_rng *rng, int64_t low, int64_t high);
bool rng_chance(struct sim_rng *rng, unsigned permille);

/* What a binding declares. There is one for each account; a builtin identity
 * leaves the account of its number unused. */
enum farm_kind { FARM_USER, FARM_GMSA, FARM_BUILTIN };

/* Whom a pool may run as. */
enum farm_who {
	WHO_DECLARED,
	WHO_OTHER,   /* CORP\other, with a password that nobody here knows */
	WHO_SERVICE, /* a builtin identity that is not the declared one */
	WHO_MANAGED, /* a gMSA that nobody declares */
	WHO_COUNT,
};

struct farm_account {
	enum farm_kind kind;
	int64_t declared; /* what the secret holds */
	int64_t truth;    /* what the domain accepts; of a gMSA: whether its
			     password may be fetched */
};

struct farm_pool {
	size_t account; /* that it is declared to run as */
	enum farm_who who;
	enum farm_who alt; /* whom a person may make of it */
	bool inherited;    /* from applicationPoolDefaults */
	bool gone;         /* somebody removed it */
	bool held;         /* a person stopped it */
	bool crashes;      /* its program dies at once */
	bool http_bad;     /* its site answers 503 */
	int64_t password;
	bool rotates;
	bool stuck;     /* a recycle does not replace its worker */
	bool on_demand; /* no worker until a request comes */
	enum pool_state state;
	int64_t worker_ms; /* its start, 0 = none */
	enum farm_who worker_who;
	uint32_t fault_code; /* of the newest 5021 */
	uint32_t fault_before_code;
	int64_t disabled_ms;     /* newest 5002, 0 = none */
	int64_t fault_ms;        /* newest 5021, 0 = none */
	int64_t fault_before_ms; /* the one before it */
	struct fence fence;
	int64_t commit_ms;   /* when lockstep wrote it last, truly */
	int64_t version;     /* of the last commit of lockstep */
	unsigned n_commits;  /* by lockstep, ever */
	unsigned n_same;     /* of the generation that the fence holds */
	bool meddled;        /* by a person, in this run */
	int64_t recycled_ms; /* last */
};

struct farm {
	size_t n_servers, n_pools, n_accounts;
	struct farm_account accounts[ACCOUNTS_MAX];
	struct farm_pool pools[SERVERS_MAX][POOLS_MAX];
	/* The account may not log on as a batch job there. */
	bool no_right[SERVERS_MAX][ACCOUNTS_MAX];
};

/* One row of an APPLY or ACTIVATE on its way. */
struct farm_row {
	size_t pool;
	enum farm_who seen;
	bool seen_local;
	enum farm_who to;
	int64_t password;
	int64_t version;
	int64_t generation;
	uint8_t candidate[16];
	int64_t committed_ms;
	bool rewrite; /* though it holds the right password */
	bool revive;
	bool recycle;
	bool http; /* VERIFY asks its site */
};

/* How far a request gets on the server. */
enum farm_end {
	FARM_WHOLE,
	FARM_BEGUN,     /* dies after the fence said "begun" */
	FARM_COMMITTED, /* dies after the commit, before the fence knows */
	FARM_FAULT,     /* the commit fails */
};

const char *farm_pool_name(size_t pool);
/* The same as IIS stores it. */
enum identity_type farm_type(const struct farm *farm, size_t account,
			     enum farm_who who);
const char *farm_user(const struct farm *farm, size_t account,
		      enum farm_who who);
/* WHO_COUNT = nobody that this farm knows. */
enum farm_who farm_who_is(const struct farm *farm, size_t account,
			  enum identity_type type, const char *user);
struct applied_row farm_apply(struct farm *farm, size_t server,
			      const struct farm_row *row, enum farm_end end,
			      int64_t now_ms);
void farm_activate(struct farm *farm, size_t server, const struct farm_row *row,
		   int64_t now_ms);
/* What OBSERVE and VERIFY see; memory of the arena. A pool that is gone is
 * named "". */
struct observed *farm_observe(const struct farm *farm, size_t server,
			      struct arena *arena, int64_t now_ms);
/* Promise 3 by the truth of the model. */
bool farm_converged(const struct farm *farm, size_t server, size_t index);
/* A person or IIS does something to a pool. */
void farm_meddle(struct farm *farm, size_t server, size_t index,
		 struct sim_rng *rng, int64_t now_ms);
void farm_recycle(struct farm *farm, size_t server, size_t index,
		  int64_t now_ms);

#endif
