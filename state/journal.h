/*
 * journal.h - a thread that makes saves durable: it commits what has queued
 * as one transaction, waiting at most 10 ms for more.
 *
 * Owner    the journal copies each save; `saved` is called on the journal's
 *          thread, in the order of ids, after the commit. When a commit
 *          fails every later save fails too: a failed fsync is not retried.
 * Order    journal_new -> journal_put* -> journal_free, which waits for what
 *          was put. One journal a store; the store must be STORE_WRITE.
 */
#ifndef STATE_JOURNAL_H
#define STATE_JOURNAL_H

#include "reconciler/model/intent.h"
#include "state/store.h"

#include <stdint.h>

struct journal;

struct journal_handlers {
	void (*saved)(void *user, uint64_t id);
	void (*failed)(void *user, uint64_t id, const struct err *err);
};

/* run: id of the run that the saves belong to. */
int journal_new(struct store *store, const char *run,
		const struct journal_handlers *handlers, void *user,
		struct journal **ret, struct err *err);
int journal_put(struct journal *journal, const struct save *save,
		struct err *err);
void journal_free(struct journal *journal);

#endif
