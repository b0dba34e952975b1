/* windows_next.c - when each window opens next, in its time zone and UTC. */
#include "reconciler/report/windows_report.h"

#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"
#include "reconciler/report/window_words.h"

#define ARENA_BYTES_MAX 67108864
#define PHRASE_MAX      65536

/* Where the clocks do not show the time that it should open at. */
static bool is_moved(const struct window *window,
		     const struct window_span *span)
{
	const struct civil civil = zone_civil(window->zone, span->opens_ms);
	const unsigned shown = civil.hour * 60U + civil.minute;

	if (window->opens != WINDOW_SPAN)
		return shown != window->at_minutes;
	return shown != window->from.hour * 60U + window->from.minute;
}

/* Have the two windows a server in common? */
static bool meet(const struct desired *desired, const struct window *a,
		 const struct window *b)
{
	for (size_t i = 0; i < desired->servers.n; i++)
		if (window_covers(desired, a, i) &&
		    window_covers(desired, b, i))
			return true;
	return false;
}

/* Deny windows that take something of the opening away: "freeze, audit". */
static void put_denies(const struct desired *desired,
		       const struct window *window,
		       const struct window_span *span, struct buf *out)
{
	if (window->mode == WINDOW_DENY)
		return;
	for (size_t i = 0; i < desired->windows.n; i++) {
		const struct window *deny = desired->windows.items[i];
		struct window_span other;

		if (deny->mode != WINDOW_DENY ||
		    !window_next(deny, span->opens_ms, &other) ||
		    other.opens_ms >= span->closes_ms ||
		    !meet(desired, window, deny))
			continue;
		buf_printf(out, "%s%s", out->len ? ", " : "", deny->name);
	}
}

static void put_note(const struct report_context *context,
		     const struct windows_report *report,
		     const struct window *window,
		     const struct window_span *span, struct buf *out)
{
	CLEANUP(buf_done) struct buf denies = { 0 };

	buf_init(&denies, PHRASE_MAX);
	put_denies(context->desired, window, span, &denies);
	if (span->opens_ms <= report->at_ms)
		buf_puts(out, "it is open");
	if (is_moved(window, span))
		buf_printf(out, "%sthe clocks jump over its time",
			   out->len ? "; " : "");
	if (denies.len)
		buf_printf(out, "%s%s takes from it", out->len ? "; " : "",
			   buf_text(&denies));
}

static void put_utc_cell(struct table *table, int64_t wall_ms)
{
	CLEANUP(buf_done) struct buf cell = { 0 };

	buf_init(&cell, 64);
	window_put_utc(wall_ms, &cell);
	table_put(table, buf_text(&cell));
}

static void put_local_cell(struct table *table, const struct window *window,
			   int64_t wall_ms)
{
	CLEANUP(buf_done) struct buf cell = { 0 };

	buf_init(&cell, 64);
	window_put_local(window->zone, wall_ms, &cell);
	table_put(table, buf_text(&cell));
}

static void put_opening(const struct report_context *context,
			const struct windows_report *report,
			const struct window *window,
			const struct window_span *span, struct table *table)
{
	CLEANUP(buf_done) struct buf note = { 0 };

	buf_init(&note, PHRASE_MAX);
	put_local_cell(table, window, span->opens_ms);
	put_local_cell(table, window, span->closes_ms);
	put_utc_cell(table, span->opens_ms);
	put_utc_cell(table, span->closes_ms);
	put_note(context, report, window, span, &note);
	table_put(table, buf_text(&note));
}

/* The opening behind one; false = none within 400 days. */
static bool next_opening(const struct window *window,
			 const struct window_span *before,
			 struct window_span *ret)
{
	return window->opens != WINDOW_SPAN &&
	       window_after(window, before->opens_ms, ret);
}

