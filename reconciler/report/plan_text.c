/* plan_text.c - the plan as people read it. */
#include "reconciler/core/str.h"
#include "reconciler/report/plan_notes.h"
#include "reconciler/report/plan_report.h"
#include "reconciler/report/plan_windows.h"
#include "reconciler/report/plan_words.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#include <string.h>

#define UNMANAGED_SHOWN 20 /* of a server */
#define TABLE_BYTES_MAX ((size_t)256 * 1024 * 1024)
#define LABEL_COLUMN    56

/* Where the pools of a server that do not change stand in plan->standing:
 * those of one server stand together. */
struct spot {
	size_t first;
	size_t n;
	size_t n_held;
};

/* The report while it is written. */
struct writer {
	const struct report_context *context;
	const struct plan_report *report;
	const struct plan *plan;
	struct table changes;  /* a row for each of plan->changes */
	struct table standing; /* and of plan->standing */
	struct spot *spots;    /* by index in desired.servers */
	struct note_index notes;
	size_t name_width; /* of servers that have one line */
	struct buf *out;
};

static const struct server *server_at(const struct writer *w, size_t server)
{
	return &w->context->desired->servers.items[server];
}

static const char *symbol_of(enum change_cause cause)
{
	switch (cause) {
	case CAUSE_CORRECTIVE:
		return "!";
	case CAUSE_FIRST:
		return "+";
	case CAUSE_INTENTIONAL:
		break;
	}
	return "~";
}

static void put_cell(struct table *table, struct buf *cell)
{
	if (cell->failed)
		table->failed = true;
	table_put(table, buf_text(cell));
	buf_clear(cell);
}

static void fill_changes(struct writer *w)
{
	CLEANUP(buf_done) struct buf cell = { 0 };
	const struct change *change;

	buf_init(&cell, 65536);
	array_foreach(change, &w->plan->changes) {
		table_put(&w->changes, symbol_of(change->cause));
		table_put(&w->changes, change->pool);
		table_put(&w->changes, change_kind_name(change->kind));
		plan_put_from(change, &cell);
		buf_puts(&cell, " -> ");
		plan_put_to(w->context, change, &cell);
		put_cell(&w->changes, &cell);
		table_put(&w->changes, plan_recycle(w->context, change));
		if (change->n_sites > 0)
			text_count(&cell, change->n_sites, "site");
		else
			buf_puts(&cell, "no sites");
		put_cell(&w->changes, &cell);
		table_put(&w->changes, change->first_pair
					       ? "(first time on this server)"
					       : "");
	}
}

static void fill_standing(struct writer *w)
{
	const struct standing *standing;

	array_foreach(standing, &w->plan->standing) {
		table_put(&w->standing,
			  standing->status == STATUS_UNREADABLE ? "?" : "x");
		table_put(&w->standing, standing->pool);
		table_put(&w->standing, status_name(standing->status));
		table_put(&w->standing, standing->reason);
	}
}

static int find_spots(struct writer *w, struct arena *arena, struct err *err)
{
	size_t n = w->context->desired->servers.n;
	size_t i;

	w->spots = arena_alloc(arena, (n + 1) * sizeof(*w->spots));
	if (!w->spots)
		return err_set(err, -ERR_NOMEM, "writing a report");
	for (i = 0; i < w->plan->standing.n; i++) {
		const struct standing *standing = &w->plan->standing.items[i];
		struct spot *spot = &w->spots[standing->server];

		if (spot->n++ == 0)
			spot->first = i;
		if (standing->status != STATUS_CONVERGED)
			spot->n_held++;
	}
	return 0;
}

static void put_accounts(const struct writer *w)
{
	const struct desired *desired = w->context->desired;
	size_t i;

	for (i = 0; i < desired->accounts.n; i++) {
		size_t secret = desired->accounts.items[i].secret;
		const struct secret_ref *ref;

		if (!plan_changes_account(w->plan, i))
			continue;
		buf_puts(w->out, "  account  ");
		text_account(w->context, w->out, i);
		if (secret == SIZE_MAX) {
			buf_puts(w->out, "   Windows manages its password\n");
			continue;
		}
		ref = &w->context->config->secrets.items[secret];
		buf_printf(w->out, "   secret %s, ", ref->name);
		text_version(w->out, ref, w->report->versions[secret]);
		buf_putc(w->out, '\n');
	}
	buf_putc(w->out, '\n');
}

