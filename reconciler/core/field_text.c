/* field_text.c - what fields look like in error texts and in explain. */
#include "reconciler/core/field.h"

#include "reconciler/core/str.h"

#include <inttypes.h>
#include <string.h>

#define QUOTED_BYTES 64
#define PATH_BYTES   160

void field_put_quoted(struct buf *out, const char *text)
{
	char cut[QUOTED_BYTES + 1];
	size_t len = strlen(text);
	uint32_t lookalike;

	if (len > QUOTED_BYTES) {
		len = QUOTED_BYTES;
		/* Not in the middle of a character. */
		while (len && ((unsigned char)text[len] & 0xC0) == 0x80)
			len--;
	}
	memcpy(cut, text, len);
	cut[len] = '\0';
	buf_putc(out, '"');
	str_put_plain(out, cut);
	buf_puts(out, text[len] ? "...\"" : "\"");
	lookalike = str_lookalike(cut);
	if (lookalike)
		buf_printf(out, " (with U+%04X, which is no Latin letter)",
			   lookalike);
}

void field_put_duration(int64_t ms, struct buf *out)
{
	static const struct {
		int64_t ms;
		char letter;
	} units[] = { { 86400000, 'd' }, { 3600000, 'h' }, { 60000, 'm' } };
	size_t i;

	for (i = 0; i < sizeof(units) / sizeof(*units); i++) {
		if (ms < units[i].ms || ms % units[i].ms)
			continue;
		buf_printf(out, "%" PRId64 "%c", ms / units[i].ms,
			   units[i].letter);
		return;
	}
	buf_printf(out, "%" PRId64 "s", ms / 1000);
}

/* "recycle, restart or none"; only what this version takes. */
static void put_choices(const struct field *field, const char *between,
			const char *last, struct buf *out)
{
	const struct field_choice *choice;
	size_t left = 0;
	size_t n = 0;

	for (choice = field->choices; choice->name; choice++)
		left += !choice->not_honoured;
	for (choice = field->choices; choice->name; choice++) {
		if (choice->not_honoured)
			continue;
		if (n++)
			buf_puts(out, --left == 1 ? last : between);
		buf_puts(out, choice->name);
	}
}

static void put_kind_of_text(const struct field *field, struct buf *out)
{
	switch (field->type) {
	case FIELD_TEXT:
		buf_puts(out, "a text");
		break;
	case FIELD_NAME:
		buf_printf(
			out,
			"a name (letters, digits, '-', '_', '.'; at most %d)",
			FIELD_NAME_MAX);
		break;
	case FIELD_NUMBER:
		buf_printf(out, "a number from %" PRId64 " to %" PRId64,
			   field->min, field->max);
		break;
	case FIELD_PERCENT:
		buf_puts(out, "a percentage from 1% to 100%");
		break;
	case FIELD_BATCH:
		buf_puts(out, "a percentage from 1% to 100% or a number of "
			      "servers");
		break;
	case FIELD_BOOL:
		buf_puts(out, "true or false");
		break;
	case FIELD_DURATION:
		buf_puts(out, "a duration from ");
		field_put_duration(field->min, out);
		buf_puts(out, " to ");
		field_put_duration(field->max, out);
		break;
	case FIELD_CHOICE:
		put_choices(field, ", ", " or ", out);
		break;
	case FIELD_PATH:
		buf_puts(out, "an absolute path");
		break;
	case FIELD_MAP:
	case FIELD_MAP_BY_NAME:
	case FIELD_TEXT_BY_NAME:
		buf_puts(out, "a map");
		break;
	}
}

static void put_one(const struct field *field, struct buf *out)
{
	if (field->expect)
		buf_puts(out, field->expect);
	else
		put_kind_of_text(field, out);
}

void field_put_expected_item(const struct field *field, struct buf *out)
{
	put_one(field, out);
	if (field->example && !(field->flags & FIELD_LIST))
		buf_printf(out, ", for example %s", field->example);
}

void field_put_expected(const struct field *field, struct buf *out)
{
	if (field->flags & FIELD_LIST)
		buf_puts(out, "a list, each ");
	put_one(field, out);
	if (field->word)
		buf_printf(out, ", or %s", field->word);
	if (field->example)
		buf_printf(out, ", for example %s", field->example);
}

