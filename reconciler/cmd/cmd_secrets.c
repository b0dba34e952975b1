/* cmd_secrets.c - can every secret of the configuration be read? Asks no
 * server; prints no value. */
#include "modules/secret_source/source.h"
#include "reconciler/cmd/context.h"
#include "reconciler/core/str.h"
#include "reconciler/report/secrets_report.h"

struct view {
	struct report_context named;
	struct secret_row_array rows;
};

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return secrets_print(&view->named, &view->rows, out, err);
}

static int put_json(const void *data, struct buf *out, struct err *err)
{
	const struct view *view = data;

	return secrets_json(&view->named, &view->rows, out, err);
}

/* Load it, and forget it at once. */
static int check_one(struct context *context, size_t index,
		     struct secret_row *ret, struct err *err)
{
	CLEANUP(secret_freep) struct secret *secret = NULL;
	struct secret_row row = { .reason = "" };
	struct err why = { 0 };
	int rc = secret_source_load(&context->config.secrets.items[index],
				    &secret, &row.version, &why);

	row.readable = rc == 0;
	row.users = secrets_users(&context->desired, index, &context->arena);
	if (rc)
		row.reason = arena_strdup(&context->arena, why.what);
	if (!row.users || !row.reason || rc == -ERR_NOMEM)
		return err_set(err, -ERR_NOMEM, "checking secrets");
	*ret = row;
	return 0;
}

static int check(const struct options *options, struct context *context,
		 struct err *err)
{
	struct view view = { .named = context_report(context) };
	bool bad = false;
	int rc = 0;

	for (size_t i = 0; !rc && i < context->config.secrets.n; i++) {
		struct secret_row row;

		rc = check_one(context, i, &row, err);
		if (!rc && !array_push(&context->arena, &view.rows, row))
			rc = err_set(err, -ERR_NOMEM, "checking secrets");
		bad = bad || (!rc && !row.readable);
	}
	if (!rc)
		rc = output_show(options, put_table, put_json, &view, err);
	return rc ? rc : bad;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context = { 0 };
	int rc;

	context_init(&context);
	if (options->n_words != 1 || !str_eq(options->words[0], "check"))
		return err_set(
			err, -ERR_USAGE,
			"secrets: say what to do: lockstep secrets check");
	rc = context_files(options, &context, end, err);
	return rc ? rc : check(options, &context, err);
}

const struct cmd cmd_secrets = {
	.name = "secrets",
	.words = "check",
	.summary = "can every secret be read? Tells source, version and user",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_OUTPUT | OPTION_COLOR,
	.max_words = 1,
	.run = run,
};
