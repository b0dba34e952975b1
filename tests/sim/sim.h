/*
 * sim.h - plays the engine in a simulated farm (reconciler/rehearse), with
 * faults drawn from a seed, and checks the rules that must hold whatever
 * happens.
 *
 * sim_play() plays a seed: runs with faults, crashes and restarts, then a
 * run without, which must converge, and one more, which must change nothing.
 */
#ifndef SIM_SIM_H
#define SIM_SIM_H

#include "reconciler/rehearse/rehearse.h"
#include "tests/sim/rules.h"

#define POOLS_MAX    8
#define ACCOUNTS_MAX 3

/* What a binding declares. There is one for each account; a builtin identity
 * leaves the account of its number unused. */
enum sim_kind { SIM_USER, SIM_GMSA, SIM_BUILTIN };

/* Whom a pool may run as. */
enum sim_who {
	WHO_DECLARED,
	WHO_OTHER,   /* CORP\other, with a password that nobody here knows */
	WHO_SERVICE, /* a builtin identity that is not the declared one */
	WHO_MANAGED, /* a gMSA that nobody declares */
	WHO_COUNT,
};

/* One pool, for the whole seed. */
struct sim_pool {
	const struct sim_run *writer; /* of the newest commit */
	int64_t written_ms;
	size_t account;     /* that it is declared to run as, and its binding */
	enum sim_who alt;   /* whom a person may make of it */
	int64_t meddled_ms; /* by a person, last; 0 = never */
	/* The highest that was ever committed there. */
	int64_t generation;
	uint8_t candidate[16];
	/* Said to be not written; 0 = none. */
	int64_t unwritten;
	uint8_t unwritten_candidate[16];
};

/* What the rules need to know of one pool in a run. */
struct sim_watch {
	bool intended; /* its intent is durable */
	bool outcome;  /* and what became of it, or there was none */
	bool written;  /* by this run */
	int64_t generation;
	uint8_t candidate[16];
	int64_t verifies_ms; /* VERIFY is out: since when; 0 = it is not */
	unsigned n_applies;
	bool puts_back; /* the intent is to put an old identity back */
	bool logged_on; /* VERIFY saw a worker of it, and rightly so */
};

/* What the rules need to know of a run. */
struct sim_run {
	struct controller *controller;
	bool change;
	const struct plan *plan; /* CHANGE */
	int64_t since_ms;        /* of the look that the plan comes from */
	struct sim_watch *watch; /* by pool */
	/* by server */
	bool *in_air;
	bool *session;
	bool *started[2]; /* by mode: change, forward */
	bool *canary[2];
	int64_t *chose_ms; /* wall clock of the first intent of its visit */
	struct engine_input input;
	bool forward[ACCOUNTS_MAX];
	int64_t start_wall_ms;
	int64_t wall_ms;                   /* of the newest event */
	bool save_failed;                  /* the engine was told */
	int64_t *canary_done_ms;           /* by group, 0 = it is not */
	unsigned n_tool_bad[ACCOUNTS_MAX]; /* when it began */
	unsigned n_resets; /* of passwords in the domain, before it */
	bool (*barred)[ACCOUNTS_MAX];     /* the engine was told of no right */
	bool (*local)[ACCOUNTS_MAX];      /* the same, by any look */
	bool (*faulted_at)[ACCOUNTS_MAX]; /* told of another fault */
	bool (*told_at)[ACCOUNTS_MAX];
	/* by account */
	size_t first[ACCOUNTS_MAX];        /* the pool of its first commit */
	bool proved[ACCOUNTS_MAX];         /* and saved */
	bool faulted[ACCOUNTS_MAX];        /* the engine was told of a 5021 */
	bool told[ACCOUNTS_MAX];           /* the same, seen by whatever look */
	unsigned n_asked[ACCOUNTS_MAX][2]; /* by question */
	bool may_write[ACCOUNTS_MAX], may_finish[ACCOUNTS_MAX];
	bool blameless[ACCOUNTS_MAX]; /* says the directory */
	ARRAY(struct event) events;   /* all, where memory is short */
	size_t n_actions;
};

enum sim_mode {
	SIM_PLAIN, /* one account for each pool, all declared by name */
	SIM_KINDS, /* bindings and pools of every kind */
	SIM_WIDE,  /* and windows, many servers, a second controller ... */
	SIM_MODE_COUNT,
};

