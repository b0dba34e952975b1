/*
 * run.h - the inside of a run: servers, the pools in hand, the accounts.
 *
 * For the files of this folder only. engine_step() tells a server's part of
 * the run what came (run_observe.c, run_change.c), then gate.c looks who may
 * go on. server_enter() is the only place that changes a server's phase, and
 * it asks for what the phase waits for.
 *
 * Owner    the arena of the input.
 * Errors   the first one is kept in run.rc; engine_step() returns it, and no
 *          action of that step is handed out.
 */
#ifndef ENGINE_RUN_H
#define ENGINE_RUN_H

#include "reconciler/engine/engine.h"
#include "reconciler/plan/build.h"

#ifndef DEADLINES_QUICK           /* only tests define it */
#define REQUEST_TIMEOUT_MS 120000 /* OBSERVE APPLY ACTIVATE VERIFY */
#define LATE_MS            5000   /* after that no lost request can land */
#else
#define REQUEST_TIMEOUT_MS 8000
#define LATE_MS            1000
#endif
#define RETRY_MS       1000
#define SETTLE_MS      1000  /* WAS reports a bad identity within it */
#define LOG_BEHIND_MS  10000 /* a fault is in the log by then */
#define REVERIFY_MS    2000
#define LOOKS_MAX      3 /* unanswered looks in a row */
#define RESENDS_MAX    2
#define REVERIFIES_MAX 3
#define LOSSES_MAX     8 /* lost answers of one chunk */

enum phase {
	PHASE_WAITING,    /* for the gate */
	PHASE_READING,    /* OBSERVE is out */
	PHASE_REREADING,  /* a pause before READING */
	PHASE_HELD,       /* until an account may be touched */
	PHASE_INTENT,     /* its SAVE is out */
	PHASE_HALTED,     /* a chunk in hand waits for the breaker */
	PHASE_APPLYING,   /* APPLY is out */
	PHASE_ACTIVATING, /* ACTIVATE is out */
	PHASE_SETTLING,   /* a pause before VERIFY */
	PHASE_VERIFYING,  /* VERIFY is out */
	PHASE_PAUSING,    /* an answer was lost: a pause before LOOKING */
	PHASE_LOOKING,    /* OBSERVE is out: what is there? */
	PHASE_OUTCOME,    /* its SAVE is out */
	PHASE_ENDED,
	PHASE_COUNT,
};

enum stage {
	STAGE_NEW,
	STAGE_BEGINNING, /* SAVE_BEGIN is out */
	STAGE_WORKING,
	STAGE_RECORDING, /* OBSERVE: saves are out */
	STAGE_CLOSING,   /* SAVE_END is out */
	STAGE_BROKEN,    /* a save failed: only answers are awaited */
	STAGE_ENDED,
};

/* How far one change of the plan is. */
enum item_state {
	ITEM_TODO,
	ITEM_INTENT,    /* in hand; not known to be committed */
	ITEM_COMMITTED, /* stored; not proved */
	ITEM_SETTLED,   /* its row of the result is final */
};

/* What is put back after a failed verify. */
struct undo {
	struct change change;
	const char *why; /* it failed */
	int64_t fault_seen_ms;
	int64_t disabled_seen_ms;
	bool begun; /* the item carries it out now, or has */
};

struct item {
	enum item_state state;
	const struct change *change; /* as derived from the newest look */
	int64_t generation;
	uint8_t candidate[16];
	int64_t committed_ms;  /* server's clock */
	int64_t since_ms;      /* faults from then on may be of the commit */
	int64_t not_before_ms; /* the commit can't be older; server's clock */
	int64_t fault_seen_ms; /* newest identity fault before this run's work */
	int64_t disabled_seen_ms; /* the same of rapid-fail protection */
	enum pool_state state_before;
	bool had_worker;
	struct undo *undo; /* NULL = nothing is to be put back */
	bool sent;         /* APPLY may have reached the server */
	bool begun; /* sent, and nobody can see whether it was committed */
	bool activated;
	bool activating; /* ACTIVATE was sent, and no answer came */
	bool resumed;    /* an earlier run's request may still land */
	bool proved;
	bool closes;    /* its end is known */
	bool logged_on; /* a worker that started after the commit runs as it */
	bool refused;   /* WAS refused it; accounts.c says who else minds */
};

