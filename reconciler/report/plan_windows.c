/* plan_windows.c - see plan_windows.h. */
#include "reconciler/report/plan_windows.h"

#include "reconciler/report/text.h"
#include "reconciler/report/window_rows.h"
#include "reconciler/report/window_words.h"

#define ARENA_BYTES_MAX ((size_t)256 * 1024 * 1024)

static int find_rows(const struct report_context *context,
		     const struct plan *plan, struct arena *arena,
		     struct window_row_array *ret, struct err *err)
{
	const struct change *change;

	array_foreach(change, &plan->changes) {
		struct window_row asked = { .binding = change->binding,
					    .of = change_window_class(change) };

		asked.answer =
			window_ask(context->desired, change->server,
				   change->binding, asked.of, context->wall_ms);
		if (!window_rows_add(ret, &asked, change->server, arena))
			return err_set(err, -ERR_NOMEM,
				       "looking at change windows");
	}
	return 0;
}

/* "orders, identity, 3 changes on 2 servers: closed: ..." */
static void put_row(const struct report_context *context,
		    const struct window_row *row, struct buf *out)
{
	const bool closed = !row->answer.may_start;

	buf_printf(out, "  windows  %s, %s, ",
		   context->desired->bindings.items[row->binding].name,
		   window_class_name(row->of));
	text_count(out, row->n_added, "change");
	buf_puts(out, " on ");
	text_count(out, row->servers.n, "server");
	buf_puts(out, ": ");
	if (closed)
		text_colour(context, out, COLOUR_YELLOW);
	buf_puts(out, closed ? "closed: " : "");
	window_put_answer(&row->answer, out);
	if (closed && !row->answer.may_override)
		buf_puts(out, "; can't be overridden");
	if (closed)
		text_plain(context, out);
	buf_putc(out, '\n');
}

int plan_put_windows(const struct report_context *context,
		     const struct plan *plan, struct arena *arena,
		     struct buf *out, struct err *err)
{
	struct window_row_array rows = { 0 };
	const struct window_row *row;
	bool any = false;
	int rc;

	buf_putc(out, '\n');
	if (!context->desired->windows.n) {
		buf_puts(out, "  windows  none is declared: changes may start "
			      "at any time\n");
		return 0;
	}
	rc = find_rows(context, plan, arena, &rows, err);
	if (rc < 0)
		return rc;
	array_foreach(row, &rows) {
		put_row(context, row, out);
		any |= row->answer.may_start;
	}
	if (!any)
		buf_puts(out, "  windows  nothing of this may start now: "
			      "lockstep apply --wait-window waits\n");
	return 0;
}

int plan_put_windows_json(const struct report_context *context,
			  const struct plan *plan, struct json_out *json,
			  struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct window_row_array rows = { 0 };
	const struct window_row *row;
	int rc;

	arena_init(&arena, ARENA_BYTES_MAX);
	rc = find_rows(context, plan, &arena, &rows, err);
	if (rc < 0)
		return rc;
	json_out_list(json, "windows");
	array_foreach(row, &rows) {
		json_t *object = window_row_json(context->desired, row);

		json_set_size(&object, "changes", row->n_added);
		json_out_row(json, object);
	}
	json_out_list_end(json);
	return 0;
}