static void put_label(const struct writer *w, const struct plan_server *server,
		      size_t used)
{
	const struct group_array *groups = &w->context->desired->groups;

	do
		buf_putc(w->out, ' ');
	while (++used < LABEL_COLUMN);
	if (server->group < groups->n)
		buf_printf(w->out, "%s, ", groups->items[server->group].name);
	if (server->wave == 0)
		buf_puts(w->out, "canary");
	else
		buf_printf(w->out, "batch %u", server->wave);
}

static void put_standing(const struct writer *w, size_t server)
{
	const struct spot *spot = &w->spots[server];
	size_t i;

	for (i = spot->first; i < spot->first + spot->n; i++) {
		if (w->plan->standing.items[i].status == STATUS_CONVERGED)
			continue;
		text_colour(w->context, w->out, COLOUR_YELLOW);
		table_put_row(w->out, &w->standing, i, "    ");
		text_plain(w->context, w->out);
		buf_putc(w->out, '\n');
	}
}

static void put_changed(const struct writer *w,
			const struct plan_server *server)
{
	const struct server *named = server_at(w, server->server);
	size_t before = w->out->len;
	size_t i;

	buf_printf(w->out, "  %s", named->name);
	if (!str_eq(named->name, named->host))
		buf_printf(w->out, " (%s)", named->host);
	put_label(w, server, w->out->len - before);
	buf_putc(w->out, '\n');
	for (i = 0; i < server->n_changes; i++) {
		size_t index = server->first_change + i;
		const struct change *change = &w->plan->changes.items[index];

		if (change->cause == CAUSE_CORRECTIVE)
			text_colour(w->context, w->out, COLOUR_YELLOW);
		table_put_row(w->out, &w->changes, index, "    ");
		if (change->cause == CAUSE_CORRECTIVE)
			text_plain(w->context, w->out);
		buf_putc(w->out, '\n');
		plan_put_change_notes(w->context, w->plan, &w->notes, change,
				      w->out);
	}
	put_standing(w, server->server);
	plan_put_server_notes(w->plan, &w->notes, server->server, w->out);
}

/* Of a server with one line, as wide as the widest of them. */
static void put_name(const struct writer *w, const struct plan_server *server)
{
	const char *name = server_at(w, server->server)->name;
	size_t pad = w->name_width - strlen(name) + 3;

	buf_printf(w->out, "  %s", name);
	while (pad-- > 0)
		buf_putc(w->out, ' ');
}

static void put_unread(const struct writer *w, const struct plan_server *server)
{
	put_name(w, server);
	text_colour(w->context, w->out, COLOUR_RED);
	buf_puts(w->out, "? could not be read: ");
	str_put_plain(w->out, server->reason);
	text_plain(w->context, w->out);
	buf_putc(w->out, '\n');
}

static void put_fine(const struct writer *w, const struct plan_server *server)
{
	size_t held = w->spots[server->server].n_held;
	size_t all = w->spots[server->server].n;

	put_name(w, server);
	if (all == 0)
		buf_puts(w->out, "no pool is declared there");
	else if (held > 0)
		buf_printf(w->out, "%zu of %zu pools up to date", all - held,
			   all);
	else
		buf_puts(w->out, "up to date: ");
	if (held == 0 && all > 0)
		text_count(w->out, all, "pool");
	buf_puts(w->out, " (read ");
	text_ago(w->out, w->context->wall_ms, server->read_ms);
	buf_puts(w->out, ")\n");
	put_standing(w, server->server);
	plan_put_server_notes(w->plan, &w->notes, server->server, w->out);
}

