/* result_report.c - how an apply went. */
#include "reconciler/report/result_report.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"
#include "reconciler/report/window_words.h"

#define TABLE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PHRASE_MAX      16384

static int count_servers(const struct report_context *context,
			 const struct run_result *result, struct arena *arena,
			 size_t *ret, struct err *err)
{
	const struct result_row *row;
	bool *seen;
	size_t n = 0;

	seen = arena_alloc(arena, context->desired->servers.n + 1);
	if (!seen)
		return err_set(err, -ERR_NOMEM, "writing a report");
	array_foreach(row, &result->rows) {
		if (!seen[row->server])
			n++;
		seen[row->server] = true;
	}
	*ret = n;
	return 0;
}

static void put_verdict(const struct run_result *result, size_t servers,
			struct buf *out)
{
	buf_printf(out, "%u changed, %u failed, %u unknown", result->n_changed,
		   result->n_failed, result->n_unknown);
	if (result->n_skipped > 0)
		buf_printf(out, ", %u skipped", result->n_skipped);
	if (result->n_kept > 0)
		buf_printf(out, ", %u kept", result->n_kept);
	buf_puts(out, " on ");
	text_count(out, servers, "server");
	if (result->stopped)
		buf_puts(out, "; stopped before the end");
	buf_putc(out, '.');
}

/* Changed and proved, or right already: one line above said so. */
static bool is_fine(const struct result_row *row)
{
	return (row->outcome == OUTCOME_CHANGED ||
		row->outcome == OUTCOME_KEPT) &&
	       row->status == STATUS_CONVERGED;
}

static void put_account(const struct report_context *context, struct buf *cell,
			const struct result_row *row)
{
	buf_clear(cell);
	if (row->account < context->desired->accounts.n)
		text_account(context, cell, row->account);
	else if (row->pool[0])
		buf_puts(cell, identity_type_name(row->identity));
}

static int put_rows(const struct report_context *context,
		    const struct run_result *result, struct arena *arena,
		    struct buf *out, struct err *err)
{
	CLEANUP(buf_done) struct buf cell = { 0 };
	const struct result_row *row;
	struct table table;
	size_t i;

	buf_init(&cell, PHRASE_MAX);
	table_init(&table, arena, 6);
	array_foreach(row, &result->rows) {
		if (is_fine(row))
			continue;
		table_put(&table,
			  context->desired->servers.items[row->server].name);
		table_put(&table, row->pool[0] ? row->pool : "*");
		put_account(context, &cell, row);
		table_put(&table, buf_whole(&cell));
		table_put(&table, outcome_name(row->outcome));
		table_put(&table, str_eq(outcome_name(row->outcome),
					 status_name(row->status))
					  ? ""
					  : status_name(row->status));
		table_put(&table, row->reason);
	}
	if (table_rows(&table) > 0)
		buf_putc(out, '\n');
	for (i = 0; i < table_rows(&table); i++) {
		table_put_row(out, &table, i, "  ");
		buf_putc(out, '\n');
	}
	return table_check(&table, err);
}

/* One line a server: what was changed there and proved. */
static void put_proved(const struct report_context *context,
		       const struct run_result *result, struct buf *out)
{
	const struct result_row *row;
	size_t server = SIZE_MAX;

	array_foreach(row, &result->rows) {
		if (row->outcome != OUTCOME_CHANGED || !is_fine(row))
			continue;
		if (row->server != server)
			buf_printf(out, "\n  %s   proved: ",
				   context->desired->servers.items[row->server]
					   .name);
		else
			buf_puts(out, ", ");
		server = row->server;
		str_put_plain(out, row->pool);
	}
	if (server != SIZE_MAX)
		buf_putc(out, '\n');
}