void field_put_type(const struct field *field, struct buf *out)
{
	static const char *const names[] = {
		[FIELD_TEXT] = "text",
		[FIELD_NAME] = "name",
		[FIELD_NUMBER] = "number",
		[FIELD_PERCENT] = "percent",
		[FIELD_BATCH] = "percent or number",
		[FIELD_BOOL] = "true | false",
		[FIELD_DURATION] = "duration",
		[FIELD_CHOICE] = "choice",
		[FIELD_PATH] = "path",
		[FIELD_MAP] = "map",
		[FIELD_MAP_BY_NAME] = "map by name",
		[FIELD_TEXT_BY_NAME] = "text by name",
	};

	if (field->flags & FIELD_LIST)
		buf_puts(out, "list of ");
	if (field->type == FIELD_CHOICE) {
		put_choices(field, " | ", " | ", out);
		return;
	}
	buf_puts(out, names[field->type]);
	if (field->flags & FIELD_LIST)
		buf_putc(out, 's');
	if (field->word)
		buf_printf(out, " | %s", field->word);
}

/* ", required, unless selector, inventory" */
static void put_required(const struct field *fields, const struct field *field,
			 struct buf *out)
{
	const char *before = ", unless ";

	buf_puts(out, ", required");
	for (; fields && fields->name; fields++) {
		if (!fields->replaces || (fields->flags & FIELD_NOT_HONOURED) ||
		    !str_eq(fields->replaces, field->name))
			continue;
		buf_printf(out, "%s%s", before, fields->name);
		before = ", ";
	}
}

/* fields: those beside it; NULL = not known. */
static void put_facts(const struct field *fields, const struct field *field,
		      struct buf *out)
{
	field_put_type(field, out);
	if (field->type == FIELD_NUMBER)
		buf_printf(out, ", %" PRId64 " to %" PRId64, field->min,
			   field->max);
	if (field->type == FIELD_DURATION) {
		buf_puts(out, ", ");
		field_put_duration(field->min, out);
		buf_puts(out, " to ");
		field_put_duration(field->max, out);
	}
	if (field->flags & FIELD_REQUIRED)
		put_required(fields, field, out);
	if (field->fallback)
		buf_printf(out, ", default %s", field->fallback);
	if (field->fallback_from)
		buf_printf(out, ", default: %s", field->fallback_from);
	if (field->flags & FIELD_NOT_HONOURED)
		buf_puts(out, ", not honoured by this version");
}

static void put_row(const struct field *fields, const struct field *field,
		    const char *path, struct buf *out)
{
	buf_printf(out, "  %-30s ", path);
	put_facts(fields, field, out);
	if (field->help)
		buf_printf(out, "\n      %s", field->help);
	buf_putc(out, '\n');
}

void field_put_table(const struct field *fields, const char *prefix,
		     struct buf *out)
{
	const struct field *field;

	for (field = fields; field->name; field++) {
		CLEANUP(buf_done) struct buf path = { 0 };
		bool by_name = field->type == FIELD_MAP_BY_NAME;

		buf_init(&path, PATH_BYTES);
		buf_printf(&path, "%s%s%s", prefix, *prefix ? "." : "",
			   field->name);
		put_row(fields, field, buf_text(&path), out);
		if (by_name)
			buf_puts(&path, ".NAME");
		if (field->fields)
			field_put_table(field->fields, buf_text(&path), out);
	}
}

void field_put_detail(const struct field *field, const char *path,
		      struct buf *out)
{
	const struct field_choice *choice;

	buf_printf(out, "%s   ", path);
	put_facts(NULL, field, out);
	buf_putc(out, '\n');
	if (field->help)
		buf_printf(out, "  %s\n", field->help);
	if (field->flags & FIELD_NOT_HONOURED)
		return;
	buf_puts(out, "  expects ");
	field_put_expected(field, out);
	buf_putc(out, '\n');
	for (choice = field->choices; choice && choice->name; choice++) {
		if (choice->not_honoured)
			buf_printf(out, "  %s: not honoured by this version\n",
				   choice->name);
	}
	if (field->fields) {
		buf_putc(out, '\n');
		field_put_table(field->fields, "", out);
	}
}
