/* record_decode.c - records from text: one copy, split and unescaped there. */
#include "reconciler/core/record.h"
#include "reconciler/core/str.h"

#include <stdio.h>
#include <string.h>

struct decoder {
	const struct record_kind *kinds;
	const struct record_limits *limits;
	size_t line; /* from 1 */
};

/* A name that a peer sent, cut and fit to be shown. */
struct shown {
	char text[41];
};

static struct shown show(const char *text)
{
	struct shown shown = { "" };
	size_t i;

	for (i = 0; i < sizeof(shown.text) - 1 && text[i]; i++)
		if (text[i] > ' ' && text[i] <= '~')
			shown.text[i] = text[i];
		else
			shown.text[i] = '?';
	return shown;
}

/* Replace the escapes of value in place; false for an unknown one. */
static bool unescape(char *value)
{
	char *to = value;

	for (; *value; value++) {
		if (*value != '\\') {
			*to++ = *value;
			continue;
		}
		value++;
		if (*value == '\\')
			*to++ = '\\';
		else if (*value == 't')
			*to++ = '\t';
		else if (*value == 'n')
			*to++ = '\n';
		else if (*value == 'r')
			*to++ = '\r';
		else
			return false;
	}
	*to = '\0';
	return true;
}

/* The index of the field, or RECORD_FIELDS_MAX. */
static size_t field_find(const struct record_kind *kind, const char *name)
{
	size_t i;

	for (i = 0; i < RECORD_FIELDS_MAX && kind->fields[i]; i++)
		if (str_eq(kind->fields[i], name))
			return i;
	return RECORD_FIELDS_MAX;
}

/* item: one `field=value`. */
static int decode_field(const struct decoder *decoder, char *item,
			struct record *record, struct err *err)
{
	const char *kind = record->kind->name;
	char *value = strchr(item, '=');
	size_t i;

	if (!value)
		return err_set(err, -ERR_RECORD,
			       "line %zu: %s has a field without '='",
			       decoder->line, kind);
	*value++ = '\0';
	i = field_find(record->kind, item);
	if (i == RECORD_FIELDS_MAX)
		return err_set(err, -ERR_RECORD,
			       "line %zu: %s has no field '%s'", decoder->line,
			       kind, show(item).text);
	if (record->values[i])
		return err_set(err, -ERR_RECORD, "line %zu: %s has %s twice",
			       decoder->line, kind, item);
	if (strchr(value, '\r') || !unescape(value))
		return err_set(err, -ERR_RECORD,
			       "line %zu: %s: %s holds a wrong escape",
			       decoder->line, kind, item);
	if (strlen(value) > decoder->limits->value_bytes)
		return err_set(err, -ERR_RECORD,
			       "line %zu: %s: %s is longer than %zu bytes",
			       decoder->line, kind, item,
			       decoder->limits->value_bytes);
	record->values[i] = value;
	return 0;
}

/* line: without its LF. */
static int decode_line(const struct decoder *decoder, char *line,
		       struct record *ret, struct err *err)
{
	const struct record_kind *kind = decoder->kinds;
	char *rest = strchr(line, '\t');
	struct record record = { 0 };
	size_t i;

	if (rest)
		*rest++ = '\0';
	while (kind->name && !str_eq(kind->name, line))
		kind++;
	if (!kind->name)
		return err_set(err, -ERR_RECORD,
			       "line %zu: no record is called '%s'",
			       decoder->line, show(line).text);
	record.kind = kind;
	while (rest) {
		char *item = rest;
		int rc;

		rest = strchr(item, '\t');
		if (rest)
			*rest++ = '\0';
		rc = decode_field(decoder, item, &record, err);
		if (rc < 0)
			return rc;
	}
	for (i = 0; i < RECORD_FIELDS_MAX && kind->fields[i]; i++)
		if (!record.values[i])
			return err_set(err, -ERR_RECORD,
				       "line %zu: %s lacks %s", decoder->line,
				       kind->name, kind->fields[i]);
	*ret = record;
	return 0;
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 0;
	size_t i;

	for (i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Seven parameters: each caller has them at hand as they are.
 * NOLINTNEXTLINE(readability-function-size) */
int records_decode(struct arena *arena, const struct record_kind *kinds,
		   const struct record_limits *limits, const char *text,
		   size_t len, struct record_list *ret, struct err *err)
{
	struct decoder decoder = { .kinds = kinds, .limits = limits };
	struct record_list list = { 0 };
	size_t n = count_lines(text, len);
	char *line;

	if (len && text[len - 1] != '\n')
		return err_set(err, -ERR_RECORD, "the last line has no end");
	if (!str_utf8_valid(text, len))
		return err_set(err, -ERR_RECORD, "it is not valid UTF-8");
	if (n > limits->rows)
		return err_set(err, -ERR_RECORD, "%zu lines; at most %zu", n,
			       limits->rows);
	line = arena_strndup(arena, text, len);
	list.items = arena_alloc(arena, n * sizeof(*list.items));
	if (!line || !list.items)
		return err_set(err, -ERR_NOMEM, "no memory for %zu records", n);
	while (list.n < n) {
		char *end = strchr(line, '\n');
		int rc;

		if (!end)
			return err_set(err, -ERR_BUG, "a line has no end");
		*end = '\0';
		decoder.line = list.n + 1;
		rc = decode_line(&decoder, line, &list.items[list.n], err);
		if (rc < 0)
			return rc;
		list.n++;
		line = end + 1;
	}
	*ret = list;
	return 0;
}
