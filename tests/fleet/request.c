/* request.c - see request.h. */
#include "tests/fleet/request.h"

#include "modules/iis_app_pool/fields.h"
#include "reconciler/core/str.h"
#include "tests/fleet/world.h"

#include <string.h>

#define ROWS_MAX  4000
#define VALUE_MAX 4096

/* Bytes of a line; NUL may be among them. */
struct span {
	const char *at;
	size_t len;
};

bool fault_set(struct fault *fault, const char *code, const char *detail)
{
	*fault = (struct fault){
		.code = code, .type = "", .hresult = "", .detail = detail
	};
	return false;
}

static bool span_is(struct span span, const char *text)
{
	return span.len == strlen(text) && memcmp(span.at, text, span.len) == 0;
}

/* The next part of *rest up to `mark`; false when there is none. */
static bool span_next(struct span *rest, char mark, struct span *ret)
{
	const char *end;

	if (!rest->at)
		return false;
	end = memchr(rest->at, mark, rest->len);
	ret->at = rest->at;
	ret->len = end ? (size_t)(end - rest->at) : rest->len;
	rest->len -= ret->len + (end != NULL);
	rest->at = end ? end + 1 : NULL;
	return true;
}

/* No loop in records: the caller asks for one value. */
static char *unescape(struct arena *arena, struct span raw, size_t *ret_len)
{
	char *text = need(arena_alloc(arena, raw.len + 1));
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++) {
		static const char from[] = "\\tnr";
		static const char to[] = "\\\t\n\r";
		const char *found;

		if (raw.at[i] != '\\') {
			text[n++] = raw.at[i];
			continue;
		}
		if (++i == raw.len || raw.at[i] == '\0')
			return NULL;
		found = strchr(from, raw.at[i]);
		if (!found)
			return NULL;
		text[n++] = to[found - from];
	}
	*ret_len = n;
	return text;
}

const char *request_value_fault(const char *value, size_t len)
{
	if (len > VALUE_MAX)
		return "too_long";
	if (memchr(value, '\0', len))
		return "bad_text";
	return "";
}

static const struct record_kind *kind_find(const struct record_kind *kinds,
					   struct span name)
{
	for (; kinds->name; kinds++)
		if (span_is(name, kinds->name))
			return kinds;
	return NULL;
}

static bool read_cell(struct arena *arena, struct span cell,
		      struct record *record, struct fault *fault)
{
	const struct record_kind *kind = record->kind;
	const char *equals = memchr(cell.at, '=', cell.len);
	struct span name = { cell.at, 0 };
	struct span raw;
	size_t field = 0;
	size_t len = 0;
	char *value;
	const char *wrong;

	if (!equals || equals == cell.at)
		return fault_set(fault, "bad_cell", kind->name);
	name.len = (size_t)(equals - cell.at);
	while (field < RECORD_FIELDS_MAX && kind->fields[field] &&
	       !span_is(name, kind->fields[field]))
		field++;
	if (field == RECORD_FIELDS_MAX || !kind->fields[field])
		return fault_set(fault, "unknown_field", kind->name);
	if (record->values[field])
		return fault_set(fault, "repeated_field", kind->fields[field]);
	raw = (struct span){ equals + 1, cell.len - name.len - 1 };
	value = unescape(arena, raw, &len);
	if (!value)
		return fault_set(fault, "bad_escape", "");
	wrong = request_value_fault(value, len);
	if (wrong[0])
		return fault_set(fault, wrong, kind->fields[field]);
	record->values[field] = value;
	return true;
}

static bool read_record(struct arena *arena, const struct record_kind *kinds,
			struct span line, struct record *ret,
			struct fault *fault)
{
	struct record record = { 0 };
	struct span cell = { 0 };

	(void)span_next(&line, '\t', &cell);
	record.kind = kind_find(kinds, cell);
	if (!record.kind)
		return fault_set(fault, "unknown_kind", "");
	while (span_next(&line, '\t', &cell))
		if (!read_cell(arena, cell, &record, fault))
			return false;
	for (size_t i = 0; i < RECORD_FIELDS_MAX && record.kind->fields[i]; i++)
		if (!record.values[i])
			return fault_set(fault, "missing_field",
					 record.kind->fields[i]);
	*ret = record;
	return true;
}

bool request_record(struct arena *arena, const struct record_kind *kinds,
		    const char *line, size_t len, struct record *ret,
		    struct fault *fault)
{
	return read_record(arena, kinds, (struct span){ line, len }, ret,
			   fault);
}

static bool nonce_valid(struct span nonce)
{
	static const char letters[] = "0123456789"
				      "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

	for (size_t i = 0; i < nonce.len; i++)
		if (nonce.at[i] == '\0' || !strchr(letters, nonce.at[i]))
			return false;
	return nonce.len >= 1 && nonce.len <= 64;
}

/* Before anything else, so that a faulty request is answered under its own
 * nonce where it has one. */
