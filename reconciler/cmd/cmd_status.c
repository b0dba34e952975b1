/* cmd_status.c - what the state file remembers of every declared pool; asks
 * no server and needs no secret. */
#include "reconciler/cmd/context.h"
#include "reconciler/report/status_report.h"

/* What is shown. */
struct view {
	struct report_context named;
	struct status_row_array rows;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return status_print(&view->named, &view->rows, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return status_json(&view->rows, out, err);
}

static int show(const struct options *options, struct context *context,
		struct err *err)
{
	struct view view = { .named = context_report(context) };
	int rc = status_rows(&view.named, &context->scope, &context->arena,
			     &view.rows, err);

	return rc ? rc : output_show(options, put_table, put_json, &view, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context;
	int rc;

	context_init(&context);
	rc = context_load(options, &context, end, err);
	if (!rc)
		rc = context_state(options, &context, STORE_READ, false, err);
	return rc ? rc : show(options, &context, err);
}

const struct cmd cmd_status = {
	.name = "status",
	.words = "",
	.summary = "what is remembered of every pool; asks no server",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SELECT | OPTION_OUTPUT | OPTION_COLOR,
	.run = run,
};