static void put_why(const struct run_result *result, struct buf *out)
{
	if (result->stop_reason) {
		buf_puts(out, "\n  ended early: ");
		str_put_plain(out, result->stop_reason);
		buf_putc(out, '\n');
	}
	if (result->identity_fault && !result->stop_reason)
		buf_puts(out,
			 "\n  Windows refused the identity: compare the secret "
			 "with what the directory accepts, see that\n  the "
			 "account is neither locked nor disabled and may log "
			 "on as a batch job; no other pool of it was "
			 "touched\n");
	if (result->n_unknown > 0)
		buf_puts(out, "\n  unknown: the answer did not come; the next "
			      "apply looks before it writes again\n");
	if (result->n_closed > 0) {
		buf_puts(out, "\n  window closed: ");
		text_count(out, result->n_closed, "change");
		if (result->retry_at_ms) {
			buf_puts(out, " may not start now; retry_at ");
			window_put_utc(result->retry_at_ms, out);
			buf_putc(out, '\n');
		} else {
			buf_puts(out, " may not start within 400 days\n");
		}
	}
	if (result->save_failed < 0) {
		buf_puts(out, "\n  the state could not be kept: ");
		buf_puts(out, err_text(result->save_failed));
		buf_puts(out, "; nothing was sent after that\n");
	}
}

int result_print(const struct report_context *context,
		 const struct result_report *report, struct buf *out,
		 struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct run_result *result = report->result;
	size_t servers;
	int ret;

	arena_init(&arena, TABLE_BYTES_MAX);
	ret = count_servers(context, result, &arena, &servers, err);
	if (ret < 0)
		return ret;
	text_colour(context, out,
		    result->n_failed + result->n_unknown > 0 ? COLOUR_RED
							     : COLOUR_BOLD);
	put_verdict(result, servers, out);
	text_plain(context, out);
	buf_putc(out, '\n');
	ret = put_rows(context, result, &arena, out, err);
	if (ret < 0)
		return ret;
	put_proved(context, result, out);
	put_why(result, out);
	if (report->next)
		buf_printf(out, "\nNext: %s\n", report->next);
	return buf_check(out, err);
}

static json_t *verdict_of(const struct result_report *report, size_t servers)
{
	const struct run_result *result = report->result;
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *row = json_object();

	buf_init(&text, PHRASE_MAX);
	put_verdict(result, servers, &text);
	json_set_text(&row, "text", buf_whole(&text));
	if (report->run)
		json_set_text(&row, "run", report->run);
	json_set_size(&row, "changed", result->n_changed);
	json_set_size(&row, "kept", result->n_kept);
	json_set_size(&row, "skipped", result->n_skipped);
	json_set_size(&row, "failed", result->n_failed);
	json_set_size(&row, "unknown", result->n_unknown);
	json_set_size(&row, "servers", servers);
	json_set_size(&row, "commits", result->n_commits);
	json_set_bool(&row, "stopped", result->stopped);
	json_set_bool(&row, "identity_fault", result->identity_fault);
	json_set_bool(&row, "state_kept", result->save_failed == 0);
	json_set_size(&row, "closed", result->n_closed);
	json_set_time(&row, "retry_at", result->retry_at_ms);
	json_set_text(&row, "reason",
		      result->stop_reason ? result->stop_reason : "");
	return row;
}

int result_json(const struct report_context *context,
		const struct result_report *report, struct buf *out,
		struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf cell = { 0 };
	const struct result_row *row;
	struct json_out json;
	size_t servers;
	int ret;

	arena_init(&arena, TABLE_BYTES_MAX);
	buf_init(&cell, PHRASE_MAX);
	ret = count_servers(context, report->result, &arena, &servers, err);
	if (ret < 0)
		return ret;
	json_out_begin(&json, out, "lockstep.result/1.0");
	json_out_member(&json, "verdict", verdict_of(report, servers));
	json_out_list(&json, "rows");
	array_foreach(row, &report->result->rows) {
		json_t *object = json_object();

		json_set_text(
			&object, "server",
			context->desired->servers.items[row->server].name);
		json_set_text(&object, "pool", row->pool);
		put_account(context, &cell, row);
		json_set_text(&object, "account", buf_whole(&cell));
		json_set_text(&object, "outcome", outcome_name(row->outcome));
		json_set_text(&object, "status", status_name(row->status));
		json_set_text(&object, "reason", row->reason);
		json_out_row(&json, object);
	}
	json_out_list_end(&json);
	return json_out_end(&json, err);
}
