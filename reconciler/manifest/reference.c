/* reference.c - manifests/README.md, from the tables of fields. */
#include "reconciler/manifest/kinds.h"
#include "reconciler/manifest/manifest.h"

#include "reconciler/core/str.h"

#include <inttypes.h>

#define PATH_BYTES    256
#define ENVELOPE_ROWS 3 /* of KIND_ENVELOPE */

static const char head[] =
	"# Manifests\n"
	"\n"
	"<!-- Made by `lockstep schema readme`; `make generate` writes it anew. -->\n"
	"\n"
	"What the application pools of a farm must run as, as YAML documents in one folder (`-f DIR`, folders below it too) or one file. Several\n"
	"documents a file, several files a folder; order does not matter. `lockstep explain KIND.field` shows a row of this page at a terminal, and\n"
	"[schema.json](schema.json) (`lockstep schema`) teaches an editor the shape:\n"
	"\n"
	"    # yaml-language-server: $schema=schema.json\n"
	"\n"
	"`lockstep validate -f DIR` lists every mistake with file, line and column, and asks no server; `lockstep graph` shows who gets what where;\n"
	"`lockstep plan --offline` shows what could be changed, and every grant that is missing.\n"
	"\n"
	"- A field or kind that this version does not know or honour is an error. Nothing is accepted and ignored.\n"
	"- An absent manifest never removes anything from a server.\n"
	"- No password stands in a manifest, and none names where one lies: that is the [configuration](../docs/configuration.md)'s.\n"
	"- Plain YAML only: no anchors, aliases, tags or merge keys; at most 256 KiB a file, 10,000 files; regular files below the folder, no links.\n"
	"- Names have letters, digits, `-`, `_`, `.`, at most 63; two that differ only in case are one name twice. Patterns know `*` and `?`; in pools,\n"
	"  servers and accounts ASCII case is ignored.\n"
	"\n"
	"## Examples\n"
	"\n"
	"| folder | shows |\n"
	"|---|---|\n"
	"| [quickstart](examples/quickstart) | two servers, one account, two pools |\n"
	"| [builtin](examples/builtin) | pools that run as an identity of Windows itself |\n"
	"| [follow](examples/follow) | keep the password in step in every pool that runs as an account |\n"
	"| [gmsa](examples/gmsa) | a group managed service account, which has no password here |\n"
	"| [inventory](examples/inventory) | servers from a CSV file and from an Ansible inventory; groups by label |\n"
	"| [windows](examples/windows) | when changes may start: patch weekends, weekly nights, a freeze |\n";

static const char inventories[] =
	"\n"
	"### Inventories\n"
	"\n"
	"A file that `inventory` names lies beside the manifest, or in a folder below, and is at most 4 MiB. Its servers are checked as Server manifests are, can be named\n"
	"and selected like them, and stand for one Server when a manifest declares the same name with the same host and port. What differs is an error.\n"
	"\n"
	"CSV (UTF-8, commas): the first line names the columns. `name` and `host` must be there, `port` (else 22) and `hostKey` may; every other column is a\n"
	"label, and an empty field a label that the server has not. A label that is called a password is an error, here as everywhere.\n"
	"\n"
	"    name,host,env,rack\n"
	"    web01,web01.corp.example,prod,r1\n"
	"\n"
	"Ansible: `ansible-inventory -i INVENTORY --list > inventory.json`. `group` names one of its groups, else all hosts are taken. The name of a host is\n"
	"the name of the Server. Of its variables four are read, and no others:\n"
	"\n"
	"| variable | is | without it |\n"
	"|---|---|---|\n"
	"| `ansible_host` | `Server.spec.host` | the name of the host |\n"
	"| `ansible_port` | `Server.spec.port` | 22 |\n"
	"| `lockstep_host_key` | `Server.spec.hostKey` | none |\n"
	"| `lockstep_labels` | a map: the labels | none |\n"
	"\n"
	"Another variable that begins with `lockstep_` is an error.\n";

static const char pools[] =
	"\n"
	"### Which binding a pool falls to\n"
	"\n"
	"A pool has one binding. Where two meet in one pool, its exact name counts before a pattern, and a pattern before `follow`. Two that name it are an\n"
	"error of `validate`; two patterns, or two that follow, hold the pool back when a server turns out to have such a pool. A name must exist on each\n"
	"server of the groups, a pattern must match at least one pool there. `exclude` takes pools out of patterns and of `follow`.\n";

static void put_cell(const char *text, struct buf *out)
{
	for (; *text; text++) {
		if (*text == '|')
			buf_putc(out, '\\');
		buf_putc(out, *text);
	}
}

/* "required, unless `selector`, `inventory`" */
static void put_required(const struct field *fields, const struct field *field,
			 struct buf *out)
{
	const struct field *other;
	const char *before = ", unless";

