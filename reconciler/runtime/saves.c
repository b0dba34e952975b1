/* saves.c - saves go to the journal's thread, answers come back as events. */
#include "reconciler/runtime/runner.h"

#include <stdlib.h>
#include <string.h>

/* On the journal's thread. */
static void post_answer(struct runner *runner, uint64_t id,
			const struct err *err)
{
	struct save_box *box = &runner->saves;

	(void)pthread_mutex_lock(&box->lock);
	if (box->n == box->cap) {
		size_t cap = box->cap ? 2 * box->cap : 16;
		struct save_answer *items =
			realloc(box->items, cap * sizeof(*items));

		if (items) {
			box->items = items;
			box->cap = cap;
		}
	}
	if (box->n < box->cap) {
		struct save_answer *answer = &box->items[box->n++];

		answer->id = id;
		answer->err = err ? *err : (struct err){ 0 };
	} else {
		box->lost = true;
	}
	(void)pthread_mutex_unlock(&box->lock);
	(void)uv_async_send(&box->async);
}

static void on_saved(void *user, uint64_t id)
{
	post_answer(user, id, NULL);
}

static void on_save_failed(void *user, uint64_t id, const struct err *err)
{
	post_answer(user, id, err);
}

static void queue_answer(struct runner *runner,
			 const struct save_answer *answer)
{
	struct event event = { .kind = answer->err.code ? EVENT_SAVE_FAILED
							: EVENT_SAVED,
			       .id = answer->id,
			       .err = answer->err };

	runner_event(runner, &event);
}

/* On the loop. */
static void on_answers(uv_async_t *async)
{
	struct runner *runner = async->data;
	struct save_box *box = &runner->saves;
	struct save_answer *items;
	size_t n;
	bool lost;

	(void)pthread_mutex_lock(&box->lock);
	items = box->items;
	n = box->n;
	lost = box->lost;
	box->items = NULL;
	box->n = box->cap = 0;
	(void)pthread_mutex_unlock(&box->lock);
	for (size_t i = 0; i < n; i++)
		queue_answer(runner, &items[i]);
	free(items);
	if (lost) {
		struct err err;

		(void)err_set(&err, -ERR_NOMEM, "waiting for the state file");
		runner_fail(runner, &err);
	}
	runner_drain(runner);
}

int saves_open(struct runner *runner, struct err *err)
{
	static const struct journal_handlers handlers = { on_saved,
							  on_save_failed };

	if (pthread_mutex_init(&runner->saves.lock, NULL))
		return err_set(err, -ERR_NOMEM, "making a lock");
	runner->saves.async.data = runner;
	if (uv_async_init(&runner->loop, &runner->saves.async, on_answers))
		return err_set(err, -ERR_NOMEM, "making a loop handle");
	if (!runner->options->store)
		return 0;
	return journal_new(runner->options->store, runner->options->run_id,
			   &handlers, runner, &runner->journal, err);
}

void saves_put(struct runner *runner, const struct save *save)
{
	struct save_answer answer = { .id = save->id };

	/* Without a state nothing can be remembered, and the engine was told
	 * so: it only asks for saves of a run that may not be recorded. */
	if (!runner->journal)
		(void)err_set(&answer.err, -ERR_BUG,
			      "a save was asked for without a state");
	else if (!journal_put(runner->journal, save, &answer.err))
		return;
	queue_answer(runner, &answer);
}

void saves_close(struct runner *runner)
{
	journal_free(runner->journal);
	runner->journal = NULL;
	if (!uv_is_closing((uv_handle_t *)&runner->saves.async))
		uv_close((uv_handle_t *)&runner->saves.async, NULL);
}

void saves_done(struct runner *runner)
{
	free(runner->saves.items);
	(void)pthread_mutex_destroy(&runner->saves.lock);
}
