/* check_window.c - what each ChangeWindow says, by itself. */
#include "reconciler/manifest/check.h"
#include "reconciler/manifest/window_time.h"

#include "reconciler/core/str.h"
#include "reconciler/model/window.h"

#define SPAN_MAX_MS WINDOW_AHEAD_MS

static int take_labels(const struct check *check, const struct span *span,
		       struct label_array *ret)
{
	const struct entry *entries = span->items;
	size_t i;

	for (i = 0; i < span->n; i++) {
		const struct label label = { .key = entries[i].key.text,
					     .value = entries[i].value.text };

		if (!array_push(&check->desired->arena, ret, label))
			return -ERR_NOMEM;
	}
	return 0;
}

/* NULL when it is unknown: a problem says so. */
static int take_zone(struct check *check, const struct value *name,
		     const struct zone **ret)
{
	struct err why;
	int rc;

	*ret = NULL;
	if (!name->text || problems_full(check->problems))
		return 0;
	rc = zones_find(&check->zones, name->text, ret, &why);
	if (rc == -ERR_NOMEM)
		return rc;
	if (rc < 0)
		problem_add(check->problems, &name->place,
			    "ChangeWindow.spec.timeZone: %s", why.what);
	return 0;
}

static void take_opens(const struct check *check,
		       const struct draft_window *draft, struct window *window)
{
	const struct value *days = draft->spec.opens.days.items;
	size_t i;

	if (draft->spec.opens.at.text)
		(void)window_at_parse(draft->spec.opens.at.text,
				      &window->at_minutes);
	if (draft->spec.opens.monthly.here.text) {
		window->opens = WINDOW_MONTHLY;
		window->nth = (uint8_t)draft->spec.opens.monthly.nth.number;
		window->weekday = (uint8_t)draft->spec.opens.monthly.day.number;
		window->plus_days =
			(uint8_t)draft->spec.opens.monthly.plus_days.number;
		return;
	}
	window->opens = WINDOW_DAYS;
	for (i = 0; i < draft->spec.opens.days.n; i++) {
		const unsigned bit = 1U << days[i].number;

		if (window->days & bit)
			problem_add(check->problems, &days[i].place,
				    "ChangeWindow.spec.opens.days: %s is "
				    "listed twice",
				    days[i].text);
		window->days |= (uint8_t)bit;
	}
}

/* opens and duration, of both modes. */
static void check_opening(const struct check *check,
			  const struct draft_window *draft,
			  const struct window *window)
{
	const struct value *duration = &draft->spec.duration;
	const struct value *to = &draft->spec.to;

	if (to->text)
		problem_add(check->problems, &to->place,
			    "ChangeWindow.spec.to belongs to from; expected "
			    "opens with duration, or from with to");
	if (!duration->place.file) {
		problem_add(check->problems, &draft->spec.opens.here.place,
			    "ChangeWindow.spec misses the field \"duration\" "
			    "beside opens: expected a duration, for example "
			    "4h");
		return;
	}
	if (!duration->text || window->cutoff_ms < window->duration_ms)
		return;
	problem_add(check->problems, &draft->spec.cutoff.place,
		    "ChangeWindow.spec.cutoff: expected less than the duration "
		    "of %s; found %s, so nothing could ever start",
		    duration->text, draft->spec.cutoff.text);
}

static void check_span(const struct check *check,
		       const struct draft_window *draft,
		       const struct window *window)
{
	const struct value *to = &draft->spec.to;
	const struct value *duration = &draft->spec.duration;
	int64_t length_ms;

	if (window->mode == WINDOW_ALLOW)
		problem_add(check->problems, &draft->spec.from.place,
			    "ChangeWindow.spec.from: only a deny window may "
			    "hold once; expected opens and duration");
	if (duration->text)
		problem_add(check->problems, &duration->place,
			    "ChangeWindow.spec.duration belongs to opens; "
			    "expected from with to");
	if (!to->place.file) {
		problem_add(check->problems, &draft->spec.from.place,
			    "ChangeWindow.spec misses the field \"to\" beside "
			    "from: expected a local date and time, for example "
			    "2027-01-04T06:00");
		return;
	}
	if (!window->zone || !to->text || !draft->spec.from.text)
		return;
	length_ms = zone_wall_ms(window->zone, &window->to, true, NULL) -
		    zone_wall_ms(window->zone, &window->from, false, NULL);
	if (length_ms <= 0)
		problem_add(check->problems, &to->place,
			    "ChangeWindow.spec.to: expected a time after from, "
			    "which is %s",
			    draft->spec.from.text);
	else if (length_ms > SPAN_MAX_MS)
		problem_add(check->problems, &to->place,
			    "ChangeWindow.spec.to: expected a time at most 400 "
			    "days after from, which is %s",
			    draft->spec.from.text);
}

/* Fields that belong to the other mode. */
static void check_mode(const struct check *check,
		       const struct draft_window *draft,
		       const struct window *window)
{
	const struct value *cutoff = &draft->spec.cutoff;
	const struct value *override = &draft->spec.override;

	if (window->mode == WINDOW_DENY && cutoff->text)
		problem_add(check->problems, &cutoff->place,
			    "ChangeWindow.spec.cutoff belongs to allow "
			    "windows; in a deny window nothing starts at all");
	if (window->mode == WINDOW_ALLOW && override->text &&
	    override->place.file)
		problem_add(check->problems, &override->place,
			    "ChangeWindow.spec.override belongs to deny "
			    "windows; an allow window is overridden by "
			    "whoever may apply");
	if (str_eq(window->name, "always"))
		problem_add(check->problems, &draft->head.metadata.name.place,
			    "a ChangeWindow can't be named \"always\": that "
			    "word means any time");
}

static int take(struct check *check, const struct draft_window *draft,
		struct window *window)
{
	int rc = take_labels(check, &draft->spec.apply_to.match_labels,
			     &window->apply_to);

	if (rc == 0)
		rc = take_zone(check, &draft->spec.time_zone, &window->zone);
	if (rc < 0)
		return rc;
	window->name = draft->head.metadata.name.text;
	window->place = draft->head.place;
	window->mode = (enum window_mode)draft->spec.mode.number;
	window->duration_ms = draft->spec.duration.number;
	window->cutoff_ms = draft->spec.cutoff.number;
	window->no_override = draft->spec.override.number != 0;
	if (draft->spec.apply_to.match_labels.n)
		check_selector(check, &draft->spec.apply_to.match_labels,
			       &draft->spec.apply_to.at.place);
	check_mode(check, draft, window);
	if (draft->spec.from.place.file) {
		window->opens = WINDOW_SPAN;
		if (draft->spec.from.text)
			(void)window_moment_parse(draft->spec.from.text,
						  &window->from);
		if (draft->spec.to.text)
			(void)window_moment_parse(draft->spec.to.text,
						  &window->to);
		check_span(check, draft, window);
	} else if (draft->spec.opens.here.text) {
		take_opens(check, draft, window);
		check_opening(check, draft, window);
	}
	return 0;
}

int check_windows(struct check *check)
{
	const struct draft_set *drafts = check->drafts;
	struct arena *arena = &check->desired->arena;
	size_t i;

	for (i = 0; i < drafts->windows.n; i++) {
		struct window *window = arena_alloc(arena, sizeof(*window));
		int rc;

		if (!window)
			return -ERR_NOMEM;
		rc = take(check, &drafts->windows.items[i], window);
		if (rc < 0)
			return rc;
		if (!array_push(arena, &check->desired->windows, window))
			return -ERR_NOMEM;
	}
	return 0;
}
