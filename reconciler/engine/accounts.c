/* accounts.c - may an account be touched: the gate, its first commit, and the
 * breaker. */
#include "reconciler/engine/run.h"

static void ask(struct engine *run, const struct account_run *account,
		enum proof_question question)
{
	const struct action action = {
		.kind = ACTION_PROVE,
		.server = SIZE_MAX,
		.account = (size_t)(account - run->accounts),
		.question = question,
	};

	run->n_proofs_open++;
	if (!array_push(run->input.arena, run->actions, action))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

bool account_is_halted(const struct engine *run, const struct change *change)
{
	return run_account(run, change)->breaker == ASKED_OUT;
}

/* Asks the gate when nobody did; the answer moves the run. */
bool account_ready(struct engine *run, const struct change *change)
{
	struct account_run *account = run_account(run, change);

	if (account->gate == ASKED_NOT) {
		account->gate = ASKED_OUT;
		ask(run, account, PROOF_GATE);
	}
	return account->gate == ASKED_PASSED && account->breaker != ASKED_OUT;
}

/* A first commit that is verified proves a password only when a worker started
 * with it. Until one did, a pool whose worker would start goes alone too: a
 * wrong password costs one logon, and not one for each pool of a commit. */
static bool goes_alone(const struct account_run *account,
		       const struct item *item)
{
	return !account->proved || (!account->logged_on && item_wakes(item));
}

bool account_joins(struct engine *run, const struct item *item)
{
	return !goes_alone(run_account(run, item->change), item) &&
	       account_ready(run, item->change);
}

/* The account's first commit of the run: one pool in the whole farm. */
bool account_opening(struct engine *run, const struct server_run *server,
		     const struct item *item)
{
	struct account_run *account = run_account(run, item->change);

	if (!goes_alone(account, item) || account->stopped ||
	    account->opening != SIZE_MAX || !account_ready(run, item->change))
		return false;
	account->opening = (size_t)(server - run->servers.items);
	return true;
}

/* An account whose first commit happened, but proves nothing, goes no
 * further. Who is at fault when WAS refused it, account_fault() asks. */
static void end_opening(struct engine *run, struct server_run *server,
			const struct item *item)
{
	struct account_run *account = run_account(run, item->change);

	account->opening = SIZE_MAX;
	run->moved = run->retry = true;
	/* Finishing what an earlier run wrote is no commit of this one. */
	if (account->proved || account->stopped || !item->sent || item->refused)
		return;
	account->stopped = run_text(
		run,
		"account %s stopped: its first pool, %s on %s, could not be "
		"verified",
		account->shown, item->change->pool,
		run_server_name(run, server->server));
}

void account_chunk_saved(struct engine *run, struct server_run *server)
{
	const size_t at = (size_t)(server - run->servers.items);

	for (size_t i = 0; i < server->chunk.n; i++) {
		const struct item *item = chunk_item(run, server, i);
		struct account_run *account = run_account(run, item->change);

		if ((result_of(run, item)->outcome == OUTCOME_CHANGED ||
		     item->logged_on) &&
		    !account->stopped && !account->proved) {
			account->proved = true;
			run->moved = run->retry = true;
		}
		if (item->logged_on && !item->undo && !account->logged_on) {
			account->logged_on = true;
			run->moved = run->retry = true;
		}
		if (account->opening == at)
			end_opening(run, server, item);
	}
	server->chunk.n = 0;
}

static const char *secret_name(const struct engine *run,
			       const struct account_run *account)
{
	const struct account *declared =
		&run->input.desired->accounts.items[account - run->accounts];

	return run->input.config->secrets.items[declared->secret].name;
}

static const char *what_to_check(struct engine *run,
				 const struct account_run *account,
				 bool has_secret)
{
	if (!has_secret)
		return "Check that this server may fetch its managed password "
		       "(Test-ADServiceAccount)";
	return run_text(run, "Check the value of secret %s",
			secret_name(run, account));
}

/* says: what the directory said, as a clause. */
static void stop_account(struct engine *run, struct account_run *account,
			 const char *says)
{
	const struct change *change = account->fault_change;
	const char *name = run_server_name(run, change->server);

	if (account->stopped)
		return;
	account->stopped =
		run_text(run, "account %s stopped: %s on %s/%s", account->shown,
			 account->what, name, change->pool);
	if (!run->result.identity_fault)
		run->result.stop_reason = run_text(
			run,
			"account %s stopped: WAS reported %s for pool %s on %s "
			"after its %s was written%s. %s, and that the account "
			"may log on as a batch job there; %s",
			account->shown, account->what, change->pool, name,
			change->secret ? "password" : "identity", says,
			what_to_check(run, account, change->secret),
			account->n_committed > 1
				? "no further pool of it is touched"
				: "no other pool of it was touched");
	run->result.identity_fault = true;
	run->moved = run->retry = true;
}

/* The domain accepts the password: the server is at fault, and says so where
 * its pool stands. */
static void blame_server(struct engine *run, const struct item *item)
{
	struct result_row *row = result_of(run, item);

	row->reason = run_text(run,
			       "%s; the domain accepts its password, so this "
			       "server is at fault: check that the account may "
			       "log on as a batch job there, and that the "
			       "server reaches a domain controller",
			       row->reason);
}

/* WAS refused the account on a server, for a reason that may hold everywhere:
 * the directory is asked, once. */
void account_fault(struct engine *run, const struct item *item,
		   const char *what)
{
	struct account_run *account = run_account(run, item->change);

	if (account->stopped || account->breaker == ASKED_OUT)
		return;
	if (account->breaker == ASKED_PASSED) {
		blame_server(run, item);
		return;
	}
	account->fault = (size_t)(item - run->items.items);
	account->fault_change = item->change;
	account->what = what;
	if (item->change->secret) {
		account->breaker = ASKED_OUT;
		ask(run, account, PROOF_BREAKER);
	} else {
		stop_account(run, account, "");
	}
}

static void on_gate(struct engine *run, struct account_run *account)
{
	const struct event *event = run->event;
	const bool says = event->why && event->why[0];

	account->gate = ASKED_PASSED;
	account->logged_on |= event->proof == PROOF_PROVED;
	if (event->proof == PROOF_REFUSED) {
		account->stopped = run_text(
			run,
			"account %s stopped: the domain does not accept its "
			"password%s%s",
			account->shown, says ? ": " : "",
			says ? event->why : "");
		if (!run->result.identity_fault)
			run->result.stop_reason = run_text(
				run,
				"%s. No pool of it was touched. Put the "
				"password that the domain holds into secret "
				"%s, or have the account mended there, and run "
				"again",
				account->stopped, secret_name(run, account));
		run->result.identity_fault = true;
		run->result.gate_closed = true;
	} else if (event->proof == PROOF_UNPROVED &&
		   !run->input.config->allow_unproved) {
		run->result.gate_closed = true;
		account->unproved = run_text(
			run,
			"account %s: nobody can say whether its password is "
			"right%s%s%s; nothing is written unproved unless the "
			"configuration says allow: {unproved: true}",
			account->shown, says ? " (" : "",
			says ? event->why : "", says ? ")" : "");
	}
}

static void on_breaker(struct engine *run, struct account_run *account)
{
	const struct event *event = run->event;
	const bool says = event->why && event->why[0];

	if (event->proof == PROOF_PROVED) {
		account->breaker = ASKED_PASSED;
		blame_server(run, &run->items.items[account->fault]);
		return;
	}
	account->breaker = ASKED_NOT;
	stop_account(run, account,
		     run_text(run, "%s%s%s%s",
			      event->proof == PROOF_REFUSED
				      ? ", and the domain refuses the account "
					"too"
				      : ", and whether the account or that "
					"server is at fault nobody can say",
			      says ? " (" : "", says ? event->why : "",
			      says ? ")" : ""));
}

/* What the directory answered. */
void account_event(struct engine *run)
{
	const struct event *event = run->event;
	struct account_run *account = NULL;
	bool asked = false;

	if (event->account < run->input.desired->accounts.n) {
		account = &run->accounts[event->account];
		asked = (event->question == PROOF_GATE
				 ? account->gate
				 : account->breaker) == ASKED_OUT;
	}
	if (!asked) {
		run_fail(run, -ERR_BUG, "an answer that nobody waits for");
		return;
	}
	run->n_proofs_open--;
	run->moved = run->retry = true;
	if (run->stage == STAGE_BROKEN)
		return;
	if (event->question == PROOF_GATE)
		on_gate(run, account);
	else
		on_breaker(run, account);
}