/* What needs eyes first: changes, then what is not known, then the rest. */
static void put_servers(struct writer *w)
{
	const struct plan_server *server;

	array_foreach(server, &w->plan->servers) {
		size_t width = strlen(server_at(w, server->server)->name);

		if (server->n_changes == 0 && width > w->name_width)
			w->name_width = width;
	}
	array_foreach(server, &w->plan->servers) {
		if (server->n_changes > 0)
			put_changed(w, server);
	}
	array_foreach(server, &w->plan->servers) {
		if (!server->read)
			put_unread(w, server);
	}
	array_foreach(server, &w->plan->servers) {
		if (server->read && server->n_changes == 0)
			put_fine(w, server);
	}
}

static bool unread_before(const struct plan *plan,
			  const struct plan_server *server)
{
	const struct plan_server *before;

	for (before = plan->servers.items; before < server; before++)
		if (!before->read && before->code == server->code)
			return true;
	return false;
}

/* What to do about servers that could not be read: once for each reason. */
static void put_next_steps(const struct writer *w)
{
	const struct plan_server *server;
	const struct plan_server *other;

	array_foreach(server, &w->plan->servers) {
		if (server->read || server->code >= 0 ||
		    unread_before(w->plan, server))
			continue;
		buf_printf(w->out, "\n  next: %s (%s", err_next(server->code),
			   server_at(w, server->server)->name);
		for (other = server + 1;
		     other < w->plan->servers.items + w->plan->servers.n;
		     other++)
			if (!other->read && other->code == server->code)
				buf_printf(w->out, ", %s",
					   server_at(w, other->server)->name);
		buf_puts(w->out, ")\n");
	}
}

/* One server that shows thousands must not hide those of the others: they
 * stand together by server. */
static void put_unmanaged(const struct writer *w)
{
	const struct unmanaged *items = w->plan->unmanaged.items;
	const struct unmanaged *unmanaged;
	size_t n = 0; /* of this server */

	if (w->plan->unmanaged.n > 0)
		buf_puts(w->out, "\n  not managed, left alone (no binding "
				 "names them):\n");
	array_foreach(unmanaged, &w->plan->unmanaged) {
		const char *server = server_at(w, unmanaged->server)->name;

		if (unmanaged > items &&
		    unmanaged->server != unmanaged[-1].server)
			n = 0;
		n++;
		if (n == UNMANAGED_SHOWN + 1)
			buf_printf(w->out,
				   "    %s: and more; -o json lists all\n",
				   server);
		if (n > UNMANAGED_SHOWN)
			continue;
		buf_printf(w->out, "    %s/", server);
		str_put_plain(w->out, unmanaged->pool);
		buf_puts(w->out, " runs as ");
		str_put_plain(w->out, unmanaged->user);
		buf_putc(w->out, '\n');
	}
}

static void put_refusals(const struct writer *w)
{
	const struct refusal *refusal;
	bool pairs = true; /* nothing but what a person may confirm */

	if (!w->report->refusals || w->report->refusals->n == 0)
		return;
	array_foreach(refusal, w->report->refusals) {
		pairs = pairs && refusal->code == -ERR_NEW_PAIR;
	}
	buf_putc(w->out, '\n');
	text_colour(w->context, w->out, pairs ? COLOUR_YELLOW : COLOUR_RED);
	buf_puts(
		w->out,
		pairs ? "  to confirm with the plan, at a terminal or by approving it"
		      : "  refused: this plan can't be applied as it is");
	text_plain(w->context, w->out);
	buf_putc(w->out, '\n');
	array_foreach(refusal, w->report->refusals) {
		buf_puts(w->out, "    ");
		str_put_plain(w->out, refusal->text);
		buf_putc(w->out, '\n');
	}
}

static bool group_changes(const struct plan *plan, size_t group)
{
	const struct plan_server *server;

	array_foreach(server, &plan->servers) {
		if (server->group == group && server->n_changes > 0)
			return true;
	}
	return false;
}

static bool same_rollout(const struct rollout *a, const struct rollout *b)
{
	return a->canary == b->canary && a->max_failures == b->max_failures &&
	       a->batch_percent == b->batch_percent &&
	       a->batch_servers == b->batch_servers;
}

