/*
 * write.h - puts saves into the tables: one transaction, which fails when
 * another writer has raised the epoch since.
 *
 * Order    write_begin -> write_save* -> write_commit, or write_rollback
 *          after any failure.
 * Errors   LOCKED: overtaken by another writer; STATE_FILE, STATE_DAMAGED, NOMEM;
 *          BUG: a row that can't be.
 */
#ifndef STATE_WRITE_H
#define STATE_WRITE_H

#include "reconciler/core/err.h"
#include "reconciler/model/intent.h"

enum write_statement {
	WRITE_EPOCH,
	WRITE_RUN,
	WRITE_GROUND,
	WRITE_RUN_CHANGE,
	WRITE_RUN_END,
	WRITE_INTENT,
	WRITE_POOL_INTENT,
	WRITE_OUTCOME,
	WRITE_POOL_OUTCOME,
	WRITE_POOL_OBSERVED,
	WRITE_PAIR,
	WRITE_COUNT,
};

struct store;

int write_begin(struct store *store, struct err *err);
int write_save(struct store *store, const char *run, const struct save *save,
	       struct err *err);
/* The marker, when it is not there yet; within the transaction. */
int write_born(struct store *store, struct err *err);
int write_commit(struct store *store, struct err *err);
void write_rollback(struct store *store);
void write_done(struct store *store); /* frees the statements */

#endif
