/* explain.c - what a kind or a field takes, from the field tables. */
#include "reconciler/manifest/kinds.h"

#include "reconciler/core/str.h"

#include <string.h>

#define WORD_BYTES 64
#define PATH_BYTES 512

static void put_kinds(struct buf *out)
{
	const struct kind *kind;

	for (kind = manifest_kinds; kind->name; kind++)
		buf_printf(out, "%-16s %s%s\n", kind->name, kind->help,
			   kind->fields ? ""
					: " Not honoured by this version.");
	buf_printf(out, "%-16s %s\n", config_kind.name, config_kind.help);
}

static void put_kind(const struct kind *kind, struct buf *out)
{
	buf_printf(out, "%s\n%s\n", kind->name, kind->help);
	if (!kind->fields) {
		buf_puts(out, "Not honoured by this version.\n");
		return;
	}
	buf_putc(out, '\n');
	field_put_table(kind->fields, "", out);
}

/* The next word of a path KIND.field.field; false: it is too long. */
static bool take_word(const char **at, char ret[WORD_BYTES])
{
	size_t len = strcspn(*at, ".");

	if (len >= WORD_BYTES)
		return false;
	memcpy(ret, *at, len);
	ret[len] = '\0';
	*at += len;
	if (**at == '.')
		(*at)++;
	return true;
}

static int refuse_kind(const char *word, struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const char *near = kind_suggest(word);

	buf_init(&out, PATH_BYTES);
	field_put_quoted(&out, word);
	if (near)
		return err_set(err, -ERR_USAGE,
			       "unknown kind %s; did you mean \"%s\"?",
			       buf_text(&out), near);
	return err_set(err, -ERR_USAGE,
		       "unknown kind %s; lockstep explain lists the kinds",
		       buf_text(&out));
}

static int refuse_field(const char *word, const struct field *fields,
			const char *path, struct err *err)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const char *near = fields ? field_suggest(fields, word) : NULL;

	buf_init(&out, PATH_BYTES);
	field_put_quoted(&out, word);
	if (near)
		return err_set(err, -ERR_USAGE,
			       "unknown field %s in %s; did you mean \"%s\"?",
			       buf_text(&out), path, near);
	return err_set(err, -ERR_USAGE, "unknown field %s in %s",
		       buf_text(&out), path);
}

/* KIND.field means KIND.spec.field where the kind itself has no such field. */
static const struct field *first_field(const struct kind *kind,
				       const char *word, struct buf *path)
{
	const struct field *field = field_find(kind->fields, word);
	const struct field *spec = field_find(kind->fields, "spec");

	if (field || !spec)
		return field;
	buf_puts(path, ".spec");
	return field_find(spec->fields, word);
}

static int explain_field(const struct kind *kind, const char *rest,
			 struct buf *out, struct err *err)
{
	CLEANUP(buf_done) struct buf path = { 0 };
	const struct field *fields = kind->fields;
	const struct field *field = NULL;
	bool any_name = false; /* the next word is a name that users choose */

	buf_init(&path, PATH_BYTES);
	buf_puts(&path, kind->name);
	while (*rest) {
		char word[WORD_BYTES];
		const struct field *next = NULL;

		if (!take_word(&rest, word))
			return err_set(err, -ERR_USAGE,
				       "no field has so long a name");
		if (!field)
			next = first_field(kind, word, &path);
		else if (fields)
			next = field_find(fields, word);
		if (!next && any_name && fields) {
			buf_puts(&path, ".NAME");
			any_name = false;
			continue;
		}
		if (!next && !field && field_find(kind->fields, "spec"))
			fields = field_find(kind->fields, "spec")->fields;
		if (!next)
			return refuse_field(word, fields, buf_text(&path), err);
		if (any_name)
			buf_puts(&path, ".NAME");
		buf_printf(&path, ".%s", next->name);
		field = next;
		fields = next->fields;
		any_name = next->type == FIELD_MAP_BY_NAME;
	}
	if (!field)
		put_kind(kind, out);
	else
		field_put_detail(field, buf_text(&path), out);
	return 0;
}

int manifest_explain(const char *what, struct buf *out, struct err *err)
{
	const struct kind *kind;
	char word[WORD_BYTES];

	if (!what) {
		put_kinds(out);
		return buf_check(out, err);
	}
	if (!take_word(&what, word))
		return err_set(err, -ERR_USAGE, "no kind has so long a name");
	kind = str_eq(word, config_kind.name) ? &config_kind : kind_find(word);
	if (!kind)
		return refuse_kind(word, err);
	if (kind->fields && *what) {
		int rc = explain_field(kind, what, out, err);

		return rc < 0 ? rc : buf_check(out, err);
	}
	put_kind(kind, out);
	return buf_check(out, err);
}