/* Faults that people make, beside those of rehearse.h. */
enum sim_fault_kind {
	SIM_FAULT_MEDDLE,
	SIM_FAULT_GONE,
	SIM_FAULT_RESET,
	SIM_FAULT_SECRET,
	SIM_FAULT_WAIT,
	SIM_FAULT_RACE,
	SIM_FAULT_COPY,
	SIM_FAULT_COUNT,
};

#define CUTS_MAX         4096
#define SIM_SERVERS_MOST 64
#define SIM_POOLS_MOST   8
#define SIM_RUNS_MOST    4

/* What is left out of a seed. */
struct sim_cuts {
	unsigned servers, pools, accounts; /* at most so many */
	int64_t runs;
	bool skip[CUTS_MAX]; /* by number of the fault */
};

struct sim_order {
	uint64_t seed;
	enum sim_mode mode;
	bool trace; /* print what happens */
	bool hash;
	bool short_memory; /* run again, with memory that ends somewhere */
	const struct sim_cuts *cuts; /* or NULL */
};

/* What only wide seeds have; sim_wide.c. */
struct sim_wide {
	struct dice dice;
	size_t n_groups;
	bool forward[ACCOUNTS_MAX]; /* of the run that begins */
	bool override_windows, contested;
	unsigned race;
	struct disk copy; /* an older one */
	struct arena other_arena;
};

struct sim {
	uint64_t seed;
	const struct sim_cuts *cuts;
	size_t n_faults;   /* drawn so far */
	size_t n_happened; /* and not left out */
	uint64_t n_sim_faults[SIM_FAULT_COUNT];
	/* Pools and bindings of every kind, drawn from a seed of their own, so
	 * that a seed is the same without them. */
	bool kinds;
	struct sim_wide *wide; /* NULL = it is none */
	struct dice kinds_dice;
	unsigned n_resets;
	bool racing; /* two controllers, or there were */
	bool suspends;
	size_t suspended; /* pool */
	unsigned meddle, reset;
	struct arena arena; /* of the seed */
	struct desired desired;
	struct config config;
	enum sim_kind kind_of[ACCOUNTS_MAX];
	bool (*no_right)[ACCOUNTS_MAX]; /* by server */
	int64_t versions[ACCOUNTS_MAX];
	size_t n_pools; /* of each server */
	struct rehearse world;
	struct disk disk;
	struct disk *used;      /* by runs that begin */
	struct sim_pool *pools; /* by pool */
	struct arena run_arena;
	struct sim_run *run; /* the one that something happens to */
	struct sim_run *begins;
	bool short_memory;
	bool hashes;
	uint64_t hash; /* of every event and action */
	bool trace;    /* print what happens */
	/* The first rule that did not hold; "" = none. */
	char broken[256];
	enum sim_rule rule;
};

struct sim_totals {
	uint64_t n_events, n_commits, n_runs, n_ms;
	uint64_t n_faults[FAULT_COUNT];
	uint64_t n_sim_faults[SIM_FAULT_COUNT];
	/* Changes that ended so: did the seeds get there at all? */
	uint64_t n_put_back, n_not_put_back, n_right, n_site, n_crashed,
		n_told_only;
	uint64_t n_short; /* engines whose memory ended */
};

/* sim_play.c: plays the seed; false = a rule broke. */
bool sim_play(struct sim *sim, const struct sim_order *order,
	      struct sim_totals *totals);
const char *sim_mode_name(enum sim_mode mode);
/* sim_shrink.c: false = it breaks nothing. */
bool sim_shrink(struct sim *sim, const struct sim_order *order);
/* sim_fault.c */
bool sim_may_fault(struct sim *sim);
bool sim_fault(struct sim *sim, struct dice *dice, enum sim_fault_kind kind,
	       unsigned permille);
const char *sim_fault_name(enum sim_fault_kind kind);

/* sim_world.c */
void sim_world(struct sim *sim, const struct sim_order *order);
struct farm_who sim_who(const struct sim *sim, size_t account,
			enum sim_who who);
const char *sim_pool_name(size_t pool);
/* sim_wide.c: what wide seeds are, and do. */
void wide_new(struct sim *sim, size_t *n_servers, size_t *n_accounts);
void wide_rollout(struct sim *sim, struct rollout *rollout);
void wide_farm(struct sim *sim);
void wide_rest(struct sim *sim);
void wide_run(struct sim *sim, struct engine_input *input);
void wide_mend(struct sim *sim);
/* sim_windows.c */
void windows_new(struct sim *sim);
void windows_remove(struct sim *sim);
/* sim_race.c: two controllers. */
void sim_race(struct sim *sim, struct sim_totals *totals);
void sim_repair(struct sim *sim);

