/* run.c - the loop: events in, engine_step, actions out. */
#include "reconciler/runtime/run.h"

#include "reconciler/runtime/runner.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

struct timer {
	uv_timer_t handle;
	struct runner *runner;
	uint64_t id;
};

void runner_fail(struct runner *runner, const struct err *err)
{
	if (!runner->rc) {
		runner->rc = err->code;
		runner->err = *err;
	}
}

void runner_event(struct runner *runner, struct event *event)
{
	struct event_queue *queue = &runner->queue;

	if (queue->n == queue->cap) {
		size_t cap = queue->cap ? 2 * queue->cap : 64;
		struct event *items =
			realloc(queue->items, cap * sizeof(*items));

		if (!items) {
			struct err err;

			(void)err_set(&err, -ERR_NOMEM, "queueing an event");
			runner_fail(runner, &err);
			return;
		}
		queue->items = items;
		queue->cap = cap;
	}
	queue->items[queue->n++] = *event;
}

static void on_timer_closed(uv_handle_t *handle)
{
	free(handle->data);
}

static void on_timer(uv_timer_t *handle)
{
	struct timer *timer = handle->data;
	struct event event = { .kind = EVENT_TIMER, .id = timer->id };
	struct runner *runner = timer->runner;

	runner_event(runner, &event);
	uv_close((uv_handle_t *)handle, on_timer_closed);
	runner_drain(runner);
}

static void start_timer(struct runner *runner, const struct action *action)
{
	struct timer *timer = calloc(1, sizeof(*timer));

	if (!timer || uv_timer_init(&runner->loop, &timer->handle)) {
		struct err err;

		free(timer);
		(void)err_set(&err, -ERR_NOMEM, "starting a timer");
		runner_fail(runner, &err);
		return;
	}
	timer->runner = runner;
	timer->id = action->timer;
	timer->handle.data = timer;
	(void)uv_timer_start(&timer->handle, on_timer, action->delay_ms, 0);
}

static void close_timer(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (uv_handle_get_type(handle) == UV_TIMER &&
	    ((uv_timer_t *)handle)->timer_cb == on_timer &&
	    !uv_is_closing(handle))
		uv_close(handle, on_timer_closed);
}

/* Nothing more is to be done: let the loop run dry. */
static void end_run(struct runner *runner)
{
	if (runner->ended)
		return;
	runner->ended = true;
	for (size_t i = 0; i < runner->options->engine.desired->servers.n; i++)
		server_link_close(&runner->links[i]);
	uv_walk(&runner->loop, close_timer, NULL);
	uv_close((uv_handle_t *)&runner->sigint, NULL);
	uv_close((uv_handle_t *)&runner->sigterm, NULL);
	uv_close((uv_handle_t *)&runner->sighup, NULL);
	saves_close(runner);
}

/* No directory is asked yet: nobody can say. */
static void answer_proof(struct runner *runner, const struct action *action)
{
	struct event event = { .kind = EVENT_PROVED,
			       .account = action->account,
			       .question = action->question,
			       .proof = PROOF_UNPROVED,
			       .why = "no directory is asked" };

	runner_event(runner, &event);
}

static void carry_out(struct runner *runner, const struct action *action)
{
	switch (action->kind) {
	case ACTION_OBSERVE:
	case ACTION_APPLY:
	case ACTION_ACTIVATE:
	case ACTION_VERIFY:
		server_link_request(&runner->links[action->server], action);
		break;
	case ACTION_CLOSE:
		server_link_close(&runner->links[action->server]);
		break;
	case ACTION_SAVE:
		saves_put(runner, action->save);
		break;
	case ACTION_TIMER:
		start_timer(runner, action);
		break;
	case ACTION_PROVE:
		answer_proof(runner, action);
		break;
	case ACTION_END:
		end_run(runner);
		break;
	}
}

