/* buf_test.c - growing, the maximum, what stays after a failure; frames. */
#include "reconciler/core/buf.h"
#include "reconciler/core/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_put_keeps_all_bytes(void **state)
{
	CLEANUP(buf_done) struct buf buf = { 0 };
	int i;

	(void)state;
	buf_init(&buf, 100000);
	assert_string_equal(buf_text(&buf), "");
	assert_null(buf.data);
	buf_put(&buf, NULL, 0);
	buf_puts(&buf, "");
	assert_null(buf.data);
	for (i = 0; i < 10000; i++) {
		buf_putc(&buf, (char)(i % 127));
		assert_int_equal(buf.data[buf.len], 0);
	}
	assert_int_equal(buf.len, 10000);
	for (i = 0; i < 10000; i++)
		assert_int_equal(buf.data[i], i % 127);
	assert_int_equal(buf_check(&buf, NULL), 0);
}

static void test_the_maximum_is_exact(void **state)
{
	CLEANUP(buf_done) struct buf buf = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_init(&buf, 5);
	buf_puts(&buf, "12345");
	assert_int_equal(buf_check(&buf, &err), 0);
	assert_int_equal(err.code, 0);
	buf_putc(&buf, '6');
	assert_int_equal(buf_check(&buf, &err), -ERR_LIMIT);
	assert_int_equal(err.code, -ERR_LIMIT);
	assert_string_equal(err.what, "more than 5 bytes of text");
	assert_string_equal(buf_text(&buf), "12345");
}

static void test_nothing_follows_a_failure(void **state)
{
	CLEANUP(buf_done) struct buf buf = { 0 };

	(void)state;
	buf_init(&buf, 4);
	buf_puts(&buf, "ab");
	buf_puts(&buf, "cde");
	buf_puts(&buf, "f");
	buf_printf(&buf, "%d", 1);
	assert_string_equal(buf_text(&buf), "ab");
	assert_int_equal(buf_check(&buf, NULL), -ERR_LIMIT);
	buf_clear(&buf);
	buf_puts(&buf, "wxyz");
	assert_int_equal(buf_check(&buf, NULL), 0);
	assert_string_equal(buf_text(&buf), "wxyz");
}

static void test_out_of_memory_is_told_apart(void **state)
{
	CLEANUP(buf_done) struct buf buf = { 0 };

	(void)state;
	buf_init(&buf, SIZE_MAX);
	buf_puts(&buf, "kept");
	buf_put(&buf, "x", SIZE_MAX / 4); /* no such memory; not read */
	assert_int_equal(buf_check(&buf, NULL), -ERR_NOMEM);
	assert_string_equal(buf_text(&buf), "kept");
}

static void test_printf(void **state)
{
	CLEANUP(buf_done) struct buf buf = { 0 };

	(void)state;
	buf_init(&buf, 300);
	buf_printf(&buf, "%s", "");
	assert_null(buf.data);
	buf_printf(&buf, "%s=%d;", "a", 5);
	buf_printf(&buf, "%200d", 1);
	assert_int_equal(buf.len, 204);
	assert_memory_equal(buf_text(&buf), "a=5;    ", 8);
	buf_printf(&buf, "%97d", 1);
	assert_int_equal(buf.len, 204);
	assert_int_equal(buf_check(&buf, NULL), -ERR_LIMIT);
}

static void test_numbers_are_big_endian(void **state)
{
	CLEANUP(buf_done) struct buf buf = { 0 };

	(void)state;
	buf_init(&buf, 100);
	buf_put_u16(&buf, 0x0102);
	buf_put_u32(&buf, 0xF1020304);
	assert_int_equal(buf.len, 6);
	assert_memory_equal(buf.data, "\x01\x02\xF1\x02\x03\x04", 6);
	buf_clear(&buf);
	frame_put_header(&buf, FRAME_REQUEST, 0x00010203);
	assert_int_equal(buf.len, FRAME_HEADER_BYTES);
	assert_memory_equal(buf.data, "R\x00\x01\x02\x03", 5);
}

/* What was missing for a part is missing for what it goes into. */
static void test_whole(void **state)
{
	CLEANUP(buf_done) struct buf part = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&part, 4);
	buf_init(&out, 64);
	assert_string_equal(buf_whole(&part), "");
	buf_puts(&part, "abcd");
	buf_puts(&part, "e"); /* over the maximum: what fits */
	assert_string_equal(buf_whole(&part), "abcd");
	buf_follow(&out, &part);
	assert_int_equal(buf_check(&out, NULL), 0);
	part.no_memory = true;
	assert_null(buf_whole(&part));
	buf_follow(&out, &part);
	assert_int_equal(buf_check(&out, NULL), -ERR_NOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_put_keeps_all_bytes),
		cmocka_unit_test(test_the_maximum_is_exact),
		cmocka_unit_test(test_nothing_follows_a_failure),
		cmocka_unit_test(test_out_of_memory_is_told_apart),
		cmocka_unit_test(test_printf),
		cmocka_unit_test(test_numbers_are_big_endian),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
