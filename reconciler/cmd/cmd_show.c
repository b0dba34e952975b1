/* cmd_show.c - shows a saved plan, whatever became of it since: expired, used,
 * edited, or of another controller; it says so. */
#include "reconciler/cmd/saved.h"
#include "reconciler/report/plan_report.h"
#include "reconciler/sys/clock.h"

/* What is shown. */
struct view {
	struct report_context named;
	struct plan_report report;
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

static int add_check(struct context *context, struct saved *saved,
		     const char *what, const char *fine, const struct err *why)
{
	const struct saved_check check = {
		.what = what,
		.bad = why->code != 0,
		.text = why->code ? arena_strdup(&context->arena, why->what)
				  : fine,
	};

	if (!check.text ||
	    !array_push(&context->arena, &saved->report.checks, check))
		return -ERR_NOMEM;
	return 0;
}

/* Nobody knows what the file says until the seal was looked at, and the state
 * may be out of reach: then that is what is said. */
static int check_all(struct context *context, struct saved *saved,
		     const struct err *state, const struct err *files,
		     struct err *err)
{
	static const struct {
		const char *what;
		const char *fine;
	} words[SAVED_CHECK_COUNT] = {
		[SAVED_SEAL] = { "seal", "of this controller, unchanged" },
		[SAVED_STORE] = { "state", "that of this controller" },
		[SAVED_EXPIRY] = { "expiry", "still to come" },
		[SAVED_USE] = { "use", "not applied yet" },
		[SAVED_INPUTS] = { "manifests", "and configuration as they "
						"were" },
		[SAVED_APPROVAL] = { "approval", "as the configuration asks" },
	};

	for (unsigned i = 0; i < SAVED_CHECK_COUNT; i++) {
		const enum saved_check_kind kind = (enum saved_check_kind)i;
		const bool by_files =
			kind == SAVED_INPUTS || kind == SAVED_APPROVAL;
		struct err why = { 0 };

		if (by_files && files->code)
			why = *files;
		else if (kind != SAVED_EXPIRY && !by_files && state->code)
			why = *state;
		else
			(void)saved_check(context, saved, kind, &why);
		if (add_check(context, saved, words[i].what, words[i].fine,
			      &why))
			return err_set(err, -ERR_NOMEM, "showing a saved plan");
	}
	return 0;
}

/* Configuration and manifests, as far as they can be read. */
static void load_files(const struct options *options, struct context *context,
		       struct err *ret)
{
	struct cmd_end ignored = { 0 };

	problems_init(&ignored.problems);
	(void)context_files(options, context, &ignored, ret);
	problems_done(&ignored.problems);
}

static void load_state(const struct options *options, struct context *context,
		       struct saved *saved, struct err *ret)
{
	int rc = context_state(options, context, STORE_READ, false, ret);

	if (!rc)
		(void)saved_look_up(context, saved, ret);
}

static const char *next_step(const struct saved *saved)
{
	const struct saved_check *check;

	array_foreach(check, &saved->report.checks) {
		if (check->bad &&
		    check == &saved->report.checks.items[SAVED_APPROVAL])
			return "lockstep approve PLAN --reason TEXT, then lockstep apply PLAN";
		if (check->bad)
			return "lockstep plan --out FILE makes a new one";
	}
	return "lockstep apply PLAN";
}

static int show(const struct options *options, struct context *context,
		struct saved *saved, struct err *err)
{
	struct view view = {
		.named = { .desired = &saved->file.desired,
			   .config = &saved->file.config,
			   .past = &context->past,
			   .wall_ms = clock_wall_ms(),
			   .colour = context_wants_colour(options) },
		.report = { .plan = &saved->file.plan,
			    .refusals = &saved->file.pairs,
			    .versions = saved->file.versions,
			    .saved = &saved->report,
			    .next = next_step(saved) },
	};

	if (saved->file.head.selected[0])
		view.report.selected = saved->file.head.selected;
	return output_show(options, put_table, put_json, &view, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	struct saved saved = { 0 };
	struct err files = { 0 };
	struct err state = { 0 };
	int rc;

	if (!options->n_words)
		return err_set(err, -ERR_USAGE,
			       "show: expected the file of a saved plan after "
			       "it");
	context_init(&context);
	rc = saved_read(&context, options->words[0], &saved, err);
	if (rc == -ERR_PLAN_FILE)
		end->next =
			"name a file that lockstep plan --out wrote, as it wrote it";
	if (rc < 0)
		return rc;
	load_files(options, &context, &files);
	load_state(options, &context, &saved, &state);
	rc = check_all(&context, &saved, &state, &files, err);
	return rc ? rc : show(options, &context, &saved, err);
}

const struct cmd cmd_show = {
	.name = "show",
	.words = "PLAN",
	.summary = "show a saved plan, and whether it can still be applied",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_OUTPUT | OPTION_COLOR,
	.max_words = 1,
	.run = run,
};