/* One line for the groups from `first` on that change alike; false when an
 * earlier line names it already. */
static bool put_groups(const struct writer *w, size_t first)
{
	const struct resource_group *groups = w->context->desired->groups.items;
	size_t i;

	for (i = 0; i < first; i++)
		if (group_changes(w->plan, i) &&
		    same_rollout(&groups[i].rollout, &groups[first].rollout))
			return false;
	buf_printf(w->out, "  guards   %s", groups[first].name);
	for (i = first + 1; i < w->context->desired->groups.n; i++)
		if (group_changes(w->plan, i) &&
		    same_rollout(&groups[i].rollout, &groups[first].rollout))
			buf_printf(w->out, ", %s", groups[i].name);
	return true;
}

static void put_guards(const struct writer *w)
{
	const struct group_array *groups = &w->context->desired->groups;
	size_t i;

	for (i = 0; i < groups->n; i++) {
		const struct rollout *rollout = &groups->items[i].rollout;

		if (!group_changes(w->plan, i) || !put_groups(w, i))
			continue;
		buf_puts(w->out, ": stop at ");
		text_count(w->out, rollout->max_failures, "failed server");
		buf_printf(w->out, "; canary %u, then batches of ",
			   rollout->canary);
		if (rollout->batch_percent > 0)
			buf_printf(w->out, "%u%%\n", rollout->batch_percent);
		else
			buf_printf(w->out, "%u\n", rollout->batch_servers);
	}
	buf_printf(w->out,
		   "  verify   stored password read back, no identity "
		   "fault since, worker newer than the commit%s\n\n"
		   "  ~ intentional   ! corrective (drift)   + first "
		   "set   x held back   ? unreadable\n",
		   plan_asks_sites(w->context, w->plan) ? ", sites answer"
							: "");
}

static void put_verdict(const struct writer *w,
			const struct plan_counts *counts)
{
	text_colour(w->context, w->out, COLOUR_BOLD);
	plan_put_verdict(counts, w->out);
	text_plain(w->context, w->out);
	buf_putc(w->out, '\n');
	if (counts->changes > 0 && counts->unread + counts->held > 0) {
		text_colour(w->context, w->out, COLOUR_YELLOW);
		plan_put_concern(counts, w->out);
		text_plain(w->context, w->out);
		buf_putc(w->out, '\n');
	}
	unfinished_put(w->context, w->report->unfinished, w->out);
	if (w->report->selected)
		buf_printf(w->out, "selected: %s\n", w->report->selected);
	if (counts->servers > 0)
		buf_putc(w->out, '\n');
}

int plan_print(const struct report_context *context,
	       const struct plan_report *report, struct buf *out,
	       struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct writer w = { .context = context,
			    .report = report,
			    .plan = report->plan,
			    .out = out };
	struct plan_counts counts;
	int ret;

	arena_init(&arena, TABLE_BYTES_MAX);
	table_init(&w.changes, &arena, 7);
	table_init(&w.standing, &arena, 4);
	fill_changes(&w);
	fill_standing(&w);
	ret = table_check(&w.changes, err);
	if (ret == 0)
		ret = table_check(&w.standing, err);
	if (ret == 0)
		ret = find_spots(&w, &arena, err);
	if (ret == 0)
		ret = note_index_new(context, w.plan, &arena, &w.notes, err);
	if (ret < 0)
		return ret;
	plan_count(w.plan, &counts);
	if (report->saved)
		saved_put(context, report->saved, out);
	put_verdict(&w, &counts);
	if (counts.changes > 0)
		put_accounts(&w);
	put_servers(&w);
	put_next_steps(&w);
	plan_put_binding_notes(context, w.plan, out);
	put_unmanaged(&w);
	put_refusals(&w);
	if (counts.changes > 0) {
		ret = plan_put_windows(context, w.plan, &arena, out, err);
		if (ret < 0)
			return ret;
		put_guards(&w);
	}
	if (report->next)
		buf_printf(out, "\nNext: %s\n", report->next);
	return buf_check(out, err);
}