/* sim_kinds.c: what kinds add to it, and what disturbs and mends them. */
void kinds_accounts(struct sim *sim, size_t n_servers, size_t *n_accounts);
void kinds_binding(struct sim *sim, size_t n_accounts, size_t account,
		   struct binding *binding);
void kinds_pools(struct sim *sim);
void kinds_disturb(struct sim *sim);
void kinds_mend(struct sim *sim);
/* Is it a pool that nothing has to converge? */
bool kinds_left_alone(const struct sim *sim, size_t pool);
bool sim_is_suspended(const struct sim *sim, size_t pool);

/* sim_hash.c */
void hash_action(struct sim *sim, const struct action *action);
void hash_event(struct sim *sim, const struct event *event);

/* sim_trace.c */
void trace_action(const struct sim *sim, const struct action *action);
void trace_event(const struct sim *sim, const struct event *event);
void trace_plan(const struct sim *sim, const struct plan *plan);

/* sim_play.c: what a person does: plan, then apply what it says. *ret_n =
 * changes of the plan, *ret_retry_ms = when closed ones may start; -1 = never. */
bool sim_apply(struct sim *sim, struct sim_totals *totals, size_t *ret_n,
	       int64_t *ret_retry_ms);
struct engine_input sim_input(struct sim *sim, struct arena *arena);
/* sim_run.c */
void *sim_zeroed(struct sim *sim, size_t n, size_t size);
void sim_begin(struct sim *sim, const struct engine_input *input);
bool sim_judge(struct sim *sim, struct controller *controller,
	       struct sim_totals *totals);
void sim_break(struct sim *sim, enum sim_rule rule, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Did a person change it since the plan looked at it? */
bool sim_is_meddled(const struct sim *sim, size_t pool);
void sim_meddled(struct sim *sim, size_t pool);
/* true: the run ended; false: the controller crashed or a rule broke. */
bool sim_run(struct sim *sim, const struct engine_input *input,
	     struct sim_totals *totals);
struct farm_pool *sim_pool(struct sim *sim, size_t pool);
/* The pool of a row, SIZE_MAX = it is not there. */
size_t sim_find(struct sim *sim, size_t server, const char *pool);
size_t sim_find_saved(struct sim *sim, const struct save_row *row);
void sim_recycle(struct sim *sim, size_t pool);
/* Does the pool run as declared? */
bool sim_runs_declared(const struct sim *sim, size_t pool);

/* sim_memory.c: the same events again, to an engine whose memory ends at one
 * allocation after the other: it must say so, and ask for nothing. */
void memory_record(struct sim *sim, const struct event *event);
void memory_check(struct sim *sim, const struct engine_input *input,
		  struct sim_totals *totals);

/* sim_check.c */
void check_action(struct sim *sim, const struct action *action);
/* sim_check_kinds.c */
bool check_put_back(struct sim *sim, const struct action_row *row,
		    const struct change *planned, size_t pool);
void check_kind_row(struct sim *sim, const struct action *action,
		    const struct action_row *row, size_t pool);
void check_kind_result(struct sim *sim, const struct result_row *row,
		       size_t pool);
void check_stops(struct sim *sim);
void count_kinds(struct sim *sim, struct sim_totals *totals);
/* A verify failed that its binding says does not count. */
bool counts_not(struct sim *sim, const struct result_row *row);
/* sim_check_proof.c: what the directory says, and who may be touched. */
void check_asked(struct sim *sim, const struct action *action);
void check_proof(struct sim *sim, const struct event *event);
void check_account(struct sim *sim, enum action_kind kind, size_t pool);
/* sim_check_window.c */
void check_window_start(struct sim *sim, size_t server, bool forward);
void check_window_intent(struct sim *sim, const struct save *save);
void check_window_result(struct sim *sim);
/* sim_check_gate.c: may this server start now? */
bool is_forward(const struct sim *sim, const struct change *change);
void watch_canaries(struct sim *sim);
void check_forward(struct sim *sim);
void check_blast(struct sim *sim);
void check_start(struct sim *sim, size_t server);
void check_save(struct sim *sim, const struct save *save);
void check_commit(struct sim *sim, const struct request *request,
		  const struct farm_row *row, int64_t version_before);
void check_result(struct sim *sim, const struct plan *plan);
/* sim_end.c: promise 3 by the truth of the model. */
bool is_converged(const struct sim *sim, size_t pool);
/* What nobody has to wait for. */
void sim_mend(struct sim *sim);
bool sim_all_converged(const struct sim *sim, size_t *ret_pool);

#endif
