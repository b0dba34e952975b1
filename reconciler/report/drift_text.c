/* drift_text.c - drift as people and programs read it. */
#include "reconciler/core/str.h"
#include "reconciler/report/drift_report.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/plan_windows.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#define TABLE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define PHRASE_MAX      16384

static void put_part(struct buf *out, const char **between, size_t n,
		     const char *word)
{
	if (n == 0)
		return;
	buf_printf(out, "%s%zu %s", *between, n, word);
	*between = ", ";
}

static void put_counts(const struct drift_report *report, struct buf *out,
		       const char *between)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		if (i != STATUS_CONVERGED)
			put_part(out, &between, report->statuses[i],
				 status_name((enum status)i));
	put_part(out, &between, report->statuses[STATUS_CONVERGED], "in sync");
}

static void put_unread(const struct drift_report *report, struct buf *out)
{
	text_count(out, report->servers_unread, "server");
	buf_puts(out, " could not be read");
}

static void put_verdict(const struct drift_report *report, struct buf *out)
{
	if (report->drift > 0) {
		buf_puts(out, "Drift: ");
		put_counts(report, out, "");
	} else if (report->complete) {
		buf_puts(out, "No drift: ");
		text_count(out, report->statuses[STATUS_CONVERGED], "pool");
		buf_puts(out, " on ");
		text_count(out, report->servers, "server");
		buf_printf(out, " %s as declared",
			   report->statuses[STATUS_CONVERGED] == 1 ? "is"
								   : "are");
		if (report->rows.n > 0) {
			buf_puts(out, " (");
			put_counts(report, out, "");
			buf_putc(out, ')');
		}
	} else {
		buf_puts(out, "Incomplete: ");
		put_counts(report, out, "");
		if (report->pools_read == 0)
			buf_puts(out, "nothing was read");
	}
	if (report->servers_unread > 0) {
		buf_puts(out, "; ");
		put_unread(report, out);
	}
	buf_putc(out, '.');
}

/* Down, so that a gap is never shown as nothing. */
static size_t percent_read(const struct drift_report *report)
{
	return report->pools ? report->pools_read * 100 / report->pools : 0;
}

static void put_coverage(const struct drift_report *report, struct buf *out)
{
	buf_printf(out, "coverage: %zu of %zu declared pools read (%zu%%)%s\n",
		   report->pools_read, report->pools, percent_read(report),
		   report->complete ? ""
				    : "; incomplete: what was not read may "
				      "have drifted (exit 4)");
}

static void put_since(const struct report_context *context,
		      const struct drift_row *row, struct table *table)
{
	CLEANUP(buf_done) struct buf cell = { 0 };

	buf_init(&cell, 64);
	if (row->since_ms > 0)
		text_span(&cell, context->wall_ms - row->since_ms);
	else
		buf_putc(&cell, '-');
	table_put(table, buf_whole(&cell));
}

static const char *or_dash(const char *text)
{
	return text[0] ? text : "-";
}

static void fill_table(const struct report_context *context,
		       const struct drift_report *report, struct table *table)
{
	static const char *const heads[] = { "SERVER", "POOL",  "STATUS",
					     "FIELD",  "GIT",   "ON SERVER",
					     "CAUSE",  "SINCE", "DO" };
	const struct drift_row *row;

	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(table, heads[i]);
	array_foreach(row, &report->rows) {
		table_put(table, row->server);
		table_put(table, row->pool);
		table_put(table, status_name(row->status));
		table_put(table, or_dash(row->field));
		table_put(table, or_dash(row->git));
		table_put(table, or_dash(row->on_server));
		table_put(table, or_dash(row->cause));
		put_since(context, row, table);
		table_put(table, row->advice[0]
					 ? row->advice
					 : (row->reason[0] ? "see below" : ""));
	}
}

static enum colour colour_of(enum status status)
{
	return status == STATUS_UNREADABLE || status == STATUS_FAILED
		       ? COLOUR_RED
		       : COLOUR_YELLOW;
}

