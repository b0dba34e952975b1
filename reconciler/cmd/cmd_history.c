/* cmd_history.c - what runs did and who asked; asks no server and needs no
 * secret. Manifests only give the names of servers: it works without them. */
#include "reconciler/cmd/context.h"
#include "reconciler/cmd/select.h"
#include "reconciler/cmd/when.h"
#include "reconciler/core/str.h"
#include "reconciler/report/history_report.h"
#include "reconciler/sys/clock.h"

#include <string.h>

#define SHOWN_MAX 50 /* runs, unless --since asks for more */

/* One look into the history. */
struct search {
	const struct options *options;
	struct context context;
	struct report_context named;
	struct history_run_array runs;
	struct history_row_array rows;
	int64_t since_ms;
	struct history_report report;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "reading the history");
}

/* CORP\user, or the user alone. */
static bool is_account(const char *pattern, const char *account)
{
	const char *slash = strchr(account, '\\');

	return str_glob_match(pattern, account) ||
	       (slash && str_glob_match(pattern, slash + 1));
}

static bool pick_means(const struct search *search, const struct pick *pick,
		       const struct history_row *row)
{
	switch (pick->kind) {
	case PICK_SERVER:
		return str_glob_match(pick->pattern, row->server) ||
		       str_glob_match(
			       pick->pattern,
			       history_server(&search->named, row->server));
	case PICK_POOL:
		return str_glob_match(pick->pattern, row->pool);
	case PICK_ACCOUNT:
		return is_account(pick->pattern, row->account);
	case PICK_GROUP:
	case PICK_LABEL:
	case PICK_COUNT:
		break;
	}
	return true;
}

/* Of several flags of a kind one is enough. */
static bool is_meant(const struct search *search, const struct history_row *row)
{
	bool asked[PICK_COUNT] = { false };
	bool meant[PICK_COUNT] = { false };

	for (size_t i = 0; i < search->options->n_picks; i++) {
		const struct pick *pick = &search->options->picks[i];

		asked[pick->kind] = true;
		if (pick_means(search, pick, row))
			meant[pick->kind] = true;
	}
	return memcmp(asked, meant, sizeof(asked)) == 0;
}

static size_t index_of(const struct search *search, const char *run)
{
	for (size_t i = 0; i < search->runs.n; i++)
		if (str_eq(search->runs.items[i].id, run))
			return i;
	return SIZE_MAX;
}

/* By index in runs: has it a row that is meant? Rows of a run stand
 * together. */
static bool *find_meant(struct search *search)
{
	bool *meant = arena_alloc(&search->context.arena, search->runs.n + 1);
	const struct history_row *row;
	const char *last = "";
	size_t at = SIZE_MAX;

	array_foreach(row, &search->rows) {
		if (!meant)
			break;
		if (!str_eq(row->run, last))
			at = index_of(search, row->run);
		last = row->run;
		if (at != SIZE_MAX && is_meant(search, row))
			meant[at] = true;
	}
	return meant;
}

/* What no run ever touched is a slip of the pen. */
static int check_pick(struct search *search, const struct pick *pick,
		      struct err *err)
{
	const struct history_row *row;
	const char **names;
	const char *near = NULL;

	array_foreach(row, &search->rows) {
		if (pick_means(search, pick, row))
			return 0;
	}
	names = select_names(&search->context.desired, pick->kind,
			     &search->context.arena);
	if (!names)
		return no_memory(err);
	for (size_t i = 0; names[i]; i++)
		if (str_glob_match(pick->pattern, names[i]))
			return 0;
	near = str_nearest(pick->pattern, names);
	return err_set(err, -ERR_USAGE,
		       "%s %s: no run touched that, and no manifest names "
		       "it%s%s%s",
		       select_flag(pick), pick->pattern,
		       near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "");
}

