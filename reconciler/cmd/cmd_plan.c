/* cmd_plan.c - reads the servers and shows what apply would do. */
#include "reconciler/cmd/look.h"
#include "reconciler/cmd/offline.h"
#include "reconciler/cmd/resume.h"
#include "reconciler/report/plan_report.h"

static const char *next_step(const struct look *look)
{
	const struct refusal *refusal;

	array_foreach(refusal, &look->refusals) {
		if (refusal->code != -ERR_NEW_PAIR)
			return "have the refusals above resolved, then lockstep plan";
	}
	if (look->refusals.n > 0)
		return "lockstep apply, at a terminal";
	return look->plan->changes.n > 0 ? "lockstep apply" : NULL;
}

/* What is shown. */
struct view {
	struct report_context named;
	struct plan_report report;
	struct unfinished unfinished;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return plan_print(&view->named, &view->report, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return plan_json(&view->named, &view->report, out, err);
}

static int show(const struct options *options, struct context *context,
		const struct look *look, struct err *err)
{
	struct view view = {
		.named = context_report(context),
		.report = { .plan = look->plan,
			    .refusals = &look->refusals,
			    .versions = context->passwords.versions,
			    .selected = context->selected,
			    .next = next_step(look) },
	};
	bool found = false;
	int rc = resume_unfinished(context, &view.unfinished, &found, err);

	if (found)
		view.report.unfinished = &view.unfinished;
	if (found && !view.report.next)
		view.report.next = "lockstep apply";
	return rc ? rc : output_show(options, put_table, put_json, &view, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	struct look look = { 0 };
	int rc;

	if (options->offline)
		return offline_plan(options, end, err);
	context_init(&context);
	rc = context_load(options, &context, end, err);
	if (!rc)
		rc = context_passwords(&context, err);
	if (!rc)
		rc = context_state(options, &context, STORE_WRITE, true, err);
	if (!rc)
		rc = look_at_servers(options, &context, &look, err);
	if (!rc)
		rc = show(options, &context, &look, err);
	return rc ? rc : look_exit(options, &look);
}

const struct cmd cmd_plan = {
	.name = "plan",
	.words = "",
	.summary = "read the servers and show what apply would change",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SELECT | OPTION_OUTPUT | OPTION_EXIT_CODE |
		   OPTION_OFFLINE | OPTION_COLOR | OPTION_VERBOSE,
	.run = run,
};
