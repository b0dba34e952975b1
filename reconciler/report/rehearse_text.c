/* rehearse_text.c - a rehearsal as people read it. */
#include "reconciler/core/str.h"
#include "reconciler/report/rehearse_report.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#include <inttypes.h>
#include <stdio.h>

#define TABLE_BYTES_MAX ((size_t)16 * 1024 * 1024)
#define PHRASE_MAX      4096

static void put_duration(const struct spread *spread, struct buf *out)
{
	buf_puts(out, "median ");
	text_long(out, spread->median);
	buf_puts(out, ", 95 of 100 within ");
	text_long(out, spread->p95);
	buf_puts(out, ", worst ");
	text_long(out, spread->worst);
}

static void put_start(const struct rehearse_report *report, struct buf *out)
{
	const struct rehearsal *rehearsal = report->rehearsal;

	buf_puts(out, "\n  start     ");
	if (report->started) {
		buf_puts(out, report->started);
	} else {
		text_time(out, rehearsal->start_ms);
	}
	buf_puts(out, "\n  duration  ");
	put_duration(&rehearsal->took_ms, out);
	buf_puts(out, "\n  window    ");
	if (rehearsal->closes_ms == 0) {
		buf_puts(out, "none that closes");
		return;
	}
	if (rehearsal->window) {
		str_put_plain(out, rehearsal->window);
		buf_puts(out, ": ");
	}
	buf_puts(out, "no server is started from ");
	text_time(out, rehearsal->cutoff_ms);
	buf_puts(out, " on; closes ");
	text_time(out, rehearsal->closes_ms);
}

/* "12", or "11 to 13" where seeds differ. */
static void put_number(const struct spread *spread, const char *noun,
		       struct buf *out)
{
	if (spread->least != spread->worst)
		buf_printf(out, "%" PRId64 " to ", spread->least);
	text_count(out, (size_t)spread->worst, noun);
}

static void put_work(const struct rehearsal *rehearsal, struct buf *out)
{
	buf_puts(out, "\n  work      ");
	text_count(out, rehearsal->n_pools, "pool");
	buf_puts(out, " on ");
	text_count(out, rehearsal->n_servers, "server");
	buf_puts(out, " in ");
	text_count(out, rehearsal->n_waves, "wave");
	buf_puts(out, "; ");
	put_number(&rehearsal->commits, "commit", out);
	buf_puts(out, ", ");
	put_number(&rehearsal->sessions, "session", out);
}

static void put_down(const struct rehearsal *rehearsal, struct buf *out)
{
	buf_puts(out, "\n  down      ");
	if (rehearsal->pools_down.worst == 0) {
		buf_puts(out, "no pool: each recycle overlaps\n");
		return;
	}
	buf_puts(out, "at most ");
	text_count(out, (size_t)rehearsal->pools_down.worst, "pool");
	buf_printf(out, " at once (median %" PRId64 "); one or more for ",
		   rehearsal->pools_down.median);
	text_long(out, rehearsal->down_ms.worst);
	buf_puts(out, " in all, a single one for ");
	text_long(out, rehearsal->pool_down_ms.worst);
	buf_puts(out, " at worst\n");
}

static void put_undone(const struct rehearsal *rehearsal, struct buf *out)
{
	if (rehearsal->n_undone == 0)
		return;
	buf_puts(out, "  not made  ");
	text_count(out, rehearsal->n_undone, "change");
	buf_puts(out, ", though nothing fails; the first: ");
	str_put_plain(out, rehearsal->undone_server);
	buf_putc(out, '/');
	str_put_plain(out, rehearsal->undone_pool);
	buf_puts(out, ": ");
	str_put_plain(out, rehearsal->undone_why);
	buf_putc(out, '\n');
}

static void cell_long(struct table *table, struct buf *cell, int64_t ms)
{
	buf_clear(cell);
	text_long(cell, ms);
	table_put(table, buf_text(cell));
}

static void cell_size(struct table *table, struct buf *cell, size_t n)
{
	buf_clear(cell);
	buf_printf(cell, "%zu", n);
	table_put(table, buf_text(cell));
}

static void put_table(const struct table *table, struct buf *out)
{
	for (size_t i = 0; i < table_rows(table); i++) {
		table_put_row(out, table, i, "  ");
		buf_putc(out, '\n');
	}
}

static int put_accounts(const struct report_context *context,
			const struct rehearsal *rehearsal, struct arena *arena,
			struct buf *out, struct err *err)
{
	static const char *const heads[] = { "account", "pools", "servers",
					     "first to last pool", "worst" };
	CLEANUP(buf_done) struct buf cell = { 0 };
	const struct rehearsal_account *account;
	struct table table;

	buf_init(&cell, PHRASE_MAX);
	table_init(&table, arena, 5);
	for (size_t i = 0; i < 5; i++)
		table_put(&table, heads[i]);
	array_foreach(account, &rehearsal->accounts) {
		buf_clear(&cell);
		rehearse_put_account(context, account, &cell);
		table_put(&table, buf_text(&cell));
		cell_size(&table, &cell, account->n_pools);
		cell_size(&table, &cell, account->n_servers);
		cell_long(&table, &cell, account->took_ms.median);
		cell_long(&table, &cell, account->took_ms.worst);
	}
	buf_putc(out, '\n');
	put_table(&table, out);
	return table_check(&table, err);
}

