/* cmd_drift.c - reads the servers and tells where they are not as declared. */
#include "reconciler/cmd/look.h"
#include "reconciler/report/drift_report.h"

/* What is shown. */
struct view {
	struct report_context named;
	struct drift_report report;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return drift_print(&view->named, &view->report, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return drift_json(&view->named, &view->report, out, err);
}

/* 130/143, then 4, 2. "Could not read" is never "no drift". */
static int exit_of(const struct options *options, const struct look *look,
		   const struct drift_report *report)
{
	if (look->signal)
		return 128 + look->signal;
	if (!report->complete)
		return EXIT_UNREAD;
	return options->exit_code && report->drift > 0 ? EXIT_CHANGES : 0;
}

static int show(const struct options *options, struct context *context,
		const struct look *look, struct err *err)
{
	struct view view = { .named = context_report(context) };
	int rc = drift_find(&view.named, look->plan, &context->arena,
			    &view.report, err);

	view.report.recorded = context->record;
	view.report.selected = context->selected;
	if (!rc)
		rc = output_show(options, put_table, put_json, &view, err);
	return rc ? rc : exit_of(options, look, &view.report);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	struct look look = { 0 };
	int rc;

	context_init(&context);
	rc = context_load(options, &context, end, err);
	if (!rc)
		rc = context_passwords(&context, err);
	if (!rc)
		rc = context_state(options, &context, STORE_WRITE, true, err);
	if (!rc)
		rc = look_at_servers(options, &context, &look, err);
	return rc ? rc : show(options, &context, &look, err);
}

const struct cmd cmd_drift = {
	.name = "drift",
	.words = "",
	.summary = "read the servers and tell what is not as declared, and why",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SELECT | OPTION_OUTPUT | OPTION_EXIT_CODE |
		   OPTION_COLOR | OPTION_VERBOSE,
	.run = run,
};
