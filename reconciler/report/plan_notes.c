/* plan_notes.c - see plan_notes.h. */
#include "reconciler/report/plan_notes.h"

#include "reconciler/core/str.h"
#include "reconciler/report/text.h"

#define NOTES_SHOWN 20 /* of a pool, and of a server */

struct note_spot {
	size_t first;
	size_t n;
};

int note_index_new(const struct report_context *context,
		   const struct plan *plan, struct arena *arena,
		   struct note_index *ret, struct err *err)
{
	size_t n = context->desired->servers.n;
	size_t i;

	ret->spots = arena_alloc(arena, (n + 1) * sizeof(*ret->spots));
	if (!ret->spots)
		return err_set(err, -ERR_NOMEM, "writing a report");
	for (i = 0; i < plan->notes.n; i++) {
		const struct plan_note *note = &plan->notes.items[i];

		if (note->server == SIZE_MAX)
			continue;
		if (ret->spots[note->server].n++ == 0)
			ret->spots[note->server].first = i;
	}
	return 0;
}

static void put_history(const struct report_context *context,
			const struct change *change, struct buf *out)
{
	const struct past_pool *past =
		past_find(context->past,
			  context->desired->servers.items[change->server].key,
			  change->pool);

	if (change->cause == CAUSE_CORRECTIVE) {
		buf_puts(out, "        it was proved ");
		if (past)
			text_time(out, past->proved_ms);
		buf_puts(out, " and changed on the server since; git did "
			      "not ask for it\n");
	}
	if (change->revive)
		buf_puts(out, "        WAS stopped it for an identity "
			      "fault; it is started again\n");
	else if (change->kind == CHANGE_REWRITE && past && past->open)
		buf_puts(out, "        an earlier run did not get to say what "
			      "became of its write; it is written anew\n");
	else if (change->kind == CHANGE_REWRITE)
		buf_puts(out, "        WAS gave up on this identity and "
			      "tries again only when it is written anew\n");
	if (change->kind == CHANGE_REWRITE && past &&
	    past->status == STATUS_FAILED && past->version == change->version)
		buf_puts(out, "        Windows refused this very secret "
			      "before: unless the account was mended since, "
			      "this is one more failed logon\n");
	if (change->kind == CHANGE_FINISH)
		buf_puts(out, change->lags
				      ? "        it is stored, and an older "
					"worker still runs\n"
				      : "        an earlier run stored it and "
					"did not get to prove it\n");
}

/* A server may tell of thousands of places: the plan stays readable, and the
 * rest is in the JSON. */
static void put_more(size_t n, const char *indent, struct buf *out)
{
	if (n > NOTES_SHOWN)
		buf_printf(out, "%sand %zu more; -o json lists all\n", indent,
			   n - NOTES_SHOWN);
}

void plan_put_change_notes(const struct report_context *context,
			   const struct plan *plan,
			   const struct note_index *index,
			   const struct change *change, struct buf *out)
{
	const struct note_spot *spot = &index->spots[change->server];
	size_t n = 0;
	size_t i;

	put_history(context, change, out);
	for (i = spot->first; i < spot->first + spot->n; i++) {
		const struct plan_note *note = &plan->notes.items[i];

		if (!str_eq_nocase(note->pool, change->pool) ||
		    n++ >= NOTES_SHOWN)
			continue;
		buf_puts(out, "        ");
		str_put_plain(out, note->text);
		buf_putc(out, '\n');
	}
	put_more(n, "        ", out);
}

void plan_put_server_notes(const struct plan *plan,
			   const struct note_index *index, size_t server,
			   struct buf *out)
{
	const struct note_spot *spot = &index->spots[server];
	size_t n = 0;
	size_t i;

	for (i = spot->first; i < spot->first + spot->n; i++) {
		const struct plan_note *note = &plan->notes.items[i];

		if ((note->pool[0] && plan_find(plan, server, note->pool)) ||
		    n++ >= NOTES_SHOWN)
			continue;
		buf_puts(out, "    note: ");
		if (note->pool[0]) {
			str_put_plain(out, note->pool);
			buf_puts(out, ": ");
		}
		str_put_plain(out, note->text);
		buf_putc(out, '\n');
	}
	put_more(n, "    note: ", out);
}

void plan_put_binding_notes(const struct report_context *context,
			    const struct plan *plan, struct buf *out)
{
	const struct plan_note *note;
	bool first = true;

	array_foreach(note, &plan->notes) {
		if (note->server != SIZE_MAX)
			continue;
		buf_puts(out, first ? "\n" : "");
		first = false;
		buf_printf(
			out, "  note     %s: ",
			context->desired->bindings.items[note->binding].name);
		str_put_plain(out, note->text);
		buf_putc(out, '\n');
	}
}
