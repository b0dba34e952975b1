/* err_test.c - filling errors, prefixes, exit codes. */
#include "reconciler/core/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_set_returns_the_code(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(err_set(&err, -ERR_KEY, "key %d of %s", 7, "x"),
			 -ERR_KEY);
	assert_int_equal(err.code, -ERR_KEY);
	assert_string_equal(err.what, "key 7 of x");
	assert_int_equal(err_set(NULL, -ERR_AUTH, "%s", "nobody asks"),
			 -ERR_AUTH);
}

static void test_prefix_keeps_what_was_said(void **state)
{
	struct err err = { 0 };

	(void)state;
	(void)err_set(&err, -ERR_FILE, "no such file");
	assert_int_equal(err_prefix(&err, -ERR_CONFIG, "line %d", 3),
			 -ERR_CONFIG);
	assert_int_equal(err.code, -ERR_CONFIG);
	assert_string_equal(err.what, "line 3: no such file");
	assert_int_equal(err_prefix(NULL, -ERR_BUG, "x"), -ERR_BUG);
}

static void test_long_texts_are_cut(void **state)
{
	struct err err = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, -ERR_BUG, "%s", text);
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	(void)err_prefix(&err, -ERR_BUG, "%s", text);
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	(void)err_set(&err, -ERR_BUG, "short");
	(void)err_prefix(&err, -ERR_BUG, "%.760s", text);
	assert_int_equal(strlen(err.what), 767);
	assert_string_equal(err.what + 757, "aaa: short");
}

static void test_the_end_of_a_long_text_stays(void **state)
{
	struct err err = { 0 };
	char text[2000];

	(void)state;
	memset(text, 'a', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	(void)err_set(&err, -ERR_BUG, "path %s: No such file", text);
	assert_int_equal(strlen(err.what), sizeof(err.what) - 1);
	assert_memory_equal(err.what, "path aaa", 8);
	assert_string_equal(err.what + 767 - 17, "aaa: No such file");
	assert_non_null(strstr(err.what, "a...a"));
}

static void test_every_code_has_its_row(void **state)
{
	int code;

	(void)state;
	for (code = 0; code < ERR_COUNT; code++) {
		assert_true(strlen(err_text(-code)) > 0);
		assert_true(strlen(err_next(-code)) > 0);
	}
	assert_int_equal(err_exit(0), 0);
	assert_int_equal(err_exit(-ERR_USAGE), 64);
	assert_int_equal(err_exit(-ERR_HOST_KEY), 4);
	assert_int_equal(err_exit(-ERR_LOCKED), 6);
	assert_int_equal(err_exit(-ERR_PLAN_MOVED), 7);
	assert_int_equal(err_exit(-ERR_GRANT), 8);
	assert_int_equal(err_exit(-ERR_INTERRUPTED), 130);
	assert_string_equal(err_text(-ERR_NOMEM), "out of memory");
}

static void test_unknown_codes_are_our_fault(void **state)
{
	(void)state;
	assert_string_equal(err_text(-ERR_COUNT), "internal fault");
	assert_string_equal(err_text(5), "internal fault");
	assert_int_equal(err_exit(-100000), 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_returns_the_code),
		cmocka_unit_test(test_prefix_keeps_what_was_said),
		cmocka_unit_test(test_long_texts_are_cut),
		cmocka_unit_test(test_the_end_of_a_long_text_stays),
		cmocka_unit_test(test_every_code_has_its_row),
		cmocka_unit_test(test_unknown_codes_are_our_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
