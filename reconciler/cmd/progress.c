/* progress.c - see progress.h. */
#include "reconciler/cmd/progress.h"

#include "reconciler/core/str.h"

#include <stdio.h>
#include <unistd.h>

#define LIVE_EVERY_MS  100
#define PLAIN_EVERY_MS 30000

void progress_init(struct progress *progress, const struct options *options,
		   const struct desired *desired, const char *verb)
{
	*progress = (struct progress){
		.desired = desired,
		.verb = verb,
		.live = isatty(STDERR_FILENO) && !options->verbose,
		.verbose = options->verbose,
	};
}

static const char *event_text(enum event_kind kind)
{
	static const char *const texts[] = {
		[EVENT_START] = "run started",
		[EVENT_SAVED] = "state saved",
		[EVENT_SAVE_FAILED] = "state could not be saved",
		[EVENT_OBSERVED] = "read",
		[EVENT_APPLIED] = "answered apply",
		[EVENT_ACTIVATED] = "answered activate",
		[EVENT_VERIFIED] = "answered verify",
		[EVENT_FAILED] = "failed",
		[EVENT_TIMER] = "pause over",
		[EVENT_PROVED] = "the directory answered",
		[EVENT_STOP] =
			"stop was asked for: servers in hand are finished, no other is started",
	};

	return texts[kind];
}

static bool of_server(enum event_kind kind)
{
	return kind == EVENT_OBSERVED || kind == EVENT_APPLIED ||
	       kind == EVENT_ACTIVATED || kind == EVENT_VERIFIED ||
	       kind == EVENT_FAILED;
}

static void tell(const struct progress *progress, const struct event *event)
{
	CLEANUP(buf_done) struct buf line = { 0 };

	buf_init(&line, 4096);
	buf_puts(&line, "lockstep: ");
	if (of_server(event->kind)) {
		str_put_plain(
			&line,
			progress->desired->servers.items[event->server].name);
		buf_putc(&line, ' ');
	}
	buf_puts(&line, event_text(event->kind));
	if (event->err.code) {
		buf_puts(&line, ": ");
		str_put_plain(&line, event->err.what);
	}
	buf_putc(&line, '\n');
	(void)fwrite(buf_text(&line), 1, line.len, stderr);
}

void progress_step(void *user, const struct engine *engine,
		   const struct event *event)
{
	struct progress *progress = user;
	int64_t every = progress->live ? LIVE_EVERY_MS : PLAIN_EVERY_MS;
	size_t done;
	size_t all;

	if (progress->verbose || event->kind == EVENT_STOP)
		tell(progress, event);
	if (event->kind == EVENT_START)
		progress->last_ms = event->mono_ms;
	if (event->mono_ms - progress->last_ms < every)
		return;
	progress->last_ms = event->mono_ms;
	engine_progress(engine, &done, &all);
	if (progress->live)
		(void)fprintf(stderr, "\r%s: %zu of %zu servers\033[K",
			      progress->verb, done, all);
	else
		(void)fprintf(stderr, "lockstep: %s: %zu of %zu servers\n",
			      progress->verb, done, all);
	progress->shown = progress->live;
}

void progress_done(struct progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
	progress->shown = false;
}
