/* window.c - when may a change start? Allow windows less deny windows. */
#include "reconciler/model/window.h"

#include "reconciler/core/str.h"

/* What concerns one class of change of one binding on one server. */
struct question {
	const struct desired *desired;
	size_t server;
	const struct window_choice *choice;
};

/* What the windows say of a moment. */
struct moment {
	bool allowed;
	const struct window *deny; /* one that covers it */
	bool forbidden;            /* by a deny that nobody gets past */
	int64_t deny_closes_ms;    /* the last of those that cover it */
};

/* An allowed interval from a moment in it to its end. */
struct interval {
	int64_t closes_ms;
	int64_t cutoff_ms;
	const struct window *window; /* that reaches furthest, or that ends it */
};

enum window_class change_window_class(const struct change *change)
{
	return change->kind == CHANGE_IDENTITY ? WINDOW_IDENTITY
					       : WINDOW_PASSWORD;
}

const char *window_class_name(enum window_class window_class)
{
	return window_class == WINDOW_IDENTITY ? "identity" : "password";
}

static bool has_label(const struct server *server, const struct label *label)
{
	const struct label *item;

	array_foreach(item, &server->labels) {
		if (str_eq(item->key, label->key))
			return str_eq(item->value, label->value);
	}
	return false;
}

bool window_covers(const struct desired *desired, const struct window *window,
		   size_t server)
{
	const struct label *label;

	array_foreach(label, &window->apply_to) {
		if (!has_label(&desired->servers.items[server], label))
			return false;
	}
	return true;
}

/* The first allow window of the choice that covers the server from `at` on, or
 * NULL; *at goes behind it. Only asked where there is a choice. */
static const struct window *next_allow(const struct question *question,
				       size_t *at)
{
	const struct window_choice *choice = question->choice;

	while (*at < choice->windows.n) {
		const struct window *window =
			question->desired->windows
				.items[choice->windows.items[(*at)++]];

		if (window_covers(question->desired, window, question->server))
			return window;
	}
	return NULL;
}

static const struct window *next_deny(const struct question *question,
				      size_t *at)
{
	const struct desired *desired = question->desired;

	while (*at < desired->windows.n) {
		const struct window *window = desired->windows.items[(*at)++];

		if (window->mode == WINDOW_DENY &&
		    window_covers(desired, window, question->server))
			return window;
	}
	return NULL;
}

static struct moment moment_of(const struct question *question, int64_t wall_ms)
{
	struct moment moment = { .allowed = !question->choice->limited };
	const struct window *window;
	struct window_span span;
	size_t at = 0;

	while (!moment.allowed && (window = next_allow(question, &at)))
		moment.allowed = window_last(window, wall_ms, &span) &&
				 span.closes_ms > wall_ms;
	at = 0;
	while ((window = next_deny(question, &at))) {
		const bool first = !moment.deny;

		if (!window_last(window, wall_ms, &span) ||
		    span.closes_ms <= wall_ms)
			continue;
		/* Whoever reads the name wants to know what can't be
		 * overridden, else what lasts longest. */
		if (first || (window->no_override && !moment.forbidden) ||
		    (window->no_override == moment.forbidden &&
		     span.closes_ms > moment.deny_closes_ms))
			moment.deny = window;
		moment.forbidden |= window->no_override;
		if (first || span.closes_ms > moment.deny_closes_ms)
			moment.deny_closes_ms = span.closes_ms;
	}
	return moment;
}

/* Of the allow windows that are open at a moment the one that reaches
 * furthest; of those the one with the longest cutoff. */
static const struct window *furthest(const struct question *question,
				     int64_t wall_ms, int64_t *ret_closes_ms)
{
	const struct window *found = NULL;
	const struct window *window;
	size_t at = 0;

	*ret_closes_ms = wall_ms;
	while ((window = next_allow(question, &at))) {
		struct window_span span;

		if (!window_last(window, wall_ms, &span) ||
		    span.closes_ms <= wall_ms ||
		    span.closes_ms < *ret_closes_ms)
			continue;
		if (!found || span.closes_ms > *ret_closes_ms ||
		    window->cutoff_ms > found->cutoff_ms)
			found = window;
		*ret_closes_ms = span.closes_ms;
	}
	return found;
}

