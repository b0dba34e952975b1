/* drift_rows.c - from a plan to rows of drift; see drift_report.h. */
#include "reconciler/core/str.h"
#include "reconciler/report/declared.h"
#include "reconciler/report/drift_report.h"
#include "reconciler/report/plan_words.h"
#include "reconciler/report/text.h"

#define PHRASE_MAX 65536

/* The report while it is made. */
struct maker {
	const struct report_context *context;
	const struct plan *plan;
	struct arena *arena;
	struct drift_report report;
	bool failed; /* no memory */
};

static const struct server *server_at(const struct maker *maker, size_t server)
{
	return &maker->context->desired->servers.items[server];
}

static const char *keep(struct maker *maker, const struct buf *text)
{
	const char *copy = arena_strdup(maker->arena, buf_text(text));

	if (!copy || text->failed) {
		maker->failed = true;
		return "";
	}
	return copy;
}

static void push(struct maker *maker, const struct drift_row *row)
{
	if (!array_push(maker->arena, &maker->report.rows, *row))
		maker->failed = true;
}

/* Since when it has been like that: the state knows, when it was so before. */
static int64_t since(const struct maker *maker,
		     const struct plan_server *server, const char *pool,
		     enum status status)
{
	const struct past_pool *past =
		past_find(maker->context->past,
			  server_at(maker, server->server)->key, pool);

	return past && past->status == status && past->since_ms > 0
		       ? past->since_ms
		       : server->read_ms;
}

static bool is_identity(const struct change *change)
{
	return change->kind == CHANGE_IDENTITY || change->kind == CHANGE_LOCAL;
}

/* A version of the account's secret, when it has one. */
static bool put_version(const struct maker *maker, const struct change *change,
			int64_t version, struct buf *out)
{
	const struct desired *desired = maker->context->desired;
	size_t secret;

	if (change->account == SIZE_MAX || version == 0)
		return false;
	secret = desired->accounts.items[change->account].secret;
	if (secret == SIZE_MAX)
		return false;
	text_version(out, &maker->context->config->secrets.items[secret],
		     version);
	return true;
}

static const char *git_of(struct maker *maker, const struct change *change)
{
	const struct desired *desired = maker->context->desired;
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	if (is_identity(change))
		declared_identity(maker->context, &text,
				  &desired->bindings.items[change->binding]);
	else if (!put_version(maker, change, change->version, &text))
		buf_puts(&text, "current");
	return keep(maker, &text);
}

/* What a stale password was proved to be is what the state knows. */
static const char *found_of(struct maker *maker, const struct change *change)
{
	const struct past_pool *past =
		past_find(maker->context->past,
			  server_at(maker, change->server)->key, change->pool);
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	if (change->kind == CHANGE_LOCAL)
		buf_puts(&text, "inherited");
	else if (change->kind == CHANGE_FINISH ||
		 change->kind == CHANGE_REWRITE)
		buf_puts(&text, "current");
	else if (change->kind == CHANGE_PASSWORD &&
		 change->cause == CAUSE_INTENTIONAL &&
		 change->seen_password == PASSWORD_STALE && past &&
		 past->proved_ms > 0 &&
		 put_version(maker, change, past->proved_version, &text))
		;
	else if (change->kind == CHANGE_PASSWORD &&
		 change->seen_password == PASSWORD_STALE)
		buf_puts(&text, "another");
	else
		plan_put_from(change, &text);
	return keep(maker, &text);
}

/* With the right account, git asks for nothing but a version of the secret. */
static const char *cause_of(const struct change *change)
{
	if (change->kind == CHANGE_PASSWORD &&
	    change->cause == CAUSE_INTENTIONAL)
		return "secret";
	if (change->kind == CHANGE_REWRITE || change->kind == CHANGE_FINISH)
		return "";
	return change_cause_name(change->cause);
}

static void add_change(struct maker *maker, const struct plan_server *server,
		       const struct change *change)
{
	struct drift_row row = {
		.server = server_at(maker, change->server)->name,
		.pool = change->pool,
		.status = change_status(change),
		.field = is_identity(change) ? "identity" : "password",
		.git = git_of(maker, change),
		.on_server = found_of(maker, change),
		.cause = cause_of(change),
		.advice = "apply",
		.reason = "",
	};

	if (change->kind == CHANGE_REWRITE)
		row.reason = "WAS gave up on this identity: see that the "
			     "account is neither locked nor disabled first";
	if (change->kind == CHANGE_FINISH)
		row.reason = change->lags
				     ? "an older worker still runs"
				     : "an earlier run stored it and did not "
				       "get to prove it";
	row.since_ms = since(maker, server, change->pool, row.status);
	maker->report.statuses[row.status]++;
	maker->report.drift++;
	push(maker, &row);
}

static const char *until(struct maker *maker, const struct standing *standing)
{
	const struct past_suspension *item = past_suspended(
		maker->context->past, server_at(maker, standing->server)->key,
		standing->pool);
	CLEANUP(buf_done) struct buf text = { 0 };

	if (!item)
		return "";
	buf_init(&text, PHRASE_MAX);
	buf_puts(&text, "until ");
	text_time(&text, item->until_ms);
	return keep(maker, &text);
}

static const char *doctor(struct maker *maker, size_t server)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	buf_printf(&text, "doctor %s", server_at(maker, server)->name);
	return keep(maker, &text);
}

