/* str_test.c - comparing, globs, UTF-8, suggestions, plain text, numbers. */
#include "reconciler/core/str.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_comparing(void **state)
{
	char text[] = "Orders\xC3\x84[Z";

	(void)state;
	assert_true(str_eq("a", "a"));
	assert_false(str_eq("a", "A"));
	assert_true(str_eq_nocase("OrdersApi", "ORDERSapi"));
	assert_false(str_eq_nocase("Orders", "OrdersApi"));
	assert_false(str_eq_nocase("[", "{"));
	assert_false(str_eq_nocase("\xC3\x84", "\xC3\xA4"));
	assert_true(str_cmp_nocase("alpha", "BETA") < 0);
	assert_true(str_cmp_nocase("Beta", "alpha") > 0);
	assert_true(str_cmp_nocase("a", "\xC3\x84") < 0);
	assert_int_equal(str_cmp_nocase("A", "a"), 0);
	assert_true(str_starts("web01", "web"));
	assert_true(str_starts("web01", ""));
	assert_false(str_starts("we", "web"));
	str_lower(text);
	assert_string_equal(text, "orders\xC3\x84[z");
}

static void test_globs(void **state)
{
	(void)state;
	assert_true(str_glob_match("*", ""));
	assert_true(str_glob_match("*", "anything"));
	assert_true(str_glob_match("", ""));
	assert_false(str_glob_match("", "a"));
	assert_true(str_glob_match("Orders*", "ordersApi"));
	assert_true(str_glob_match("Orders*Worker", "OrdersWorkerWorker"));
	assert_false(str_glob_match("Orders*Worker", "OrdersWorker2"));
	assert_true(str_glob_match("*a*b*c", "xxaxxbxxbc"));
	assert_false(str_glob_match("*a*b*c", "xxaxxbxxbcd"));
	assert_true(str_glob_match("web?.corp", "web1.corp"));
	assert_false(str_glob_match("web?.corp", "web.corp"));
	assert_false(str_glob_match("web?", "web"));
	assert_true(str_glob_match("CORP\\svc-*", "corp\\svc-orders"));
	assert_true(str_glob_match("a[b]", "A[B]"));
	assert_false(str_glob_match("a[b]", "ab"));
	assert_true(str_is_glob("a?"));
	assert_true(str_is_glob("*"));
	assert_false(str_is_glob("a[b]\\"));
}

static void test_glob_question_is_one_character(void **state)
{
	(void)state;
	assert_true(str_glob_match("?", "\xC3\xA4"));
	assert_true(str_glob_match("a?b", "a\xF0\x9F\x98\x80"
					  "b"));
	assert_false(str_glob_match("??", "\xC3\xA4"));
	assert_true(str_glob_match("*?", "\xC3\xA4"));
}

/* Many stars must not take exponential time. */
static void test_glob_is_fast(void **state)
{
	char text[2001];
	char pattern[101];
	size_t i;

	(void)state;
	memset(text, 'a', 2000);
	text[2000] = '\0';
	for (i = 0; i < 100; i += 2)
		memcpy(pattern + i, "a*", 2);
	pattern[99] = 'b';
	pattern[100] = '\0';
	assert_false(str_glob_match(pattern, text));
}

static void test_utf8(void **state)
{
	(void)state;
	assert_true(str_utf8_valid("", 0));
	assert_true(str_utf8_valid("abc\x7F", 4));
	assert_true(str_utf8_valid("\xC3\xA4\xE2\x82\xAC", 5));
	assert_true(str_utf8_valid("\xF0\x9F\x98\x80", 4));
	assert_true(str_utf8_valid("\xF4\x8F\xBF\xBF", 4));  /* U+10FFFF */
	assert_false(str_utf8_valid("\xF4\x90\x80\x80", 4)); /* behind it */
	assert_false(str_utf8_valid("a\0b", 3));
	assert_false(str_utf8_valid("\xC0\xAF", 2)); /* overlong */
	assert_false(str_utf8_valid("\xE0\x9F\xBF", 3));
	assert_false(str_utf8_valid("\xF0\x8F\xBF\xBF", 4));
	assert_false(str_utf8_valid("\xED\xA0\x80", 3)); /* surrogate */
	assert_true(str_utf8_valid("\xED\x9F\xBF", 3));
	assert_true(str_utf8_valid("\xEE\x80\x80", 3));
	assert_false(str_utf8_valid("\xE2\x82", 2)); /* cut off */
	assert_false(str_utf8_valid("\xE2\x82x", 3));
	assert_false(str_utf8_valid("\x80", 1));
	assert_false(str_utf8_valid("\xFF", 1));
}

