/* windows_list.c - the change windows, one a line. */
#include "reconciler/report/windows_report.h"

#include "reconciler/core/field.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"
#include "reconciler/report/window_words.h"

#define ARENA_BYTES_MAX 67108864
#define PHRASE_MAX      65536

static bool holds(const struct index_array *items, size_t index)
{
	const size_t *item;

	array_foreach(item, items) {
		if (*item == index)
			return true;
	}
	return false;
}

/* Marks the binding's servers that the window concerns; how many they are. */
static size_t mark_servers(const struct desired *desired,
			   const struct window *window,
			   const struct binding *binding, bool *seen)
{
	const size_t *group;
	const size_t *server;
	size_t n = 0;

	array_foreach(group, &binding->groups) {
		array_foreach(server, &desired->groups.items[*group].servers) {
			if (!window_covers(desired, window, *server))
				continue;
			seen[*server] = true;
			n++;
		}
	}
	return n;
}

/* "orders (identity, password)", or of a deny window "orders". */
static void put_use(const struct desired *desired, size_t index,
		    const struct binding *binding, bool *seen, struct buf *out)
{
	const struct window *window = desired->windows.items[index];
	const bool identity =
		holds(&binding->windows[WINDOW_IDENTITY].windows, index);
	const bool password =
		holds(&binding->windows[WINDOW_PASSWORD].windows, index);

	if (window->mode == WINDOW_ALLOW && !identity && !password)
		return;
	/* An allow window is named, be it for none of the servers. */
	if (!mark_servers(desired, window, binding, seen) &&
	    window->mode == WINDOW_DENY)
		return;
	buf_printf(out, "%s%s", out->len ? ", " : "", binding->name);
	if (window->mode == WINDOW_ALLOW)
		buf_printf(out, " (%s%s%s)", identity ? "identity" : "",
			   identity && password ? ", " : "",
			   password ? "password" : "");
}

int window_use_find(const struct desired *desired, size_t window,
		    struct arena *arena, struct window_use *ret,
		    struct err *err)
{
	CLEANUP(buf_done) struct buf names = { 0 };
	bool *seen = arena_alloc(arena, desired->servers.n + 1);
	const struct binding *binding;
	struct window_use use = { 0 };

	buf_init(&names, PHRASE_MAX);
	if (!seen)
		return err_set(err, -ERR_NOMEM, "looking at change windows");
	array_foreach(binding, &desired->bindings)
		put_use(desired, window, binding, seen, &names);
	for (size_t i = 0; i < desired->servers.n; i++)
		use.n_servers += seen[i];
	use.bindings = arena_strdup(arena, buf_text(&names));
	if (!use.bindings)
		return err_set(err, -ERR_NOMEM, "looking at change windows");
	*ret = use;
	return 0;
}

static void put_cell(struct table *table, struct buf *cell)
{
	if (cell->failed)
		table->failed = true;
	table_put(table, cell->len ? buf_text(cell) : "-");
	buf_clear(cell);
}

static void put_row(const struct window *window, const struct window_use *use,
		    struct table *table)
{
	CLEANUP(buf_done) struct buf cell = { 0 };

	buf_init(&cell, PHRASE_MAX);
	table_put(table, window->name);
	table_put(table, window->mode == WINDOW_ALLOW ? "allow"
			 : window->no_override        ? "deny, always"
						      : "deny");
	window_put_opens(window, &cell);
	put_cell(table, &cell);
	if (window->duration_ms)
		field_put_duration(window->duration_ms, &cell);
	put_cell(table, &cell);
	if (window->cutoff_ms)
		field_put_duration(window->cutoff_ms, &cell);
	put_cell(table, &cell);
	table_put(table, window->zone->name);
	buf_printf(&cell, "%zu", use->n_servers);
	put_cell(table, &cell);
	table_put(table, use->bindings[0] ? use->bindings : "none");
}

static void put_verdict(const struct report_context *context, struct buf *out)
{
	const struct window_ref_array *windows = &context->desired->windows;
	size_t n_allow = 0;

	for (size_t i = 0; i < windows->n; i++)
		n_allow += windows->items[i]->mode == WINDOW_ALLOW;
	text_colour(context, out, COLOUR_BOLD);
	if (windows->n)
		buf_printf(out, "%zu change window%s: %zu allow, %zu deny.",
			   windows->n, windows->n == 1 ? "" : "s", n_allow,
			   windows->n - n_allow);
	else
		buf_puts(out, "No change window is declared: changes may "
			      "start at any time.");
	text_plain(context, out);
	buf_putc(out, '\n');
}

int windows_print(const struct report_context *context,
		  const struct windows_report *report, struct buf *out,
		  struct err *err)
{
	static const char *const heads[] = { "WINDOW",  "MODE",    "OPENS",
					     "FOR",     "CUTOFF",  "TIME ZONE",
					     "SERVERS", "BINDINGS" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct window_ref_array *windows = &context->desired->windows;
	struct table table;
	int rc = 0;

	(void)report;
	arena_init(&arena, ARENA_BYTES_MAX);
	put_verdict(context, out);
	table_init(&table, &arena, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	for (size_t i = 0; i < windows->n && rc == 0; i++) {
		struct window_use use;

		rc = window_use_find(context->desired, i, &arena, &use, err);
		if (rc == 0)
			put_row(windows->items[i], &use, &table);
	}
	if (rc == 0)
		rc = table_check(&table, err);
	if (rc < 0)
		return rc;
	for (size_t i = 0; i < table_rows(&table) && windows->n; i++) {
		buf_puts(out, i ? "" : "\n");
		table_put_row(out, &table, i, "");
		buf_putc(out, '\n');
	}
	return buf_check(out, err);
}

static json_t *window_row(const struct window *window,
			  const struct window_use *use)
{
	CLEANUP(buf_done) struct buf opens = { 0 };
	json_t *row = json_object();
	json_t *labels = json_object();
	const struct label *label;

	buf_init(&opens, PHRASE_MAX);
	window_put_opens(window, &opens);
	array_foreach(label, &window->apply_to)
		json_set_text(&labels, label->key, label->value);
	json_set_text(&row, "window", window->name);
	json_set_text(&row, "mode",
		      window->mode == WINDOW_ALLOW ? "allow" : "deny");
	json_set_text(&row, "opens", buf_text(&opens));
	json_set_text(&row, "time_zone", window->zone->name);
	json_set(&row, "duration_s",
		 window->duration_ms ? json_integer(window->duration_ms / 1000)
				     : json_null());
	json_set(&row, "cutoff_s", json_integer(window->cutoff_ms / 1000));
	json_set_bool(&row, "may_override", !window->no_override);
	json_set(&row, "labels", labels);
	json_set_size(&row, "servers", use->n_servers);
	json_set_text(&row, "bindings", use->bindings);
	json_set_text(&row, "file", window->place.file);
	json_set_size(&row, "line", window->place.line);
	return row;
}

int windows_json(const struct report_context *context,
		 const struct windows_report *report, struct buf *out,
		 struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct window_ref_array *windows = &context->desired->windows;
	struct json_out json;
	int rc = 0;

	(void)report;
	arena_init(&arena, ARENA_BYTES_MAX);
	json_out_begin(&json, out, "lockstep.windows/1.0");
	json_out_list(&json, "windows");
	for (size_t i = 0; i < windows->n && rc == 0; i++) {
		struct window_use use;

		rc = window_use_find(context->desired, i, &arena, &use, err);
		if (rc == 0)
			json_out_row(&json,
				     window_row(windows->items[i], &use));
	}
	json_out_list_end(&json);
	return rc < 0 ? rc : json_out_end(&json, err);
}
