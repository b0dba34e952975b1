/*
 * window.h - change windows: when may a change of a binding start on a server?
 *
 * Allowed is the union of the allow windows that the binding names for this
 * class of change, less every deny window that applies to the server. A
 * binding that names none may at any time that no deny window covers.
 *
 * A window belongs to the local day on which it opens, also over midnight;
 * its duration is elapsed time. An opening that the clocks jump over is at
 * the end of the gap; one in an hour that comes twice is the first. What is
 * open ends with the union of the allow windows or the next deny, whichever
 * is first; cutoff counts back from there.
 *
 * Owner    struct window: the arena of struct desired.
 * Limits   duration at most 7 days, from/to at most 400 days; it is looked
 *          400 days ahead.
 */
#ifndef MODEL_WINDOW_H
#define MODEL_WINDOW_H

#include "reconciler/model/change.h"
#include "reconciler/model/desired.h"
#include "reconciler/model/zone.h"

#include <stdbool.h>
#include <stdint.h>

#define WINDOW_AHEAD_MS (INT64_C(400) * 86400000)

/* IDENTITY: who a pool runs as. PASSWORD: everything else, what an earlier
 * run left unfinished too. */
enum window_class { WINDOW_IDENTITY, WINDOW_PASSWORD };

enum window_mode { WINDOW_ALLOW, WINDOW_DENY };

enum window_opens {
	WINDOW_DAYS,    /* on these weekdays */
	WINDOW_MONTHLY, /* days after the nth weekday of a month */
	WINDOW_SPAN,    /* once, from - to; deny only */
};

struct window {
	const char *name;
	struct place place;
	enum window_mode mode;
	struct label_array apply_to; /* all of them; none = every server */
	const struct zone *zone;
	enum window_opens opens;
	uint8_t days;          /* DAYS: bit 0 = Sunday */
	uint8_t nth;           /* MONTHLY: 1-4, 5 = the last */
	uint8_t weekday;       /* MONTHLY: 0 = Sunday */
	uint8_t plus_days;     /* MONTHLY */
	uint16_t at_minutes;   /* since local midnight */
	int64_t duration_ms;   /* DAYS MONTHLY: elapsed */
	int64_t cutoff_ms;     /* ALLOW: none is started so near to the end */
	struct civil from, to; /* SPAN */
	bool no_override;      /* DENY: nobody gets past it */
};

/* One opening of one window. */
struct window_span {
	int64_t opens_ms;
	int64_t closes_ms;
};

/* What holds at a moment. */
struct window_answer {
	bool open;         /* it lies in an allowed interval */
	bool may_start;    /* and before its cutoff */
	bool may_override; /* no deny that forbids it covers the moment */
	/* open: when it closes, and when the cutoff begins; INT64_MAX = it
	 * does not within 400 days. */
	int64_t closes_ms, cutoff_ms;
	/* !may_start: the next moment at which one may start, 0 = none within
	 * 400 days. */
	int64_t next_ms;
	/* What to name: the allow window that is open or opens next, or the
	 * deny window that is in the way, or will be where no allow window is
	 * named; NULL = no window says anything. */
	const struct window *window;
};

enum window_class change_window_class(const struct change *change);
const char *window_class_name(enum window_class window_class);

struct window_answer window_ask(const struct desired *desired, size_t server,
				size_t binding, enum window_class window_class,
				int64_t wall_ms);
/* Does the window apply to the server? (applyTo) */
bool window_covers(const struct desired *desired, const struct window *window,
		   size_t server);
/* The first opening of the window alone that closes after wall_ms; false =
 * none within 400 days. */
bool window_next(const struct window *window, int64_t wall_ms,
		 struct window_span *ret);
/* Its last opening at or before wall_ms, and its first one after; false =
 * none within 400 days. */
bool window_last(const struct window *window, int64_t wall_ms,
		 struct window_span *ret);
bool window_after(const struct window *window, int64_t wall_ms,
		  struct window_span *ret);

#endif
