/* cmd_schema.c - JSON schema and reference of manifests and configuration. */
#include "reconciler/cmd/cmd.h"
#include "reconciler/cmd/schema.h"
#include "reconciler/core/str.h"
#include "reconciler/manifest/kinds.h"
#include "reconciler/report/schema.h"

#include <stdio.h>

#define SCHEMA_BYTES_MAX 1048576
#define KINDS_MAX        16

static int put_kinds(struct buf *out, struct err *err)
{
	struct schema_kind kinds[KINDS_MAX];
	const struct kind *kind;
	size_t n = 0;

	for (kind = manifest_kinds; kind->name && n < KINDS_MAX; kind++) {
		if (kind->fields)
			kinds[n++] =
				(struct schema_kind){ kind->name, kind->help,
						      kind->fields };
	}
	return schema_kinds(kinds, n, out, err);
}

int schema_put(const char *what, struct buf *out, struct err *err)
{
	const struct schema_kind config = { config_kind.name, config_kind.help,
					    config_kind.fields };

	if (!what)
		return put_kinds(out, err);
	if (str_eq(what, config_kind.name))
		return schema_file(&config, out, err);
	if (str_eq(what, "readme"))
		return manifest_reference(out, err);
	return err_set(err, -ERR_USAGE,
		       "schema %s: expected nothing, Config or readme", what);
}

static int run(const struct options *options, struct cmd_end *end,
	       struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	int rc;

	(void)end;
	buf_init(&out, SCHEMA_BYTES_MAX);
	rc = schema_put(options->n_words ? options->words[0] : NULL, &out, err);
	if (!rc)
		(void)fwrite(buf_text(&out), 1, out.len, stdout);
	return rc;
}

const struct cmd cmd_schema = {
	.name = "schema",
	.words = "[Config | readme]",
	.summary =
		"JSON schema of manifests or configuration; or the reference",
	.max_words = 1,
	.run = run,
};
