/* output.c - see output.h. */
#include "reconciler/cmd/output.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define REPORT_BYTES_MAX ((size_t)256 << 20)

static int write_file(const char *path, const struct buf *text, struct err *err)
{
	FILE *file = fopen(path, "we");
	bool ok;

	if (!file)
		return err_set(err, -ERR_FILE, "%s: %s", path,
			       strerrordesc_np(errno));
	ok = fwrite(buf_text(text), 1, text->len, file) == text->len;
	if (fclose(file) != 0 || !ok)
		return err_set(err, -ERR_FILE, "%s: could not be written",
			       path);
	return 0;
}

static bool is_wanted(const struct options *options, enum output_format format)
{
	for (size_t i = 0; i < options->n_outputs; i++)
		if (options->outputs[i].format == format)
			return true;
	return false;
}

int output_write(const struct options *options, enum output_format format,
		 const struct buf *text, struct err *err)
{
	int rc = buf_check(text, err);

	for (size_t i = 0; !rc && i < options->n_outputs; i++) {
		const struct output *output = &options->outputs[i];

		if (output->format != format)
			continue;
		if (output->file)
			rc = write_file(output->file, text, err);
		else if (fwrite(buf_text(text), 1, text->len, stdout) !=
				 text->len ||
			 fflush(stdout) != 0)
			rc = err_set(err, -ERR_FILE,
				     "standard output can't be written");
	}
	return rc;
}

int output_as(const struct options *options, enum output_format format,
	      output_put put, const void *data, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	int rc;

	if (!is_wanted(options, format))
		return 0;
	buf_init(&text, REPORT_BYTES_MAX);
	rc = put(data, &text, err);
	return rc ? rc : output_write(options, format, &text, err);
}

int output_show(const struct options *options, output_put table,
		output_put json, const void *data, struct err *err)
{
	int rc = output_as(options, OUTPUT_TABLE, table, data, err);

	if (!rc && json)
		rc = output_as(options, OUTPUT_JSON, json, data, err);
	return rc;
}