ARRAY_TYPE(item_array, struct item);

/* An account that can't run on a server, whatever its password. */
struct bar {
	size_t account;
	const char *why;
};

/* CHANGE: what waits costs nothing. FORWARD: the directory holds the new
 * password already, what waits is down or will be. */
enum mode { MODE_CHANGE, MODE_FORWARD, MODE_COUNT };

/* A server's part of the run. With changes of both modes it is visited
 * twice, for what is forward first. */
struct server_run {
	size_t server;
	enum phase phase;
	enum mode mode;          /* of this visit */
	bool opened[MODE_COUNT]; /* its wave is */
	bool due;                /* its turn came during the forward visit */
	bool counts;  /* it has changes of MODE_CHANGE: so do its failures */
	bool in_hand; /* an intent of this visit is saved, or on its way */
	const struct plan_server *planned; /* CHANGE */
	const struct observed *observed;   /* newest whole look */
	struct index_array chunk;          /* into run.items: what is in hand */
	ARRAY(struct bar) bars;
	unsigned n_looks; /* unanswered, in a row */
	unsigned n_resends, n_verifies, n_losses;
	const char *fault;  /* what the last request complained about */
	const char *reason; /* OBSERVE: why it could not be read */
	int code;           /* and as an error code, 0 = none */
	uint32_t pause_ms;  /* of the next timer */
	int64_t sent_mono_ms;
	int64_t until_mono_ms; /* of the last timer */
	bool open;             /* there may be a session */
	bool retried;          /* READING */
	bool unread;           /* OBSERVE: never tried */
	bool failed;           /* counted as a failure */
	bool unusable; /* no further chunk: nobody knows what is there */
};

/* Whether the directory was asked, and did not refuse. */
enum asked { ASKED_NOT, ASKED_OUT, ASKED_PASSED };

struct account_run {
	const char *shown; /* CORP\user; NULL = builtin */
	enum asked gate;
	enum asked breaker; /* OUT: nothing is written; PASSED = proved */
	size_t fault;       /* BREAKER: whose fault is it? The item, */
	const struct change *fault_change; /* as it was written, */
	const char *what;                  /* and what WAS said of it */
	bool proved;          /* its first commit is verified and saved */
	bool logged_on;       /* a worker started with what was written, or the
				 domain says that it is right */
	size_t opening;       /* where a pool goes alone, SIZE_MAX = nowhere */
	const char *stopped;  /* why no pool of it is touched, or NULL */
	const char *unproved; /* why it is only finished, or NULL */
	unsigned n_committed; /* pools of this run */
};

/* The servers of a group that have changes of one mode, as the plan orders
 * them. */
struct track {
	struct index_array servers; /* into run.servers */
	size_t n_opened;            /* of them may start, or did */
	size_t n_left;              /* opened, and not ended */
	uint32_t canary_due;        /* so many must change something first */
	bool canary;                /* what is open is the canary */
};

/* A group's rollout. One more stands at the end, for servers of none. */
struct group_run {
	uint32_t max_failures;
	uint32_t pause_ms;      /* after the canary; MODE_CHANGE only */
	int64_t paused_mono_ms; /* until then; 0 = it does not wait */
	struct track tracks[MODE_COUNT];
	const char *stopped; /* MODE_CHANGE only; or NULL */
	bool cleared;        /* nobody of it waits any more */
};

/* A queue: what was put in first comes out first. */
struct queue {
	struct index_array items;
	size_t next;
};

ARRAY_TYPE(server_run_array, struct server_run);
ARRAY_TYPE(owner_array, size_t); /* by id - 1 */

/* Who waits for a save or timer: an index into servers, or one of these. */
#define OWNER_RUN    SIZE_MAX
#define ANSWERED     (SIZE_MAX - 1)
#define OWNER_GROUPS (SIZE_MAX / 2) /* the first of run.groups */

