/* cmd_rehearse.c - plays a plan in a model of its servers: how long it takes,
 * what is down meanwhile, what a fault would leave. A saved plan is enough: no
 * server is asked, no secret, state or lock is needed. */
#include "reconciler/cmd/look.h"
#include "reconciler/cmd/when.h"
#include "reconciler/core/str.h"
#include "reconciler/rehearse/forecast.h"
#include "reconciler/report/rehearse_report.h"
#include "reconciler/sys/clock.h"
#include "state/plan_file.h"

#include <inttypes.h>
#include <stdlib.h>

#define SEEDS     200
#define SEEDS_MAX 100000

/* One rehearsal. */
struct stage {
	const struct options *options;
	struct context context;
	const char *path; /* of the saved plan, NULL = a fresh one */
	struct plan_file file;
	struct plan matched;
	struct look look;
	const struct plan *plan;
	struct rehearsal rehearsal;
	struct text_array notes;
	struct report_context named;
	struct rehearse_report report;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct stage *stage = data;

	return rehearse_print(&stage->named, &stage->report, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct stage *stage = data;

	return rehearse_json(&stage->named, &stage->report, out, err);
}

static int note(struct stage *stage, const char *text, struct err *err)
{
	return text && array_push(&stage->context.arena, &stage->notes, text)
		       ? 0
		       : err_set(err, -ERR_NOMEM, "rehearsing");
}

/* For what apply would refuse this file; it is rehearsed all the same. */
static int note_file(struct stage *stage, struct err *err)
{
	const struct plan_head *head = &stage->file.head;
	struct arena *arena = &stage->context.arena;
	char text[32];
	int rc = 0;

	clock_text(head->expires_ms, text, sizeof(text));
	if (clock_wall_ms() > head->expires_ms)
		rc = note(
			stage,
			arena_printf(arena,
				     "the plan expired %s: apply refuses it, "
				     "make a new one with lockstep plan --out "
				     "FILE",
				     text),
			err);
	if (!rc && !str_eq(head->desired_digest, stage->context.desired.digest))
		rc = note(
			stage,
			"the manifests changed since the plan was made: it is "
			"rehearsed with those of now, and apply refuses it",
			err);
	if (!rc && !str_eq(head->config_digest, stage->context.config.digest))
		rc = note(stage,
			  "the configuration changed since the plan was made: "
			  "it is rehearsed with that of now, and apply refuses "
			  "it",
			  err);
	return rc;
}

static int load_file(struct stage *stage, struct cmd_end *end, struct err *err)
{
	struct context *context = &stage->context;
	int rc = 0;

	if (stage->options->n_picks > 0)
		return err_set(
			err, -ERR_USAGE,
			"a saved plan is rehearsed as a whole; flags "
			"that select belong to lockstep plan --out FILE");
	rc = context_files(stage->options, context, end, err);
	if (!rc)
		rc = plan_file_read(stage->path, &context->arena, &stage->file,
				    err);
	if (!rc)
		rc = plan_file_match(&stage->file, &context->desired,
				     &context->arena, &stage->matched, err);
	stage->plan = &stage->matched;
	return rc ? rc : note_file(stage, err);
}

static int load_fresh(struct stage *stage, struct cmd_end *end, struct err *err)
{
	const struct options *options = stage->options;
	struct context *context = &stage->context;
	const struct refusal *refusal;
	int rc = context_load(options, context, end, err);

	if (!rc)
		rc = context_passwords(context, err);
	if (!rc)
		rc = context_state(options, context, STORE_WRITE, true, err);
	if (!rc)
		rc = look_at_servers(options, context, &stage->look, err);
	if (rc)
		return rc;
	stage->plan = stage->look.plan;
	array_foreach(refusal, &stage->look.refusals) {
		rc = note(stage,
			  arena_printf(&context->arena, "%s: %s",
				       refusal->code == -ERR_NEW_PAIR
					       ? "apply asks a person"
					       : "apply refuses it",
				       refusal->text),
			  err);
		if (rc)
			return rc;
	}
	return stage->look.n_unread == 0
		       ? 0
		       : note(stage,
			      arena_printf(
				      &context->arena,
				      "%u servers could not be read and are "
				      "not in it",
				      stage->look.n_unread),
			      err);
}

static int parse_number(const char *flag, const char *text, uint64_t max,
			uint64_t *ret, struct err *err)
{
	char *end = NULL;
	uint64_t value;

	if (!text)
		return 0;
	value = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || value < 1 || value > max)
		return err_set(err, -ERR_USAGE,
			       "%s %s: expected a number from 1 to %" PRIu64,
			       flag, text, max);
	*ret = value;
	return 0;
}

