/* record_test.c - the exact form of records, both ways. */
#include "reconciler/core/record.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const struct record_kind kinds[] = {
	{ "pool", { "name", "state", "sites" } },
	{ "end", { NULL } },
	{ NULL, { NULL } },
};

static const struct record_limits limits = { .rows = 3, .value_bytes = 8 };

struct fixture {
	struct arena arena;
	struct record_list list;
	struct err err;
};

static void fixture_done(struct fixture *fixture)
{
	arena_done(&fixture->arena);
}

static int decode_bytes(struct fixture *fixture, const char *text, size_t len)
{
	arena_done(&fixture->arena);
	arena_init(&fixture->arena, 100000);
	fixture->err = (struct err){ 0 };
	fixture->list = (struct record_list){ .n = 99 };
	return records_decode(&fixture->arena, kinds, &limits, text, len,
			      &fixture->list, &fixture->err);
}

static int decode(struct fixture *fixture, const char *text)
{
	return decode_bytes(fixture, text, strlen(text));
}

/* Refused, with this explanation and nothing returned. */
static void refused(struct fixture *fixture, const char *text, const char *why)
{
	assert_int_equal(decode(fixture, text), -ERR_RECORD);
	assert_string_equal(fixture->err.what, why);
	assert_int_equal(fixture->list.n, 99);
}

static void test_decodes(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	assert_int_equal(decode(&f, "pool\tsites=2\tname=A\tstate=\nend\n"), 0);
	assert_int_equal(f.list.n, 2);
	assert_true(record_is(&f.list.items[0], "pool"));
	assert_ptr_equal(f.list.items[0].kind, &kinds[0]);
	assert_string_equal(record_value(&f.list.items[0], "name"), "A");
	assert_string_equal(record_value(&f.list.items[0], "state"), "");
	assert_string_equal(record_value(&f.list.items[0], "sites"), "2");
	assert_true(record_is(&f.list.items[1], "end"));
	assert_false(record_is(&f.list.items[1], "pool"));
	assert_int_equal(decode(&f, ""), 0);
	assert_int_equal(f.list.n, 0);
}

static void test_escapes(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	assert_int_equal(
		decode(&f,
		       "pool\tname=a\\\\b\\t\\n\\r=\tstate=\\\\n\tsites=\n"),
		0);
	assert_string_equal(record_value(&f.list.items[0], "name"),
			    "a\\b\t\n\r=");
	assert_string_equal(record_value(&f.list.items[0], "state"), "\\n");
	refused(&f, "pool\tname=a\\x\tstate=\tsites=\n",
		"line 1: pool: name holds a wrong escape");
	refused(&f, "pool\tname=a\\\tstate=\tsites=\n",
		"line 1: pool: name holds a wrong escape");
	refused(&f, "pool\tname=a\\0\tstate=\tsites=\n",
		"line 1: pool: name holds a wrong escape");
	refused(&f, "pool\tname=\tstate=\tsites=\r\n",
		"line 1: pool: sites holds a wrong escape");
}

static void test_exact_fields(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	refused(&f, "end\npool\tname=a\tstate=b\n", "line 2: pool lacks sites");
	refused(&f, "pool\n", "line 1: pool lacks name");
	refused(&f, "pool\tname=a\tname=a\tstate=\tsites=\n",
		"line 1: pool has name twice");
	refused(&f, "pool\tName=a\tstate=\tsites=\n",
		"line 1: pool has no field 'Name'");
	refused(&f, "pool\tname=a\tstate=\tsites=\tmore=\n",
		"line 1: pool has no field 'more'");
	refused(&f, "pool\tname=a\tstate=\tsites=\t\n",
		"line 1: pool has a field without '='");
	refused(&f, "pool\t\tname=a\tstate=\tsites=\n",
		"line 1: pool has a field without '='");
	refused(&f, "pool\t name=a\tstate=\tsites=\n",
		"line 1: pool has no field '?name'");
	refused(&f, "end\tx=1\n", "line 1: end has no field 'x'");
	refused(&f, "Pool\tname=a\tstate=\tsites=\n",
		"line 1: no record is called 'Pool'");
	refused(&f, "\n", "line 1: no record is called ''");
}

