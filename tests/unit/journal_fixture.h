/*
 * journal_fixture.h - what tests of the journal share: counting its answers,
 * putting saves, reading what is remembered.
 */
#ifndef TESTS_UNIT_JOURNAL_FIXTURE_H
#define TESTS_UNIT_JOURNAL_FIXTURE_H

#include "state/journal.h"
#include "tests/unit/store_fixture.h"

/* What the journal answered; only read after journal_free(). */
struct answers {
	unsigned n_saved;
	unsigned n_failed;
	uint64_t last_id;
	bool in_order;
	struct err err;
	int fd; /* each saved id is written there; -1 = nowhere */
};

static inline void count(struct answers *answers, uint64_t id)
{
	answers->in_order = answers->in_order && id > answers->last_id;
	answers->last_id = id;
}

static inline void on_saved(void *user, uint64_t id)
{
	struct answers *answers = user;

	count(answers, id);
	answers->n_saved++;
	if (answers->fd >= 0 && write(answers->fd, &id, sizeof(id)) < 0)
		answers->in_order = false;
}

static inline void on_failed(void *user, uint64_t id, const struct err *err)
{
	struct answers *answers = user;

	count(answers, id);
	answers->n_failed++;
	answers->err = *err;
}

static const struct journal_handlers handlers = { on_saved, on_failed };

#define ANSWERS                            \
	{                                  \
		.in_order = true, .fd = -1 \
	}

/* A row whose texts are gone when put() returns: the journal must copy. */
static inline void put(struct journal *journal, struct save save,
		       struct save_row row)
{
	char server[] = "web01";
	char pool[64];
	char account[] = "CORP\\svc";
	struct err err = { 0 };

	(void)snprintf(pool, sizeof(pool), "%s", row.pool);
	row.server = server;
	row.pool = pool;
	row.account = account;
	save.rows.items = &row;
	save.rows.n = save.rows.cap = 1;
	assert_int_equal(journal_put(journal, &save, &err), 0);
	memset(server, 'x', sizeof(server) - 1);
	memset(pool, 'x', sizeof(pool) - 1);
	memset(account, 'x', sizeof(account) - 1);
}

static inline void load(struct folder *folder, struct past *ret)
{
	struct store *store;

	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_int_equal(store_past(store, &folder->arena, ret, &folder->err),
			 0);
	store_close(store);
}

/* Opens the state for it; NULL = every run ended. */
static inline void assert_left(struct folder *folder, const char *run)
{
	struct store *store;

	assert_int_equal(open_as(folder, STORE_READ, &store), 0);
	assert_unfinished(folder, store, run);
	store_close(store);
}

#endif
