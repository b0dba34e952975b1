/*
 * store.h - the state file: opening, reading what is remembered, writing
 * through the journal (journal.h). See docs of each table in schema/.
 *
 * One writer: store_open(STORE_WRITE) takes a flock on PATH.lock for its
 * life and raises the epoch; every write carries the epoch. Readers need no
 * lock. journal_mode=DELETE, synchronous=EXTRA, secure_delete, STRICT.
 * A missing file is made only when PATH.born, which stands beside it once
 * something was applied or suspended, is not there: else -ERR_STATE_DAMAGED.
 * Folder 0700, file 0600; other owners or wider modes are refused.
 */
#ifndef STATE_STORE_H
#define STATE_STORE_H

#include "reconciler/core/arena.h"
#include "reconciler/core/err.h"
#include "reconciler/model/change.h"
#include "reconciler/model/history.h"
#include "reconciler/model/intent.h"
#include "reconciler/model/past.h"

#include <stdbool.h>
#include <stdint.h>

struct store;

enum store_mode {
	STORE_READ,  /* a missing file reads as empty (unless born) */
	STORE_WRITE, /* -ERR_LOCKED names who holds it */
};

int store_open(const char *path, enum store_mode mode, struct store **ret,
	       struct err *err);
void store_close(struct store *store); /* NULL is fine */
void store_closep(struct store **store);

/* Who asked for what is written from now on; it is copied. */
int store_set_actor(struct store *store, const char *actor, struct err *err);

/* Everything model/past.h asks for, from one consistent snapshot; of the
 * suspensions those that are in force now. It is sorted. */
int store_past(struct store *store, struct arena *arena, struct past *ret,
	       struct err *err);

/* Suspend: server, pool, reason, ticket, by, at_ms and until_ms of each; one
 * of the same server and pool that is in force is replaced. One transaction;
 * the store must be STORE_WRITE. */
int store_suspend(struct store *store, const struct past_suspension *items,
		  size_t n, struct err *err);
/* End those of these servers and pools ("" = of the server as a whole) that
 * are in force, at at_ms. */
int store_resume(struct store *store, const struct past_suspension *items,
		 size_t n, const char *by, int64_t at_ms, struct err *err);
/* Those whose time ran out between from_ms and to_ms, and that no newer one
 * replaced; the last to end comes first. */
int store_expired(struct store *store, struct arena *arena, int64_t from_ms,
		  int64_t to_ms, struct past_suspension_array *ret,
		  struct err *err);

/* What was approved for an unfinished run: rows of its SAVE_BEGIN. */
struct stored_change {
	const char *server;
	const char *pool;
	const char *account;
	enum change_kind kind;
	int64_t version;
	bool done; /* the run's last word on it: changed or kept, and proved */
};

ARRAY_TYPE(stored_change_array, struct stored_change);

struct stored_run {
	const char *id;
	const char *desired_digest;
	const char *config_digest;
	struct run_grounds grounds; /* no NULL */
	struct stored_change_array changes;
};

/* *ret_found false: no run is unfinished. */
int store_unfinished(struct store *store, struct arena *arena,
		     struct stored_run *ret, bool *ret_found, struct err *err);

/* Which state it is; "" = there is none yet. */
const char *store_id(const struct store *store);

/* A person said yes to a saved plan. */
struct plan_approval {
	const char *person; /* to be compared with who made the plan */
	const char *actor;  /* in full */
	const char *reason;
	const char *ticket; /* "" = none */
	int64_t at_ms;
};

ARRAY_TYPE(plan_approval_array, struct plan_approval);

/* What is known of a saved plan, by its id. */
struct plan_record {
	struct plan_approval_array approvals; /* the oldest first */
	const char *used_by; /* the newest run that carries it out, or NULL */
	int64_t used_ms;     /* when that began */
	bool used_ended;     /* and did it end */
};

int store_plan_record(struct store *store, struct arena *arena,
		      const char *plan, struct plan_record *ret,
		      struct err *err);
/* Durable when it returns; the store must be STORE_WRITE. */
int store_approve(struct store *store, const char *plan,
		  const struct plan_approval *approval, struct err *err);

/* Every run, the newest first; and, when ret_rows is not NULL, the pools that
 * were approved for each, in their order. */
int store_history(struct store *store, struct arena *arena,
		  struct history_run_array *ret_runs,
		  struct history_row_array *ret_rows, struct err *err);

/* A copy of the state in a new file of mode 0600, whole even while a run
 * writes; it is read back and checked. -ERR_FILE: the file is there already,
 * or can't be written. */
int store_backup(struct store *store, const char *file, struct err *err);

/* What is wrong with a state, for somebody who mends it. */
enum store_damage {
	STORE_SOUND,
	STORE_MISSING, /* but there was one */
	STORE_BROKEN,  /* damaged, or another state than there was */
	STORE_OLDER,   /* a sound copy of an earlier time */
};

/* Takes the lock and looks; changes nothing. SOUND: as STORE_WRITE. OLDER: can
 * be read. Else it holds nothing. *ret_why says what is wrong. What no repair
 * mends (permissions, a newer release) is an error. */
int store_open_repair(const char *path, struct store **ret,
		      enum store_damage *ret_damage, struct err *ret_why,
		      struct err *err);
/* From then on it is STORE_WRITE. OLDER goes on with what it holds, MISSING and
 * BROKEN begin with nothing; what was there stays beside it under the name
 * *ret_aside ("" = nothing was there), which lives as long as the store. */
int store_rebuild(struct store *store, enum store_damage damage,
		  const char **ret_aside, struct err *err);

/* What a server's fence says of a pool. */
struct fence_row {
	const char *server;  /* key */
	const char *pool;    /* as the server spells it */
	const char *account; /* whom it runs as, "" = nobody who is declared */
	int64_t generation;
	uint8_t candidate[16];
	int64_t committed_ms; /* 0 = begun, perhaps never committed */
	bool paired;          /* it holds that account's very password */
};

ARRAY_TYPE(fence_row_array, struct fence_row);

/* Take them over, so that later intents go on above them: what was proved of
 * these pools is unknown from now on. Lower ones than are known are left. */
int store_take_over(struct store *store, const char *run, int64_t now_ms,
		    const struct fence_row_array *rows, struct err *err);

/* A state, looked at without changing anything. */
struct store_health {
	bool there;
	int code; /* negative err_code of the problem; 0 = sound */
	const char *problem;
	const char *holder; /* who holds the lock, NULL = nobody */
	char store[33];
	int64_t schema, epoch;
	bool born; /* the marker is there */
	int64_t n_runs, n_pools, n_open, n_suspended;
	const char *unfinished; /* run, NULL = none */
	size_t n_unfinished;    /* pools that were approved for it */
};

int store_check(const char *path, struct arena *arena, struct store_health *ret,
		struct err *err);

#endif