/* Median, and the worst of the seeds: the fewest of what is good. */
static void cell_pair(struct table *table, struct buf *cell, int64_t median,
		      int64_t worst)
{
	buf_clear(cell);
	buf_printf(cell, "%" PRId64 " / %" PRId64, median, worst);
	table_put(table, buf_text(cell));
}

static void put_fault_row(const struct rehearsal_aftermath *after,
			  enum rehearsal_fault fault, struct table *table,
			  struct buf *cell)
{
	table_put(table, rehearse_fault_text(fault));
	cell_pair(table, cell, after->changed.median, after->changed.least);
	cell_pair(table, cell, after->old.median, after->old.worst);
	cell_pair(table, cell, after->down.median, after->down.worst);
	cell_pair(table, cell, after->unknown.median, after->unknown.worst);
	cell_size(table, cell, after->n_neither);
	buf_clear(cell);
	buf_printf(cell, "%zu of %zu", after->n_finished, after->n_seeds);
	table_put(table, buf_text(cell));
	cell_long(table, cell, after->finish_ms.worst);
}

static int put_faults(const struct rehearsal *rehearsal, struct arena *arena,
		      struct buf *out, struct err *err)
{
	static const char *const heads[] = { "a fault",  "done",   "old",
					     "down",     "open",   "neither",
					     "finished", "longest" };
	CLEANUP(buf_done) struct buf cell = { 0 };
	struct table table;

	buf_init(&cell, PHRASE_MAX);
	table_init(&table, arena, 8);
	for (size_t i = 0; i < 8; i++)
		table_put(&table, heads[i]);
	for (size_t i = 0; i < REHEARSAL_FAULT_COUNT; i++) {
		if (rehearsal->faults[i].n_seeds > 0)
			put_fault_row(&rehearsal->faults[i],
				      (enum rehearsal_fault)i, &table, &cell);
	}
	buf_puts(
		out,
		"\nWhat a fault would leave, in pools when the run has ended (median / worst), and whether\n"
		"one apply finishes once its cause is mended:\n\n");
	put_table(&table, out);
	buf_puts(
		out,
		"\n  old: the old password or identity. open: begun, and only the next run sees how it ended.\n"
		"  neither: a password that is neither the old nor the new one; must be 0.\n");
	return table_check(&table, err);
}

static void put_bad_seeds(const struct rehearsal *rehearsal, struct buf *out)
{
	for (size_t i = 0; i < REHEARSAL_FAULT_COUNT; i++) {
		const struct rehearsal_aftermath *after = &rehearsal->faults[i];

		if (after->bad_seed > 0)
			buf_printf(out,
				   "\n  %s: it goes wrong in seed %" PRIu64
				   ": please report it\n",
				   rehearse_fault_text((enum rehearsal_fault)i),
				   after->bad_seed);
	}
}

static void put_foot(const struct rehearse_report *report, struct buf *out)
{
	const struct rehearsal *rehearsal = report->rehearsal;
	const char *const *note;

	buf_puts(out, "\nPlayed in a model, no server was touched: ");
	text_count(out, rehearsal->n_seeds, "run");
	buf_printf(out,
		   " without a fault, %zu with each, from seed %" PRIu64 " on.",
		   rehearsal->n_fault_seeds, rehearsal->first_seed);
	if (rehearsal->n_fault_seeds < rehearsal->n_seeds)
		buf_puts(
			out,
			" Fewer with faults, so that a plan of this size takes seconds; --seeds N plays all N.");
	if (rehearsal->n_timed < rehearsal->n_servers)
		buf_printf(
			out,
			" Of %zu of %zu servers it is not known how long reading takes: 2.5 s is taken.",
			rehearsal->n_servers - rehearsal->n_timed,
			rehearsal->n_servers);
	buf_putc(out, '\n');
	array_foreach(note, report->notes) {
		buf_puts(out, "Note: ");
		str_put_plain(out, *note);
		buf_putc(out, '\n');
	}
	if (report->next)
		buf_printf(out, "\nNext: %s\n", report->next);
}

int rehearse_print(const struct report_context *context,
		   const struct rehearse_report *report, struct buf *out,
		   struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct rehearsal *rehearsal = report->rehearsal;
	const bool fine =
		rehearsal_is_safe(rehearsal) && rehearsal_fits(rehearsal);
	int rc;

	arena_init(&arena, TABLE_BYTES_MAX);
	text_colour(context, out, fine ? COLOUR_BOLD : COLOUR_RED);
	rehearse_put_verdict(rehearsal, out);
	text_plain(context, out);
	buf_putc(out, '\n');
	put_start(report, out);
	put_work(rehearsal, out);
	put_down(rehearsal, out);
	put_undone(rehearsal, out);
	rc = put_accounts(context, rehearsal, &arena, out, err);
	if (!rc)
		rc = put_faults(rehearsal, &arena, out, err);
	if (rc)
		return rc;
	put_bad_seeds(rehearsal, out);
	put_foot(report, out);
	return buf_check(out, err);
}
