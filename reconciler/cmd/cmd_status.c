/* cmd_status.c - what the state file remembers of every declared pool; asks
 * no server and needs no secret. */
#include "reconciler/cmd/context.h"
#include "reconciler/cmd/resume.h"
#include "reconciler/report/status_report.h"

/* How long a suspension that ended by itself is told. */
#define TOLD_MS (INT64_C(7) * 24 * 3600 * 1000)

/* What is shown. */
struct view {
	struct report_context named;
	struct status_report report;
	struct unfinished unfinished;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return status_print(&view->named, &view->report, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return status_json(&view->named, &view->report, out, err);
}

static int show(const struct options *options, struct context *context,
		struct err *err)
{
	struct view view = { .named = context_report(context),
			     .report = { .selected = context->selected } };
	bool found = false;
	int rc = status_rows(&view.named, &context->scope, &context->arena,
			     &view.report.rows, err);

	if (!rc)
		rc = store_expired(context->store, &context->arena,
				   view.named.wall_ms - TOLD_MS,
				   view.named.wall_ms, &view.report.expired,
				   err);
	if (!rc)
		rc = resume_unfinished(context, &view.unfinished, &found, err);
	if (found)
		view.report.unfinished = &view.unfinished;
	return rc ? rc : output_show(options, put_table, put_json, &view, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
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
