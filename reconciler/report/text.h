/*
 * text.h - phrases that reports share: counts, times, versions, colours.
 */
#ifndef REPORT_TEXT_H
#define REPORT_TEXT_H

#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"

#include <stddef.h>
#include <stdint.h>

enum colour { COLOUR_BOLD, COLOUR_YELLOW, COLOUR_RED };

void text_colour(const struct report_context *context, struct buf *out,
		 enum colour colour);
void text_plain(const struct report_context *context, struct buf *out);
/* "1 pool", "12 pools", "1 server", "2 servers". */
void text_count(struct buf *out, size_t n, const char *noun);
/* "3 s ago", "5 min ago", "2 h ago", "4 d ago"; never of the future. */
void text_ago(struct buf *out, int64_t now_ms, int64_t then_ms);
/* "2026-09-19 20:00:04Z" */
void text_time(struct buf *out, int64_t wall_ms);
/* "5 s", "12 min", "3 h", "9 d": how long. */
void text_span(struct buf *out, int64_t ms);
/* The same more exactly: "4.2 s", "45 s", "12 min 30 s", "3 h 5 min". */
void text_long(struct buf *out, int64_t ms);
/* "until 2026-09-19 20:00:04Z by ada: CHG123 (ticket 7)" */
void text_suspension(struct buf *out, const struct past_suspension *item);
/* A version of a secret: "file of 2026-09-19 20:00:04Z", "version 12". */
void text_version(struct buf *out, const struct secret_ref *secret,
		  int64_t version);
/* CORP\user of a declared account, not escaped: names are clean. */
void text_account(const struct report_context *context, struct buf *out,
		  size_t account);

#endif
