/* cmd_status.c - what the state file remembers of every declared pool; asks
 * no server and needs no secret. */
#include "reconciler/cmd/context.h"
#include "reconciler/report/status_report.h"

#define STATUS_BYTES_MAX ((size_t)256 << 20)

static int show(const struct options *options, struct context *context,
		struct err *err)
{
	const struct report_context named = context_report(context);
	struct status_row_array rows = { 0 };
	CLEANUP(buf_done) struct buf out;
	int rc = status_rows(&named, &context->scope, &context->arena, &rows,
			     err);

	buf_init(&out, STATUS_BYTES_MAX);
	if (!rc && output_wanted(options, OUTPUT_TABLE)) {
		rc = status_print(&named, &rows, &out, err);
		if (!rc)
			rc = output_write(options, OUTPUT_TABLE, &out, err);
	}
	buf_clear(&out);
	if (!rc && output_wanted(options, OUTPUT_JSON)) {
		rc = status_json(&rows, &out, err);
		if (!rc)
			rc = output_write(options, OUTPUT_JSON, &out, err);
	}
	return rc;
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(context_done) struct context context;
	int rc;

	context_init(&context);
	rc = context_load(options, &context, end, err);
	if (!rc)
		rc = context_state(options, &context, STORE_READ, false, err);
	return rc ? rc : show(options, &context, err);
}

const struct cmd cmd_status = {
	.name = "status",
	.words = "",
	.summary = "what is remembered of every pool; asks no server",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE |
		   OPTION_SERVER | OPTION_OUTPUT | OPTION_COLOR,
	.run = run,
};
