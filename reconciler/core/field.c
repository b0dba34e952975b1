/* field.c - finding a field, and what a scalar means. Texts: field_text.c */
#include "reconciler/core/field.h"

#include "reconciler/core/str.h"

#include <string.h>

#define SUGGEST_MAX 32

const struct field *field_find(const struct field *fields, const char *name)
{
	for (; fields->name; fields++) {
		if (str_eq(fields->name, name))
			return fields;
	}
	return NULL;
}

const char *field_suggest(const struct field *fields, const char *name)
{
	const char *names[SUGGEST_MAX + 1];
	size_t n = 0;

	for (; fields->name && n < SUGGEST_MAX; fields++)
		names[n++] = fields->name;
	names[n] = NULL;
	return str_nearest(name, names);
}

/* What is wrong comes after a semicolon; hide: the text is not shown. */
static int refuse(const struct field *field, const char *text,
		  const char *reason, struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };

	buf_init(&out, sizeof(err->what));
	field_put_expected_item(field, &out);
	if (field->flags & FIELD_HIDE) {
		buf_puts(&out, "; found another text");
	} else {
		buf_puts(&out, "; found ");
		field_put_quoted(&out, text);
	}
	buf_puts(&out, reason);
	return err_set(err, -ERR_MANIFEST, "expected %s", buf_text(&out));
}

static bool is_name(const char *text)
{
	const char *c;

	for (c = text; *c; c++) {
		bool alnum = (*c >= '0' && *c <= '9') ||
			     (*c >= 'a' && *c <= 'z') ||
			     (*c >= 'A' && *c <= 'Z');

		if (!alnum && (c == text || !strchr("-_.", *c)))
			return false;
	}
	return c != text && (size_t)(c - text) <= FIELD_NAME_MAX;
}

static int parse_text(const struct field *field, const char *text,
		      struct err *err)
{
	size_t max = field->max > 0 ? (size_t)field->max : FIELD_TEXT_MAX;

	if (!*text)
		return refuse(field, text, ", which is empty", err);
	if (str_has_control(text))
		return refuse(field, text,
			      ", which holds a control, bidirectional or "
			      "invisible character",
			      err);
	if (field->type == FIELD_NAME && !is_name(text))
		return refuse(field, text, "", err);
	if (field->type == FIELD_PATH && *text != '/')
		return refuse(field, text, ", which does not begin with /",
			      err);
	if (strlen(text) > max)
		return refuse(field, text, ", which is too long", err);
	return field->check ? field->check(text, err) : 0;
}

static bool in_range(const struct field *field, int64_t number)
{
	return number >= field->min && number <= field->max;
}

static int parse_number(const struct field *field, const char *text,
			bool quoted, struct field_scalar *ret, struct err *err)
{
	int64_t number;

	if (!str_number(text, field->max, &number) || !in_range(field, number))
		return refuse(field, text, "", err);
	if (quoted)
		return refuse(field, text, " in quotes", err);
	*ret = (struct field_scalar){ .number = number };
	return 0;
}

/* PERCENT, and BATCH without a percent sign is a number of servers. */
static int parse_percent(const struct field *field, const char *text,
			 struct field_scalar *ret, struct err *err)
{
	size_t len = strlen(text);
	char digits[24];
	int64_t number;

	if (field->type == FIELD_BATCH && (!len || text[len - 1] != '%')) {
		if (!str_number(text, field->max, &number) || number < 1)
			return refuse(field, text, "", err);
		*ret = (struct field_scalar){ .number = number };
		return 0;
	}
	if (len < 2 || len > sizeof(digits) || text[len - 1] != '%')
		return refuse(field, text, "", err);
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	if (!str_number(digits, 100, &number) || number < 1)
		return refuse(field, text, "", err);
	*ret = (struct field_scalar){ .number = number, .percent = true };
	return 0;
}

