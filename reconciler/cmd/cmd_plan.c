/* cmd_plan.c - reads the servers and shows what apply would do. */
#include "reconciler/cmd/look.h"
#include "reconciler/cmd/offline.h"
#include "reconciler/cmd/resume.h"
#include "reconciler/cmd/saved.h"
#include "reconciler/report/plan_report.h"

/* What is shown. */
struct view {
	struct report_context named;
	struct plan_report report;
	struct unfinished unfinished;
	struct saved_report saved;
};

/* A refusal that no person may wave through, or NULL. */
static const struct refusal *find_refusal(const struct look *look)
{
	const struct refusal *refusal;

	array_foreach(refusal, &look->refusals) {
		if (refusal->code != -ERR_NEW_PAIR)
			return refusal;
	}
	return NULL;
}

static const char *next_step(const struct context *context,
			     const struct look *look, const char *saved)
{
	const bool asks = context->config.plans_approval != APPROVAL_NONE;

	if (find_refusal(look))
		return "have the refusals above resolved, then lockstep plan";
	if (look->plan->changes.n == 0)
		return NULL;
	if (saved && (asks || look->refusals.n > 0))
		return "lockstep approve FILE --reason TEXT, then lockstep apply FILE";
	if (saved)
		return "lockstep apply FILE";
	if (asks)
		return "lockstep plan --out FILE, have it approved, then lockstep apply FILE";
	return look->refusals.n > 0 ? "lockstep apply, at a terminal"
				    : "lockstep apply";
}

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

/* plan --out: only what could be applied as it is. */
static int save(const struct options *options, struct context *context,
		const struct look *look, struct view *view, struct err *err)
{
	const struct refusal *refusal = find_refusal(look);
	int rc;

	if (!options->out || refusal || look->signal)
		return 0;
	if (view->report.unfinished)
		return err_set(err, -ERR_PLAN_FILE,
			       "run %s did not end: lockstep apply finishes "
			       "it, and only then a plan can be saved",
			       view->unfinished.run);
	rc = saved_write(context, options->out, look->plan, &look->refusals,
			 &view->saved, err);
	if (!rc)
		view->report.saved = &view->saved;
	return rc;
}

/* The plan was shown; nobody may think that it was saved. */
static int check_saved(const struct options *options, const struct look *look,
		       struct err *err)
{
	const struct refusal *refusal = find_refusal(look);

	if (!options->out || !refusal || look->signal)
		return 0;
	return err_set(err, refusal->code,
		       "%s was not written: what is refused above can't be "
		       "applied, and %s",
		       options->out, refusal->text);
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
			    .next = next_step(context, look, options->out) },
	};
	bool found = false;
	int rc = resume_unfinished(context, &view.unfinished, &found, err);

	if (found)
		view.report.unfinished = &view.unfinished;
	if (found && !view.report.next)
		view.report.next = "lockstep apply";
	if (!rc)
		rc = save(options, context, look, &view, err);
	if (!rc)
		rc = output_show(options, put_table, put_json, &view, err);
	return rc ? rc : check_saved(options, look, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	struct look look = { 0 };
	int rc;

	if (options->offline && options->out)
		return err_set(
			err, -ERR_USAGE,
			"--out does not go with --offline: what is to be "
			"applied must have been read from the servers");
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
		   OPTION_OFFLINE | OPTION_OUT | OPTION_COLOR | OPTION_VERBOSE,
	.run = run,
};
