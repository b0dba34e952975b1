/* status_report.c - what is remembered of every declared pool. */
#include "reconciler/report/status_report.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#define TABLE_BYTES_MAX ((size_t)256 * 1024 * 1024)

static void put_verdict(const struct status_row_array *rows, struct buf *out)
{
	size_t counts[STATUS_COUNT] = { 0 };
	const struct status_row *row;
	const char *between = ": ";
	unsigned i;

	array_foreach(row, rows)
		counts[row->status]++;
	text_count(out, rows->n, "pool");
	for (i = 0; i < STATUS_COUNT; i++) {
		if (counts[i] == 0)
			continue;
		buf_printf(out, "%s%zu %s", between, counts[i],
			   status_name((enum status)i));
		between = ", ";
	}
}

static void put_row(struct table *table, const struct status_row *row)
{
	CLEANUP(buf_done) struct buf seen = { 0 };

	buf_init(&seen, 64);
	if (row->seen_ms > 0)
		text_time(&seen, row->seen_ms);
	table_put(table, row->pool);
	table_put(table, row->server);
	table_put(table, row->account[0] ? row->account : "-");
	table_put(table, status_name(row->status));
	table_put(table, row->seen_ms > 0 ? buf_whole(&seen) : "never");
	table_put(table, row->reason);
}

static const char *server_name(const struct report_context *context,
			       const char *key)
{
	const struct server *server;

	array_foreach(server, &context->desired->servers) {
		if (str_eq(server->key, key))
			return server->name;
	}
	return key; /* not declared any more */
}

static void put_expired(const struct report_context *context,
			const struct past_suspension_array *expired,
			struct buf *out)
{
	const struct past_suspension *item;

	if (expired->n > 0)
		buf_puts(out, "\n  no longer suspended:\n");
	array_foreach(item, expired) {
		CLEANUP(buf_done) struct buf text = { 0 };

		buf_init(&text, 65536);
		buf_printf(&text, "%s/%s ", server_name(context, item->server),
			   item->pool[0] ? item->pool : "*");
		text_suspension(&text, item);
		buf_follow(out, &text);
		buf_puts(out, "    ");
		str_put_plain(out, buf_text(&text));
		buf_putc(out, '\n');
	}
}

int status_print(const struct report_context *context,
		 const struct status_report *report, struct buf *out,
		 struct err *err)
{
	const struct status_row_array *rows = &report->rows;
	static const char *const heads[] = { "POOL",   "SERVER", "ACCOUNT",
					     "STATUS", "TIME",   "REASON" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct table table;
	size_t i;
	int ret;

	arena_init(&arena, TABLE_BYTES_MAX);
	text_colour(context, out, COLOUR_BOLD);
	put_verdict(rows, out);
	text_plain(context, out);
	buf_puts(out, rows->n ? "." : ": no binding names one.");
	buf_putc(out, '\n');
	unfinished_put(context, report->unfinished, out);
	if (report->selected)
		buf_printf(out, "selected: %s\n", report->selected);
	if (rows->n)
		buf_putc(out, '\n');
	if (rows->n == 0)
		return buf_check(out, err);
	table_init(&table, &arena, sizeof(heads) / sizeof(*heads));
	for (i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	for (i = 0; i < rows->n; i++)
		put_row(&table, &rows->items[i]);
	ret = table_check(&table, err);
	if (ret < 0)
		return ret;
	for (i = 0; i < table_rows(&table); i++) {
		bool worry =
			i > 0 && rows->items[i - 1].status != STATUS_CONVERGED;

		if (worry)
			text_colour(context, out, COLOUR_YELLOW);
		table_put_row(out, &table, i, "");
		if (worry)
			text_plain(context, out);
		buf_putc(out, '\n');
	}
	put_expired(context, &report->expired, out);
	return buf_check(out, err);
}

static json_t *verdict_of(const struct status_row_array *rows)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	size_t counts[STATUS_COUNT] = { 0 };
	const struct status_row *row;
	json_t *object = json_object();
	unsigned i;

	buf_init(&text, 4096);
	put_verdict(rows, &text);
	json_set_text(&object, "text", buf_whole(&text));
	json_set_size(&object, "pools", rows->n);
	array_foreach(row, rows)
		counts[row->status]++;
	for (i = 0; i < STATUS_COUNT; i++)
		json_set_size(&object, status_name((enum status)i), counts[i]);
	return object;
}

static void put_expired_json(const struct report_context *context,
			     const struct past_suspension_array *expired,
			     struct json_out *json)
{
	const struct past_suspension *item;

	json_out_list(json, "expired");
	array_foreach(item, expired) {
		json_t *object = json_object();

		json_set_text(&object, "server",
			      server_name(context, item->server));
		json_set_text(&object, "pool", item->pool);
		json_set_text(&object, "reason", item->reason);
		json_set_text(&object, "ticket", item->ticket);
		json_set_text(&object, "by", item->by);
		json_set_time(&object, "at", item->at_ms);
		json_set_time(&object, "until", item->until_ms);
		json_out_row(json, object);
	}
	json_out_list_end(json);
}

int status_json(const struct report_context *context,
		const struct status_report *report, struct buf *out,
		struct err *err)
{
	const struct status_row_array *rows = &report->rows;
	const struct status_row *row;
	struct json_out json;

	json_out_begin(&json, out, "lockstep.status/1.0");
	json_out_member(&json, "verdict", verdict_of(rows));
	if (report->selected)
		json_out_member(&json, "selected",
				json_string(report->selected));
	unfinished_put_json(context, report->unfinished, &json);
	json_out_list(&json, "pools");
	array_foreach(row, rows) {
		json_t *object = json_object();

		json_set_text(&object, "server", row->server);
		json_set_text(&object, "pool", row->pool);
		json_set_text(&object, "account", row->account);
		json_set_text(&object, "status", status_name(row->status));
		json_set_time(&object, "seen_at", row->seen_ms);
		json_set_time(&object, "since", row->since_ms);
		json_set_text(&object, "reason", row->reason);
		json_out_row(&json, object);
	}
	json_out_list_end(&json);
	put_expired_json(context, &report->expired, &json);
	return json_out_end(&json, err);
}
