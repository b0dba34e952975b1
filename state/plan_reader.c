/* plan_reader.c - fields of a row, and the first row; see plan_reader.h. */
#include "state/plan_reader.h"

#include "reconciler/core/str.h"

#include <stdio.h>
#include <string.h>

#define NAME_BYTES_MAX 253 /* of a host */

const struct record *reader_row(struct reader *r, enum plan_row kind)
{
	if (r->next >= r->list.n ||
	    r->list.items[r->next].kind != &plan_rows[kind])
		return NULL;
	r->row = &r->list.items[r->next];
	return r->row;
}

int reader_fail(struct reader *r, const char *why)
{
	return err_set(r->err, -ERR_PLAN_FILE, "line %zu: %s", r->next + 1,
		       why);
}

static int fail_field(struct reader *r, const char *field, const char *why)
{
	return err_set(r->err, -ERR_PLAN_FILE, "line %zu: %s of %s %s",
		       r->next + 1, field, r->row->kind->name, why);
}

int reader_name(struct reader *r, const char *field, const char **ret)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.";
	const char *value = record_value(r->row, field);
	const size_t len = strlen(value);

	if (!len || len > NAME_BYTES_MAX || strspn(value, letters) != len)
		return fail_field(r, field, "is no name");
	*ret = value;
	return 0;
}

int reader_plain(struct reader *r, const char *field, const char **ret)
{
	CLEANUP(buf_done) struct buf plain = { 0 };
	const char *value = record_value(r->row, field);

	buf_init(&plain, 1 << 20);
	str_put_plain(&plain, value);
	if (buf_check(&plain, NULL) || !str_eq(buf_text(&plain), value))
		return fail_field(r, field, "can't be shown as it is");
	*ret = value;
	return 0;
}

int reader_number(struct reader *r, const char *field, int64_t max,
		  int64_t *ret)
{
	if (str_number(record_value(r->row, field), max, ret))
		return 0;
	return fail_field(r, field, "is no number that it may be");
}

int reader_count(struct reader *r, const char *field, unsigned *ret)
{
	int64_t number = 0;
	int rc = reader_number(r, field, INT32_MAX, &number);

	if (!rc)
		*ret = (unsigned)number;
	return rc;
}

int reader_flag(struct reader *r, const char *field, bool *ret)
{
	int64_t number = 0;
	int rc = reader_number(r, field, 1, &number);

	if (!rc)
		*ret = number == 1;
	return rc;
}

int reader_index(struct reader *r, const char *field, size_t n, bool may_miss,
		 size_t *ret)
{
	int64_t number = 0;
	int rc;

	if (may_miss && !*record_value(r->row, field)) {
		*ret = SIZE_MAX;
		return 0;
	}
	if (!n)
		return fail_field(r, field, "names a row that is not there");
	rc = reader_number(r, field, (int64_t)n - 1, &number);
	if (!rc)
		*ret = (size_t)number;
	return rc;
}

int reader_word(struct reader *r, const char *field, const char *const words[],
		unsigned *ret)
{
	const char *value = record_value(r->row, field);

	for (unsigned i = 0; words[i]; i++)
		if (str_eq(words[i], value)) {
			*ret = i;
			return 0;
		}
	return fail_field(r, field, "is none of the words that it may be");
}

int reader_identity(struct reader *r, const char *field,
		    enum identity_type *ret)
{
	if (identity_type_parse(record_value(r->row, field), ret))
		return 0;
	return fail_field(r, field, "is no type of identity");
}

static int read_digest(struct reader *r, const char *field, const char **ret)
{
	uint8_t bytes[32];

	if (record_hex(r->row, field, bytes, sizeof(bytes), r->err))
		return -ERR_PLAN_FILE;
	*ret = record_value(r->row, field);
	return 0;
}

static int read_times(struct reader *r, struct plan_head *head)
{
	int rc = reader_number(r, "made_ms", INT64_MAX, &head->made_ms);

	if (!rc)
		rc = reader_number(r, "expires_ms", INT64_MAX,
				   &head->expires_ms);
	return rc;
}

static int read_texts(struct reader *r, struct plan_head *head)
{
	int rc = reader_name(r, "id", &head->id);

	if (!rc)
		rc = reader_name(r, "store", &head->store);
	if (!rc)
		rc = reader_plain(r, "person", &head->person);
	if (!rc)
		rc = reader_plain(r, "actor", &head->actor);
	if (!rc)
		rc = read_digest(r, "desired", &head->desired_digest);
	if (!rc)
		rc = read_digest(r, "config", &head->config_digest);
	if (!rc)
		rc = reader_plain(r, "selected", &head->selected);
	return rc ? rc : reader_flag(r, "contested", &head->contested);
}

int reader_head(struct reader *r, struct plan_file *file)
{
	int rc;

	if (!reader_row(r, PLAN_ROW_HEAD))
		return reader_fail(r, "it does not begin as a plan");
	if (!str_eq(record_value(r->row, "format"), PLAN_FORMAT))
		return reader_fail(r, "another release of lockstep wrote it");
	rc = read_texts(r, &file->head);
	if (!rc)
		rc = read_times(r, &file->head);
	if (!rc)
		rc = reader_count(r, "waves", &file->plan.n_waves);
	if (!rc)
		r->next++;
	return rc;
}