static void read_nonce(struct span line, char ret[65])
{
	static const char start[] = "nonce=";
	const size_t start_len = sizeof(start) - 1;
	bool found = false;
	struct span cell = { 0 };

	memcpy(ret, "-", 2);
	while (span_next(&line, '\t', &cell)) {
		if (cell.len < start_len ||
		    memcmp(cell.at, start, start_len) != 0)
			continue;
		cell.at += start_len;
		cell.len -= start_len;
		if (found || !nonce_valid(cell)) {
			memcpy(ret, "-", 2);
			return;
		}
		found = true;
		memcpy(ret, cell.at, cell.len);
		ret[cell.len] = '\0';
	}
}

/* The rows that a request may have; NULL: the kind is no request. */
static const char *const *rows_of(const char *kind)
{
	static const struct {
		const char *kind;
		const char *rows[4];
	} stages[] = {
		{ "probe", { NULL } },
		{ "observe", { "watch", NULL } },
		{ "apply", { "set", NULL } },
		{ "activate", { "pool", NULL } },
		{ "verify", { "watch", "check", "http", NULL } },
	};

	for (size_t i = 0; i < sizeof(stages) / sizeof(stages[0]); i++)
		if (str_eq(stages[i].kind, kind))
			return stages[i].rows;
	return NULL;
}

static bool is_one_of(const char *name, const char *const names[])
{
	for (; *names; names++)
		if (str_eq(*names, name))
			return true;
	return false;
}

static size_t count_lines(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.len; i++)
		n += text.at[i] == '\n';
	return n;
}

/* str_utf8_valid() allows no NUL, which is a fault of its own here. */
static bool utf8_valid(struct arena *arena, struct span text)
{
	char *copy = need(arena_alloc(arena, text.len + 1));

	for (size_t i = 0; i < text.len; i++)
		copy[i] = (char)(text.at[i] ? text.at[i] : ' ');
	return str_utf8_valid(copy, text.len);
}

static bool read_rows(struct arena *arena, struct span rest, size_t n,
		      struct request *request, struct fault *fault)
{
	const char *const *allowed = rows_of(request->head.kind->name);
	struct span line = { 0 };

	request->rows =
		need(arena_alloc(arena, n * sizeof(*request->rows) + 1));
	while (request->n < n && span_next(&rest, '\n', &line)) {
		struct record *row = &request->rows[request->n];

		if (!read_record(arena, iis_request_kinds, line, row, fault))
			return false;
		if (!is_one_of(row->kind->name, allowed))
			return fault_set(fault, "unexpected_record",
					 row->kind->name);
		request->n++;
	}
	return true;
}

bool request_read(struct arena *arena, const uint8_t *bytes, size_t len,
		  struct request *ret, struct fault *fault)
{
	struct span text = { (const char *)bytes, len };
	struct span line = { 0 };
	size_t n;

	*ret = (struct request){ .nonce = "-" };
	if (!utf8_valid(arena, text))
		return fault_set(fault, "bad_utf8", "");
	n = count_lines(text);
	(void)span_next(&text, '\n', &line);
	read_nonce(line, ret->nonce);
	if (n < 1 || bytes[len - 1] != '\n')
		return fault_set(fault, "bad_line", "");
	if (n > ROWS_MAX)
		return fault_set(fault, "too_many_rows", "");
	if (!read_record(arena, iis_request_kinds, line, &ret->head, fault))
		return false;
	if (!rows_of(ret->head.kind->name))
		return fault_set(fault, "unexpected_record",
				 ret->head.kind->name);
	if (str_eq(ret->nonce, "-"))
		return fault_set(fault, "bad_nonce", "");
	return read_rows(arena, text, n - 1, ret, fault);
}

bool request_number(const struct record *record, const char *field,
		    int64_t *ret, struct fault *fault)
{
	if (str_number(record_value(record, field), RECORD_NUMBER_MAX, ret))
		return true;
	return fault_set(fault, "bad_number", field);
}

bool request_flag(const struct record *record, const char *field, bool *ret,
		  struct fault *fault)
{
	int64_t number;

	if (!request_number(record, field, &number, fault))
		return false;
	if (number > 1)
		return fault_set(fault, "bad_number", field);
	*ret = number == 1;
	return true;
}

bool request_candidate(const struct record *record, struct fault *fault)
{
	uint8_t bytes[16];

	if (record_hex(record, "candidate", bytes, sizeof(bytes), NULL) < 0)
		return fault_set(fault, "bad_candidate", "");
	return true;
}

bool request_word(const struct record *record, const char *field,
		  const char *const words[], size_t *ret, struct fault *fault)
{
	for (size_t i = 0; words[i]; i++)
		if (str_eq(words[i], record_value(record, field))) {
			*ret = i;
			return true;
		}
	return fault_set(fault, "bad_word", field);
}

bool request_once(const struct request *request, size_t at, struct fault *fault)
{
	const struct record *row = &request->rows[at];
	const char *name = record_value(row, "name");

	if (name[0] == '\0')
		return fault_set(fault, "bad_word", "name");
	for (size_t i = 0; i < at; i++)
		if (request->rows[i].kind == row->kind &&
		    str_eq_nocase(record_value(&request->rows[i], "name"),
				  name))
			return fault_set(fault, "repeated_pool", "");
	return true;
}
