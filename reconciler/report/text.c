/* text.c - phrases that reports share. */
#include "reconciler/report/text.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"

#include <inttypes.h>

#define NS_A_MS 1000000

void text_colour(const struct report_context *context, struct buf *out,
		 enum colour colour)
{
	static const char *const codes[] = {
		[COLOUR_BOLD] = "\033[1m",
		[COLOUR_YELLOW] = "\033[33m",
		[COLOUR_RED] = "\033[31m",
	};

	if (context->colour)
		buf_puts(out, codes[colour]);
}

void text_plain(const struct report_context *context, struct buf *out)
{
	if (context->colour)
		buf_puts(out, "\033[0m");
}

void text_count(struct buf *out, size_t n, const char *noun)
{
	buf_printf(out, "%zu %s%s", n, noun, n == 1 ? "" : "s");
}

void text_span(struct buf *out, int64_t ms)
{
	int64_t s = ms > 0 ? ms / 1000 : 0;

	if (s < 120)
		buf_printf(out, "%" PRId64 " s", s);
	else if (s < 7200)
		buf_printf(out, "%" PRId64 " min", s / 60);
	else if (s < 172800)
		buf_printf(out, "%" PRId64 " h", s / 3600);
	else
		buf_printf(out, "%" PRId64 " d", s / 86400);
}

void text_long(struct buf *out, int64_t ms)
{
	const int64_t s = ms > 0 ? ms / 1000 : 0;

	if (ms > 0 && s < 10)
		buf_printf(out, "%" PRId64 ".%" PRId64 " s", s,
			   ms % 1000 / 100);
	else if (s < 100)
		buf_printf(out, "%" PRId64 " s", s);
	else if (s < 7200)
		buf_printf(out, "%" PRId64 " min %" PRId64 " s", s / 60,
			   s % 60);
	else if (s < 172800)
		buf_printf(out, "%" PRId64 " h %" PRId64 " min", s / 3600,
			   s % 3600 / 60);
	else
		buf_printf(out, "%" PRId64 " d", s / 86400);
}

void text_ago(struct buf *out, int64_t now_ms, int64_t then_ms)
{
	text_span(out, now_ms - then_ms);
	buf_puts(out, " ago");
}

void text_suspension(struct buf *out, const struct past_suspension *item)
{
	buf_puts(out, "until ");
	text_time(out, item->until_ms);
	buf_printf(out, " by %s: %s", item->by, item->reason);
	if (item->ticket[0])
		buf_printf(out, " (ticket %s)", item->ticket);
}

void text_time(struct buf *out, int64_t wall_ms)
{
	char text[32];

	clock_text(wall_ms, text, sizeof(text));
	buf_puts(out, text);
}

void text_version(struct buf *out, const struct secret_ref *secret,
		  int64_t version)
{
	const bool file = str_starts(secret->from, "file:");

	/* A file has no version but the time of its last change, in ns. */
	if (file || str_starts(secret->from, "systemd:")) {
		buf_puts(out, file ? "file of " : "credential of ");
		text_time(out, version / NS_A_MS);
	} else {
		buf_printf(out, "version %" PRId64, version);
	}
}

void text_account(const struct report_context *context, struct buf *out,
		  size_t account)
{
	const struct account *item = &context->desired->accounts.items[account];
	const struct domain *domain =
		&context->config->domains.items[item->domain];

	buf_printf(out, "%s\\%s", domain->netbios, item->user);
}
