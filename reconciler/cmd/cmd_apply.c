/* cmd_apply.c - plan, ask, change, verify, remember; or finish a run that
 * did not end. */
#include "reconciler/cmd/confirm.h"
#include "reconciler/cmd/look.h"
#include "reconciler/cmd/progress.h"
#include "reconciler/cmd/resume.h"
#include "reconciler/cmd/select.h"
#include "reconciler/core/str.h"
#include "reconciler/report/plan_report.h"
#include "reconciler/report/result_report.h"

/* One apply. */
struct application {
	const struct options *options;
	struct context context;
	struct stored_run unfinished;
	bool resumes;
	bool approved; /* it resumes, and nothing was changed in git since */
	struct look look;
	const struct plan *plan; /* what is carried out */
	char run_id[32];
	struct run_end end;
};

static int put_plan(const void *data, struct buf *out, struct err *err)
{
	const struct application *apply = data;
	const struct report_context named = context_report(&apply->context);
	const struct plan_report report = {
		.plan = apply->plan,
		.refusals = &apply->look.refusals,
		.versions = apply->context.passwords.versions,
		.selected = apply->context.selected,
	};
	int rc;

	if (apply->resumes) {
		buf_puts(out, "Run ");
		str_put_plain(out, apply->unfinished.id);
		buf_puts(
			out,
			apply->approved
				? " did not end: it is finished now, as it was approved.\n\n"
				: " did not end. Manifests or configuration changed since: what is left of it must be confirmed.\n\n");
	}
	rc = plan_print(&named, &report, out, err);
	buf_putc(out, '\n');
	return rc;
}

/* What a person does now, by how it went. */
static const char *next_step(const struct run_result *result)
{
	if (result->save_failed)
		return "mend what the state says above, then lockstep apply: it looks first and finishes the run";
	if (result->n_failed || result->n_unknown || result->n_skipped)
		return "mend what is named above, then lockstep plan";
	return NULL;
}

static struct result_report report_of(const struct application *apply)
{
	const struct run_result *result = engine_result(apply->end.engine);

	return (struct result_report){ .result = result,
				       .run = apply->run_id,
				       .next = next_step(result) };
}

static int put_result(const void *data, struct buf *out, struct err *err)
{
	const struct application *apply = data;
	const struct report_context named = context_report(&apply->context);
	const struct result_report report = report_of(apply);

	return result_print(&named, &report, out, err);
}

static int put_result_json(const void *data, struct buf *out, struct err *err)
{
	const struct application *apply = data;
	const struct report_context named = context_report(&apply->context);
	const struct result_report report = report_of(apply);

	return result_json(&named, &report, out, err);
}

/* What the configuration forbids; a first pairing may be confirmed by a
 * person, everything else may not. */
static int check_guards(struct application *apply, bool person, struct err *err)
{
	const struct refusal_array *all = &apply->look.refusals;
	struct refusal_array left = { 0 };

	for (size_t i = 0; i < all->n; i++) {
		bool pairing = all->items[i].code == -ERR_NEW_PAIR;

		if (pairing && (person || apply->approved))
			continue;
		if (!array_push(&apply->context.arena, &left, all->items[i]))
			return err_set(err, -ERR_NOMEM, "checking guards");
	}
	return left.n ? refusals_error(&left, err) : 0;
}

static int get_approval(struct application *apply, struct err *err)
{
	bool terminal = confirm_possible();
	bool asks =
		terminal && !apply->options->auto_approve && !apply->approved;
	int rc = check_guards(apply, asks, err);

	if (rc || apply->approved || apply->options->auto_approve)
		return rc;
	if (!terminal)
		return err_set(
			err, -ERR_NOT_CONFIRMED,
			"this is no terminal, so nobody can confirm the plan; nothing was changed");
	if (!confirm_yes("Carry this out?"))
		return err_set(
			err, -ERR_NOT_CONFIRMED,
			"the plan was not confirmed; nothing was changed");
	return 0;
}