static int parse_bool(const struct field *field, const char *text, bool quoted,
		      struct field_scalar *ret, struct err *err)
{
	static const char *const other[] = { "yes", "no", "on", "off",
					     "y",   "n",  "1",  "0" };
	size_t i;

	if (str_eq(text, "true") || str_eq(text, "false")) {
		if (quoted)
			return refuse(field, text, " in quotes", err);
		*ret = (struct field_scalar){ .number = *text == 't' };
		return 0;
	}
	for (i = 0; i < sizeof(other) / sizeof(*other); i++) {
		if (str_eq_nocase(text, other[i]))
			return refuse(field, text, ", which is only text here",
				      err);
	}
	return refuse(field, text, "", err);
}

static int64_t unit_ms(char unit)
{
	switch (unit) {
	case 's':
		return 1000;
	case 'm':
		return 60000;
	case 'h':
		return 3600000;
	case 'd':
		return 86400000;
	default:
		return 0;
	}
}

static int parse_duration(const struct field *field, const char *text,
			  struct field_scalar *ret, struct err *err)
{
	size_t len = strlen(text);
	char digits[24];
	int64_t unit = len ? unit_ms(text[len - 1]) : 0;
	int64_t number;

	if (!unit || len < 2 || len > sizeof(digits))
		return refuse(field, text, "", err);
	memcpy(digits, text, len - 1);
	digits[len - 1] = '\0';
	if (!str_number(digits, field->max / unit, &number) ||
	    !in_range(field, number * unit))
		return refuse(field, text, "", err);
	*ret = (struct field_scalar){ .number = number * unit };
	return 0;
}

/* The first choice that this version takes. */
static const char *first_choice(const struct field *field)
{
	const struct field_choice *choice = field->choices;

	while (choice->name && choice->not_honoured)
		choice++;
	return choice->name ? choice->name : "";
}

static int parse_choice(const struct field *field, const char *text,
			struct field_scalar *ret, struct err *err)
{
	CLEANUP(buf_done) struct buf hint = { 0 };
	const struct field_choice *choice;
	const char *names[SUGGEST_MAX + 1];
	const char *near;
	size_t n = 0;

	buf_init(&hint, 128);
	for (choice = field->choices; choice->name; choice++) {
		if (n < SUGGEST_MAX && !choice->not_honoured)
			names[n++] = choice->name;
		if (!str_eq(choice->name, text))
			continue;
		if (choice->not_honoured)
			return err_set(err, -ERR_MANIFEST,
				       "\"%s\" is not honoured by this "
				       "version; \"%s\" is",
				       choice->name, first_choice(field));
		*ret = (struct field_scalar){ .number = choice->value };
		return 0;
	}
	names[n] = NULL;
	near = str_nearest(text, names);
	if (near)
		buf_printf(&hint, "; did you mean \"%s\"?", near);
	return refuse(field, text, buf_text(&hint), err);
}

int field_parse(const struct field *field, const char *text, bool quoted,
		struct field_scalar *ret, struct err *err)
{
	int rc;

	switch (field->type) {
	case FIELD_TEXT:
	case FIELD_NAME:
	case FIELD_PATH:
	case FIELD_TEXT_BY_NAME:
		rc = parse_text(field, text, err);
		if (rc == 0)
			*ret = (struct field_scalar){ 0 };
		return rc;
	case FIELD_NUMBER:
		return parse_number(field, text, quoted, ret, err);
	case FIELD_PERCENT:
	case FIELD_BATCH:
		return parse_percent(field, text, ret, err);
	case FIELD_BOOL:
		return parse_bool(field, text, quoted, ret, err);
	case FIELD_DURATION:
		return parse_duration(field, text, ret, err);
	case FIELD_CHOICE:
		return parse_choice(field, text, ret, err);
	case FIELD_MAP:
	case FIELD_MAP_BY_NAME:
		break;
	}
	return err_set(err, -ERR_BUG, "field %s is no scalar", field->name);
}
