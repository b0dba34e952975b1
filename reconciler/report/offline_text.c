/* offline_text.c - the outline of a plan, as people read it. */
#include "reconciler/core/str.h"
#include "reconciler/report/claims.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#define TABLE_BYTES_MAX ((size_t)256 << 20)

struct writer {
	const struct report_context *context;
	const struct offline_report *report;
	struct table claims; /* a row for each */
	struct buf *out;
};

static const char *note_of(const struct claim *claim)
{
	switch (claim->how) {
	case DECLARED_PATTERN:
		return "each pool that matches";
	case DECLARED_FOLLOW:
		return "each pool that runs as it: the password only";
	case DECLARED_NAME:
		break;
	}
	return "";
}

static void fill_claims(struct writer *w)
{
	CLEANUP(buf_done) struct buf cell = { 0 };
	const struct claim *claim;

	buf_init(&cell, 65536);
	array_foreach(claim, &w->report->claims->items) {
		const struct binding *binding =
			&w->context->desired->bindings.items[claim->binding];

		table_put(&w->claims, claim->granted ? "?" : "x");
		table_put(&w->claims, claim->how == DECLARED_FOLLOW
					      ? "(what is found)"
					      : claim->pool);
		claim_put_identity(w->context, binding, &cell);
		if (cell.failed)
			w->claims.failed = true;
		table_put(&w->claims, buf_whole(&cell));
		buf_clear(&cell);
		table_put(&w->claims, claim_restart_name(binding));
		table_put(&w->claims,
			  claim->granted ? note_of(claim)
			  : claim->how == DECLARED_FOLLOW
				  ? "no grant: what is found is held back"
				  : "no grant");
	}
}

static void put_verdict(const struct writer *w)
{
	const struct claim_array *claims = &w->report->claims->items;
	size_t n[3] = { 0 };
	const struct claim *claim;

	array_foreach(claim, claims)
		n[claim->how]++;
	text_colour(w->context, w->out, COLOUR_BOLD);
	buf_puts(w->out, "No server was read: this is the most that could "
			 "change.");
	text_plain(w->context, w->out);
	buf_puts(w->out, "\nHeld on ");
	text_count(w->out, w->report->servers->n, "server");
	buf_puts(w->out, ": ");
	text_count(w->out, n[DECLARED_NAME], "pool");
	buf_puts(w->out, " by name");
	if (n[DECLARED_PATTERN]) {
		buf_puts(w->out, ", ");
		text_count(w->out, n[DECLARED_PATTERN], "pattern");
	}
	if (n[DECLARED_FOLLOW]) {
		buf_puts(w->out, ", and what follows an account in ");
		text_count(w->out, n[DECLARED_FOLLOW], "place");
	}
	buf_puts(w->out, "; at most ");
	text_count(w->out, w->report->n_waves, "wave");
	buf_puts(w->out, ".\n");
	if (w->report->selected)
		buf_printf(w->out, "Selected: %s\n", w->report->selected);
}

static void put_server(const struct writer *w, const struct plan_server *item)
{
	const struct desired *desired = w->context->desired;
	const struct server *server = &desired->servers.items[item->server];
	const size_t *first = w->report->claims->first;
	size_t i;

	buf_printf(w->out, "  %s  %s", server->name, server->key);
	if (item->group < desired->groups.n)
		buf_printf(w->out, ", group %s",
			   desired->groups.items[item->group].name);
	buf_putc(w->out, '\n');
	for (i = first[item->server]; i < first[item->server + 1]; i++) {
		table_put_row(w->out, &w->claims, i, "    ");
		buf_putc(w->out, '\n');
	}
}

static void put_servers(const struct writer *w)
{
	const struct plan_server *server;
	unsigned wave = 0;

	array_foreach(server, w->report->servers) {
		if (wave != server->wave + 1U) {
			wave = server->wave + 1U;
			buf_printf(w->out, "\nWave %u%s\n", wave,
				   wave == 1 ? ", the canaries" : "");
		}
		put_server(w, server);
	}
}

/* What would be refused later, whatever the servers hold. */
static void put_outlook(const struct writer *w)
{
	const struct config *config = w->context->config;
	const struct claim *claim;
	size_t named = 0;
	bool secret = false;

	array_foreach(claim, &w->report->claims->items) {
		const struct binding *binding =
			&w->context->desired->bindings.items[claim->binding];
		const size_t account = binding->account;

		named += claim->how == DECLARED_NAME;
		secret = secret ||
			 (account != SIZE_MAX &&
			  w->context->desired->accounts.items[account].type ==
				  ACCOUNT_USER);
	}
	if (secret && !config->allow_unproved)
		buf_printf(w->out,
			   "\nA password that must change will be refused: "
			   "nothing proves it first, and allow: {unproved: "
			   "true} is not in %s.\n",
			   config->path);
	if (named > config->caps.changes_per_run)
		buf_printf(w->out,
			   "\nIf more than %u of the pools must change, the "
			   "plan is refused: caps.changesPerRun in %s.\n",
			   config->caps.changes_per_run, config->path);
}

static void put_refusals(const struct writer *w)
{
	const struct refusal *refusal;

	if (!w->report->refusals->n)
		return;
	buf_puts(w->out, "\nRefused:\n");
	array_foreach(refusal, w->report->refusals) {
		buf_puts(w->out, "  ");
		str_put_plain(w->out, refusal->text);
		buf_putc(w->out, '\n');
	}
}

/* No refusal of the plan: the other pools go on. */
static void put_held(const struct writer *w)
{
	const struct desired *desired = w->context->desired;
	const struct claim *claim;
	bool any = false;

	array_foreach(claim, &w->report->claims->items) {
		const struct binding *binding =
			&desired->bindings.items[claim->binding];
		const struct server *server =
			&desired->servers.items[claim->server];
		CLEANUP(buf_done) struct buf identity = { 0 };

		if (claim->granted || claim->how != DECLARED_FOLLOW)
			continue;
		buf_init(&identity, 1024);
		claim_put_identity(w->context, binding, &identity);
		buf_follow(w->out, &identity);
		buf_puts(w->out, any ? "" : "\nHeld back when found:\n");
		any = true;
		buf_printf(w->out,
			   "  %s: pools that run as %s, which binding %s "
			   "follows; it needs this line under grants in %s: "
			   "{accounts: ['%s'], servers: ['%s'], pools: ['*'], "
			   "allow: [password, follow]}\n",
			   server->name, buf_text(&identity), binding->name,
			   w->context->config->path, buf_text(&identity),
			   server->host);
	}
}

int offline_print(const struct report_context *context,
		  const struct offline_report *report, struct buf *out,
		  struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct writer w = { .context = context, .report = report, .out = out };
	int rc;

	arena_init(&arena, TABLE_BYTES_MAX);
	table_init(&w.claims, &arena, 5);
	fill_claims(&w);
	rc = table_check(&w.claims, err);
	if (rc < 0)
		return rc;
	put_verdict(&w);
	put_servers(&w);
	put_outlook(&w);
	put_refusals(&w);
	put_held(&w);
	buf_printf(out, "\nNext: %s\n",
		   report->refusals->n
			   ? "have the lines above added under grants, or take "
			     "the pools out"
			   : "lockstep plan, which reads the servers");
	return buf_check(out, err);
}
