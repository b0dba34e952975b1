/* rehearse_words.c - what the text and the JSON of a rehearsal say alike. */
#include "reconciler/report/rehearse_report.h"
#include "reconciler/report/text.h"

#include <inttypes.h>

const char *rehearse_fault_text(enum rehearsal_fault fault)
{
	static const char *const texts[REHEARSAL_FAULT_COUNT] = {
		[REHEARSAL_CRASH] = "the controller dies",
		[REHEARSAL_REBOOT] = "a server in hand reboots",
		[REHEARSAL_UNREACHABLE] = "a server can't be reached",
		[REHEARSAL_LOST] = "answers get lost or come late",
		[REHEARSAL_PASSWORD] = "Windows refuses a new password",
		[REHEARSAL_RIGHT] = "a server denies the batch right",
		[REHEARSAL_DISK] = "the state's disk is full",
		[REHEARSAL_CLOSE] = "every window closes midway",
		[REHEARSAL_STOP] = "a person stops it",
	};

	return (unsigned)fault < REHEARSAL_FAULT_COUNT ? texts[fault] : "?";
}

void rehearse_put_account(const struct report_context *context,
			  const struct rehearsal_account *account,
			  struct buf *out)
{
	if (account->account < context->desired->accounts.n)
		text_account(context, out, account->account);
	else
		buf_puts(out, "builtin identities");
}

static void put_changes(const struct rehearsal *rehearsal, struct buf *out)
{
	text_count(out, rehearsal->n_pools, "pool");
	buf_puts(out, " on ");
	text_count(out, rehearsal->n_servers, "server");
}

static void put_unsafe(const struct rehearsal *rehearsal, struct buf *out)
{
	size_t n_neither = 0;
	size_t n_unfinished = 0;

	for (size_t i = 0; i < REHEARSAL_FAULT_COUNT; i++) {
		const struct rehearsal_aftermath *after = &rehearsal->faults[i];

		if (after->n_neither > n_neither)
			n_neither = after->n_neither;
		n_unfinished += after->n_seeds - after->n_finished;
	}
	buf_puts(out, "NOT SAFE: ");
	if (n_neither > 0) {
		text_count(out, n_neither, "pool");
		buf_puts(
			out,
			" would hold a password that is neither the old nor the new one");
	}
	if (n_unfinished > 0)
		buf_printf(out,
			   "%safter a fault one apply would not finish, in %zu "
			   "of the runs below",
			   n_neither > 0 ? "; " : "", n_unfinished);
	buf_puts(out, ". Do not apply this plan.");
}

static void put_late(const struct rehearsal *rehearsal, struct buf *out)
{
	buf_printf(out, "It does not fit: in %zu of ",
		   rehearsal->n_seeds - rehearsal->n_fits);
	text_count(out, rehearsal->n_seeds, "run");
	buf_puts(out, " the change window closes first");
	if (rehearsal->servers_left.worst > 0) {
		buf_puts(out, "; then up to ");
		text_count(out, (size_t)rehearsal->servers_left.worst,
			   "server");
		buf_printf(out,
			   " of %zu are left for the next one (median %" PRId64
			   ")",
			   rehearsal->n_servers,
			   rehearsal->servers_left.median);
	}
	buf_putc(out, '.');
}

void rehearse_put_verdict(const struct rehearsal *rehearsal, struct buf *out)
{
	if (!rehearsal_is_safe(rehearsal)) {
		put_unsafe(rehearsal, out);
		return;
	}
	if (!rehearsal_fits(rehearsal)) {
		put_late(rehearsal, out);
		return;
	}
	if (rehearsal->closes_ms > 0)
		buf_puts(out, "It fits: ");
	put_changes(rehearsal, out);
	if (rehearsal->n_undone > 0) {
		buf_printf(
			out,
			", of which %zu are not changed though nothing fails",
			rehearsal->n_undone);
	}
	buf_puts(out, ", done in ");
	text_long(out, rehearsal->took_ms.median);
	buf_puts(out, ", at worst in ");
	text_long(out, rehearsal->took_ms.worst);
	if (rehearsal->closes_ms > 0) {
		buf_puts(out, "; the window closes ");
		text_long(out, rehearsal->closes_ms - rehearsal->start_ms);
		buf_puts(out, " after the start");
	}
	buf_putc(out, '.');
}