static int put_window(const struct report_context *context,
		      const struct windows_report *report, size_t index,
		      struct arena *arena, struct buf *out, struct err *err)
{
	static const char *const heads[] = { "OPENS", "CLOSES", "OPENS (UTC)",
					     "CLOSES (UTC)", "" };
	const struct window *window = context->desired->windows.items[index];
	struct window_span span;
	struct window_use use;
	struct table table;
	bool more = window_next(window, report->at_ms, &span);
	int rc = window_use_find(context->desired, index, arena, &use, err);

	if (rc < 0)
		return rc;
	buf_printf(out, "%s%s  %s, %s, ", index ? "\n" : "", window->name,
		   window->mode == WINDOW_ALLOW ? "allow" : "deny",
		   window->zone->name);
	text_count(out, use.n_servers, "server");
	buf_printf(out, "; %s\n",
		   use.bindings[0] ? use.bindings : "no binding names it");
	if (!more) {
		buf_puts(out, "  does not open within 400 days\n");
		return 0;
	}
	table_init(&table, arena, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	for (size_t i = 0; more && i < report->n_openings; i++) {
		const struct window_span now = span;

		put_opening(context, report, window, &now, &table);
		more = next_opening(window, &now, &span);
	}
	for (size_t i = 0; i < table_rows(&table); i++) {
		table_put_row(out, &table, i, "  ");
		buf_putc(out, '\n');
	}
	return table_check(&table, err);
}

int openings_print(const struct report_context *context,
		   const struct windows_report *report, struct buf *out,
		   struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	int rc = 0;

	arena_init(&arena, ARENA_BYTES_MAX);
	if (!context->desired->windows.n)
		return windows_print(context, report, out, err);
	for (size_t i = 0; i < context->desired->windows.n && rc == 0; i++)
		rc = put_window(context, report, i, &arena, out, err);
	return rc < 0 ? rc : buf_check(out, err);
}

static json_t *opening_row(const struct report_context *context,
			   const struct window *window,
			   const struct window_use *use,
			   const struct window_span *span)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *row = json_object();

	buf_init(&text, PHRASE_MAX);
	json_set_text(&row, "window", window->name);
	json_set_text(&row, "mode",
		      window->mode == WINDOW_ALLOW ? "allow" : "deny");
	json_set_text(&row, "time_zone", window->zone->name);
	json_set_time(&row, "opens_at", span->opens_ms);
	json_set_time(&row, "closes_at", span->closes_ms);
	window_put_local(window->zone, span->opens_ms, &text);
	json_set_text(&row, "opens_local", buf_text(&text));
	buf_clear(&text);
	window_put_local(window->zone, span->closes_ms, &text);
	json_set_text(&row, "closes_local", buf_text(&text));
	buf_clear(&text);
	put_denies(context->desired, window, span, &text);
	json_set_text(&row, "denied_by", buf_text(&text));
	json_set_bool(&row, "clocks_jump_over_it", is_moved(window, span));
	json_set_size(&row, "servers", use->n_servers);
	json_set_text(&row, "bindings", use->bindings);
	return row;
}

int openings_json(const struct report_context *context,
		  const struct windows_report *report, struct buf *out,
		  struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct window_ref_array *windows = &context->desired->windows;
	struct json_out json;
	int rc = 0;

	arena_init(&arena, ARENA_BYTES_MAX);
	json_out_begin(&json, out, "lockstep.openings/1.0");
	json_out_list(&json, "openings");
	for (size_t i = 0; i < windows->n && rc == 0; i++) {
		const struct window *window = windows->items[i];
		struct window_use use;
		struct window_span span;
		bool more = window_next(window, report->at_ms, &span);

		rc = window_use_find(context->desired, i, &arena, &use, err);
		for (size_t n = 0; rc == 0 && more && n < report->n_openings;
		     n++) {
			const struct window_span now = span;

			json_out_row(&json,
				     opening_row(context, window, &use, &now));
			more = next_opening(window, &now, &span);
		}
	}
	json_out_list_end(&json);
	return rc < 0 ? rc : json_out_end(&json, err);
}