	buf_puts(out, "required");
	for (other = fields; other->name; other++) {
		if (!other->replaces || (other->flags & FIELD_NOT_HONOURED) ||
		    !str_eq(other->replaces, field->name))
			continue;
		buf_printf(out, "%s `%s`", before, other->name);
		before = ",";
	}
}

static void put_default(const struct field *fields, const struct field *field,
			struct buf *out)
{
	if (field->flags & FIELD_REQUIRED)
		put_required(fields, field, out);
	else if (field->fallback)
		buf_printf(out, "`%s`", field->fallback);
	else if (field->fallback_from)
		put_cell(field->fallback_from, out);
}

static void put_row(const struct field *fields, const struct field *field,
		    const char *path, struct buf *out)
{
	CLEANUP(buf_done) struct buf type = { 0 };

	buf_init(&type, 1024);
	field_put_type(field, &type);
	buf_printf(out, "| `%s` | ", path);
	put_cell(buf_text(&type), out);
	if (field->type == FIELD_NUMBER)
		buf_printf(out, ", %" PRId64 " to %" PRId64, field->min,
			   field->max);
	if (field->type == FIELD_DURATION) {
		buf_puts(out, ", ");
		field_put_duration(field->min, out);
		buf_puts(out, " to ");
		field_put_duration(field->max, out);
	}
	buf_puts(out, " | ");
	put_default(fields, field, out);
	buf_puts(out, " | ");
	if (field->help)
		put_cell(field->help, out);
	if (field->example && field->type != FIELD_MAP &&
	    field->type != FIELD_MAP_BY_NAME) {
		buf_puts(out, " For example `");
		put_cell(field->example, out);
		buf_putc(out, '`');
	}
	buf_puts(out, " |\n");
}

/* Rows that every kind has are told once. */
static bool is_envelope(const struct field *fields, const struct field *field)
{
	return field_find(fields, "apiVersion") &&
	       field < fields + ENVELOPE_ROWS;
}

static void put_rows(const struct field *fields, const char *prefix,
		     struct buf *out)
{
	const struct field *field;

	for (field = fields; field->name; field++) {
		CLEANUP(buf_done) struct buf path = { 0 };

		if (field->flags & FIELD_NOT_HONOURED)
			continue;
		if (!*prefix && is_envelope(fields, field))
			continue; /* told once, for all kinds */
		buf_init(&path, PATH_BYTES);
		buf_printf(&path, "%s%s%s", prefix, *prefix ? "." : "",
			   field->name);
		put_row(fields, field, buf_text(&path), out);
		if (field->type == FIELD_MAP_BY_NAME)
			buf_puts(&path, ".NAME");
		if (field->fields)
			put_rows(field->fields, buf_text(&path), out);
	}
}

static void put_later(const struct field *fields, const char *prefix,
		      const char **before, struct buf *out)
{
	const struct field *field;

	for (field = fields; field->name; field++) {
		CLEANUP(buf_done) struct buf path = { 0 };

		buf_init(&path, PATH_BYTES);
		buf_printf(&path, "%s%s%s", prefix, *prefix ? "." : "",
			   field->name);
		if (field->flags & FIELD_NOT_HONOURED) {
			buf_printf(out, "%s`%s`", *before, buf_text(&path));
			*before = ", ";
		}
		if (field->fields)
			put_later(field->fields, buf_text(&path), before, out);
	}
}

static void put_kind(const struct kind *kind, struct buf *out)
{
	const char *before = "\nKnown, but not honoured by this version: ";
	const char *first = before;

	buf_printf(out, "\n## %s\n\n%s\n", kind->name, kind->help);
	if (!kind->fields) {
		buf_puts(out, "\nNot honoured by this version.\n");
		return;
	}
	buf_puts(out, "\n| field | takes | default | meaning |\n"
		      "|---|---|---|---|\n");
	put_rows(kind->fields, "", out);
	put_later(kind->fields, "", &before, out);
	if (before != first)
		buf_puts(out, ".\n");
	if (kind->id == KIND_RESOURCE_GROUP)
		buf_puts(out, inventories);
	if (kind->id == KIND_APP_POOL_BINDING)
		buf_puts(out, pools);
}

int manifest_reference(struct buf *out, struct err *err)
{
	const struct kind *kind;

	buf_puts(out, head);
	buf_puts(out, "\n## Each document\n\n"
		      "| field | takes | default | meaning |\n"
		      "|---|---|---|---|\n"
		      "| `apiVersion` | " API_VERSION " | required | The form "
		      "of the manifest. |\n"
		      "| `kind` | one of the kinds below | required | What the "
		      "document declares. |\n"
		      "| `metadata` | map | required | Its name and labels. "
		      "|\n");
	put_rows(metadata_fields, "metadata", out);
	for (kind = manifest_kinds; kind->name; kind++)
		put_kind(kind, out);
	buf_puts(out, "\n# The configuration\n");
	put_kind(&config_kind, out);
	return buf_check(out, err);
}
