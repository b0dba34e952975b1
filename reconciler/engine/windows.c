/* windows.c - may a change start now, and when else? */
#include "reconciler/engine/run.h"

#include "reconciler/model/zone.h"

/* A change of a forward account asks once for the whole run: at its start. */
static int64_t moment_of(const struct engine *run, enum mode mode)
{
	return mode == MODE_FORWARD ? run->start_ms : run->event->wall_ms;
}

/* The changes of a server mostly have one binding and class. */
struct last_answer {
	const struct change *change; /* NULL = nothing was last yet */
	struct window_answer answer;
};

static const struct window_answer *ask(const struct engine *run,
				       const struct server_run *server,
				       const struct change *change,
				       struct last_answer *last)
{
	const enum window_class of = change_window_class(change);

	if (!last->change || last->change->binding != change->binding ||
	    change_window_class(last->change) != of)
		last->answer = window_ask(run->input.desired, server->server,
					  change->binding, of,
					  moment_of(run, server->mode));
	last->change = change;
	return &last->answer;
}

static bool may_start(const struct engine *run,
		      const struct window_answer *answer)
{
	return answer->may_start ||
	       (run->input.override_windows && answer->may_override);
}

/* Of one change at least. */
bool windows_let_start(struct engine *run, const struct server_run *server)
{
	struct last_answer last = { 0 };

	for (size_t i = 0; i < server->planned->n_changes; i++) {
		const struct item *item = items_of(run, server, i);

		if (item->state == ITEM_TODO &&
		    item_mode(run, item) == server->mode &&
		    may_start(run, ask(run, server, item->change, &last)))
			return true;
	}
	return false;
}

/* "Sat 28 Nov 22:00 (Europe/Berlin)" */
static const char *show_moment(struct engine *run, const struct zone *zone,
			       int64_t wall_ms)
{
	static const char *const days[] = { "Sun", "Mon", "Tue", "Wed",
					    "Thu", "Fri", "Sat" };
	static const char *const months[] = { "Jan", "Feb", "Mar", "Apr",
					      "May", "Jun", "Jul", "Aug",
					      "Sep", "Oct", "Nov", "Dec" };
	const struct civil civil = zone_civil(zone, wall_ms);

	return run_text(run, "%s %d %s %02d:%02d (%s)", days[civil.weekday % 7],
			civil.day, months[(civil.month + 11) % 12], civil.hour,
			civil.minute, zone->name);
}

static const char *why_closed(struct engine *run,
			      const struct window_answer *answer)
{
	const struct window *window = answer->window;
	const char *next;

	if (!window)
		return "window closed";
	if (answer->next_ms == 0)
		return run_text(run,
				"window closed: %s, and nothing may start "
				"within 400 days",
				window->name);
	next = show_moment(run, window->zone, answer->next_ms);
	if (window->mode == WINDOW_DENY)
		return run_text(run, "window closed: %s denies it; next %s",
				window->name, next);
	if (answer->open)
		return run_text(run,
				"window closed: %s is past its cutoff; next %s",
				window->name, next);
	return run_text(run, "window closed: %s opens %s", window->name, next);
}

static void skip_closed(struct engine *run, struct item *item,
			const struct window_answer *answer)
{
	struct run_result *result = &run->result;

	result_settle(run, item, OUTCOME_SKIPPED, STATUS_SKIPPED,
		      why_closed(run, answer));
	result->n_closed++;
	if (answer->next_ms > 0 &&
	    (result->retry_at_ms == 0 || answer->next_ms < result->retry_at_ms))
		result->retry_at_ms = answer->next_ms;
}

/* Every change of this visit that may not start now. It did not fail. */
void windows_skip(struct engine *run, struct server_run *server)
{
	struct last_answer last = { 0 };

	for (size_t i = 0; i < server->planned->n_changes; i++) {
		struct item *item = items_of(run, server, i);
		const struct window_answer *answer;

		if (item->state != ITEM_TODO ||
		    item_mode(run, item) != server->mode)
			continue;
		answer = ask(run, server, item->change, &last);
		if (!may_start(run, answer))
			skip_closed(run, item, answer);
	}
}