/* The next deny that begins after a moment; false = none within 400 days. */
static const struct window *deny_after(const struct question *question,
				       int64_t wall_ms, int64_t *ret_opens_ms)
{
	const struct window *found = NULL;
	const struct window *window;
	size_t at = 0;

	*ret_opens_ms = INT64_MAX;
	while ((window = next_deny(question, &at))) {
		struct window_span span;

		if (window_after(window, wall_ms, &span) &&
		    span.opens_ms < *ret_opens_ms) {
			*ret_opens_ms = span.opens_ms;
			found = window;
		}
	}
	return found;
}

/* From a moment that is allowed. Its cutoff is that of the windows that are open
 * when it ends: the moment before, so one that opens with a deny counts not. */
static struct interval interval_of(const struct question *question,
				   int64_t wall_ms)
{
	int64_t denied_ms;
	int64_t reach_ms = wall_ms;
	int64_t closes_ms;
	const struct window *deny = deny_after(question, wall_ms, &denied_ms);
	const int64_t limit_ms = wall_ms + WINDOW_AHEAD_MS;
	const struct window *last = NULL;
	const struct window *next;

	if (!question->choice->limited)
		return (struct interval){ denied_ms, denied_ms, deny };
	while (reach_ms < denied_ms && reach_ms <= limit_ms &&
	       (next = furthest(question, reach_ms, &closes_ms))) {
		last = next;
		reach_ms = closes_ms;
	}
	if (reach_ms > denied_ms)
		reach_ms = denied_ms;
	else if (reach_ms > limit_ms)
		return (struct interval){ INT64_MAX, INT64_MAX, last };
	last = furthest(question, reach_ms - 1, &closes_ms);
	return (struct interval){
		.closes_ms = reach_ms,
		.cutoff_ms = reach_ms - (last ? last->cutoff_ms : 0),
		.window = last,
	};
}

/* The first opening of an allow window after a moment. */
static const struct window *allow_after(const struct question *question,
					int64_t wall_ms, int64_t *ret_opens_ms)
{
	const struct window *found = NULL;
	const struct window *window;
	size_t at = 0;

	*ret_opens_ms = INT64_MAX;
	while ((window = next_allow(question, &at))) {
		struct window_span span;

		if (window_after(window, wall_ms, &span) &&
		    span.opens_ms < *ret_opens_ms) {
			*ret_opens_ms = span.opens_ms;
			found = window;
		}
	}
	return found;
}

/* The next moment at which a change may start. 0 = none within 400 days. */
static int64_t start_after(const struct question *question, int64_t wall_ms,
			   const struct window **ret_window)
{
	const int64_t limit_ms = wall_ms + WINDOW_AHEAD_MS;
	int64_t at_ms = wall_ms;

	/* Each step goes ahead. */
	while (at_ms <= limit_ms) {
		const struct moment moment = moment_of(question, at_ms);
		struct interval interval;

		if (moment.deny) {
			at_ms = moment.deny_closes_ms;
			continue;
		}
		if (!moment.allowed) {
			if (!allow_after(question, at_ms, &at_ms))
				return 0;
			continue;
		}
		interval = interval_of(question, at_ms);
		*ret_window = interval.window;
		if (at_ms < interval.cutoff_ms)
			return at_ms;
		at_ms = interval.closes_ms;
	}
	return 0;
}

struct window_answer window_ask(const struct desired *desired, size_t server,
				size_t binding, enum window_class window_class,
				int64_t wall_ms)
{
	const struct question question = {
		.desired = desired,
		.server = server,
		.choice =
			&desired->bindings.items[binding].windows[window_class],
	};
	const struct moment moment = moment_of(&question, wall_ms);
	struct window_answer answer = {
		.open = moment.allowed && !moment.deny,
		.may_override = !moment.forbidden,
		.window = moment.deny,
	};
	const struct window *next = NULL;
	int64_t opens_ms;

	if (answer.open) {
		const struct interval interval =
			interval_of(&question, wall_ms);

		answer.may_start = wall_ms < interval.cutoff_ms;
		answer.closes_ms = interval.closes_ms;
		answer.cutoff_ms = interval.cutoff_ms;
		answer.window = interval.window;
	}
	if (answer.may_start)
		return answer;
	answer.next_ms = start_after(&question, wall_ms, &next);
	if (!answer.window)
		answer.window = answer.next_ms ? next
					       : allow_after(&question, wall_ms,
							     &opens_ms);
	return answer;
}
