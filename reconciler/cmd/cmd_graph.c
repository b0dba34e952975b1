/* cmd_graph.c - what is declared: who gets what where. Needs no key, no secret
 * and no state; without -c the configuration may be missing. */
#include "reconciler/cmd/claims.h"
#include "reconciler/cmd/select.h"

#include <unistd.h>

struct view {
	struct report_context named;
	struct claims claims;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return graph_print(&view->named, &view->claims, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return graph_json(&view->named, &view->claims, out, err);
}

static int put_dot(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return graph_dot(&view->named, &view->claims, out, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	bool with_config =
		options->config_given || access(options->config, F_OK) == 0;
	struct view view = { 0 };
	int rc;

	context_init(&context);
	if (with_config)
		rc = context_files(options, &context, end, err);
	else
		rc = manifest_load(options->folder, NULL, &context.desired,
				   &end->problems, err);
	if (!rc)
		rc = select_scope(options, &context, err);
	if (!rc)
		rc = claims_collect(&context, with_config, &view.claims, err);
	if (rc)
		return rc;
	view.named = context_report(&context);
	rc = output_show(options, put_table, put_json, &view, err);
	return rc ? rc : output_as(options, OUTPUT_DOT, put_dot, &view, err);
}

const struct cmd cmd_graph = {
	.name = "graph",
	.words = "",
	.summary = "show who gets what where; asks no server",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_SELECT |
		   OPTION_OUTPUT | OPTION_DOT | OPTION_COLOR,
	.run = run,
};
