/* fault.c - WAS refused an identity: whose fault is it, and who else may not
 * be touched? */
#include "reconciler/engine/run.h"

#include "reconciler/model/was_code.h"

#include <inttypes.h>

/* Windows knows builtin identities: a fault that the log still shows is of
 * the account that was there before. */
bool fault_is_possible(const struct change *change)
{
	return change->identity == IDENTITY_SPECIFIC_USER;
}

const char *fault_text(struct engine *run, unsigned id, uint32_t code)
{
	const char *text = was_code_text(code);

	if (code == 0)
		return run_text(run, "event %u", id);
	return run_text(run, "event %u, 0x%08" PRIx32 "%s%s", id, code,
			text ? ": " : "", text ? text : "");
}

static struct bar *find_bar(const struct server_run *server, size_t account)
{
	struct bar *bar;

	array_foreach(bar, &server->bars) {
		if (bar->account == account)
			return bar;
	}
	return NULL;
}

/* The account may be fine: its other pools on this server are left alone. */
void bar_account(struct engine *run, struct server_run *server,
		 const struct item *item, const char *what)
{
	struct bar bar = { .account = item->change->account };

	if (find_bar(server, bar.account))
		return;
	bar.why = run_text(run, "%s can't run on this server (%s, %s)",
			   run_account_name(run, item->change),
			   item->change->pool, what);
	if (!array_push(run->input.arena, &server->bars, bar))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

const char *item_forbidden(const struct engine *run, const struct item *item)
{
	const struct change *change = item->change;
	const struct bar *bar;

	/* What is put back was there before, and needs no password. */
	if (item->undo && item->undo->begun)
		return NULL;
	if (run_account(run, change)->stopped)
		return run_account(run, change)->stopped;
	if (run_account(run, change)->unproved && change->kind != CHANGE_FINISH)
		return run_account(run, change)->unproved;
	bar = find_bar(&run->servers.items[run->of_server[change->server]],
		       change->account);
	return bar ? bar->why : NULL;
}

void settle_identity_fault(struct engine *run, struct server_run *server,
			   struct item *item, const struct observed_pool *pool)
{
	const uint32_t code = observed_fault_code(pool);
	const char *what;
	unsigned id = 0;

	(void)observed_fault(pool, &id);
	what = fault_text(run, id, code);
	result_settle(run, item, OUTCOME_FAILED, STATUS_FAILED,
		      run_text(run, "WAS refused its identity: %s", what));
	/* What is put back is what the server told of itself: it has no say in
	 * whether other servers may run as that. */
	if (!item->undo || !item->undo->begun) {
		item->refused = true;
		bar_account(run, server, item, what);
		if (!was_code_is_local(code))
			account_fault(run, item, what);
	}
	group_failure(run, server);
	undo_due(run, item, pool);
}
