/* journal.c - the thread that commits, and the queue in front of it. */
#include "state/journal.h"

#include "reconciler/sys/clock.h"
#include "state/store_parts.h"
#include "state/write.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define GROUP_MS       10  /* how long the first of a group may wait */
#define GROUP_SAVES    256 /* so many are not waited for more */
#define SAVE_BYTES_MAX 67108864

/* A save with a copy of all that it points to. */
struct entry {
	struct entry *next;
	struct arena arena;
	struct save save;
	int64_t put_ms; /* by clock_mono_ms() */
};

struct queue {
	struct entry *first;
	struct entry **end;
	size_t n;
};

struct journal {
	struct store *store;
	char *run;
	const struct journal_handlers *handlers;
	void *user;
	pthread_t thread;
	pthread_mutex_t lock; /* of the four below */
	pthread_cond_t changed;
	struct queue queue;
	uint64_t last_id;
	bool closing;
	int hurry_fd;       /* readable: wait for no more */
	struct err failure; /* the thread's: of the first commit that failed */
};

static void queue_init(struct queue *queue)
{
	*queue = (struct queue){ 0 };
	queue->end = &queue->first;
}

static void entry_free(struct entry *entry)
{
	arena_done(&entry->arena);
	free(entry);
}

static bool copy_text(struct arena *arena, const char **text)
{
	*text = arena_strdup(arena, *text ? *text : "");
	return *text != NULL;
}

static bool copy_save(struct entry *entry, const struct save *save)
{
	struct arena *arena = &entry->arena;
	struct save *copy = &entry->save;
	const struct save_row *row;

	*copy = *save;
	copy->rows = (struct save_row_array){ 0 };
	if (!copy_text(arena, &copy->reason) ||
	    !copy_text(arena, &copy->desired_digest) ||
	    !copy_text(arena, &copy->config_digest) ||
	    !copy_text(arena, &copy->grounds.plan) ||
	    !copy_text(arena, &copy->grounds.reason) ||
	    !copy_text(arena, &copy->grounds.ticket) ||
	    !copy_text(arena, &copy->grounds.override) ||
	    !copy_text(arena, &copy->grounds.forward))
		return false;
	array_foreach(row, &save->rows) {
		struct save_row mine = *row;

		if (!copy_text(arena, &mine.server) ||
		    !copy_text(arena, &mine.pool) ||
		    !copy_text(arena, &mine.account) ||
		    !copy_text(arena, &mine.reason) ||
		    !array_push(arena, &copy->rows, mine))
			return false;
	}
	return true;
}

static void hurry(struct journal *journal)
{
	const uint64_t one = 1;

	/* It can only fail when it is readable already. */
	if (write(journal->hurry_fd, &one, sizeof(one)) < 0)
		return;
}

/* Wait until the first save is there, then a little for company; take all.
 * False: nothing will come any more. */
static bool take_group(struct journal *journal, struct queue *ret)
{
	struct pollfd hurried = { .fd = journal->hurry_fd, .events = POLLIN };
	int64_t wait_ms;
	uint64_t ignored;

	(void)pthread_mutex_lock(&journal->lock);
	while (!journal->queue.first && !journal->closing)
		(void)pthread_cond_wait(&journal->changed, &journal->lock);
	if (!journal->queue.first) {
		(void)pthread_mutex_unlock(&journal->lock);
		return false;
	}
	wait_ms = journal->queue.first->put_ms + GROUP_MS - clock_mono_ms();
	if (wait_ms > 0 && !journal->closing &&
	    journal->queue.n < GROUP_SAVES) {
		(void)pthread_mutex_unlock(&journal->lock);
		(void)poll(&hurried, 1,
			   wait_ms > GROUP_MS ? GROUP_MS : (int)wait_ms);
		(void)pthread_mutex_lock(&journal->lock);
	}
	if (read(journal->hurry_fd, &ignored, sizeof(ignored)) < 0)
		ignored = 0; /* nobody hurried */
	*ret = journal->queue;
	queue_init(&journal->queue);
	(void)pthread_mutex_unlock(&journal->lock);
	return true;
}

static int commit_group(struct journal *journal, const struct queue *group,
			struct err *err)
{
	struct store *store = journal->store;
	bool was_born = store->mark.there;
	const struct entry *entry;
	int rc = write_begin(store, err);

