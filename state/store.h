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
};

ARRAY_TYPE(stored_change_array, struct stored_change);

struct stored_run {
	const char *id;
	const char *desired_digest;
	const char *config_digest;
	struct stored_change_array changes;
};

/* *ret_found false: no run is unfinished. */
int store_unfinished(struct store *store, struct arena *arena,
		     struct stored_run *ret, bool *ret_found, struct err *err);

#endif