static void test_lines(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	refused(&f, "end", "the last line has no end");
	refused(&f, "end\nend\nend\nend\n", "4 lines; at most 3");
	assert_int_equal(decode(&f, "end\nend\nend\n"), 0);
	refused(&f, "pool\tname=\xC3\tstate=\tsites=\n",
		"it is not valid UTF-8");
	assert_int_equal(decode_bytes(&f, "end\0\n", 5), -ERR_RECORD);
	refused(&f, "\x1B[2J\n", "line 1: no record is called '?[2J'");
}

static void test_value_limit(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	assert_int_equal(decode(&f, "pool\tname=12345678\tstate=\tsites=\n"),
			 0);
	/* The limit counts what the value means, not its escapes. */
	assert_int_equal(decode(&f, "pool\tname=1234567\\\\\tstate=\tsites=\n"),
			 0);
	refused(&f, "pool\tname=123456789\tstate=\tsites=\n",
		"line 1: pool: name is longer than 8 bytes");
}

static void test_put_is_what_decode_reads(void **state)
{
	static const char *const values[] = { "a\\b\tc\n", "\r=", "3" };
	CLEANUP(fixture_done) struct fixture f = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 1000);
	record_put(&out, &kinds[0], values);
	record_put(&out, &kinds[1], NULL);
	assert_string_equal(
		buf_text(&out),
		"pool\tname=a\\\\b\\tc\\n\tstate=\\r=\tsites=3\nend\n");
	assert_int_equal(decode(&f, buf_text(&out)), 0);
	assert_int_equal(f.list.n, 2);
	assert_string_equal(record_value(&f.list.items[0], "name"), values[0]);
	assert_string_equal(record_value(&f.list.items[0], "state"), "\r=");
}

static void test_typed_values(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };
	const struct record *record;
	int64_t number = 77;
	uint8_t bytes[2] = { 9, 9 };
	bool flag = false;

	(void)state;
	assert_int_equal(decode(&f, "pool\tname=0aFf\tstate=1\tsites=12\n"), 0);
	record = &f.list.items[0];
	assert_int_equal(record_number(record, "sites", 12, &number, NULL), 0);
	assert_int_equal(number, 12);
	assert_int_equal(record_number(record, "sites", 11, &number, &f.err),
			 -ERR_RECORD);
	assert_string_equal(f.err.what,
			    "record pool: sites is not a number from 0 to 11");
	assert_int_equal(number, 12);
	assert_int_equal(record_flag(record, "state", &flag, NULL), 0);
	assert_true(flag);
	assert_int_equal(record_flag(record, "sites", &flag, NULL),
			 -ERR_RECORD);
	assert_int_equal(record_hex(record, "name", bytes, 2, NULL),
			 -ERR_RECORD);
	assert_int_equal(bytes[0], 9);
	assert_int_equal(decode(&f, "pool\tname=0aff\tstate=01\tsites=012\n"),
			 0);
	record = &f.list.items[0];
	assert_int_equal(record_hex(record, "name", bytes, 2, NULL), 0);
	assert_int_equal(bytes[0], 0x0a);
	assert_int_equal(bytes[1], 0xff);
	assert_int_equal(record_hex(record, "name", bytes, 1, NULL),
			 -ERR_RECORD);
	assert_int_equal(record_flag(record, "state", &flag, NULL),
			 -ERR_RECORD);
	assert_int_equal(record_number(record, "sites", 99, &number, NULL),
			 -ERR_RECORD);
}

static void test_small_arena(void **state)
{
	CLEANUP(fixture_done) struct fixture f = { 0 };

	(void)state;
	arena_init(&f.arena, 32);
	assert_int_equal(records_decode(&f.arena, kinds, &limits, "end\n", 4,
					&f.list, NULL),
			 -ERR_NOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decodes),
		cmocka_unit_test(test_escapes),
		cmocka_unit_test(test_exact_fields),
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_value_limit),
		cmocka_unit_test(test_put_is_what_decode_reads),
		cmocka_unit_test(test_typed_values),
		cmocka_unit_test(test_small_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