static const char *advice_of(struct maker *maker,
			     const struct standing *standing)
{
	switch (standing->status) {
	case STATUS_PENDING_RECYCLE:
		return "recycle it";
	case STATUS_SUSPENDED:
		return until(maker, standing);
	case STATUS_UNREADABLE:
		return doctor(maker, standing->server);
	case STATUS_DRIFTED: /* and held back: contested */
		return standing->guard ? "find who changes it" : "";
	case STATUS_CONVERGED:
	case STATUS_STALE:
	case STATUS_FAILED:
	case STATUS_UNKNOWN:
	case STATUS_SKIPPED:
	case STATUS_UNMANAGED:
	case STATUS_COUNT:
		break;
	}
	return "";
}

/* Not as declared, and apply can't make it so. A pool whose older worker
 * still runs is as declared with restart: none. */
static bool is_drift(enum status status)
{
	return status == STATUS_SKIPPED || status == STATUS_FAILED ||
	       status == STATUS_STALE || status == STATUS_DRIFTED;
}

static void add_standing(struct maker *maker, const struct plan_server *server,
			 const struct standing *standing)
{
	struct drift_report *report = &maker->report;
	struct drift_row row = {
		.server = server_at(maker, standing->server)->name,
		.pool = standing->pool,
		.status = standing->status,
		.field = "",
		.git = "",
		.on_server = "",
		.cause = "",
		.reason = standing->reason,
	};

	report->statuses[row.status]++;
	report->drift += is_drift(row.status);
	if (row.status == STATUS_CONVERGED)
		return;
	row.advice = advice_of(maker, standing);
	row.since_ms = since(maker, server, standing->pool, row.status);
	push(maker, &row);
}

static void add_unread(struct maker *maker, const struct plan_server *server)
{
	const char *key = server_at(maker, server->server)->key;
	struct declared_array declared = { 0 };
	const struct past_pool *past = NULL;
	struct drift_row row = {
		.server = server_at(maker, server->server)->name,
		.pool = "*",
		.status = STATUS_UNREADABLE,
		.field = "",
		.git = "",
		.on_server = "",
		.cause = "",
		.since_ms = server->read_ms,
		.advice = doctor(maker, server->server),
		.reason = server->reason,
	};

	if (declared_known(maker->context, server->server, maker->arena,
			   &declared))
		maker->failed = true;
	while ((past = past_next(maker->context->past, key, past)))
		if (past->status == STATUS_UNREADABLE && past->since_ms > 0 &&
		    past->since_ms < row.since_ms)
			row.since_ms = past->since_ms;
	maker->report.pools += declared.n;
	maker->report.servers_unread++;
	push(maker, &row);
}

static void add_unmanaged(struct maker *maker,
			  const struct unmanaged *unmanaged)
{
	const struct drift_row row = {
		.server = server_at(maker, unmanaged->server)->name,
		.pool = unmanaged->pool,
		.status = STATUS_UNMANAGED,
		.field = "identity",
		.git = "",
		.on_server = unmanaged->user,
		.cause = "",
		.advice = "declare it",
		.reason = "",
	};

	maker->report.statuses[STATUS_UNMANAGED]++;
	push(maker, &row);
}

/* Pools of servers that were read; those stand together, and each server
 * gave at most one answer. */
static void count_read(struct maker *maker)
{
	const struct standing *standing;

	maker->report.pools_read = maker->plan->changes.n;
	array_foreach(standing, &maker->plan->standing)
		maker->report.pools_read +=
			standing->status != STATUS_UNREADABLE &&
			standing->status != STATUS_UNKNOWN;
	maker->report.pools += maker->plan->changes.n + maker->plan->standing.n;
}

/* By index in desired.servers: its place in the plan. */
static const struct plan_server **find_servers(struct maker *maker)
{
	const struct plan_server **of_server =
		arena_alloc(maker->arena, (maker->context->desired->servers.n +
					   1) * sizeof(*of_server));
	const struct plan_server *server;

	if (!of_server)
		return NULL;
	array_foreach(server, &maker->plan->servers)
		of_server[server->server] = server;
	return of_server;
}

static void add_all(struct maker *maker, const struct plan_server **of_server)
{
	const struct unmanaged *unmanaged;
	const struct standing *standing;
	const struct plan_server *server;
	const struct change *change;

	array_foreach(change, &maker->plan->changes)
		add_change(maker, of_server[change->server], change);
	array_foreach(standing, &maker->plan->standing)
		add_standing(maker, of_server[standing->server], standing);
	array_foreach(server, &maker->plan->servers) {
		if (!server->read)
			add_unread(maker, server);
		else if (server->read_ms > maker->report.read_ms)
			maker->report.read_ms = server->read_ms;
	}
	array_foreach(unmanaged, &maker->plan->unmanaged)
		add_unmanaged(maker, unmanaged);
}

int drift_find(const struct report_context *context, const struct plan *plan,
	       struct arena *arena, struct drift_report *ret, struct err *err)
{
	struct maker maker = { .context = context,
			       .plan = plan,
			       .arena = arena,
			       .report = { .plan = plan,
					   .servers = plan->servers.n,
					   .complete =
						   plan_is_complete(plan) } };
	const struct plan_server **of_server = find_servers(&maker);

	if (of_server) {
		add_all(&maker, of_server);
		count_read(&maker);
	}
	if (!of_server || maker.failed)
		return err_set(err, -ERR_NOMEM, "writing a report");
	*ret = maker.report;
	return 0;
}
