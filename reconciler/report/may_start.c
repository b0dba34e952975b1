/* may_start.c - may a change start at a moment, by binding, class and servers
 * that have the same answer. */
#include "reconciler/report/windows_report.h"

#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"
#include "reconciler/report/window_rows.h"
#include "reconciler/report/window_words.h"

#define ARENA_BYTES_MAX 268435456
#define PHRASE_MAX      65536
#define SERVERS_SHOWN   3

static bool add_rows(const struct report_context *context,
		     const struct windows_report *report,
		     struct window_row asked, struct arena *arena,
		     struct window_row_array *ret)
{
	const struct claim *claim;
	size_t before = SIZE_MAX;

	array_foreach(claim, &report->claims->items) {
		if (claim->binding != asked.binding || claim->server == before)
			continue;
		before = claim->server;
		asked.answer =
			window_ask(context->desired, claim->server,
				   asked.binding, asked.of, report->at_ms);
		if (!window_rows_add(ret, &asked, claim->server, arena))
			return false;
	}
	return true;
}

static int find_rows(const struct report_context *context,
		     const struct windows_report *report, struct arena *arena,
		     struct window_row_array *ret, struct err *err)
{
	for (size_t i = 0; i < context->desired->bindings.n; i++) {
		const struct window_row identity = { .binding = i,
						     .of = WINDOW_IDENTITY };
		const struct window_row password = { .binding = i,
						     .of = WINDOW_PASSWORD };

		if (!add_rows(context, report, identity, arena, ret) ||
		    !add_rows(context, report, password, arena, ret))
			return err_set(err, -ERR_NOMEM,
				       "looking at change windows");
	}
	return 0;
}

static void sum_up(const struct window_row_array *rows, bool *ret_any,
		   int64_t *ret_retry_ms)
{
	const struct window_row *row;

	*ret_any = false;
	*ret_retry_ms = 0;
	array_foreach(row, rows) {
		const int64_t next_ms = row->answer.next_ms;

		*ret_any |= row->answer.may_start;
		if (next_ms && (!*ret_retry_ms || next_ms < *ret_retry_ms))
			*ret_retry_ms = next_ms;
	}
}

int may_start_find(const struct report_context *context,
		   const struct windows_report *report, bool *ret_any,
		   int64_t *ret_retry_ms, struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct window_row_array rows = { 0 };
	int rc;

	arena_init(&arena, ARENA_BYTES_MAX);
	rc = find_rows(context, report, &arena, &rows, err);
	if (rc == 0)
		sum_up(&rows, ret_any, ret_retry_ms);
	return rc;
}

static size_t n_closed(const struct window_row_array *rows)
{
	const struct window_row *row;
	size_t n = 0;

	array_foreach(row, rows)
		n += !row->answer.may_start;
	return n;
}

static void put_verdict(const struct window_row_array *rows, int64_t retry_ms,
			struct buf *out)
{
	const size_t closed = n_closed(rows);

	buf_puts(out, closed == 0        ? "Everything may start"
		      : closed < rows->n ? "Some of it may start"
					 : "Nothing may start");
	if (closed && retry_ms) {
		buf_puts(out, "; retry_at ");
		window_put_utc(retry_ms, out);
	} else if (closed) {
		buf_puts(out, "; the rest not within 400 days");
	}
	buf_putc(out, '.');
}

/* "2 servers: web01, web02", "40 servers: web01, web02, web03 ..." */
static void put_servers(const struct desired *desired,
			const struct index_array *servers, struct buf *out)
{
	text_count(out, servers->n, "server");
	for (size_t i = 0; i < servers->n && i < SERVERS_SHOWN; i++)
		buf_printf(out, "%s %s", i ? "," : ":",
			   desired->servers.items[servers->items[i]].name);
	if (servers->n > SERVERS_SHOWN)
		buf_puts(out, " ...");
}

static void put_row(const struct report_context *context,
		    const struct window_row *row, struct table *table)
{
	CLEANUP(buf_done) struct buf cell = { 0 };
	const struct desired *desired = context->desired;

	buf_init(&cell, PHRASE_MAX);
	table_put(table, row->answer.may_start ? "yes" : "no");
	table_put(table, desired->bindings.items[row->binding].name);
	table_put(table, window_class_name(row->of));
	put_servers(desired, &row->servers, &cell);
	table_put(table, buf_text(&cell));
	buf_clear(&cell);
	window_put_answer(&row->answer, &cell);
	if (!row->answer.may_start && !row->answer.may_override)
		buf_puts(&cell, "; can't be overridden");
	table_put(table, buf_text(&cell));
}

int may_start_print(const struct report_context *context,
		    const struct windows_report *report, struct buf *out,
		    struct err *err)
{
	static const char *const heads[] = { "START", "BINDING", "CHANGES OF",
					     "ON", "WHEN" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct window_row_array rows = { 0 };
	const struct window_row *row;
	struct table table;
	int64_t retry_ms;
	bool any;
	int rc;

	arena_init(&arena, ARENA_BYTES_MAX);
	rc = find_rows(context, report, &arena, &rows, err);
	if (rc < 0)
		return rc;
	sum_up(&rows, &any, &retry_ms);
	text_colour(context, out, any ? COLOUR_BOLD : COLOUR_YELLOW);
	put_verdict(&rows, retry_ms, out);
	text_plain(context, out);
	buf_puts(out, "\n\n");
	table_init(&table, &arena, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	array_foreach(row, &rows)
		put_row(context, row, &table);
	for (size_t i = 0; i < table_rows(&table); i++) {
		table_put_row(out, &table, i, "");
		buf_putc(out, '\n');
	}
	rc = table_check(&table, err);
	return rc < 0 ? rc : buf_check(out, err);
}

int may_start_json(const struct report_context *context,
		   const struct windows_report *report, struct buf *out,
		   struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	struct window_row_array rows = { 0 };
	const struct window_row *row;
	struct json_out json;
	json_t *verdict;
	int64_t retry_ms;
	bool any;
	int rc;

	arena_init(&arena, ARENA_BYTES_MAX);
	buf_init(&text, PHRASE_MAX);
	rc = find_rows(context, report, &arena, &rows, err);
	if (rc < 0)
		return rc;
	sum_up(&rows, &any, &retry_ms);
	put_verdict(&rows, retry_ms, &text);
	verdict = json_object();
	json_set_text(&verdict, "text", buf_text(&text));
	json_set_bool(&verdict, "may_start", any);
	json_set_bool(&verdict, "all", n_closed(&rows) == 0);
	json_set_time(&verdict, "at", report->at_ms);
	json_set_time(&verdict, "retry_at", retry_ms);
	json_out_begin(&json, out, "lockstep.may-start/1.0");
	json_out_member(&json, "verdict", verdict);
	json_out_list(&json, "rows");
	array_foreach(row, &rows)
		json_out_row(&json, window_row_json(context->desired, row));
	json_out_list_end(&json);
	return json_out_end(&json, err);
}
