/* cmd_approve.c - a person says yes to a saved plan, for the record. */
#include "reconciler/cmd/actor.h"
#include "reconciler/cmd/reason.h"
#include "reconciler/cmd/saved.h"
#include "reconciler/core/str.h"
#include "reconciler/report/plan_report.h"
#include "reconciler/sys/clock.h"

/* One approval. */
struct approving {
	struct context context;
	struct saved saved;
	char person[ACTOR_BYTES];
	char actor[ACTOR_BYTES];
};

static int put_approved(const void *data, struct buf *out, struct err *err)
{
	const struct approving *approving = data;
	const struct saved *saved = &approving->saved;
	struct plan_counts counts;
	char until[32];

	plan_count(&saved->file.plan, &counts);
	clock_text(saved->file.head.expires_ms, until, sizeof(until));
	buf_puts(out, "Approved by ");
	str_put_plain(out, approving->actor);
	buf_printf(out,
		   ": plan %s, %zu changes on %zu servers, %zu first "
		   "pairings; it expires %s.\n\nNext: lockstep apply PLAN\n",
		   saved->file.head.id, counts.changes, counts.changing,
		   saved->file.pairs.n, until);
	return buf_check(out, err);
}

/* A plan that can't be applied any more needs no approval, and who made it
 * must not approve it where the rule is that another does. */
static int check(struct approving *approving, struct err *err)
{
	struct context *context = &approving->context;
	const struct saved *saved = &approving->saved;
	int rc = saved_refuse(context, saved, SAVED_SEAL, SAVED_USE, err);

	if (!rc &&
	    !str_eq(saved->file.head.config_digest, context->config.digest))
		rc = err_set(err, -ERR_PLAN_FILE,
			     "%s: the configuration was changed since it was "
			     "made",
			     saved->path);
	if (!rc && context->config.plans_approval == APPROVAL_OTHER &&
	    str_eq(approving->person, saved->file.head.person))
		rc = err_set(err, -ERR_APPROVAL,
			     "%s: %s made it, so another must approve it "
			     "(plans.approval: other)",
			     saved->path, approving->person);
	return rc;
}

static int approve(const struct options *options, struct approving *approving,
		   struct err *err)
{
	const struct plan_approval approval = {
		.person = approving->person,
		.actor = approving->actor,
		.reason = options->reason,
		.ticket = options->ticket ? options->ticket : "",
		.at_ms = clock_wall_ms(),
	};

	return store_approve(approving->context.store,
			     approving->saved.file.head.id, &approval, err);
}

static int carry_out(const struct options *options, struct approving *approving,
		     struct cmd_end *end, struct err *err)
{
	struct context *context = &approving->context;
	int rc = saved_read(context, options->words[0], &approving->saved, err);

	if (!rc)
		rc = config_load(options->config, &context->config,
				 &end->problems, err);
	if (!rc)
		rc = context_state(options, context, STORE_WRITE, false, err);
	if (!rc)
		rc = saved_look_up(context, &approving->saved, err);
	if (!rc)
		rc = check(approving, err);
	if (rc == -ERR_APPROVAL)
		end->next = "have somebody else approve it";
	if (!rc)
		rc = approve(options, approving, err);
	return rc ? rc
		  : output_show(options, put_approved, NULL, approving, err);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	struct approving approving = { 0 };
	int rc;

	if (!options->n_words)
		return err_set(err, -ERR_USAGE,
			       "approve: expected the file of a saved plan "
			       "after it");
	rc = reason_check(options, "history keeps why the plan was approved",
			  err);
	if (rc)
		return rc;
	actor_person(approving.person, sizeof(approving.person));
	actor_full(approving.actor, sizeof(approving.actor));
	context_init(&approving.context);
	rc = carry_out(options, &approving, end, err);
	context_done(&approving.context);
	return rc;
}

const struct cmd cmd_approve = {
	.name = "approve",
	.words = "PLAN",
	.summary = "say yes to a saved plan; lockstep show PLAN shows it first",
	.options = OPTION_CONFIG | OPTION_STATE | OPTION_REASON,
	.max_words = 1,
	.run = run,
};