static int change(struct application *apply, struct err *err)
{
	struct context *context = &apply->context;
	struct progress progress;
	struct run_options change_run = {
		.engine = { .arena = &context->arena,
			    .desired = &context->desired,
			    .config = &context->config,
			    .past = &context->past,
			    .versions = context->passwords.versions,
			    .kind = RUN_CHANGE,
			    .plan = apply->plan,
			    .selection = context->selected ? &context->selection
							   : NULL,
			    .record = true },
		.passwords = &context->passwords,
		.store = context->store,
		.run_id = apply->run_id,
		.progress = progress_step,
		.user = &progress,
	};
	int rc = look_run_id(apply->run_id, err);

	if (rc)
		return rc;
	progress_init(&progress, apply->options, &context->desired, "changing");
	rc = run_carry_out(&change_run, &apply->end, err);
	progress_done(&progress);
	return rc;
}

/* 130/143, then 8, 3, 4, 7. */
static int exit_of(const struct application *apply,
		   const struct run_result *result)
{
	bool refused = apply->look.guarded;
	bool unread = apply->look.n_unread > 0;

	if (apply->end.signal)
		return 128 + apply->end.signal;
	if (result->save_failed)
		return err_exit(result->save_failed);
	if (refused || result->gate_closed)
		return err_exit(-ERR_GRANT);
	if (result->n_failed || result->n_unknown || apply->look.unmet)
		return EXIT_SOME_FAILED;
	if (unread)
		return EXIT_UNREAD;
	return result->n_skipped ? err_exit(-ERR_PLAN_MOVED) : 0;
}

static int load(struct application *apply, struct cmd_end *end, struct err *err)
{
	struct context *context = &apply->context;
	int rc = context_load(apply->options, context, end, err);

	if (!rc)
		rc = context_state(apply->options, context, STORE_WRITE, false,
				   err);
	if (!rc)
		rc = store_unfinished(context->store, &context->arena,
				      &apply->unfinished, &apply->resumes, err);
	if (!rc && apply->resumes && apply->options->n_picks)
		rc = err_set(
			err, -ERR_USAGE,
			"run %s did not end; what is left of it is finished as a whole, before anything is selected: lockstep apply without %s",
			apply->unfinished.id,
			select_flag(&apply->options->picks[0]));
	apply->approved = !rc && apply->resumes &&
			  resume_as_approved(context, &apply->unfinished);
	if (!rc && apply->resumes)
		rc = resume_scope(context, &apply->unfinished, err);
	if (!rc)
		rc = context_passwords(context, err);
	return rc;
}

static int apply_plan(struct application *apply, struct err *err)
{
	const struct run_result *result;
	int rc = change(apply, err);

	if (rc)
		return rc;
	result = engine_result(apply->end.engine);
	rc = output_show(apply->options, put_result, put_result_json, apply,
			 err);
	return rc ? rc : exit_of(apply, result);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	struct application apply = { .options = options };
	int rc;

	context_init(&apply.context);
	rc = load(&apply, end, err);
	if (!rc)
		rc = look_at_servers(options, &apply.context, &apply.look, err);
	apply.plan = apply.look.plan;
	if (!rc && apply.resumes)
		rc = resume_plan(&apply.context, apply.look.plan,
				 &apply.unfinished, &apply.plan, err);
	if (!rc)
		rc = output_show(options, put_plan, NULL, &apply, err);
	if (!rc && !apply.resumes && apply.plan->changes.n == 0) {
		rc = look_exit(options, &apply.look);
		if (rc == 0 && apply.look.unmet)
			rc = EXIT_SOME_FAILED;
	} else if (!rc) {
		rc = get_approval(&apply, err);
		if (!rc)
			rc = apply_plan(&apply, err);
	}
	context_done(&apply.context);
	return rc;
}

const struct cmd cmd_apply = {
	.name = "apply",
	.words = "",
	.summary = "change what the plan says, verify it, remember it",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SELECT | OPTION_OUTPUT | OPTION_AUTO_APPROVE |
		   OPTION_COLOR | OPTION_VERBOSE,
	.run = run,
};