static void test_control_characters(void **state)
{
	(void)state;
	assert_false(str_has_control("Orders Api \xC3\xA4 \xF0\x9F\x98\x80"));
	assert_true(str_has_control("a\tb"));
	assert_true(str_has_control("a\x1B[0m"));
	assert_true(str_has_control("\x7F"));
	assert_true(str_has_control("\xC2\x85"));
	assert_true(str_has_control("a\xE2\x80\xAE"));    /* U+202E */
	assert_true(str_has_control("\xE2\x80\x8B"));     /* U+200B */
	assert_true(str_has_control("\xE2\x81\xA6"));     /* U+2066 */
	assert_true(str_has_control("\xEF\xBB\xBFx"));    /* BOM */
	assert_true(str_has_control("\xF3\xA0\x81\x81")); /* tag */
	assert_true(str_has_control("\xC3"));
}

static void test_lookalike(void **state)
{
	(void)state;
	assert_int_equal(str_lookalike("w\xD0\xB5"
				       "b01"),
			 0x435);
	assert_int_equal(str_lookalike("OrdersA\xEF\xBC\xA1"), 0xFF21);
	assert_int_equal(str_lookalike("web01"), 0);
	assert_int_equal(str_lookalike("Auftr\xC3\xA4ge"), 0);
	assert_int_equal(str_lookalike("\xD0\xB5\xD0\xB6"), 0);
	assert_int_equal(str_lookalike("a\xD0"), 0);
}

static void test_nearest(void **state)
{
	static const char *const names[] = { "servers", "selector",  "rollout",
					     "pools",   "identity",  "at",
					     "ip",      "inherited", NULL };

	(void)state;
	assert_string_equal(str_nearest("server", names), "servers");
	assert_string_equal(str_nearest("Servers", names), "servers");
	assert_string_equal(str_nearest("sevrers", names), "servers");
	assert_string_equal(str_nearest("indentity", names), "identity");
	assert_string_equal(str_nearest("polls", names), "pools");
	assert_string_equal(str_nearest("pi", names), "ip");
	assert_null(str_nearest("x", names));
	assert_null(str_nearest("", names));
	assert_null(str_nearest("password", names));
	assert_null(str_nearest("serverserverserverserverserverserverserver"
				"server",
				names));
}

static const char *plain(struct buf *out, const char *text)
{
	buf_clear(out);
	str_put_plain(out, text);
	assert_int_equal(buf_check(out, NULL), 0);
	return buf_text(out);
}

static void test_plain_text(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 1000);
	assert_string_equal(plain(&out, "CORP\\svc \xC3\xA4"),
			    "CORP\\svc \xC3\xA4");
	assert_string_equal(plain(&out, "a\x1B[31mb\n"), "a\\x1B[31mb\\x0A");
	assert_string_equal(plain(&out, "\xE2\x80\xAEx"), "\\xE2\\x80\\xAEx");
	assert_string_equal(plain(&out, "\xFFx\xC3"), "\\xFFx\\xC3");
	assert_string_equal(plain(&out, "\xC2\x9B"), "\\xC2\\x9B");
	assert_string_equal(plain(&out, ""), "");
}

static void test_plain_text_is_no_command(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };

	(void)state;
	buf_init(&out, 1000);
	assert_string_equal(plain(&out, "##vso[task.complete]"),
			    "\\x23#vso[task.complete]");
	assert_string_equal(plain(&out, "a ##VSO[x]"), "a \\x23#VSO[x]");
	assert_string_equal(plain(&out, "###[x]"), "#\\x23#[x]");
	assert_string_equal(plain(&out, "## vso"), "## vso");
	assert_string_equal(plain(&out, "::error::x"), "\\x3A:error::x");
	assert_string_equal(plain(&out, " \xC2\xA0::x"), " \xC2\xA0\\x3A:x");
	assert_string_equal(plain(&out, "a::b"), "a::b");
}

static void test_numbers(void **state)
{
	int64_t value = 77;

	(void)state;
	assert_true(str_number("0", 0, &value));
	assert_int_equal(value, 0);
	assert_true(str_number("9007199254740991", 9007199254740991, &value));
	assert_int_equal(value, 9007199254740991);
	assert_true(str_number("9223372036854775807", INT64_MAX, &value));
	assert_int_equal(value, INT64_MAX);
	value = 77;
	assert_false(str_number("9007199254740992", 9007199254740991, &value));
	assert_false(str_number("9223372036854775808", INT64_MAX, &value));
	assert_false(str_number("99999999999999999999", INT64_MAX, &value));
	assert_false(str_number("", 10, &value));
	assert_false(str_number("01", 10, &value));
	assert_false(str_number("00", 10, &value));
	assert_false(str_number("-1", 10, &value));
	assert_false(str_number("+1", 10, &value));
	assert_false(str_number(" 1", 10, &value));
	assert_false(str_number("1 ", 10, &value));
	assert_false(str_number("1a", 10, &value));
	assert_false(str_number("6", 5, &value));
	assert_int_equal(value, 77);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparing),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_glob_question_is_one_character),
		cmocka_unit_test(test_glob_is_fast),
		cmocka_unit_test(test_utf8),
		cmocka_unit_test(test_control_characters),
		cmocka_unit_test(test_lookalike),
		cmocka_unit_test(test_nearest),
		cmocka_unit_test(test_plain_text),
		cmocka_unit_test(test_plain_text_is_no_command),
		cmocka_unit_test(test_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
