/*
 * sim.h - carries out the engine's actions in virtual time, with faults drawn
 * from a seed, and checks the rules that must hold whatever happens.
 *
 * sim_seed() plays one seed: runs with faults, crashes and restarts, then a
 * run without, which must converge, and one more, which must change nothing.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "tests/sim/farm.h"

#define REQUESTS_MAX 512
#define EVENTS_MAX   256
#define ROWS_MAX     8

/* Chances in permille, drawn for each seed; all zero = no faults. */
struct sim_faults {
	unsigned unreachable; /* not sent at all */
	unsigned lost;        /* sent, never arrives */
	unsigned reply_lost;
	unsigned late; /* lands up to its deadline */
	unsigned partial;
	unsigned save_fails;
	unsigned crash; /* at each event */
	unsigned stop;
	unsigned meddle;
	unsigned reset;
};

struct sim_request {
	enum action_kind kind;
	size_t server;
	unsigned life; /* of the controller that sent it */
	int64_t deadline_ms;
	enum farm_end end;
	bool reply_lost;
	size_t n_rows;
	struct farm_row rows[ROWS_MAX];
};

enum sim_event_kind {
	SIM_LANDS,
	SIM_FAILS, /* the session ends without an answer */
	SIM_SAVED,
	SIM_TIMER,
	SIM_ANSWER,
};

struct sim_event {
	int64_t at_ms;
	uint64_t seq;
	enum sim_event_kind kind;
	unsigned life;
	struct sim_request *request;
	struct event event; /* ANSWER TIMER SAVED FAILS */
	const struct save *save;
};

/* What the rules need to know of one pool in a run. */
struct sim_watch {
	bool intended; /* its intent is durable */
	int64_t generation;
	uint8_t candidate[16];
	int64_t verifies_ms;   /* VERIFY is out: since when; 0 = it is not */
	bool closed_unwritten; /* said to be not written */
	unsigned n_applies;
	bool puts_back; /* the intent is to put an old identity back */
};

struct sim {
	uint64_t seed;
	struct sim_rng rng;
	/* Pools and bindings of every kind, drawn from a seed of their own, so
	 * that a seed is the same without them. */
	bool kinds;
	struct sim_rng kinds_rng;
	bool suspends;
	size_t suspended_server, suspended_pool;
	struct sim_faults faults;
	int64_t now_ms;
	uint64_t seq;
	unsigned life;
	struct arena arena; /* of the seed */
	struct desired desired;
	struct config config;
	int64_t versions[ACCOUNTS_MAX];
	struct farm farm;
	struct past past; /* what is durable; one entry for each pool */
	struct sim_event events[EVENTS_MAX];
	size_t n_events;
	/* of the run */
	struct arena run_arena;
	struct engine *engine;
	int64_t began_ms;
	const struct plan *plan; /* CHANGE */
	/* the pool of an account's first commit in this run */
	const struct farm_pool *first[ACCOUNTS_MAX];
	struct sim_watch watch[SERVERS_MAX][POOLS_MAX];
	bool in_air[SERVERS_MAX];
	bool session[SERVERS_MAX];
	bool started[SERVERS_MAX];
	bool proved[ACCOUNTS_MAX];  /* and saved */
	bool faulted[ACCOUNTS_MAX]; /* the engine was told of a 5021 */
	bool told[ACCOUNTS_MAX];    /* the same, seen by whatever look */
	bool barred[SERVERS_MAX][ACCOUNTS_MAX]; /* ... of a missing right */
	bool local[SERVERS_MAX][ACCOUNTS_MAX];  /* the same, by any look */
	bool change;
	bool stopped; /* the engine was told to stop */
	bool saves_fail;
	bool crashed;
	bool trace;       /* print what happens */
	char broken[256]; /* the first rule that did not hold, "" = none */
};

struct sim_totals {
	uint64_t n_events, n_crashes, n_commits, n_runs, n_ms;
	/* Changes that ended so: did the seeds get there at all? */
	uint64_t n_put_back, n_not_put_back, n_right, n_site, n_crashed,
		n_told_only;
};

/* sim_world.c */
void sim_world(struct sim *sim, uint64_t seed, bool kinds);
/* sim_kinds.c: what kinds add to it, and what disturbs and mends them. */
void kinds_accounts(struct sim *sim);
void kinds_binding(struct sim *sim, size_t account, struct binding *binding);
void kinds_pools(struct sim *sim);
void kinds_disturb(struct sim *sim);
void kinds_mend(struct sim *sim);
/* Is it a pool that nothing has to converge? */
bool kinds_left_alone(const struct sim *sim, size_t server, size_t pool);
bool sim_is_suspended(const struct sim *sim, size_t server, size_t pool);

/* sim_trace.c */
void trace_action(const struct sim *sim, const struct action *action);
void trace_event(const struct sim *sim, const struct event *event);

/* sim_run.c */
void sim_break(struct sim *sim, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* true: the run ended; false: the controller crashed or a rule broke. */
bool sim_run(struct sim *sim, const struct engine_input *input,
	     struct sim_totals *totals);
void sim_land_all(struct sim *sim);

/* sim_requests.c */
void sim_send(struct sim *sim, const struct action *action);
void sim_lands(struct sim *sim, struct sim_request *request);
void sim_later(struct sim *sim, int64_t in_ms, const struct sim_event *event);

/* sim_disk.c */
void disk_new(struct sim *sim);
void disk_write(struct sim *sim, const struct save *save);
/* A copy for a run. */
struct past disk_past(const struct sim *sim, struct arena *arena);
bool sim_find(const struct sim *sim, const char *server, const char *pool,
	      size_t *ret_server, size_t *ret_pool);

/* sim_check.c */
void check_action(struct sim *sim, const struct action *action);
/* sim_check_kinds.c */
bool check_put_back(struct sim *sim, const struct action_row *row,
		    const struct change *planned, size_t server, size_t pool);
void check_kind_row(struct sim *sim, const struct action *action,
		    const struct action_row *row, size_t server, size_t pool);
void check_kind_result(struct sim *sim, const struct result_row *row,
		       size_t server, size_t pool);
void check_stops(struct sim *sim);
void count_kinds(const struct sim *sim, struct sim_totals *totals);
/* A verify failed that its binding says does not count. */
bool counts_not(const struct sim *sim, const struct result_row *row);
/* sim_check_gate.c: may this server start now? */
void check_start(struct sim *sim, size_t server);
void check_save(struct sim *sim, const struct save *save);
void check_commit(struct sim *sim, const struct sim_request *request,
		  const struct farm_row *row, int64_t version_before);
void check_result(struct sim *sim, const struct plan *plan);

#endif
