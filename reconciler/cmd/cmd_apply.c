/* cmd_apply.c - plan, ask, change, verify, remember; or finish a run that
 * did not end. */
#include "reconciler/cmd/apply_windows.h"
#include "reconciler/cmd/confirm.h"
#include "reconciler/cmd/look.h"
#include "reconciler/cmd/progress.h"
#include "reconciler/cmd/reason.h"
#include "reconciler/cmd/resume.h"
#include "reconciler/cmd/saved.h"
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
	/* It resumes, and nothing was changed in git since; or a person approved
	 * the saved plan. */
	bool approved;
	bool is_saved; /* a saved plan is given */
	struct saved saved;
	struct run_grounds grounds;
	struct apply_windows windows;
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
		.saved = apply->is_saved ? &apply->saved.report : NULL,
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
	if (result->guarded)
		return "mend what is named above (lockstep state repair where a fence is ahead of the state), then lockstep plan";
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

/* plans.approval: what nobody else looked at is not carried out. What was
 * approved, and did not get to its end, is. */
static int check_rule(const struct application *apply, struct err *err)
{
	if (apply->context.config.plans_approval == APPROVAL_NONE ||
	    apply->approved || (apply->is_saved && !apply->resumes))
		return 0;
	return err_set(err, -ERR_APPROVAL,
		       "plans.approval in %s asks for a saved plan that was "
		       "approved: lockstep plan --out FILE, lockstep approve "
		       "FILE, lockstep apply FILE",
		       apply->context.config.path);
}

static int get_approval(struct application *apply, struct err *err)
{
	bool terminal = confirm_possible();
	bool asks =
		terminal && !apply->options->auto_approve && !apply->approved;
	int rc = check_rule(apply, err);

	if (!rc)
		rc = check_guards(apply, asks, err);
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
			    .record = true,
			    .contested = context->contested,
			    .forward = apply->windows.forward,
			    .override_windows = apply->windows.override,
			    .grounds = apply->grounds },
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

/* 130/143, then 8, 3, 4, 5, 7. */
static int exit_of(const struct application *apply,
		   const struct run_result *result)
{
	bool refused = apply->look.guarded;
	bool unread = apply->look.n_unread > 0;
	int closed = apply_windows_exit(result);

	if (apply->end.signal)
		return 128 + apply->end.signal;
	if (result->save_failed)
		return err_exit(result->save_failed);
	if (refused || result->gate_closed || result->guarded)
		return err_exit(-ERR_GRANT);
	if (result->n_failed || result->n_unknown || apply->look.unmet)
		return EXIT_SOME_FAILED;
	if (unread)
		return EXIT_UNREAD;
	if (closed)
		return closed;
	return result->n_skipped ? err_exit(-ERR_PLAN_MOVED) : 0;
}

/* A plan that its own run did not carry out to the end is gone on with. */
static int resume_saved(struct application *apply, struct cmd_end *end,
			struct err *err)
{
	const char *id = apply->saved.file.head.id;
	int rc;

	end->next = "lockstep apply, without a plan, finishes that run";
	if (!str_eq(apply->unfinished.grounds.plan, id))
		return err_set(err, -ERR_PLAN_FILE,
			       "%s: run %s did not end, and it is not of this "
			       "plan; nothing was changed",
			       apply->saved.path, apply->unfinished.id);
	rc = saved_refuse(&apply->context, &apply->saved, SAVED_INPUTS,
			  SAVED_INPUTS, err);
	if (!rc)
		end->next = NULL;
	return rc;
}

static int load_saved(struct application *apply, struct cmd_end *end,
		      struct err *err)
{
	struct context *context = &apply->context;
	struct saved *saved = &apply->saved;
	int rc = saved_read(context, apply->options->words[0], saved, err);

	if (!rc)
		rc = saved_look_up(context, saved, err);
	if (!rc)
		rc = saved_refuse(context, saved, SAVED_SEAL, SAVED_STORE, err);
	if (rc)
		return rc;
	apply->is_saved = true;
	if (apply->resumes)
		return resume_saved(apply, end, err);
	rc = saved_refuse(context, saved, SAVED_EXPIRY, SAVED_APPROVAL, err);
	if (!rc)
		rc = saved_plan(context, saved, &apply->plan, err);
	apply->approved = !rc && saved_is_approved(context, saved);
	apply->grounds.plan = saved->file.head.id;
	return rc;
}

