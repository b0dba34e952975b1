/* progress.c - see progress.h. */
#include "reconciler/cmd/progress.h"

#include "reconciler/core/field.h"
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

/* How long a wait takes, in whole seconds and not too short. */
static void put_wait(struct buf *out, int64_t ms)
{
	field_put_duration(ms > 0 ? (ms + 999) / 1000 * 1000 : 1000, out);
}

static void put_more(struct buf *out, size_t n)
{
	if (n > 1)
		buf_printf(out, " and %zu more", n - 1);
}

/* Why nothing seems to happen. */
static void put_waits(struct buf *out, const struct run_waits *waits,
		      int64_t now_ms)
{
	if (waits->n_lost > 0) {
		buf_puts(out, "; no answer came from ");
		str_put_plain(out, waits->lost);
		put_more(out, waits->n_lost);
		buf_puts(out, ", looking again in ");
		put_wait(out, waits->lost_until_ms - now_ms);
	}
	if (waits->n_paused > 0) {
		buf_puts(out, "; group ");
		str_put_plain(out, waits->paused);
		put_more(out, waits->n_paused);
		buf_puts(out, " goes on ");
		put_wait(out, waits->paused_until_ms - now_ms);
		buf_puts(out, " after the canary");
	}
	if (waits->n_asked > 0)
		buf_puts(out, "; the directory is asked");
}

static void show(struct progress *progress, const struct engine *engine,
		 const struct run_waits *waits, int64_t now_ms)
{
	CLEANUP(buf_done) struct buf line = { 0 };
	size_t done;
	size_t all;

	engine_progress(engine, &done, &all);
	buf_init(&line, 4096);
	if (progress->live)
		buf_printf(&line, "\r%s: %zu of %zu servers", progress->verb,
			   done, all);
	else
		buf_printf(&line, "lockstep: %s: %zu of %zu servers",
			   progress->verb, done, all);
	put_waits(&line, waits, now_ms);
	buf_puts(&line, progress->live ? "\033[K" : "\n");
	(void)fwrite(buf_text(&line), 1, line.len, stderr);
	progress->shown = progress->live;
}

void progress_step(void *user, const struct engine *engine,
		   const struct event *event)
{
	struct progress *progress = user;
	int64_t every = progress->live ? LIVE_EVERY_MS : PLAIN_EVERY_MS;
	struct run_waits waits;
	bool news;

	engine_waits(engine, &waits);
	news = (waits.n_lost > 0 && progress->n_lost == 0) ||
	       (waits.n_lost > 0 && event->kind == EVENT_STOP) ||
	       waits.n_paused > progress->n_paused;
	progress->n_lost = waits.n_lost;
	progress->n_paused = waits.n_paused;
	if (progress->verbose || event->kind == EVENT_STOP)
		tell(progress, event);
	if (event->kind == EVENT_START)
		progress->last_ms = event->mono_ms;
	/* Nothing may happen for a while, so it is told when it begins. */
	if (!news && event->mono_ms - progress->last_ms < every)
		return;
	progress->last_ms = event->mono_ms;
	show(progress, engine, &waits, event->mono_ms);
}

void progress_done(struct progress *progress)
{
	if (progress->shown)
		(void)fputs("\r\033[K", stderr);
	progress->shown = false;
}
