/* status_report.c - what is remembered of every declared pool. */
#include "reconciler/report/status_report.h"

#include "reconciler/core/str.h"
#include "reconciler/model/identity.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#define TABLE_BYTES_MAX ((size_t)256 * 1024 * 1024)

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "writing a report");
}

static int add_declared(const struct report_context *context,
			const struct declared_pool *declared,
			struct arena *arena, struct status_row_array *rows)
{
	const struct desired *desired = context->desired;
	const struct binding *binding =
		&desired->bindings.items[declared->binding];
	const struct account *account =
		&desired->accounts.items[binding->account];
	struct status_row row = {
		.server = desired->servers.items[declared->server].name,
		.pool = binding->pools.items[declared->pool].name,
		.status = STATUS_UNKNOWN,
		.reason = "never read",
	};
	const struct past_pool *past;

	if (context->selection &&
	    !selection_takes(context->selection, row.pool, account->name))
		return 0;
	row.account = identity_show(
		arena, &context->config->domains.items[account->domain],
		account->user);
	past = past_find(context->past,
			 desired->servers.items[declared->server].key,
			 row.pool);
	if (past) {
		row.status = past->status;
		row.seen_ms = past->seen_ms;
		row.reason = past->reason;
	}
	return row.account && array_push(arena, rows, row) ? 0 : -ERR_NOMEM;
}

/* Pools that lockstep wrote once and that were taken out of the manifests:
 * nothing watches them any more, so they must not look fine. */
static int add_left(const struct report_context *context,
		    const struct server *server,
		    const struct declared_array *declared, struct arena *arena,
		    struct status_row_array *rows)
{
	const struct past_pool *past;

	array_foreach(past, &context->past->pools) {
		struct status_row row = {
			.server = server->name,
			.pool = past->pool,
			.account = past->account,
			.status = STATUS_UNMANAGED,
			.seen_ms = past->seen_ms,
			.reason = "no binding names it any more",
		};

		if (past->generation == 0 ||
		    !str_eq(past->server, server->key) ||
		    desired_declares(declared, past->pool) ||
		    (context->selection &&
		     !selection_takes(context->selection, past->pool, "")))
			continue;
		if (!array_push(arena, rows, row))
			return -ERR_NOMEM;
	}
	return 0;
}

int status_rows(const struct report_context *context,
		const struct index_array *scope, struct arena *arena,
		struct status_row_array *ret, struct err *err)
{
	const struct desired *desired = context->desired;
	struct status_row_array rows = { 0 };
	const struct declared_pool *item;
	size_t i;

	for (i = 0; i < scope->n; i++) {
		size_t server = scope->items[i];
		struct declared_array declared = { 0 };

		if (desired_pools_of(desired, server, arena, &declared) < 0)
			return no_memory(err);
		array_foreach(item, &declared) {
			if (add_declared(context, item, arena, &rows) < 0)
				return no_memory(err);
		}
		if (add_left(context, &desired->servers.items[server],
			     &declared, arena, &rows) < 0)
			return no_memory(err);
	}
	*ret = rows;
	return 0;
}

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
	CLEANUP(buf_done) struct buf seen;

	buf_init(&seen, 64);
	if (row->seen_ms > 0)
		text_time(&seen, row->seen_ms);
	table_put(table, row->pool);
	table_put(table, row->server);
	table_put(table, row->account[0] ? row->account : "-");
	table_put(table, status_name(row->status));
	table_put(table, row->seen_ms > 0 ? buf_text(&seen) : "never");
	table_put(table, row->reason);
}

int status_print(const struct report_context *context,
		 const struct status_row_array *rows, struct buf *out,
		 struct err *err)
{
	static const char *const heads[] = { "POOL",   "SERVER", "ACCOUNT",
					     "STATUS", "TIME",   "REASON" };
	CLEANUP(arena_done) struct arena arena;
	struct table table;
	size_t i;
	int ret;

	arena_init(&arena, TABLE_BYTES_MAX);
	text_colour(context, out, COLOUR_BOLD);
	put_verdict(rows, out);
	text_plain(context, out);
	buf_puts(out, rows->n ? ".\n\n" : ": no binding names one.\n");
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
	return buf_check(out, err);
}

static json_t *verdict_of(const struct status_row_array *rows)
{
	CLEANUP(buf_done) struct buf text;
	size_t counts[STATUS_COUNT] = { 0 };
	const struct status_row *row;
	json_t *object = json_object();
	unsigned i;

	buf_init(&text, 4096);
	put_verdict(rows, &text);
	json_set_text(&object, "text", buf_text(&text));
	json_set_size(&object, "pools", rows->n);
	array_foreach(row, rows)
		counts[row->status]++;
	for (i = 0; i < STATUS_COUNT; i++)
		json_set_size(&object, status_name((enum status)i), counts[i]);
	return object;
}

int status_json(const struct status_row_array *rows, struct buf *out,
		struct err *err)
{
	const struct status_row *row;
	struct json_out json;

	json_out_begin(&json, out, "lockstep.status/1.0");
	json_out_member(&json, "verdict", verdict_of(rows));
	json_out_list(&json, "pools");
	array_foreach(row, rows) {
		json_t *object = json_object();

		json_set_text(&object, "server", row->server);
		json_set_text(&object, "pool", row->pool);
		json_set_text(&object, "account", row->account);
		json_set_text(&object, "status", status_name(row->status));
		json_set_time(&object, "seen_at", row->seen_ms);
		json_set_text(&object, "reason", row->reason);
		json_out_row(&json, object);
	}
	json_out_list_end(&json);
	return json_out_end(&json, err);
}