/* When it begins, and how that is said; NULL = as a time. */
static int take_start(struct stage *stage, int64_t *ret_ms, struct err *err)
{
	const struct plan_server *server;
	const int64_t now_ms = clock_wall_ms();
	int64_t read_ms = 0;
	int rc;

	array_foreach(server, &stage->plan->servers) {
		if (server->read_ms > read_ms)
			read_ms = server->read_ms;
	}
	if (stage->options->at) {
		rc = when_parse("--at", stage->options->at, WHEN_AHEAD, now_ms,
				ret_ms, err);
		if (!rc && *ret_ms < read_ms)
			rc = err_set(
				err, -ERR_USAGE,
				"--at %s: the servers were read later than "
				"that; expected a moment after the plan",
				stage->options->at);
		return rc;
	}
	*ret_ms = forecast_start(&stage->context.desired, stage->plan,
				 now_ms > read_ms ? now_ms : read_ms);
	if (*ret_ms == 0)
		return err_set(err, -ERR_WINDOW_CLOSED,
			       "no change of this plan may start within 400 "
			       "days; see lockstep windows next");
	if (*ret_ms == now_ms)
		stage->report.started = "now";
	return 0;
}

static int play(struct stage *stage, struct err *err)
{
	const struct options *options = stage->options;
	uint64_t n_seeds = SEEDS;
	uint64_t first = 1;
	struct forecast_input input = {
		.arena = &stage->context.arena,
		.desired = &stage->context.desired,
		.config = &stage->context.config,
		.plan = stage->plan,
	};
	int rc = parse_number("--seeds", options->seeds, SEEDS_MAX, &n_seeds,
			      err);

	if (!rc)
		rc = parse_number("--seed", options->seed, UINT32_MAX, &first,
				  err);
	if (!rc && stage->plan->changes.n > 0)
		rc = take_start(stage, &input.start_ms, err);
	if (rc || stage->plan->changes.n == 0)
		return rc;
	input.first_seed = first;
	input.n_seeds = (size_t)n_seeds;
	input.n_fault_seeds =
		options->seeds ? input.n_seeds
			       : forecast_fault_seeds(stage->plan, SEEDS);
	return forecast(&input, &stage->rehearsal, err);
}

static const char *next_step(struct stage *stage)
{
	const struct rehearsal *rehearsal = &stage->rehearsal;

	if (rehearsal->n_pools == 0)
		return NULL;
	if (!rehearsal_is_safe(rehearsal))
		return "report it with the plan and the seed; do not apply it";
	if (!rehearsal_fits(rehearsal))
		return "plan fewer servers at a time (--group, --server), or a longer window";
	if (stage->notes.n > 0)
		return "see the notes above";
	return stage->path ? arena_printf(&stage->context.arena,
					  "lockstep apply %s", stage->path)
			   : "lockstep apply";
}

static int exit_of(const struct stage *stage)
{
	const struct rehearsal *rehearsal = &stage->rehearsal;

	if (!rehearsal_is_safe(rehearsal))
		return 1;
	if (rehearsal->n_pools > 0 && !rehearsal_fits(rehearsal))
		return err_exit(-ERR_WINDOW_CLOSED);
	if (rehearsal->n_undone > 0)
		return EXIT_SOME_FAILED;
	return stage->look.n_unread > 0 ? EXIT_UNREAD : 0;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	struct stage stage = { .options = options };
	int rc;

	context_init(&stage.context);
	stage.path = options->n_words > 0 ? options->words[0] : NULL;
	rc = stage.path ? load_file(&stage, end, err)
			: load_fresh(&stage, end, err);
	if (!rc)
		rc = play(&stage, err);
	if (!rc) {
		stage.named = context_report(&stage.context);
		stage.report.rehearsal = &stage.rehearsal;
		stage.report.plan = stage.path ? stage.file.head.id : NULL;
		stage.report.notes = &stage.notes;
		stage.report.next = next_step(&stage);
		rc = output_show(options, put_table, put_json, &stage, err);
	}
	if (!rc)
		rc = exit_of(&stage);
	context_done(&stage.context);
	return rc;
}

const struct cmd cmd_rehearse = {
	.name = "rehearse",
	.words = "[PLAN]",
	.summary =
		"play a plan in a model: duration, downtime, what faults leave",
	.max_words = 1,
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SELECT | OPTION_OUTPUT | OPTION_AT | OPTION_REHEARSE |
		   OPTION_COLOR | OPTION_VERBOSE,
	.run = run,
};