static int find_runs(struct search *search, struct err *err)
{
	struct history_report *report = &search->report;
	const struct history_run *run;
	const bool *meant;
	int rc = 0;

	for (size_t i = 0; !rc && i < search->options->n_picks; i++)
		rc = check_pick(search, &search->options->picks[i], err);
	if (rc)
		return rc;
	meant = find_meant(search);
	if (!meant)
		return no_memory(err);
	array_foreach(run, &search->runs) {
		if (run->began_ms < search->since_ms ||
		    (search->options->n_picks &&
		     !meant[run - search->runs.items]))
			continue;
		if (!array_push(&search->context.arena, &report->runs, *run))
			return no_memory(err);
	}
	report->filtered = search->options->n_picks || search->since_ms;
	report->n_shown = report->runs.n;
	if (!search->since_ms && report->n_shown > SHOWN_MAX)
		report->n_shown = SHOWN_MAX;
	return 0;
}

static int unknown_run(struct search *search, const char *id, struct err *err)
{
	const char **names = arena_alloc(&search->context.arena,
					 (search->runs.n + 1) * sizeof(*names));
	const char *near;

	if (!names)
		return no_memory(err);
	for (size_t i = 0; i < search->runs.n; i++)
		names[i] = search->runs.items[i].id;
	near = str_nearest(id, names);
	return err_set(err, -ERR_USAGE,
		       "no run %s is remembered%s%s%s; lockstep history lists "
		       "them",
		       id, near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "");
}

/* The end of its name, which is random, is enough. */
static bool is_run(const char *id, const char *given)
{
	const char *dash = strrchr(id, '-');

	return str_eq(id, given) || (dash && str_eq(dash + 1, given));
}

static int find_run(struct search *search, const char *id, struct err *err)
{
	struct arena *arena = &search->context.arena;
	struct history_row_array *kept = arena_alloc(arena, sizeof(*kept));
	const struct history_run *found = NULL;
	const struct history_run *run;
	const struct history_row *row;

	array_foreach(run, &search->runs) {
		if (is_run(run->id, id))
			found = run;
	}
	if (!found)
		return unknown_run(search, id, err);
	if (!kept || !array_push(arena, &search->report.runs, *found))
		return no_memory(err);
	array_foreach(row, &search->rows) {
		if (str_eq(row->run, found->id) && is_meant(search, row) &&
		    !array_push(arena, kept, *row))
			return no_memory(err);
	}
	search->report.rows = kept;
	search->report.n_shown = 1;
	return 0;
}

/* Manifests that have mistakes are no reason to hide what was done. */
static int load(struct search *search, struct cmd_end *end, struct err *err)
{
	const struct options *options = search->options;
	struct context *context = &search->context;
	struct problems ignored;
	struct err why;
	int rc = options->state ? 0
				: config_load(options->config, &context->config,
					      &end->problems, err);

	if (rc)
		return rc;
	problems_init(&ignored);
	if (manifest_load(options->folder, NULL, &context->desired, &ignored,
			  &why))
		context->desired.servers.n = 0;
	problems_done(&ignored);
	rc = context_state(options, context, STORE_READ, false, err);
	if (!rc)
		rc = store_history(context->store, &context->arena,
				   &search->runs, &search->rows, err);
	search->named = context_report(context);
	search->report.context = &search->named;
	return rc;
}

static int put_table(const void *data, struct buf *out, struct err *err)
{
	return history_print(data, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	return history_json(data, out, err);
}

static int search_all(struct search *search, struct cmd_end *end,
		      struct err *err)
{
	const struct options *options = search->options;
	int rc = 0;

	if (options->since)
		rc = when_parse("--since", options->since, WHEN_AGO,
				clock_wall_ms(), &search->since_ms, err);
	if (!rc)
		rc = load(search, end, err);
	if (!rc && options->n_words)
		rc = find_run(search, options->words[0], err);
	else if (!rc)
		rc = find_runs(search, err);
	return rc ? rc
		  : output_show(options, put_table, put_json, &search->report,
				err);
}

static int run_history(const struct options *options, struct cmd_end *end,
		       struct err *err)
{
	struct search search = { .options = options };
	int rc;

	context_init(&search.context);
	search.context.colour = context_wants_colour(options);
	rc = search_all(&search, end, err);
	context_done(&search.context);
	return rc;
}

const struct cmd cmd_history = {
	.name = "history",
	.words = "[RUN]",
	.summary = "what runs did, when and who asked; or one run in full",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SERVER | OPTION_POOL | OPTION_ACCOUNT | OPTION_SINCE |
		   OPTION_OUTPUT | OPTION_COLOR,
	.max_words = 1,
	.run = run_history,
};