struct engine {
	struct engine_input input;
	enum stage stage;
	const struct event *event; /* of this step */
	struct action_array *actions;
	int rc;
	struct err err;
	struct server_run_array servers;
	size_t *of_server;       /* desired server -> servers, or SIZE_MAX */
	struct item_array items; /* as plan.changes */
	/* By index in desired.accounts, then one for what is of none: builtin
	 * identities. */
	struct account_run *accounts;
	struct group_run *groups;
	size_t next; /* OBSERVE: no server before it is WAITING */
	size_t n_ended;
	int64_t start_ms;  /* wall clock */
	size_t n_working;  /* neither WAITING nor ENDED */
	size_t n_changing; /* of them in MODE_CHANGE */
	size_t n_changing_max;
	size_t n_pausing;               /* servers in PAUSING */
	size_t n_paused;                /* groups after their canary */
	struct queue ready[MODE_COUNT]; /* servers whose turn it is */
	struct queue left; /* visits that ended: server * MODE_COUNT + mode */
	struct index_array held, held_before; /* HELD and HALTED */
	bool retry;                           /* who is held may go on */
	bool cleared; /* after a stop: nobody waits any more */
	unsigned n_failures;
	const char *first_failure; /* names the server */
	bool stop;
	bool moved; /* the gate must look again */
	struct owner_array saves;
	struct owner_array timers;
	size_t n_saves_open;
	size_t n_proofs_open;
	struct reading_array readings;
	struct plan plan;
	struct run_result result;
};

#define REASON_REPLAN "replan: the server is no longer as the plan saw it"
#define REASON_FENCE \
	"the fence of the server refused it (%s): lockstep state repair"
#define REASON_BEGUN \
	"the server began to write it again; whether it did can't be seen"