static void put_rows(const struct report_context *context,
		     const struct drift_report *report,
		     const struct table *table, struct buf *out)
{
	buf_putc(out, '\n');
	for (size_t i = 0; i < table_rows(table); i++) {
		const struct drift_row *row =
			i > 0 ? &report->rows.items[i - 1] : NULL;

		if (row)
			text_colour(context, out, colour_of(row->status));
		table_put_row(out, table, i, "");
		if (row)
			text_plain(context, out);
		buf_putc(out, '\n');
		if (row && row->reason[0]) {
			buf_puts(out, "    ");
			str_put_plain(out, row->reason);
			buf_putc(out, '\n');
		}
	}
}

static bool needs_apply(const struct drift_report *report)
{
	const struct drift_row *row;

	array_foreach(row, &report->rows) {
		if (str_eq(row->advice, "apply"))
			return true;
	}
	return false;
}

int drift_print(const struct report_context *context,
		const struct drift_report *report, struct buf *out,
		struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct table table;
	int rc;

	arena_init(&arena, TABLE_BYTES_MAX);
	text_colour(context, out, COLOUR_BOLD);
	put_verdict(report, out);
	text_plain(context, out);
	buf_putc(out, '\n');
	if (report->selected)
		buf_printf(out, "selected: %s\n", report->selected);
	if (!report->complete || report->drift > 0)
		put_coverage(report, out);
	if (!report->recorded)
		buf_puts(out, "not recorded: another run holds the state\n");
	if (report->rows.n == 0)
		return buf_check(out, err);
	table_init(&table, &arena, 9);
	fill_table(context, report, &table);
	rc = table_check(&table, err);
	if (rc < 0)
		return rc;
	put_rows(context, report, &table, out);
	if (needs_apply(report) && context->desired->windows.n)
		rc = plan_put_windows(context, report->plan, &arena, out, err);
	if (rc < 0)
		return rc;
	if (needs_apply(report))
		buf_puts(out, "\nNext: lockstep plan\n");
	return buf_check(out, err);
}

static json_t *verdict_of(const struct drift_report *report)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *object = json_object();

	buf_init(&text, PHRASE_MAX);
	put_verdict(report, &text);
	json_set_text(&object, "text", buf_whole(&text));
	json_set_bool(&object, "has_drift", report->drift > 0);
	json_set_bool(&object, "complete", report->complete);
	json_set_bool(&object, "recorded", report->recorded);
	json_set_size(&object, "drift", report->drift);
	json_set_size(&object, "pools", report->pools);
	json_set_size(&object, "pools_read", report->pools_read);
	json_set_size(&object, "servers", report->servers);
	json_set_size(&object, "servers_unreadable", report->servers_unread);
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		json_set_size(&object, status_name((enum status)i),
			      report->statuses[i]);
	return object;
}

int drift_json(const struct report_context *context,
	       const struct drift_report *report, struct buf *out,
	       struct err *err)
{
	const struct drift_row *row;
	struct json_out json;
	int rc;

	json_out_begin(&json, out, "lockstep.drift/1.0");
	json_out_member(&json, "verdict", verdict_of(report));
	if (report->selected)
		json_out_member(&json, "selected",
				json_string(report->selected));
	json_out_list(&json, "rows");
	array_foreach(row, &report->rows) {
		json_t *object = json_object();

		json_set_text(&object, "server", row->server);
		json_set_text(&object, "pool", row->pool);
		json_set_text(&object, "status", status_name(row->status));
		json_set_text(&object, "field", row->field);
		json_set_text(&object, "git", row->git);
		json_set_text(&object, "on_server", row->on_server);
		json_set_text(&object, "cause", row->cause);
		json_set_time(&object, "since", row->since_ms);
		json_set_text(&object, "do", row->advice);
		json_set_text(&object, "reason", row->reason);
		json_out_row(&json, object);
	}
	json_out_list_end(&json);
	rc = plan_put_windows_json(context, report->plan, &json, err);
	return rc < 0 ? rc : json_out_end(&json, err);
}
