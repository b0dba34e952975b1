/* cmd_plan.c - reads the servers and shows what apply would do. */
#include "reconciler/cmd/look.h"
#include "reconciler/report/plan_report.h"

#define PLAN_BYTES_MAX ((size_t)256 << 20)

static const char *next_step(const struct look *look)
{
	if (look->refusals.n > 0)
		return "have the refusals above resolved, then lockstep plan";
	return look->plan->changes.n > 0 ? "lockstep apply" : NULL;
}

static int show(const struct options *options, struct context *context,
		const struct look *look, struct err *err)
{
	const struct report_context named = context_report(context);
	const struct plan_report report = {
		.plan = look->plan,
		.refusals = &look->refusals,
		.versions = context->passwords.versions,
		.next = next_step(look),
	};
	CLEANUP(buf_done) struct buf out;
	int rc = 0;

	buf_init(&out, PLAN_BYTES_MAX);
	if (output_wanted(options, OUTPUT_TABLE)) {
		rc = plan_print(&named, &report, &out, err);
		if (!rc)
			rc = output_write(options, OUTPUT_TABLE, &out, err);
	}
	buf_clear(&out);
	if (!rc && output_wanted(options, OUTPUT_JSON)) {
		rc = plan_json(&named, &report, &out, err);
		if (!rc)
			rc = output_write(options, OUTPUT_JSON, &out, err);
	}
	return rc;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context;
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
	if (!rc)
		rc = show(options, &context, &look, err);
	return rc ? rc : look_exit(options, &look);
}

const struct cmd cmd_plan = {
	.name = "plan",
	.words = "",
	.summary = "read the servers and show what apply would change",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SERVER | OPTION_OUTPUT | OPTION_EXIT_CODE |
		   OPTION_COLOR | OPTION_VERBOSE,
	.run = run,
};
