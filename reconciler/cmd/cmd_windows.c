/* cmd_windows.c - change windows: which there are, when they open, what may
 * start. Needs no key, no secret and no state; without -c the configuration
 * may be missing. */
#include "reconciler/cmd/claims.h"
#include "reconciler/cmd/look.h"
#include "reconciler/cmd/select.h"
#include "reconciler/cmd/when.h"

#include "reconciler/core/str.h"
#include "reconciler/report/windows_report.h"
#include "reconciler/sys/clock.h"

#include <unistd.h>

#define OPENINGS_USUAL 5
#define OPENINGS_MAX   1000

struct view {
	struct report_context named;
	struct claims claims;
	struct windows_report report;
};

/* What one of the words prints. */
struct part {
	const char *word; /* NULL = none is given */
	output_put table;
	output_put json;
	bool at;     /* takes --at */
	bool number; /* takes -n */
	bool select; /* takes what selects */
};

#define PUT(name, print)                                                    \
	static int name(const void *data, struct buf *out, struct err *err) \
	{                                                                   \
		const struct view *view = data;                             \
                                                                            \
		return print(&view->named, &view->report, out, err);        \
	}

PUT(put_list, windows_print)
PUT(put_list_json, windows_json)
PUT(put_openings, openings_print)
PUT(put_openings_json, openings_json)
PUT(put_may_start, may_start_print)
PUT(put_may_start_json, may_start_json)

static const struct part parts[] = {
	{ .table = put_list, .json = put_list_json },
	{ .word = "next",
	  .table = put_openings,
	  .json = put_openings_json,
	  .at = true,
	  .number = true },
	{ .word = "check",
	  .table = put_may_start,
	  .json = put_may_start_json,
	  .at = true,
	  .select = true },
};

static int find_part(const struct options *options, const struct part **ret,
		     struct err *err)
{
	const char *word = options->n_words ? options->words[0] : NULL;

	for (size_t i = 0; i < sizeof(parts) / sizeof(*parts); i++) {
		const struct part *part = &parts[i];

		if (word && part->word ? !str_eq(word, part->word)
				       : word != part->word)
			continue;
		if (options->at && !part->at)
			return err_set(err, -ERR_USAGE,
				       "--at: what is asked of that moment? "
				       "lockstep windows check, or next");
		if (options->number && !part->number)
			return err_set(err, -ERR_USAGE,
				       "-n belongs to lockstep windows next");
		if (options->n_picks && !part->select)
			return err_set(err, -ERR_USAGE,
				       "%s belongs to lockstep windows check",
				       select_flag(&options->picks[0]));
		*ret = part;
		return 0;
	}
	return err_set(err, -ERR_USAGE,
		       "windows: what is %s? Expected next, check or nothing",
		       word ? word : "that");
}

static int take_numbers(const struct options *options,
			struct windows_report *ret, struct err *err)
{
	int64_t number = OPENINGS_USUAL;

	ret->at_ms = clock_wall_ms();
	if (options->number &&
	    (!str_number(options->number, OPENINGS_MAX, &number) || !number))
		return err_set(err, -ERR_USAGE,
			       "-n %s: expected a number from 1 to %d",
			       options->number, OPENINGS_MAX);
	ret->n_openings = (size_t)number;
	return options->at ? when_parse("--at", options->at, WHEN_AHEAD,
					ret->at_ms, &ret->at_ms, err)
			   : 0;
}

static int load(const struct options *options, bool selects,
		struct context *context, struct view *view, struct cmd_end *end,
		struct err *err)
{
	const bool with_config =
		options->config_given || access(options->config, F_OK) == 0;
	int rc;

	if (with_config)
		rc = context_files(options, context, end, err);
	else
		rc = manifest_load(options->folder, NULL, &context->desired,
				   &end->problems, err);
	if (!rc && selects)
		rc = select_scope(options, context, err);
	/* Whether a grant is there is no question of time. */
	if (!rc && selects)
		rc = claims_collect(context, false, &view->claims, err);
	context->colour = context_wants_colour(options);
	view->named = context_report(context);
	view->report.claims = &view->claims;
	return rc;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	const struct part *part = NULL;
	struct view view = { 0 };
	int64_t retry_ms;
	bool any;
	int rc = find_part(options, &part, err);

	context_init(&context);
	if (!rc)
		rc = take_numbers(options, &view.report, err);
	if (!rc)
		rc = load(options, part->select, &context, &view, end, err);
	if (!rc)
		rc = output_show(options, part->table, part->json, &view, err);
	if (rc || !part->select)
		return rc;
	rc = may_start_find(&view.named, &view.report, &any, &retry_ms, err);
	return rc || any ? rc : err_exit(-ERR_WINDOW_CLOSED);
}

const struct cmd cmd_windows = {
	.name = "windows",
	.words = "[next | check]",
	.summary =
		"change windows: which there are, when they open, what may start",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_SELECT |
		   OPTION_OUTPUT | OPTION_AT | OPTION_NUMBER | OPTION_COLOR,
	.max_words = 1,
	.run = run,
};
