/* history_report.c - see history_report.h. */
#include "reconciler/report/history_report.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#include <inttypes.h>

#define TABLE_BYTES_MAX ((size_t)256 * 1024 * 1024)

const char *history_server(const struct report_context *context,
			   const char *key)
{
	const struct server *server;

	array_foreach(server, &context->desired->servers) {
		if (str_eq(server->key, key))
			return server->name;
	}
	return key;
}

static void put_cell(struct table *table, struct buf *cell)
{
	if (cell->failed)
		table->failed = true;
	table_put(table, buf_text(cell));
	buf_clear(cell);
}

static void put_number(struct table *table, struct buf *cell, int64_t n)
{
	buf_printf(cell, "%" PRId64, n);
	put_cell(table, cell);
}

static const char *outcome_of(const struct history_run *run)
{
	return run->ended_ms ? run->outcome : "unfinished";
}

static void put_run(struct table *table, const struct history_run *run)
{
	CLEANUP(buf_done) struct buf cell = { 0 };

	buf_init(&cell, 1024);
	table_put(table, run->id);
	table_put(table, run->kind);
	text_time(&cell, run->began_ms);
	put_cell(table, &cell);
	if (run->ended_ms)
		text_span(&cell, run->ended_ms - run->began_ms);
	else
		buf_putc(&cell, '-');
	put_cell(table, &cell);
	table_put(table, outcome_of(run));
	put_number(table, &cell, run->n_changed);
	put_number(table, &cell, run->n_failed + run->n_unknown);
	table_put(table, run->actor[0] ? run->actor : "-");
}

