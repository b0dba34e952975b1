/* cmd_explain.c - what a kind or field takes, from the field tables. */
#include "reconciler/cmd/cmd.h"

#include <stdio.h>

#define EXPLAIN_BYTES_MAX 262144

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	int rc;

	end->next = "see lockstep explain, and lockstep explain KIND";
	buf_init(&out, EXPLAIN_BYTES_MAX);
	rc = manifest_explain(options->n_words ? options->words[0] : NULL, &out,
			      err);
	if (!rc)
		rc = buf_check(&out, err);
	if (!rc)
		(void)fwrite(buf_text(&out), 1, out.len, stdout);
	return rc;
}

const struct cmd cmd_explain = {
	.name = "explain",
	.words = "[KIND[.field...]]",
	.summary = "what a kind of manifest, or a field, takes",
	.max_words = 1,
	.run = run,
};
