/* record.c - values of records, and writing them. Reading: record_decode.c */
#include "reconciler/core/record.h"
#include "reconciler/core/str.h"

#include <assert.h>
#include <string.h>

static void put_value(struct buf *out, const char *value)
{
	for (; *value; value++) {
		switch (*value) {
		case '\\':
			buf_puts(out, "\\\\");
			break;
		case '\t':
			buf_puts(out, "\\t");
			break;
		case '\n':
			buf_puts(out, "\\n");
			break;
		case '\r':
			buf_puts(out, "\\r");
			break;
		default:
			buf_putc(out, *value);
		}
	}
}

void record_put(struct buf *out, const struct record_kind *kind,
		const char *const values[])
{
	size_t i;

	buf_puts(out, kind->name);
	for (i = 0; i < RECORD_FIELDS_MAX && kind->fields[i]; i++) {
		buf_putc(out, '\t');
		buf_puts(out, kind->fields[i]);
		buf_putc(out, '=');
		put_value(out, values[i]);
	}
	buf_putc(out, '\n');
}

bool record_is(const struct record *record, const char *kind)
{
	return str_eq(record->kind->name, kind);
}

const char *record_value(const struct record *record, const char *field)
{
	const struct record_kind *kind = record->kind;
	size_t i;

	for (i = 0; i < RECORD_FIELDS_MAX && kind->fields[i]; i++)
		if (str_eq(kind->fields[i], field))
			return record->values[i];
	assert(false); /* the field is not one of the kind's */
	return "";
}

int record_number(const struct record *record, const char *field, int64_t max,
		  int64_t *ret, struct err *err)
{
	if (str_number(record_value(record, field), max, ret))
		return 0;
	return err_set(err, -ERR_RECORD,
		       "record %s: %s is not a number from 0 to %lld",
		       record->kind->name, field, (long long)max);
}

int record_flag(const struct record *record, const char *field, bool *ret,
		struct err *err)
{
	const char *value = record_value(record, field);

	if (!str_eq(value, "0") && !str_eq(value, "1"))
		return err_set(err, -ERR_RECORD,
			       "record %s: %s is neither 0 nor 1",
			       record->kind->name, field);
	*ret = value[0] == '1';
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int record_hex(const struct record *record, const char *field, uint8_t *ret,
	       size_t len, struct err *err)
{
	const char *value = record_value(record, field);
	size_t i = 0;

	if (strlen(value) == len * 2)
		while (i < len * 2 && hex_digit(value[i]) >= 0)
			i++;
	if (i != len * 2)
		return err_set(err, -ERR_RECORD,
			       "record %s: %s is not %zu lower-case hex digits",
			       record->kind->name, field, len * 2);
	for (i = 0; i < len; i++)
		ret[i] = (uint8_t)(hex_digit(value[i * 2]) * 16 +
				   hex_digit(value[i * 2 + 1]));
	return 0;
}