	for (entry = group->first; !rc && entry; entry = entry->next)
		rc = write_save(store, journal->run, &entry->save, err);
	if (!rc)
		rc = write_commit(store, err);
	if (rc < 0) {
		write_rollback(store);
		store->mark.there = was_born;
		rc = err_prefix(err, rc, "state %s", store->path);
	}
	return rc;
}

static void answer_group(struct journal *journal, struct queue *group)
{
	struct entry *entry;

	while ((entry = group->first)) {
		group->first = entry->next;
		if (journal->failure.code)
			journal->handlers->failed(journal->user, entry->save.id,
						  &journal->failure);
		else
			journal->handlers->saved(journal->user, entry->save.id);
		entry_free(entry);
	}
}

static void *journal_main(void *data)
{
	struct journal *journal = data;
	struct queue group;

	while (take_group(journal, &group)) {
		/* After a failure nobody knows what of it reached the disk:
		 * only a new opening, which looks, may write again. */
		if (!journal->failure.code) {
			struct err err = { 0 };

			if (commit_group(journal, &group, &err) < 0)
				journal->failure = err;
		}
		answer_group(journal, &group);
	}
	return NULL;
}

static void journal_destroy(struct journal *journal)
{
	(void)pthread_cond_destroy(&journal->changed);
	(void)pthread_mutex_destroy(&journal->lock);
	if (journal->hurry_fd >= 0)
		(void)close(journal->hurry_fd);
	free(journal->run);
	free(journal);
}

/* Signals are the other threads' business. */
static int start_thread(struct journal *journal)
{
	sigset_t all;
	sigset_t before;
	int number;

	(void)sigfillset(&all);
	number = pthread_sigmask(SIG_SETMASK, &all, &before);
	if (number)
		return number;
	number = pthread_create(&journal->thread, NULL, journal_main, journal);
	(void)pthread_sigmask(SIG_SETMASK, &before, NULL);
	return number;
}

int journal_new(struct store *store, const char *run,
		const struct journal_handlers *handlers, void *user,
		struct journal **ret, struct err *err)
{
	struct journal *journal;
	int number;

	if (store->mode != STORE_WRITE || store->journaled)
		return err_set(err, -ERR_BUG,
			       "a journal needs a state that is open for "
			       "writing and has no other journal");
	journal = calloc(1, sizeof(*journal));
	if (!journal)
		return err_set(err, -ERR_NOMEM, "starting the journal");
	journal->store = store;
	journal->handlers = handlers;
	journal->user = user;
	queue_init(&journal->queue);
	(void)pthread_mutex_init(&journal->lock, NULL);
	(void)pthread_cond_init(&journal->changed, NULL);
	journal->run = strdup(run);
	journal->hurry_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	number = journal->run && journal->hurry_fd >= 0 ? start_thread(journal)
							: errno;
	if (number) {
		journal_destroy(journal);
		return err_set(err, -ERR_NOMEM, "starting the journal: %s",
			       strerrordesc_np(number));
	}
	store->journaled = true;
	store->run_began_ms = clock_wall_ms();
	*ret = journal;
	return 0;
}

int journal_put(struct journal *journal, const struct save *save,
		struct err *err)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	bool in_order;

	if (!entry)
		return err_set(err, -ERR_NOMEM, "saving");
	arena_init(&entry->arena, SAVE_BYTES_MAX);
	if (!copy_save(entry, save)) {
		entry_free(entry);
		return err_set(err, -ERR_NOMEM, "saving");
	}
	entry->put_ms = clock_mono_ms();
	(void)pthread_mutex_lock(&journal->lock);
	in_order = save->id > journal->last_id;
	if (in_order) {
		journal->last_id = save->id;
		*journal->queue.end = entry;
		journal->queue.end = &entry->next;
		journal->queue.n++;
		if (journal->queue.n == GROUP_SAVES)
			hurry(journal);
		(void)pthread_cond_signal(&journal->changed);
	}
	(void)pthread_mutex_unlock(&journal->lock);
	if (in_order)
		return 0;
	entry_free(entry);
	return err_set(err, -ERR_BUG, "a save came out of order");
}

void journal_free(struct journal *journal)
{
	if (!journal)
		return;
	(void)pthread_mutex_lock(&journal->lock);
	journal->closing = true;
	hurry(journal);
	(void)pthread_cond_signal(&journal->changed);
	(void)pthread_mutex_unlock(&journal->lock);
	(void)pthread_join(journal->thread, NULL);
	journal->store->journaled = false;
	journal_destroy(journal);
}
