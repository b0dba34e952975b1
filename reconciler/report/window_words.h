/*
 * window_words.h - phrases about change windows that reports share.
 *
 * Times are told by the clocks of the window's time zone, which is named.
 */
#ifndef REPORT_WINDOW_WORDS_H
#define REPORT_WINDOW_WORDS_H

#include "reconciler/core/buf.h"
#include "reconciler/model/window.h"
#include "reconciler/report/context.h"

/* "Sat 28 Nov 22:00 (Europe/Berlin)"; zone NULL = UTC. */
void window_put_moment(const struct zone *zone, int64_t wall_ms,
		       struct buf *out);
/* "Sat 2026-11-28 22:00 +01:00" */
void window_put_local(const struct zone *zone, int64_t wall_ms,
		      struct buf *out);
/* "2026-11-28T21:00:00Z", as retry_at is told. */
void window_put_utc(int64_t wall_ms, struct buf *out);

/* When it opens: "Sat, Sun 22:00", "second Tue of the month, 4 days later,
 * 22:00", "2026-12-18 00:00 to 2027-01-04 06:00". */
void window_put_opens(const struct window *window, struct buf *out);

/* What may happen now, in words: "at any time", "weekend is open, to be
 * started until ...", "weekend opens ...", "freeze denies it until ...". */
void window_put_answer(const struct window_answer *answer, struct buf *out);

#endif