static void step(struct runner *runner, struct event *event)
{
	struct action_array actions = { 0 };
	struct err err;
	int rc;

	event->wall_ms = clock_wall_ms();
	event->mono_ms = clock_mono_ms();
	rc = digest_random(event->random, sizeof(event->random), &err);
	if (!rc)
		rc = engine_step(runner->engine, event, &actions, &err);
	if (rc) {
		runner_fail(runner, &err);
		return;
	}
	for (size_t i = 0; i < actions.n; i++)
		carry_out(runner, &actions.items[i]);
	if (runner->options->progress)
		runner->options->progress(runner->options->user, runner->engine,
					  event);
}

void runner_drain(struct runner *runner)
{
	if (runner->draining)
		return;
	runner->draining = true;
	while (!runner->ended && !runner->rc &&
	       runner->queue.next < runner->queue.n) {
		struct event event = runner->queue.items[runner->queue.next++];

		step(runner, &event);
	}
	if (runner->queue.next == runner->queue.n)
		runner->queue.next = runner->queue.n = 0;
	if (runner->rc)
		end_run(runner);
	runner->draining = false;
}

static void on_signal(uv_signal_t *handle, int number)
{
	struct runner *runner = handle->data;
	struct event event = { .kind = EVENT_STOP };

	/* Twice: the person means it. The state file is as safe as after a
	 * crash. */
	if (runner->signal)
		_exit(128 + number);
	runner->signal = number;
	runner_event(runner, &event);
	runner_drain(runner);
}

static int watch_signals(struct runner *runner, struct err *err)
{
	runner->sigint.data = runner;
	runner->sigterm.data = runner;
	runner->sighup.data = runner;
	if (uv_signal_init(&runner->loop, &runner->sigint) ||
	    uv_signal_init(&runner->loop, &runner->sigterm) ||
	    uv_signal_init(&runner->loop, &runner->sighup) ||
	    uv_signal_start(&runner->sighup, on_signal, SIGHUP) ||
	    uv_signal_start(&runner->sigint, on_signal, SIGINT) ||
	    uv_signal_start(&runner->sigterm, on_signal, SIGTERM))
		return err_set(err, -ERR_NOMEM, "watching signals");
	return 0;
}

static int set_up(struct runner *runner, struct err *err)
{
	const struct engine_input *input = &runner->options->engine;
	const struct transport_options transport = {
		.loop = &runner->loop,
		.user = input->config->ssh_user,
		.key_path = input->config->ssh_key,
		.known_hosts_path = input->config->ssh_known_hosts,
	};
	int rc = engine_new(input, &runner->engine, err);

	if (!rc)
		rc = transport_new(&transport, &runner->transport, err);
	runner->links =
		calloc(input->desired->servers.n + 1, sizeof(*runner->links));
	if (!rc && !runner->links)
		rc = err_set(err, -ERR_NOMEM, "starting a run");
	for (size_t i = 0; runner->links && i < input->desired->servers.n; i++)
		runner->links[i] =
			(struct server_link){ .runner = runner, .server = i };
	if (!rc)
		rc = saves_open(runner, err);
	if (!rc)
		rc = watch_signals(runner, err);
	return rc;
}

static void close_any(uv_handle_t *handle, void *arg)
{
	(void)arg;
	if (!uv_is_closing(handle))
		uv_close(handle, NULL);
}

static void tear_down(struct runner *runner)
{
	journal_free(runner->journal);
	transport_free(runner->transport);
	uv_walk(&runner->loop, close_any, NULL);
	while (uv_run(&runner->loop, UV_RUN_DEFAULT))
		;
	(void)uv_loop_close(&runner->loop);
	saves_done(runner);
	free(runner->links);
	free(runner->queue.items);
}

int run_carry_out(const struct run_options *options, struct run_end *ret,
		  struct err *err)
{
	struct runner runner = { .options = options };
	struct event start = { .kind = EVENT_START };
	int rc;

	if (uv_loop_init(&runner.loop))
		return err_set(err, -ERR_NOMEM, "making a loop");
	rc = set_up(&runner, err);
	if (!rc) {
		runner_event(&runner, &start);
		runner_drain(&runner);
		(void)uv_run(&runner.loop, UV_RUN_DEFAULT);
		rc = runner.rc;
		if (rc)
			*err = runner.err;
	}
	tear_down(&runner);
	if (!rc) {
		ret->engine = runner.engine;
		ret->signal = runner.signal;
	}
	return rc;
}
