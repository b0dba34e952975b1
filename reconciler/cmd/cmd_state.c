/* cmd_state.c - the state file itself: is it sound, a copy of it, and mending
 * it from what the servers say. */
#include "reconciler/cmd/context.h"
#include "reconciler/cmd/state_repair.h"
#include "reconciler/core/str.h"

#include <inttypes.h>

/* Only the place of the state is needed: --state, or the configuration. */
static int find_path(const struct options *options, struct context *context,
		     struct cmd_end *end, struct err *err)
{
	int rc = options->state ? 0
				: config_load(options->config, &context->config,
					      &end->problems, err);

	return rc ? rc : context_state_path(options, context, err);
}

/* What is shown. */
struct view {
	const char *path;
	struct store_health health;
};

static void put_lock(const struct store_health *health, struct buf *out)
{
	buf_puts(out, "  lock        ");
	if (health->holder)
		buf_printf(out, "held by %s\n", health->holder);
	else
		buf_puts(out, "free\n");
}

static void put_inside(const struct store_health *health, struct buf *out)
{
	buf_printf(out,
		   "  id          %s, epoch %" PRId64 ", schema %" PRId64 "\n",
		   health->store, health->epoch, health->schema);
	buf_puts(out, health->born
			      ? "  marker      there, and belongs to it\n"
			      : "  marker      not there: nothing was applied "
				"or suspended yet\n");
	put_lock(health, out);
	buf_printf(out,
		   "  remembers   %" PRId64 " runs, %" PRId64 " pools (%" PRId64
		   " with an open intent), %" PRId64 " suspensions in force\n",
		   health->n_runs, health->n_pools, health->n_open,
		   health->n_suspended);
	if (health->unfinished) {
		buf_puts(out, "  unfinished  run ");
		str_put_plain(out, health->unfinished);
		buf_printf(out, ", %zu pools were approved\n",
			   health->n_unfinished);
	}
	buf_printf(
		out, "\nNext: %s\n",
		health->unfinished && health->holder
			? "wait: the run that holds the lock goes on"
		: health->unfinished
			? "lockstep apply finishes the run that did not end"
			: "nothing; lockstep state backup FILE keeps a copy");
}

static int put_health(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;
	const struct store_health *health = &view->health;

	buf_puts(out, "State ");
	str_put_plain(out, view->path);
	if (health->code) {
		buf_puts(out, ": can't be used\n  problem     ");
		str_put_plain(out, health->problem);
		buf_putc(out, '\n');
		put_lock(health, out);
		buf_printf(out, "\nNext: %s\n", err_next(health->code));
	} else if (!health->there) {
		buf_puts(out, ": is not there, and nothing says that there was "
			      "one\n");
		put_lock(health, out);
		buf_puts(out, "\nNext: lockstep plan makes it\n");
	} else {
		buf_puts(out, ": sound (every page, the tables, what rows "
			      "name)\n");
		put_inside(health, out);
	}
	return buf_check(out, err);
}

static int check(const struct options *options, struct context *context,
		 struct cmd_end *end, struct err *err)
{
	struct view view = { 0 };
	int rc = find_path(options, context, end, err);

	view.path = context->state_path;
	if (!rc)
		rc = store_check(context->state_path, &context->arena,
				 &view.health, err);
	if (!rc)
		rc = output_show(options, put_health, NULL, &view, err);
	return rc || !view.health.code ? rc : err_exit(view.health.code);
}

static int put_backup(const void *data, struct buf *out, struct err *err)
{
	buf_puts(out, "Copied and checked: ");
	str_put_plain(out, data);
	buf_puts(out, "\nTo use it: put it in the place of the state file, "
		      "then lockstep state repair.\n");
	return buf_check(out, err);
}

static int backup(const struct options *options, struct context *context,
		  struct cmd_end *end, struct err *err)
{
	int rc = find_path(options, context, end, err);

	if (!rc)
		rc = store_open(context->state_path, STORE_READ,
				&context->store, err);
	if (!rc)
		rc = store_backup(context->store, options->words[1], err);
	if (rc == -ERR_FILE)
		end->next = "name another file, in a folder that is there and "
			    "that you may write to";
	return rc ? rc
		  : output_show(options, put_backup, NULL, options->words[1],
				err);
}

static int run_word(const struct options *options, struct context *context,
		    struct cmd_end *end, struct err *err)
{
	static const char *const names[] = { "check", "backup", "repair",
					     NULL };
	const char *word = options->n_words ? options->words[0] : "";
	const size_t wanted = str_eq(word, "backup") ? 2 : 1;
	const char *near = str_nearest(word, names);

	if (options->n_words > wanted)
		return err_set(err, -ERR_USAGE, "state %s: what is %s?", word,
			       options->words[wanted]);
	if (options->n_words < wanted && wanted == 2)
		return err_set(err, -ERR_USAGE,
			       "state backup: expected the name of a new file "
			       "after it");
	if (str_eq(word, "check"))
		return check(options, context, end, err);
	if (str_eq(word, "backup"))
		return backup(options, context, end, err);
	if (str_eq(word, "repair"))
		return state_repair(options, end, err);
	return err_set(err, -ERR_USAGE,
		       "state: expected check, backup FILE or repair%s%s%s",
		       near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "");
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };

	context_init(&context);
	return run_word(options, &context, end, err);
}

const struct cmd cmd_state = {
	.name = "state",
	.words = "check|backup FILE|repair",
	.summary = "is the state file sound; copy it; rebuild it from servers",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SERVER | OPTION_GROUP | OPTION_EXCLUDE |
		   OPTION_AUTO_APPROVE | OPTION_VERBOSE,
	.max_words = 2,
	.run = run,
};
