/* window_fields.c - kind ChangeWindow. */
#include "reconciler/manifest/kinds.h"
#include "reconciler/manifest/window_time.h"

#include "reconciler/model/window.h"

static int check_at(const char *text, struct err *err)
{
	uint16_t minutes;

	if (!window_at_parse(text, &minutes))
		return err_set(err, -ERR_MANIFEST,
			       "expected a time of day from 00:00 to 23:59, "
			       "for example \"22:00\"");
	return 0;
}

static int check_moment(const char *text, struct err *err)
{
	struct civil civil;

	if (!window_moment_parse(text, &civil))
		return err_set(err, -ERR_MANIFEST,
			       "expected a local date and time from 1970 to "
			       "2199, for example 2026-12-18T00:00");
	return 0;
}

/* clang-format off */
static const struct field_choice mode_choices[] = {
	{ .name = "allow", .value = WINDOW_ALLOW },
	{ .name = "deny", .value = WINDOW_DENY },
	{ .name = NULL },
};

static const struct field_choice override_choices[] = {
	{ .name = "allow", .value = 0 },
	{ .name = "forbid", .value = 1 },
	{ .name = NULL },
};

static const struct field_choice day_choices[] = {
	{ .name = "Mon", .value = 1 },
	{ .name = "Tue", .value = 2 },
	{ .name = "Wed", .value = 3 },
	{ .name = "Thu", .value = 4 },
	{ .name = "Fri", .value = 5 },
	{ .name = "Sat", .value = 6 },
	{ .name = "Sun", .value = 0 },
	{ .name = NULL },
};

static const struct field_choice nth_choices[] = {
	{ .name = "1", .value = 1 },
	{ .name = "2", .value = 2 },
	{ .name = "3", .value = 3 },
	{ .name = "4", .value = 4 },
	{ .name = "last", .value = 5 },
	{ .name = NULL },
};

#define FULL(member) offsetof(struct draft_window, spec.member)
#define AT(member) (FULL(member) - offsetof(struct draft_window, spec))

static const struct field apply_fields[] = {
	{ .name = "matchLabels", .type = FIELD_TEXT_BY_NAME,
	  .flags = FIELD_REQUIRED,
	  .offset = FULL(apply_to.match_labels) - FULL(apply_to), .max = 63,
	  .expect = "a map of at least one label", .example = "{env: prod}",
	  .help = "The window concerns a server when it has all of these labels with these values." },
	{ .name = NULL },
};

static const struct field monthly_fields[] = {
	{ .name = "nth", .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
	  .offset = FULL(opens.monthly.nth) - FULL(opens.monthly),
	  .choices = nth_choices, .example = "2",
	  .help = "Which one of the month." },
	{ .name = "day", .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
	  .offset = FULL(opens.monthly.day) - FULL(opens.monthly),
	  .choices = day_choices, .example = "Tue",
	  .help = "Of which weekday." },
	{ .name = "plusDays", .type = FIELD_NUMBER,
	  .offset = FULL(opens.monthly.plus_days) - FULL(opens.monthly),
	  .min = 0, .max = 30, .fallback = "0",
	  .help = "So many days after it, also over the month's end: nth 2, day Tue and plusDays 4 is the Saturday after the second Tuesday." },
	{ .name = NULL },
};

static const struct field opens_fields[] = {
	{ .name = "days", .type = FIELD_CHOICE,
	  .flags = FIELD_REQUIRED | FIELD_LIST,
	  .offset = FULL(opens.days) - FULL(opens),
	  .choices = day_choices, .example = "[Sat, Sun]",
	  .help = "The local days on which it opens; it may close on the next." },
	{ .name = "monthly", .type = FIELD_MAP,
	  .flags = FIELD_PLACED | FIELD_ALONE,
	  .offset = FULL(opens.monthly) - FULL(opens),
	  .fields = monthly_fields, .replaces = "days",
	  .example = "{nth: 2, day: Tue, plusDays: 4}",
	  .help = "Instead of days: once a month." },
	{ .name = "at", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = FULL(opens.at) - FULL(opens), .check = check_at,
	  .expect = "a time of day from 00:00 to 23:59",
	  .example = "\"22:00\"",
	  .help = "When it opens, by the clocks of the time zone. A time that the clocks jump over is the end of the gap; of a time that comes twice it is the first." },
	{ .name = NULL },
};

static const struct field spec_fields[] = {
	{ .name = "mode", .type = FIELD_CHOICE, .flags = FIELD_REQUIRED,
	  .offset = AT(mode), .choices = mode_choices, .example = "allow",
	  .help = "allow: changes of bindings that name it may start in it. deny: no change starts in it on any server that it applies to, whether a binding names it or not." },
	{ .name = "applyTo", .type = FIELD_MAP, .flags = FIELD_PLACED,
	  .offset = AT(apply_to), .fields = apply_fields,
	  .fallback_from = "every server",
	  .example = "{matchLabels: {env: prod}}",
	  .help = "The servers that it concerns." },
	{ .name = "timeZone", .type = FIELD_TEXT, .flags = FIELD_REQUIRED,
	  .offset = AT(time_zone), .max = 64,
	  .expect = "a name of the tz database", .example = "Europe/Berlin",
	  .help = "Whose clocks its times are told by." },
	{ .name = "opens", .type = FIELD_MAP,
	  .flags = FIELD_REQUIRED | FIELD_PLACED, .offset = AT(opens),
	  .fields = opens_fields,
	  .example = "{days: [Sat], at: \"22:00\"}",
	  .help = "When it opens, again and again." },
	{ .name = "from", .type = FIELD_TEXT, .flags = FIELD_ALONE,
	  .offset = AT(from), .check = check_moment, .replaces = "opens",
	  .expect = "a local date and time", .example = "2026-12-18T00:00",
	  .help = "Instead of opens, of a deny window: it holds once, from then on." },
	{ .name = "to", .type = FIELD_TEXT,
	  .offset = AT(to), .check = check_moment,
	  .expect = "a local date and time", .example = "2027-01-04T06:00",
	  .help = "With from: until then; at most 400 days later. A time that the clocks jump over is the end of the gap; of a time that comes twice from is the first, to the second." },
	{ .name = "duration", .type = FIELD_DURATION,
	  .offset = AT(duration), .min = 60000, .max = 604800000,
	  .example = "4h",
	  .help = "With opens: how long it is open, in time that passes; so 4h are 4 hours also in a night in which the clocks are changed." },
	{ .name = "cutoff", .type = FIELD_DURATION,
	  .offset = AT(cutoff), .min = 60000, .max = 604800000,
	  .example = "30m", .fallback_from = "none",
	  .help = "Of an allow window: no server is started in so much time before it ends; servers in hand are finished." },
	{ .name = "override", .type = FIELD_CHOICE,
	  .offset = AT(override), .choices = override_choices,
	  .fallback = "allow",
	  .help = "Of a deny window: may apply --override-window get past it?" },
	{ .name = NULL },
};

const struct field window_fields[] = {
	KIND_ENVELOPE,
	{ .name = "spec", .type = FIELD_MAP, .flags = FIELD_REQUIRED,
	  .offset = offsetof(struct draft_window, spec),
	  .fields = spec_fields,
	  .example = "{mode: allow, timeZone: Europe/Berlin, opens: {days: [Sat], at: \"22:00\"}, duration: 4h}" },
	{ .name = NULL },
};
/* clang-format on */
