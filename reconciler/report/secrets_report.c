/* secrets_report.c - see secrets_report.h. */
#include "reconciler/report/secrets_report.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/table.h"
#include "reconciler/report/text.h"

#define TABLE_BYTES_MAX 16777216
#define USERS_BYTES_MAX 65536

static size_t servers_of(const struct desired *desired, size_t account,
			 struct arena *arena)
{
	size_t n = 0;

	for (size_t i = 0; i < desired->servers.n; i++) {
		struct index_array used = { 0 };

		/* No memory is found by whoever asks for the next piece. */
		if (desired_accounts_of(desired, i, arena, &used))
			continue;
		for (size_t k = 0; k < used.n; k++)
			n += used.items[k] == account;
	}
	return n;
}

const char *secrets_users(const struct desired *desired, size_t secret,
			  struct arena *arena)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, USERS_BYTES_MAX);
	for (size_t i = 0; i < desired->accounts.n; i++) {
		const struct account *account = &desired->accounts.items[i];

		if (account->secret != secret)
			continue;
		buf_printf(&text, "%sAccount %s on ", text.len ? ", " : "",
			   account->name);
		text_count(&text, servers_of(desired, i, arena), "server");
	}
	if (text.len == 0)
		buf_puts(&text, "nobody");
	return buf_check(&text, NULL) ? NULL
				      : arena_strdup(arena, buf_whole(&text));
}

static size_t n_readable(const struct secret_row_array *rows)
{
	const struct secret_row *row;
	size_t n = 0;

	array_foreach(row, rows)
		n += row->readable;
	return n;
}

static void put_verdict(const struct secret_row_array *rows, struct buf *out)
{
	const size_t good = n_readable(rows);

	text_count(out, rows->n, "secret");
	if (good == rows->n)
		buf_puts(out, rows->n ? ": all can be read" : "");
	else
		buf_printf(out, ": %zu can be read, %zu can't", good,
			   rows->n - good);
}

static void put_row(struct table *table, const struct secret_ref *secret,
		    const struct secret_row *row)
{
	CLEANUP(buf_done) struct buf version = { 0 };

	buf_init(&version, 128);
	if (row->readable)
		text_version(&version, secret, row->version);
	table_put(table, secret->name);
	table_put(table, row->readable ? "yes" : "no");
	table_put(table, row->readable ? buf_whole(&version) : "-");
	table_put(table, secret->account);
	table_put(table, row->users);
	table_put(table, secret->from);
}

static void put_reasons(const struct secret_row_array *rows, struct buf *out)
{
	const struct secret_row *row;

	if (n_readable(rows) < rows->n)
		buf_putc(out, '\n');
	array_foreach(row, rows) {
		if (row->readable)
			continue;
		str_put_plain(out, row->reason);
		buf_putc(out, '\n');
	}
}

int secrets_print(const struct report_context *context,
		  const struct secret_row_array *rows, struct buf *out,
		  struct err *err)
{
	static const char *const heads[] = { "SECRET",  "READABLE", "VERSION",
					     "ACCOUNT", "USED BY",  "SOURCE" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct table table;
	int rc;

	arena_init(&arena, TABLE_BYTES_MAX);
	text_colour(context, out, COLOUR_BOLD);
	put_verdict(rows, out);
	text_plain(context, out);
	buf_puts(out, ".\n");
	if (rows->n == 0)
		return buf_check(out, err);
	table_init(&table, &arena, sizeof(heads) / sizeof(*heads));
	for (size_t i = 0; i < sizeof(heads) / sizeof(*heads); i++)
		table_put(&table, heads[i]);
	for (size_t i = 0; i < rows->n; i++)
		put_row(&table, &context->config->secrets.items[i],
			&rows->items[i]);
	rc = table_check(&table, err);
	if (rc < 0)
		return rc;
	buf_putc(out, '\n');
	for (size_t i = 0; i < table_rows(&table); i++) {
		const bool bad = i > 0 && !rows->items[i - 1].readable;

		if (bad)
			text_colour(context, out, COLOUR_RED);
		table_put_row(out, &table, i, "");
		if (bad)
			text_plain(context, out);
		buf_putc(out, '\n');
	}
	put_reasons(rows, out);
	return buf_check(out, err);
}

static json_t *verdict_of(const struct secret_row_array *rows)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *object = json_object();

	buf_init(&text, 256);
	put_verdict(rows, &text);
	json_set_text(&object, "text", buf_whole(&text));
	json_set_size(&object, "secrets", rows->n);
	json_set_size(&object, "readable", n_readable(rows));
	return object;
}

int secrets_json(const struct report_context *context,
		 const struct secret_row_array *rows, struct buf *out,
		 struct err *err)
{
	struct json_out json;

	json_out_begin(&json, out, "lockstep.secrets/1.0");
	json_out_member(&json, "verdict", verdict_of(rows));
	json_out_list(&json, "secrets");
	for (size_t i = 0; i < rows->n; i++) {
		const struct secret_ref *secret =
			&context->config->secrets.items[i];
		const struct secret_row *row = &rows->items[i];
		CLEANUP(buf_done) struct buf version = { 0 };
		json_t *object = json_object();

		buf_init(&version, 128);
		if (row->readable)
			text_version(&version, secret, row->version);
		json_set_text(&object, "secret", secret->name);
		json_set_bool(&object, "readable", row->readable);
		json_set_text(&object, "version", buf_whole(&version));
		json_set_text(&object, "account", secret->account);
		json_set_text(&object, "used_by", row->users);
		json_set_text(&object, "from", secret->from);
		json_set_text(&object, "reason",
			      row->readable ? "" : row->reason);
		json_out_row(&json, object);
	}
	json_out_list_end(&json);
	return json_out_end(&json, err);
}