/* engine.c */
void run_fail(struct engine *run, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const char *run_text(struct engine *run, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
const char *run_server_name(const struct engine *run, size_t server);
void run_end(struct engine *run);
struct account_run *run_account(const struct engine *run,
				const struct change *change);
/* CORP\user, or the name of the builtin identity. */
const char *run_account_name(const struct engine *run,
			     const struct change *change);

/* server.c */
void server_enter(struct engine *run, struct server_run *server,
		  enum phase phase);
bool server_allows(const struct server_run *server, enum event_kind kind);
bool server_in_air(const struct server_run *server);
bool server_rereads(struct engine *run, struct server_run *server);
uint32_t server_jitter(const struct engine *run, uint32_t max_ms);

/* run_observe.c */
void observe_event(struct engine *run, struct server_run *server);
void observe_turn(struct engine *run);

/* run_change.c */
void change_event(struct engine *run, struct server_run *server);
void server_go_on(struct engine *run, struct server_run *server);
void broken_begin(struct engine *run);
void broken_event(struct engine *run, struct server_run *server);

/* items.c: every change of a server. */
struct item *items_of(const struct engine *run, const struct server_run *server,
		      size_t at);
bool items_left(const struct engine *run, const struct server_run *server,
		enum mode mode);
/* Something was done, or tried, in a visit. */
bool items_done(const struct engine *run, const struct server_run *server,
		enum mode mode);
enum mode item_mode(const struct engine *run, const struct item *item);
void items_skip(struct engine *run, struct server_run *server,
		const char *reason);
void items_unreadable(struct engine *run, struct server_run *server,
		      const char *reason);
void items_derive(struct engine *run, struct server_run *server);
bool item_touched(const struct item *item);
void item_expect_late_fault(struct item *item);
void item_committed(struct engine *run, struct item *item,
		    int64_t committed_ms);
bool item_should_run(const struct item *item);
/* Will its commit start a worker, so that its password is tried? */
bool item_wakes(const struct item *item);
bool item_asks_http(const struct engine *run, const struct item *item);
bool item_needs_activation(const struct engine *run, const struct item *item);

/* chunk.c: what is in hand. */
struct item *chunk_item(const struct engine *run,
			const struct server_run *server, size_t at);
/* What may not be done any more is skipped. */
void chunk_forbid(struct engine *run, struct server_run *server);
bool chunk_take(struct engine *run, struct server_run *server);
bool chunk_is_halted(const struct engine *run, const struct server_run *server);
void chunk_next(struct engine *run, struct server_run *server);

/* look.c: an answer did not come. */
void look_later(struct engine *run, struct server_run *server);
void look_judge(struct engine *run, struct server_run *server);

/* fault.c. WAS refused what was written: the item is done, and its account on
 * this server, or everywhere. */
void bar_account(struct engine *run, struct server_run *server,
		 const struct item *item, const char *what);
void settle_identity_fault(struct engine *run, struct server_run *server,
			   struct item *item, const struct observed_pool *pool);
const char *fault_text(struct engine *run, unsigned id, uint32_t code);
bool fault_is_possible(const struct change *change);
/* Why this pool may not be touched any more, or NULL. */
const char *item_forbidden(const struct engine *run, const struct item *item);

/* undo.c. Called when a row failed: is it to be put back? */
void undo_due(struct engine *run, struct item *item,
	      const struct observed_pool *pool);
/* Turns the item into one that puts back; false = it has nothing to. */
bool undo_begin(struct item *item);
void undo_result(struct engine *run, const struct item *item,
		 struct result_row *row);
/* verdict.c. False: verify once more; never so when it is the last time. */
bool verdict_of_chunk(struct engine *run, struct server_run *server, bool last);
bool identity_is_declared(const struct engine *run, const struct change *change,
			  const struct observed_pool *pool);

/* gate.c: who goes on now. */
void gate_turn(struct engine *run);
void gate_skipped(struct engine *run, const char *why);
/* It waits, and its turn has come, or there is nothing to wait for. */
void gate_start(struct engine *run, struct server_run *server);
/* Nothing of this visit is left to do. */
void gate_leave(struct engine *run, struct server_run *server);

/* groups.c: waves, canary, failures. */
int groups_new(struct engine *run);
const char *group_stops(const struct engine *run,
			const struct server_run *server);
void group_left(struct engine *run, struct server_run *server, enum mode mode);
void group_pause_over(struct engine *run, size_t group);
void groups_clear(struct engine *run);
void groups_waits(const struct engine *run, struct run_waits *waits);
void group_failure(struct engine *run, struct server_run *server);

/* windows.c */
bool windows_let_start(struct engine *run, const struct server_run *server);
void windows_skip(struct engine *run, struct server_run *server);

/* accounts.c: may an account be touched? */
bool account_ready(struct engine *run, const struct change *change);
bool account_is_halted(const struct engine *run, const struct change *change);
bool account_opening(struct engine *run, const struct server_run *server,
		     const struct item *item);
/* May it be written beside other pools of its account? */
bool account_joins(struct engine *run, const struct item *item);
void account_chunk_saved(struct engine *run, struct server_run *server);
void account_fault(struct engine *run, const struct item *item,
		   const char *what);
void account_event(struct engine *run);

/* saves.c */
void save_begin(struct engine *run);
void save_intent(struct engine *run, const struct server_run *server);
void save_outcome(struct engine *run, const struct server_run *server);
void save_kept(struct engine *run, const struct server_run *server);
void save_end(struct engine *run);
void save_put(struct engine *run, struct save *save, size_t owner);
struct save *save_new(struct engine *run, enum save_kind kind);
void save_push(struct engine *run, struct save *save,
	       const struct save_row *row);
struct save_row save_row_of(const struct engine *run,
			    const struct change *change);

/* saves_observed.c */
void save_observed(struct engine *run);

/* result.c */
struct result_row *result_of(const struct engine *run, const struct item *item);
void result_add(struct engine *run, const struct change *change);
void result_settle(struct engine *run, struct item *item, enum outcome outcome,
		   enum status status, const char *reason);
void result_unreadable(struct engine *run, size_t server, const char *reason);
enum outcome result_worst(const struct engine *run);
void result_count(struct engine *run);

#endif
