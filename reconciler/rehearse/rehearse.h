/*
 * rehearse.h - carries out the engine's actions in a simulated farm and in
 * virtual time, with faults that a seed decides. The real engine runs here:
 * a rehearsal differs from an apply only in who carries its actions out.
 *
 *   rehearse_new() -> farm_add_observed() or farm_add() for each server
 *   -> disk_new() -> rehearse_run() -> engine_result(), n_faults...
 *
 * By hand: rehearse_start() tells the engine to start, rehearse_step() lets
 * the next thing happen, for several controllers at once.
 *
 * Owner    everything is from the arena of rehearse_new(), of which nothing
 *          is freed before the end; what a run needs is from the arena of its
 *          engine_input.
 * Times    now_ms is the controllers' wall clock less their offset, and their
 *          monotonic clock.
 * Errors   NOMEM; BUG: the engine failed, or a run does not end.
 */
#ifndef REHEARSE_REHEARSE_H
#define REHEARSE_REHEARSE_H

#include "reconciler/engine/engine.h"
#include "reconciler/rehearse/disk.h"
#include "reconciler/rehearse/farm.h"
#include "reconciler/rehearse/queue.h"

/* How long things take; drawn anew each time. */
struct pace {
	struct span connect; /* when there is no session yet */
	struct span observe; /* from here on until it lands on the server */
	struct span apply;   /* each commit of pools_per_commit pools */
	struct span activate;
	struct span verify;
	struct span answer; /* and back */
	struct span prove;  /* what the directory takes */
	int64_t save_ms;    /* saves are durable in the order of asking */
};

/* In permille; zero = never. */
struct chances {
	unsigned unreachable; /* of a request: not sent at all */
	unsigned lost;        /* sent, never arrives */
	unsigned reply_lost;
	unsigned late;       /* lands up to its deadline and a little later */
	unsigned partial;    /* ends in the middle, on the server */
	unsigned save_fails; /* of a save; those after it fail too */
	unsigned crash;      /* of the controller, after each step */
	unsigned stop;       /* a person stops it, after each step */
	unsigned doubled;    /* an APPLY lands twice */
	unsigned pause;      /* of an action: the controller stops before it */
	unsigned reboot;     /* of some server, after each step */
	unsigned clock;      /* the wall clock is set, after each step */
	unsigned unproved;   /* the directory does not answer; 1000 = there is
				none */
};

enum fault_kind {
	FAULT_UNREACHABLE,
	FAULT_LOST,
	FAULT_REPLY_LOST,
	FAULT_LATE,
	FAULT_PARTIAL,
	FAULT_SAVE,
	FAULT_CRASH,
	FAULT_STOP,
	FAULT_UNPROVED,
	FAULT_DOUBLED,
	FAULT_PAUSE,
	FAULT_REBOOT,
	FAULT_CLOCK,
	FAULT_COUNT,
};

/* A request on its way. */
struct request {
	enum action_kind kind;
	size_t server;
	struct controller *controller;
	int64_t deadline_ms;
	unsigned boot; /* of the server, that it is sent to */
	enum farm_end end;
	bool reply_lost;
	size_t n_rows;
	struct farm_row *rows;
};

/* One run of the engine. */
struct controller {
	struct engine_input input;
	struct engine *engine;
	struct disk *disk;
	uint64_t epoch; /* of the disk when it began */
	int64_t began_ms;
	int64_t told_ms;        /* when the engine was told something last */
	int64_t wall_offset_ms; /* its wall clock less world.now_ms */
	bool *session;          /* by server */
	unsigned *boot;         /* by server: that the session is with */
	int64_t wakes_ms;       /* when it was asleep last */
	bool asleep;            /* nothing reaches it, and it does nothing */
	bool stopped;           /* the engine was told to stop */
	bool saves_fail;
	bool crashed;
	bool ended;     /* what it points to may be gone */
	void *of_hooks; /* theirs */
};

/* Who wants to know; each may be NULL. */
struct rehearse_hooks {
	void *user;
	/* Before it is carried out. */
	void (*action)(void *user, struct controller *controller,
		       const struct action *action);
	/* Before the engine is told. */
	void (*event)(void *user, struct controller *controller,
		      const struct event *event);
	/* A save became durable. */
	void (*saved)(void *user, struct controller *controller,
		      const struct save *save);
	/* Before a request does its work on its server. */
	void (*lands)(void *user, const struct request *request);
	/* A write reached the pool of row; its version was `before`. */
	void (*commit)(void *user, const struct request *request,
		       const struct farm_row *row, int64_t before);
	void (*rebooted)(void *user, size_t server);
	/* A fault is about to happen; false = it does not. */
	bool (*fault)(void *user, enum fault_kind kind);
	/* After each step of a run that goes on: what others do meanwhile. */
	void (*meanwhile)(void *user, struct controller *controller);
};

struct rehearse {
	struct arena *arena;
	struct dice dice;
	int64_t now_ms;
	int64_t wall_offset_ms; /* of controllers that start */
	struct pace pace;
	const struct pace *const *paces; /* by server; NULL = pace */
	struct chances chances;
	struct rehearse_hooks hooks;
	struct farm farm;
	struct queue queue;
	struct happening *spare; /* to be used again */
	uint64_t n_events;       /* that engines were told, or servers did */
	uint64_t n_faults[FAULT_COUNT];
	int rc; /* the first error */
	struct err err;
};

extern const struct pace rehearse_pace; /* a quick network */

int rehearse_new(struct rehearse *ret, struct arena *arena, uint64_t seed,
		 const struct desired *desired, const struct config *config);
/* A run; its arena is that of the input. NULL: an error, see rc and err. */
struct controller *rehearse_start(struct rehearse *rehearse,
				  const struct engine_input *input,
				  struct disk *disk);
/* The next thing happens. false: there is none, or an error. */
bool rehearse_step(struct rehearse *rehearse);
/* Until its engine has ended or it crashed; what it left in the air stays
 * there. NULL = an error. */
struct controller *rehearse_run(struct rehearse *rehearse,
				const struct engine_input *input,
				struct disk *disk);
/* The same for one that was started. */
bool rehearse_until_over(struct rehearse *rehearse,
			 struct controller *controller);
/* Stopped for so long, as by SIGSTOP. */
void rehearse_sleep(struct rehearse *rehearse, struct controller *controller,
		    int64_t ms);
/* Time passes, and what is due happens. false = an error. */
bool rehearse_wait(struct rehearse *rehearse, int64_t ms);
/* Dies here: of its saves that wait, the first few are durable. */
void rehearse_crash(struct rehearse *rehearse, struct controller *controller);
/* A person stops it. */
void rehearse_stop(struct rehearse *rehearse, struct controller *controller);
/* Everything in the air lands; nobody hears of it. */
bool rehearse_settle(struct rehearse *rehearse);
/* Has the controller nothing to do any more? */
bool rehearse_is_over(const struct controller *controller);
/* The first error stays. */
void rehearse_fail(struct rehearse *rehearse, int code, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
const char *fault_kind_name(enum fault_kind kind);

#endif
