/* offline.c - see offline.h. */
#include "reconciler/cmd/offline.h"

#include "reconciler/cmd/claims.h"
#include "reconciler/plan/waves.h"

#include <stdlib.h>
#include <string.h>

struct view {
	struct report_context named;
	struct offline_report report;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return offline_print(&view->named, &view->report, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return offline_json(&view->named, &view->report, out, err);
}

struct named {
	const char *name;
	size_t server;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct named *)a)->name,
		      ((const struct named *)b)->name);
}

/* The servers as a plan would have them if each pool had to change. */
static int take_servers(const struct context *context,
			const struct claims *claims, struct arena *arena,
			struct plan_server_array *ret)
{
	const struct desired *desired = &context->desired;
	struct named *sorted =
		arena_alloc(arena, (context->scope.n + 1) * sizeof(*sorted));
	size_t i;

	if (!sorted)
		return -ERR_NOMEM;
	for (i = 0; i < context->scope.n; i++) {
		sorted[i].server = context->scope.items[i];
		sorted[i].name = desired->servers.items[sorted[i].server].name;
	}
	qsort(sorted, context->scope.n, sizeof(*sorted), by_name);
	for (i = 0; i < context->scope.n; i++) {
		const size_t server = sorted[i].server;
		const struct resource_group *group =
			desired_group_of(desired, server);
		const struct plan_server item = {
			.server = server,
			.reason = "",
			.n_changes = claims->first[server + 1] -
				     claims->first[server],
			.group = group ? (size_t)(group - desired->groups.items)
				       : SIZE_MAX,
		};

		if (!array_push(arena, ret, item))
			return -ERR_NOMEM;
	}
	return 0;
}

static int add_wave(const struct plan_server_array *servers, unsigned wave,
		    struct arena *arena, struct plan_server_array *ret)
{
	const struct plan_server *server;

	array_foreach(server, servers) {
		if (server->wave == wave && !array_push(arena, ret, *server))
			return -ERR_NOMEM;
	}
	return 0;
}

/* By wave; in a wave by name, as they stand already. */
static int sort_by_wave(struct plan_server_array *servers, unsigned n_waves,
			struct arena *arena)
{
	struct plan_server_array sorted = { 0 };
	unsigned wave;

	for (wave = 0; wave < n_waves; wave++) {
		if (add_wave(servers, wave, arena, &sorted))
			return -ERR_NOMEM;
	}
	*servers = sorted;
	return 0;
}

int offline_plan(const struct options *options, struct cmd_end *end,
		 struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	struct plan_server_array servers = { 0 };
	struct refusal_array refusals = { 0 };
	struct claims claims = { 0 };
	struct view view = { .report = { .claims = &claims,
					 .servers = &servers,
					 .refusals = &refusals } };
	int rc;

	context_init(&context);
	rc = context_load(options, &context, end, err);
	if (!rc)
		rc = claims_collect(&context, true, &claims, err);
	if (!rc)
		rc = guards_declared(&context.desired, &context.config,
				     &context.scope, &context.arena, &refusals,
				     err);
	if (!rc && take_servers(&context, &claims, &context.arena, &servers))
		rc = err_set(err, -ERR_NOMEM, "outlining a plan");
	if (rc)
		return rc;
	view.report.n_waves = plan_waves(&context.desired, &servers);
	if (sort_by_wave(&servers, view.report.n_waves, &context.arena))
		return err_set(err, -ERR_NOMEM, "outlining a plan");
	view.report.selected = context.selected;
	view.named = context_report(&context);
	rc = output_show(options, put_table, put_json, &view, err);
	if (!rc && refusals.n > 0)
		rc = err_exit(-ERR_GRANT);
	return rc;
}