static int put_runs(const struct history_report *report, struct buf *out,
		    struct err *err)
{
	static const char *const heads[] = { "RUN",    "KIND",    "BEGAN",
					     "TOOK",   "OUTCOME", "CHANGED",
					     "FAILED", "WHO" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct table table;
	int rc;

	arena_init(&arena, TABLE_BYTES_MAX);
	table_init(&table, &arena, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	for (size_t i = 0; i < report->n_shown; i++)
		put_run(&table, &report->runs.items[i]);
	rc = table_check(&table, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table_rows(&table); i++) {
		const struct history_run *run =
			i > 0 ? &report->runs.items[i - 1] : NULL;
		bool worry = run && (run->n_failed + run->n_unknown > 0 ||
				     !run->ended_ms);

		if (worry)
			text_colour(report->context, out, COLOUR_YELLOW);
		table_put_row(out, &table, i, "");
		if (worry)
			text_plain(report->context, out);
		buf_putc(out, '\n');
	}
	if (report->runs.n > report->n_shown)
		buf_printf(out, "and %zu older; --since 400d shows them\n",
			   report->runs.n - report->n_shown);
	return buf_check(out, err);
}

/* What the state does not say in a word. */
static const char *row_reason(const struct history_row *row)
{
	if (row->outcome[0])
		return row->reason;
	return row->sent ? "a request was sent, no answer is known"
			 : "not begun";
}

static int put_rows(const struct history_report *report, struct buf *out,
		    struct err *err)
{
	static const char *const heads[] = { "SERVER", "POOL",    "ACCOUNT",
					     "CHANGE", "OUTCOME", "STATUS",
					     "REASON" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct history_row *row;
	struct table table;
	int rc;

	arena_init(&arena, TABLE_BYTES_MAX);
	table_init(&table, &arena, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	array_foreach(row, report->rows) {
		table_put(&table, history_server(report->context, row->server));
		table_put(&table, row->pool);
		table_put(&table, row->account);
		table_put(&table, row->kind);
		table_put(&table, row->outcome[0] ? row->outcome : "-");
		table_put(&table, row->outcome[0] ? row->status : "-");
		table_put(&table, row_reason(row));
	}
	rc = table_check(&table, err);
	if (rc < 0)
		return rc;
	buf_putc(out, '\n');
	for (size_t i = 0; i < table_rows(&table); i++) {
		table_put_row(out, &table, i, "");
		buf_putc(out, '\n');
	}
	return buf_check(out, err);
}

/* "TEXT (ticket T)"; nothing when both are "". */
static void put_reason(struct buf *out, const char *reason, const char *ticket)
{
	str_put_plain(out, reason);
	if (!ticket[0])
		return;
	buf_puts(out, reason[0] ? " (ticket " : "(ticket ");
	str_put_plain(out, ticket);
	buf_putc(out, ')');
}

/* A line of a run, when there is something to say. */
static void put_line(struct buf *out, const char *head, const char *text)
{
	if (!text[0])
		return;
	buf_printf(out, "\n  %-6s ", head);
	str_put_plain(out, text);
}

/* On what it stood: who said yes, and to what against the rule. */
static void put_grounds(const struct history_run *run, struct buf *out)
{
	const struct run_grounds *grounds = &run->grounds;

	put_line(out, "plan", grounds->plan);
	if (run->approved_by[0]) {
		buf_puts(out, ", approved by ");
		str_put_plain(out, run->approved_by);
		buf_puts(out, ": ");
		put_reason(out, run->approved_reason, run->approved_ticket);
	}
	if (grounds->override[0]) {
		buf_puts(out, "\n  windows overridden: ");
		str_put_plain(out, grounds->override);
	}
	if (grounds->forward[0]) {
		buf_puts(out, "\n  forward for: ");
		str_put_plain(out, grounds->forward);
	}
	if (grounds->reason[0] || grounds->ticket[0]) {
		buf_puts(out, "\n  reason ");
		put_reason(out, grounds->reason, grounds->ticket);
	}
}

static void put_one(const struct history_report *report, struct buf *out)
{
	const struct history_run *run = &report->runs.items[0];

	buf_puts(out, "Run ");
	str_put_plain(out, run->id);
	buf_puts(out, " (");
	str_put_plain(out, run->kind);
	buf_puts(out, "): ");
	str_put_plain(out, outcome_of(run));
	buf_printf(out,
		   "; %" PRId64 " approved, %" PRId64 " changed, %" PRId64
		   " failed, %" PRId64 " unknown\n  began  ",
		   run->n_approved, run->n_changed, run->n_failed,
		   run->n_unknown);
	text_time(out, run->began_ms);
	if (run->ended_ms) {
		buf_puts(out, ", took ");
		text_span(out, run->ended_ms - run->began_ms);
	}
	put_line(out, "who", run->actor);
	put_line(out, "why", run->reason);
	put_grounds(run, out);
	buf_putc(out, '\n');
}

int history_print(const struct history_report *report, struct buf *out,
		  struct err *err)
{
	if (report->rows) {
		put_one(report, out);
		return report->rows->n > 0 ? put_rows(report, out, err)
					   : buf_check(out, err);
	}
	if (report->runs.n > 0)
		return put_runs(report, out, err);
	buf_puts(out, report->filtered ? "No run matches.\n"
				       : "No run is remembered: nothing was "
					 "applied yet.\n");
	return buf_check(out, err);
}

/* Null when nobody approved it. */
static json_t *approval_json(const struct history_run *run)
{
	json_t *object = json_object();

	if (!run->approved_by[0]) {
		json_decref(object);
		return json_null();
	}
	json_set_text(&object, "by", run->approved_by);
	json_set_text(&object, "reason", run->approved_reason);
	json_set_text(&object, "ticket", run->approved_ticket);
	return object;
}

static json_t *grounds_json(const struct history_run *run)
{
	const struct run_grounds *grounds = &run->grounds;
	json_t *object = json_object();

	json_set_text(&object, "plan", grounds->plan);
	json_set(&object, "approved", approval_json(run));
	json_set_text(&object, "reason", grounds->reason);
	json_set_text(&object, "ticket", grounds->ticket);
	json_set_text(&object, "windows_overridden", grounds->override);
	json_set_text(&object, "forward", grounds->forward);
	return object;
}

static json_t *run_json(const struct history_run *run)
{
	json_t *object = json_object();

	json_set_text(&object, "run", run->id);
	json_set_text(&object, "kind", run->kind);
	json_set_text(&object, "outcome", outcome_of(run));
	json_set_text(&object, "reason", run->reason);
	json_set_text(&object, "actor", run->actor);
	json_set_time(&object, "began_at", run->began_ms);
	json_set_time(&object, "ended_at", run->ended_ms);
	json_set_size(&object, "approved", (size_t)run->n_approved);
	json_set_size(&object, "changed", (size_t)run->n_changed);
	json_set_size(&object, "failed", (size_t)run->n_failed);
	json_set_size(&object, "unknown", (size_t)run->n_unknown);
	json_set(&object, "grounds", grounds_json(run));
	return object;
}

static json_t *row_json(const struct history_report *report,
			const struct history_row *row)
{
	json_t *object = json_object();

	json_set_text(&object, "server",
		      history_server(report->context, row->server));
	json_set_text(&object, "pool", row->pool);
	json_set_text(&object, "account", row->account);
	json_set_text(&object, "change", row->kind);
	json_set_text(&object, "outcome", row->outcome);
	json_set_text(&object, "status", row->status);
	json_set_text(&object, "reason", row_reason(row));
	json_set_time(&object, "at", row->at_ms);
	return object;
}

int history_json(const struct history_report *report, struct buf *out,
		 struct err *err)
{
	const struct history_run *run;
	const struct history_row *row;
	struct json_out json;

	json_out_begin(&json, out, "lockstep.history/1.0");
	json_out_list(&json, "runs");
	array_foreach(run, &report->runs)
		json_out_row(&json, run_json(run));
	json_out_list_end(&json);
	if (report->rows) {
		json_out_list(&json, "rows");
		array_foreach(row, report->rows)
			json_out_row(&json, row_json(report, row));
		json_out_list_end(&json);
	}
	return json_out_end(&json, err);
}
