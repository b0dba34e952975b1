/* digest_test.c - published vectors, compare, random, hex, clock. */
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const char *hex(const uint8_t digest[DIGEST_BYTES])
{
	static char text[DIGEST_HEX];

	digest_hex(digest, DIGEST_BYTES, text);
	return text;
}

/* FIPS 180-2, appendix B. */
static void test_sha256(void **state)
{
	const struct digest_part whole = { "abc", 3 };
	const struct digest_part parts[] = { { "a", 1 },
					     { "", 0 },
					     { "bc", 2 } };
	uint8_t digest[DIGEST_BYTES];

	(void)state;
	assert_int_equal(digest_sha256(&whole, 1, digest, NULL), 0);
	assert_string_equal(hex(digest), "ba7816bf8f01cfea414140de5dae2223"
					 "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(digest_sha256(parts, 3, digest, NULL), 0);
	assert_string_equal(hex(digest), "ba7816bf8f01cfea414140de5dae2223"
					 "b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(digest_sha256(NULL, 0, digest, NULL), 0);
	assert_string_equal(hex(digest), "e3b0c44298fc1c149afbf4c8996fb924"
					 "27ae41e4649b934ca495991b7852b855");
}

/* RFC 4231, cases 1, 2 and 6 (a key longer than a block). */
static void test_hmac(void **state)
{
	static const char larger[] =
		"Test Using Larger Than Block-Size Key - Hash Key First";
	struct digest_part parts[] = { { "Hi There", 8 }, { "", 0 } };
	uint8_t key[131];
	uint8_t digest[DIGEST_BYTES];
	struct err err = { 0 };

	(void)state;
	memset(key, 0x0b, 20);
	assert_int_equal(digest_hmac(key, 20, parts, 2, digest, NULL), 0);
	assert_string_equal(hex(digest), "b0344c61d8db38535ca8afceaf0bf12b"
					 "881dc200c9833da726e9376c2e32cff7");
	parts[0] = (struct digest_part){ "what do ya want ", 16 };
	parts[1] = (struct digest_part){ "for nothing?", 12 };
	assert_int_equal(
		digest_hmac((const uint8_t *)"Jefe", 4, parts, 2, digest, NULL),
		0);
	assert_string_equal(hex(digest), "5bdcc146bf60754e6a042426089575c7"
					 "5a003f089d2739839dec58b964ec3843");
	memset(key, 0xaa, sizeof(key));
	parts[0] = (struct digest_part){ larger, strlen(larger) };
	assert_int_equal(digest_hmac(key, 131, parts, 1, digest, NULL), 0);
	assert_string_equal(hex(digest), "60e431591ee0b67f0d8a26aacbf5b77f"
					 "8e0bc6213728c5140546040f0ee37f54");
	assert_int_equal(digest_hmac(key, 0, parts, 1, digest, &err), -ERR_BUG);
	assert_string_equal(err.what, "HMAC without a key");
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(digest_eq("abcd", "abcx", 3));
	assert_false(digest_eq("abcd", "abcx", 4));
	assert_false(digest_eq("xbcd", "abcd", 4));
}

static void test_random(void **state)
{
	uint8_t a[32] = { 0 };
	uint8_t b[32] = { 0 };

	(void)state;
	assert_int_equal(digest_random(a, 32, NULL), 0);
	assert_int_equal(digest_random(b, 32, NULL), 0);
	assert_memory_not_equal(a, b, 32);
	assert_int_equal(digest_random(a, SIZE_MAX, NULL), -ERR_BUG);
}

static void test_hex(void **state)
{
	const uint8_t bytes[] = { 0x00, 0x9f, 0xff };
	char text[7] = "xxxxxx";

	(void)state;
	digest_hex(bytes, 3, text);
	assert_string_equal(text, "009fff");
	digest_hex(bytes, 0, text);
	assert_string_equal(text, "");
}

static void test_clock(void **state)
{
	char text[32];
	int64_t before = clock_mono_ms();

	(void)state;
	clock_text(1789848004999, text, sizeof(text));
	assert_string_equal(text, "2026-09-19 20:00:04Z");
	clock_text(0, text, sizeof(text));
	assert_string_equal(text, "1970-01-01 00:00:00Z");
	clock_text(-1, text, sizeof(text));
	assert_string_equal(text, "1969-12-31 23:59:59Z");
	assert_true(clock_mono_ms() >= before);
	assert_true(clock_wall_ms() > 1700000000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sha256),  cmocka_unit_test(test_hmac),
		cmocka_unit_test(test_compare), cmocka_unit_test(test_random),
		cmocka_unit_test(test_hex),     cmocka_unit_test(test_clock),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
