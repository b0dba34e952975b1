/* inventory_csv.c - a CSV file: the first line names the columns. */
#include "reconciler/manifest/inventory.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/check.h"
#include "reconciler/manifest/yaml_text.h"
#include "reconciler/manifest/yaml_tree.h"

#include <csv.h>
#include <string.h>

#define COLUMNS_MAX 64

enum { COLUMN_NAME, COLUMN_HOST, COLUMN_PORT, COLUMN_KEY, COLUMN_KNOWN };

static const char *const known[COLUMN_KNOWN + 1] = { "name", "host", "port",
						     "hostKey", NULL };

struct reader {
	struct inventory *inventory;
	unsigned line;     /* that is being read */
	unsigned row_line; /* in which the row began */
	const char *header[COLUMNS_MAX];
	const char *fields[COLUMNS_MAX]; /* of the row, in scratch */
	size_t n_header;                 /* 0 = not read yet */
	size_t n_fields;                 /* perhaps more than fit */
	size_t where[COLUMN_KNOWN];      /* column; COLUMNS_MAX = none */
	bool broken; /* the header, or the form: no row means anything */
	int rc;
};

static struct place place_of(const struct reader *reader, unsigned line)
{
	return (struct place){ .file = reader->inventory->file,
			       .line = line,
			       .col = 1 };
}

#define REFUSE(reader, ...)                                                 \
	do {                                                                \
		struct place place_ = place_of(reader, (reader)->row_line); \
		problem_add((reader)->inventory->problems, &place_,         \
			    __VA_ARGS__);                                   \
	} while (0)

static void take_field(void *bytes, size_t len, void *user)
{
	struct reader *reader = user;
	const char *text =
		arena_strndup(reader->inventory->scratch, bytes, len);

	if (!text)
		reader->rc = -ERR_NOMEM;
	else if (reader->n_fields < COLUMNS_MAX)
		reader->fields[reader->n_fields] = text;
	reader->n_fields++;
}

/* Which of the known columns, COLUMN_KNOWN = a label. */
static size_t column_of(struct reader *reader, const char *text)
{
	const char *quoted = problem_quote(reader->inventory->problems, text);
	size_t i;

	for (i = 0; i < COLUMN_KNOWN; i++) {
		if (str_eq(text, known[i]))
			return i;
		if (!str_eq_nocase(text, known[i]))
			continue;
		REFUSE(reader, "unknown column %s; did you mean \"%s\"?",
		       quoted, known[i]);
		reader->broken = true;
	}
	return COLUMN_KNOWN;
}

static void check_label(struct reader *reader, const char *text)
{
	static const struct field key = { .name = "column",
					  .type = FIELD_NAME,
					  .expect = "the name of a column: a "
						    "label (letters, digits, "
						    "'-', '_', '.'; at most "
						    "63)" };
	struct field_scalar scalar;
	struct err why;

	if (field_parse(&key, text, false, &scalar, &why))
		REFUSE(reader, "%s", why.what);
	else if (check_is_password(text))
		REFUSE(reader,
		       "column %s: no password belongs into an inventory; "
		       "take the column out, and change the password if it "
		       "is one",
		       problem_quote(reader->inventory->problems, text));
	else
		return;
	reader->broken = true;
}

static void take_column(struct reader *reader, size_t index)
{
	const char *text = reader->fields[index];
	size_t column = column_of(reader, text);
	size_t i;

	reader->header[index] = text;
	if (column < COLUMN_KNOWN)
		reader->where[column] = index;
	else
		check_label(reader, text);
	for (i = 0; i < index; i++) {
		if (!str_eq(reader->header[i], text))
			continue;
		REFUSE(reader, "column %s stands twice",
		       problem_quote(reader->inventory->problems, text));
		reader->broken = true;
		return;
	}
}

static void take_header(struct reader *reader)
{
	size_t i;

	reader->n_header = reader->n_fields;
	if (reader->n_fields > COLUMNS_MAX) {
		REFUSE(reader, "the file has more than %d columns",
		       COLUMNS_MAX);
		reader->broken = true;
		return;
	}
	if (reader->n_fields == 1 && strpbrk(reader->fields[0], ";\t")) {
		REFUSE(reader, "expected commas between the columns, for "
			       "example name,host,env; found semicolons or "
			       "tabs");
		reader->broken = true;
		return;
	}
	for (i = 0; i < reader->n_fields; i++)
		take_column(reader, i);
	for (i = COLUMN_NAME; i <= COLUMN_HOST; i++) {
		if (reader->broken || reader->where[i] < COLUMNS_MAX)
			continue;
		REFUSE(reader,
		       "the first line misses the column \"%s\"; "
		       "expected the names of the columns there, for "
		       "example name,host,env",
		       known[i]);
		reader->broken = true;
	}
}

