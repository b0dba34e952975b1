/* status_rows.c - what is remembered, as rows; see status_report.h. */
#include "reconciler/core/str.h"
#include "reconciler/report/declared.h"
#include "reconciler/report/status_report.h"
#include "reconciler/report/text.h"

/* The rows while they are made. */
struct maker {
	const struct report_context *context;
	struct arena *arena;
	struct status_row_array rows;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "writing a report");
}

static bool is_selected(const struct maker *maker, const char *pool,
			size_t account)
{
	const struct desired *desired = maker->context->desired;

	return selection_takes(maker->context->selection, pool,
			       account == SIZE_MAX
				       ? ""
				       : desired->accounts.items[account].name);
}

/* Also what the row says of a suspension that is over. */
static bool suspend(const struct maker *maker, const char *key,
		    struct status_row *row)
{
	const struct past_suspension *suspension =
		past_suspended(maker->context->past, key, row->pool);

	if (suspension) {
		CLEANUP(buf_done) struct buf text = { 0 };

		buf_init(&text, 65536);
		text_suspension(&text, suspension);
		row->status = STATUS_SUSPENDED;
		row->reason = arena_strdup(maker->arena, buf_whole(&text));
		row->since_ms = suspension->at_ms;
		return row->reason && !text.failed;
	}
	if (row->status == STATUS_SUSPENDED) {
		row->status = STATUS_UNKNOWN;
		row->reason = "it was suspended, and was not read since";
	}
	return true;
}

static bool add(struct maker *maker, const char *key, struct status_row *row)
{
	return suspend(maker, key, row) &&
	       array_push(maker->arena, &maker->rows, *row);
}

static bool add_declared(struct maker *maker,
			 const struct declared_pool *declared)
{
	const struct desired *desired = maker->context->desired;
	const struct server *server = &desired->servers.items[declared->server];
	const struct binding *binding =
		&desired->bindings.items[declared->binding];
	const struct past_pool *past =
		past_find(maker->context->past, server->key, declared->name);
	struct status_row row = {
		.server = server->name,
		.pool = declared->name,
		.status = STATUS_UNKNOWN,
		.reason = "never read",
	};

	CLEANUP(buf_done) struct buf account = { 0 };

	if (!is_selected(maker, row.pool, binding->account))
		return true;
	buf_init(&account, 1024);
	declared_identity(maker->context, &account, binding);
	row.account = arena_strdup(maker->arena, buf_whole(&account));
	if (!row.account)
		return false;
	if (past) {
		row.status = past->status;
		row.seen_ms = past->seen_ms;
		row.since_ms = past->since_ms;
		row.reason = past->reason;
	}
	return add(maker, server->key, &row);
}

/* Pools that lockstep wrote once and that were taken out of the manifests:
 * nothing watches them any more, so they must not look fine. */
static bool add_left(struct maker *maker, const struct server *server,
		     const struct declared_array *declared)
{
	const struct past_pool *past = NULL;

	while ((past = past_next(maker->context->past, server->key, past))) {
		struct status_row row = {
			.server = server->name,
			.pool = past->pool,
			.account = past->account,
			.status = STATUS_UNMANAGED,
			.seen_ms = past->seen_ms,
			.since_ms = past->since_ms,
			.reason = "no binding names it any more",
		};

		if (past->generation == 0 ||
		    desired_declares(declared, past->pool) ||
		    !is_selected(
			    maker, past->pool,
			    declared_account(maker->context, past->account)))
			continue;
		if (!add(maker, server->key, &row))
			return false;
	}
	return true;
}

static bool add_server(struct maker *maker, size_t index)
{
	const struct desired *desired = maker->context->desired;
	const struct server *server = &desired->servers.items[index];
	struct declared_array declared = { 0 };
	const struct declared_pool *item;

	if (declared_known(maker->context, index, maker->arena, &declared))
		return false;
	array_foreach(item, &declared) {
		if (!add_declared(maker, item))
			return false;
	}
	return add_left(maker, server, &declared);
}

int status_rows(const struct report_context *context,
		const struct index_array *scope, struct arena *arena,
		struct status_row_array *ret, struct err *err)
{
	struct maker maker = { .context = context, .arena = arena };
	const size_t *server;

	array_foreach(server, scope) {
		if (!add_server(&maker, *server))
			return no_memory(err);
	}
	*ret = maker.rows;
	return 0;
}