static int check_flags(const struct options *options, struct err *err)
{
	if (options->n_words && options->n_picks)
		return err_set(err, -ERR_USAGE,
			       "%s: a saved plan is carried out as it is; "
			       "select when it is made",
			       select_flag(&options->picks[0]));
	if (options->n_words && options->contested)
		return err_set(err, -ERR_USAGE,
			       "--contested: a saved plan is carried out as it "
			       "is, and holds no contested pool");
	if (options->contested)
		return reason_check(options,
				    "history keeps why what somebody keeps "
				    "changing is changed back once more",
				    err);
	return 0;
}

/* The plan is only believed after the wait: its checks come then. */
static int wait_window(struct application *apply, bool *ret_waited,
		       struct err *err)
{
	struct context *context = &apply->context;
	const struct plan *plan = NULL;
	struct saved saved = { 0 };
	int64_t expires_ms = INT64_MAX;
	int rc = 0;

	if (apply->options->n_words) {
		rc = saved_read(context, apply->options->words[0], &saved, err);
		expires_ms = saved.file.head.expires_ms;
		if (!rc)
			rc = saved_plan(context, &saved, &plan, err);
	}
	return rc ? rc
		  : apply_windows_wait(context, plan, expires_ms, ret_waited,
				       err);
}

/* Files; and after a wait for a window the files anew, as they are then. */
static int load_files(struct application *apply, struct cmd_end *end,
		      struct err *err)
{
	struct context *context = &apply->context;
	bool waited = false;
	int rc;

	do {
		if (waited) {
			context_done(context);
			context_init(context);
			context->contested = apply->options->contested;
			waited = false;
		}
		rc = context_load(apply->options, context, end, err);
		if (!rc)
			rc = apply_windows_flags(apply->options, context,
						 &apply->windows, err);
		if (!rc && apply->options->wait_window)
			rc = wait_window(apply, &waited, err);
	} while (!rc && waited);
	return rc;
}

static int load(struct application *apply, struct cmd_end *end, struct err *err)
{
	struct context *context = &apply->context;
	int rc = load_files(apply, end, err);

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
		rc = apply_windows_resume(context, &apply->unfinished.grounds,
					  &apply->windows, err);
	if (!rc && apply->resumes)
		apply->grounds = apply->unfinished.grounds;
	if (!rc && apply->options->n_words)
		rc = load_saved(apply, end, err);
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

/* A saved plan was made from what the servers said then; each is read again
 * before it is written. */
static int look(struct application *apply, struct err *err)
{
	int rc;

	if (apply->is_saved && !apply->resumes)
		return look_at_plan(&apply->context, apply->plan, &apply->look,
				    err);
	rc = look_at_servers(apply->options, &apply->context, &apply->look,
			     err);
	apply->plan = apply->look.plan;
	return rc;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	struct application apply = { .options = options };
	int rc = check_flags(options, err);

	if (rc)
		return rc;
	context_init(&apply.context);
	apply.context.contested = options->contested;
	if (options->contested)
		apply.grounds =
			(struct run_grounds){ .reason = options->reason,
					      .ticket = options->ticket };
	rc = load(&apply, end, err);
	if (!rc)
		rc = look(&apply, err);
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
		rc = apply_windows_override(&apply.context, apply.plan,
					    &apply.windows, err);
		apply_windows_grounds(options, &apply.windows, &apply.grounds);
		if (!rc)
			rc = get_approval(&apply, err);
		if (!rc)
			rc = apply_plan(&apply, err);
	}
	context_done(&apply.context);
	return rc;
}

const struct cmd cmd_apply = {
	.name = "apply",
	.words = "[PLAN]",
	.summary = "change what the plan says, verify it, remember it",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SELECT | OPTION_OUTPUT | OPTION_AUTO_APPROVE |
		   OPTION_CONTESTED | OPTION_WINDOWS | OPTION_REASON |
		   OPTION_COLOR | OPTION_VERBOSE,
	.max_words = 1,
	.run = run,
};
