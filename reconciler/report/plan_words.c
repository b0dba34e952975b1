/* plan_words.c - what the text and the JSON of a plan say alike. */
#include "reconciler/report/plan_words.h"

#include "reconciler/report/text.h"

void plan_count(const struct plan *plan, struct plan_counts *ret)
{
	const struct plan_server *server;
	const struct standing *standing;
	const struct change *change;

	*ret = (struct plan_counts){ .servers = plan->servers.n,
				     .changes = plan->changes.n,
				     .complete = plan_is_complete(plan) };
	array_foreach(server, &plan->servers) {
		if (!server->read)
			ret->unread++;
		if (server->n_changes > 0)
			ret->changing++;
	}
	array_foreach(change, &plan->changes)
		ret->causes[change->cause]++;
	array_foreach(standing, &plan->standing) {
		ret->statuses[standing->status]++;
		if (standing->status == STATUS_CONVERGED)
			ret->converged++;
		else
			ret->held++;
	}
}

static void put_part(struct buf *out, bool *first, size_t n, const char *word)
{
	if (n == 0)
		return;
	buf_printf(out, "%s%zu %s", *first ? "" : ", ", n, word);
	*first = false;
}

static void put_causes(const struct plan_counts *counts, struct buf *out)
{
	bool first = true;

	put_part(out, &first, counts->causes[CAUSE_INTENTIONAL], "intentional");
	put_part(out, &first, counts->causes[CAUSE_CORRECTIVE], "corrective");
	put_part(out, &first, counts->causes[CAUSE_FIRST], "first set");
}

static void put_statuses(const struct plan_counts *counts, struct buf *out)
{
	bool first = true;
	unsigned i;

	for (i = 0; i < STATUS_COUNT; i++) {
		if (i != STATUS_CONVERGED)
			put_part(out, &first, counts->statuses[i],
				 status_name((enum status)i));
	}
}

static void put_unread(const struct plan_counts *counts, struct buf *out)
{
	text_count(out, counts->unread, "server");
	buf_printf(out, " could not be read: %s pools are unknown",
		   counts->unread == 1 ? "its" : "their");
}

static void put_changes(const struct plan_counts *counts, struct buf *out)
{
	text_count(out, counts->changes, "change");
	buf_printf(out, " on %zu of ", counts->changing);
	text_count(out, counts->servers, "server");
	buf_puts(out, " (");
	put_causes(counts, out);
	buf_puts(out, "). Nothing has been changed.");
}

static void put_calm(const struct plan_counts *counts, struct buf *out)
{
	size_t read = counts->servers - counts->unread;

	if (counts->unread > 0) {
		buf_puts(out, "Incomplete: ");
		put_unread(counts, out);
		buf_puts(out, ". ");
	} else if (counts->held > 0) {
		buf_puts(out, "No changes can be made, but ");
		text_count(out, counts->held, "pool");
		buf_printf(out, " %s not converged (",
			   counts->held == 1 ? "is" : "are");
		put_statuses(counts, out);
		buf_puts(out, "). ");
	} else {
		buf_puts(out, "No changes: ");
	}
	if (read == 0) {
		buf_puts(out, "No server was read.");
		return;
	}
	text_count(out, counts->converged, "pool");
	buf_puts(out, " on ");
	text_count(out, read, "server");
	buf_puts(out, counts->converged == 1 ? " is" : " are");
	buf_puts(out, counts->unread > 0 || counts->held > 0 ? " converged"
							     : " as declared");
	if (counts->unread > 0 && counts->held > 0) {
		buf_puts(out, ", ");
		put_statuses(counts, out);
	}
	buf_putc(out, '.');
}

void plan_put_verdict(const struct plan_counts *counts, struct buf *out)
{
	if (counts->servers == 0)
		buf_puts(out, "No server was selected: nothing was read.");
	else if (counts->changes > 0)
		put_changes(counts, out);
	else if (counts->converged + counts->held + counts->unread == 0)
		buf_puts(out, "No binding names a pool of the selected "
			      "servers: nothing to compare.");
	else
		put_calm(counts, out);
}

void plan_put_concern(const struct plan_counts *counts, struct buf *out)
{
	const char *space = "";

	if (counts->changes == 0)
		return; /* the verdict says it */
	if (counts->unread > 0) {
		put_unread(counts, out);
		buf_putc(out, '.');
		space = " ";
	}
	if (counts->held > 0) {
		buf_puts(out, space);
		text_count(out, counts->held, "pool");
		buf_puts(out, " held back (");
		put_statuses(counts, out);
		buf_puts(out, ").");
	}
}

bool plan_asks_sites(const struct report_context *context,
		     const struct plan *plan)
{
	const struct binding *bindings = context->desired->bindings.items;
	const struct change *change;

	array_foreach(change, &plan->changes) {
		if (bindings[change->binding].http.path)
			return true;
	}
	return false;
}

bool plan_changes_account(const struct plan *plan, size_t account)
{
	const struct change *change;

	array_foreach(change, &plan->changes) {
		if (change->account == account)
			return true;
	}
	return false;
}

const char *plan_password_name(enum password_state state)
{
	switch (state) {
	case PASSWORD_ABSENT:
		return "none";
	case PASSWORD_UNREADABLE:
		return "unreadable";
	case PASSWORD_STALE:
		return "stale";
	case PASSWORD_CURRENT:
		return "current";
	case PASSWORD_NOT_COMPARED:
		break;
	}
	return "unknown";
}

void plan_put_from(const struct change *change, struct buf *out)
{
	if (change->kind == CHANGE_LOCAL)
		buf_puts(out, "inherited");
	else if (change->kind != CHANGE_IDENTITY && change->secret)
		buf_puts(out, plan_password_name(change->seen_password));
	else if (change->seen_identity != IDENTITY_SPECIFIC_USER)
		buf_puts(out, identity_type_name(change->seen_identity));
	else if (change->seen_user[0])
		buf_puts(out, change->seen_user);
	else
		buf_puts(out, "SpecificUser without a name");
}

void plan_put_identity(const struct report_context *context,
		       const struct change *change, struct buf *out)
{
	if (change->account < context->desired->accounts.n)
		text_account(context, out, change->account);
	else
		buf_puts(out, identity_type_name(change->identity));
}

void plan_put_to(const struct report_context *context,
		 const struct change *change, struct buf *out)
{
	const char *right = change->secret ? "current" : "the same";

	switch (change->kind) {
	case CHANGE_IDENTITY:
		plan_put_identity(context, change, out);
		return;
	case CHANGE_REWRITE:
		buf_printf(out, "%s, written again", right);
		return;
	case CHANGE_FINISH:
		buf_printf(out, "%s, to be proved", right);
		return;
	case CHANGE_LOCAL:
		buf_printf(out, "%s, at the pool itself", right);
		return;
	case CHANGE_PASSWORD:
		break;
	}
	buf_puts(out, "current");
}

const char *plan_recycle(const struct report_context *context,
			 const struct change *change)
{
	const struct binding *binding =
		&context->desired->bindings.items[change->binding];

	if (change->revive)
		return "start";
	switch (binding->restart) {
	case RESTART_RECYCLE:
		return "recycle";
	case RESTART_RESTART:
		return "restart";
	case RESTART_NONE:
		break;
	}
	return change->rotates ? "recycle by the write itself" : "no recycle";
}