static const char *field_at(const struct reader *reader, size_t column)
{
	size_t at = reader->where[column];

	return at < reader->n_fields ? reader->fields[at] : NULL;
}

/* An empty field is a label that the server has not. */
static int take_row(struct reader *reader)
{
	struct inventory_row row = {
		.place = place_of(reader, reader->row_line),
		.name = field_at(reader, COLUMN_NAME),
		.host = field_at(reader, COLUMN_HOST),
		.port = field_at(reader, COLUMN_PORT),
		.host_key = field_at(reader, COLUMN_KEY),
		.called = known,
	};
	size_t i;

	for (i = 0; i < reader->n_header; i++) {
		const struct entry label = {
			.key.text = reader->header[i],
			.value.text = reader->fields[i],
		};
		size_t k;

		for (k = 0; k < COLUMN_KNOWN && reader->where[k] != i; k++)
			;
		if (k == COLUMN_KNOWN && *reader->fields[i] &&
		    !array_push(reader->inventory->scratch, &row.labels, label))
			return -ERR_NOMEM;
	}
	return inventory_add(reader->inventory, &row);
}

static void end_row(int end, void *user)
{
	struct reader *reader = user;

	(void)end;
	if (reader->rc == 0 && reader->n_fields && !reader->broken) {
		if (!reader->n_header)
			take_header(reader);
		else if (reader->n_fields != reader->n_header)
			REFUSE(reader,
			       "the line has %zu fields; expected %zu, "
			       "one for each column of the first line",
			       reader->n_fields, reader->n_header);
		else
			reader->rc = take_row(reader);
	}
	reader->n_fields = 0;
	reader->row_line = reader->line + 1;
}

/* False: the parser stopped. */
static bool parse(struct reader *reader, struct csv_parser *parser,
		  const char *bytes, size_t len)
{
	if (csv_parse(parser, bytes, len, take_field, end_row, reader) == len)
		return true;
	if (csv_error(parser) != CSV_EPARSE)
		reader->rc = -ERR_NOMEM;
	else
		REFUSE(reader, "a quote stands inside a field; expected the "
			       "whole field in quotes, and each quote in it "
			       "twice");
	return false;
}

/* Line by line, so that a problem knows its line; \r\n becomes \n. */
static void read_lines(struct reader *reader, struct csv_parser *parser,
		       const char *at, const char *end)
{
	while (at < end && reader->rc == 0 && !reader->broken &&
	       !problems_full(reader->inventory->problems)) {
		const char *cut = memchr(at, '\n', (size_t)(end - at));
		const char *stop = cut ? cut : end;
		size_t len = (size_t)(stop - at);

		if (len && stop[-1] == '\r')
			len--;
		if (!parse(reader, parser, at, len) ||
		    !parse(reader, parser, "\n", 1))
			return;
		reader->line++;
		at = cut ? cut + 1 : end;
	}
	if (reader->rc == 0 && !reader->broken &&
	    csv_fini(parser, take_field, end_row, reader))
		REFUSE(reader, "the quotes that begin in this line are not "
			       "closed");
}

int inventory_csv(struct inventory *inventory, const struct buf *text)
{
	const char *bytes = buf_text(text);
	/* Spreadsheets put a byte order mark before UTF-8. */
	size_t skip = str_starts(bytes, "\xEF\xBB\xBF") ? 3 : 0;
	struct reader reader = { .inventory = inventory,
				 .line = 1,
				 .row_line = 1 };
	struct csv_parser parser;
	size_t before = inventory->problems->items.n;
	size_t i;

	for (i = 0; i < COLUMN_KNOWN; i++)
		reader.where[i] = COLUMNS_MAX;
	if (!yaml_text_check(inventory->file, bytes + skip, text->len - skip,
			     TREE_LARGE_BYTES_MAX, inventory->problems))
		return 0;
	if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_REPALL_NL |
				      CSV_APPEND_NULL))
		return -ERR_NOMEM;
	read_lines(&reader, &parser, bytes + skip, bytes + text->len);
	csv_free(&parser);
	reader.row_line = 1;
	if (reader.rc == 0 && !inventory->names.n &&
	    inventory->problems->items.n == before)
		REFUSE(&reader,
		       "the file lists no server; expected a line of "
		       "columns, for example name,host,env, and a line "
		       "for each server");
	return reader.rc;
}
