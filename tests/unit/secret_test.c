/* secret_test.c - lengths, wiping, the protected heap and its end. */
#include "reconciler/sys/secret.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/crypto.h>

/* Runs first: without the heap nothing is kept in common memory. */
static void test_no_heap_no_secret(void **state)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(secret_new("x", 1, &secret, &err), -ERR_BUG);
	assert_string_equal(err.what, "the secret heap was not made");
	assert_null(secret);
	assert_int_equal(secret_heap_init(&err), 0);
	assert_int_equal(secret_heap_init(&err), 0);
}

static void test_new_copies(void **state)
{
	CLEANUP(secret_freep) struct secret *secret = NULL;
	char bytes[] = "p\0w";

	(void)state;
	assert_int_equal(secret_new(bytes, 3, &secret, NULL), 0);
	bytes[0] = 'x';
	assert_int_equal(secret_len(secret), 3);
	assert_memory_equal(secret_bytes(secret), "p\0w", 3);
	assert_int_equal(CRYPTO_secure_allocated(secret), 1);
}

static void test_lengths(void **state)
{
	static const uint8_t bytes[SECRET_BYTES_MAX + 1];
	CLEANUP(secret_freep) struct secret *secret = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(secret_new(bytes, 0, &secret, &err), -ERR_SECRET);
	assert_string_equal(err.what, "a secret has 1 to 4096 bytes, not 0");
	assert_int_equal(secret_new(bytes, sizeof(bytes), &secret, &err),
			 -ERR_SECRET);
	assert_null(secret);
	assert_int_equal(secret_new(bytes, SECRET_BYTES_MAX, &secret, &err), 0);
	assert_int_equal(secret_len(secret), SECRET_BYTES_MAX);
}

static void test_truncate_wipes(void **state)
{
	CLEANUP(secret_freep) struct secret *secret = NULL;
	const uint8_t whole[6] = { 1, 2, 3, 4, 5, 6 };
	const uint8_t cut[6] = { 1, 2, 0, 0, 0, 0 };
	uint8_t *place = NULL;

	(void)state;
	assert_int_equal(secret_reserve(6, &secret, &place, NULL), 0);
	memcpy(place, whole, 6);
	secret_truncate(secret, 6);
	assert_memory_equal(secret_bytes(secret), whole, 6);
	secret_truncate(secret, 2);
	assert_int_equal(secret_len(secret), 2);
	assert_memory_equal(place, cut, 6);
}

static void test_equal(void **state)
{
	CLEANUP(secret_freep) struct secret *a = NULL;
	CLEANUP(secret_freep) struct secret *b = NULL;
	CLEANUP(secret_freep) struct secret *c = NULL;

	(void)state;
	assert_int_equal(secret_new("abc", 3, &a, NULL), 0);
	assert_int_equal(secret_new("abcd", 4, &b, NULL), 0);
	assert_int_equal(secret_new("abC", 3, &c, NULL), 0);
	assert_true(secret_eq(a, a));
	assert_false(secret_eq(a, b));
	assert_false(secret_eq(a, c));
	secret_truncate(b, 3);
	assert_true(secret_eq(a, b));
}

static void test_random_differs(void **state)
{
	CLEANUP(secret_freep) struct secret *a = NULL;
	CLEANUP(secret_freep) struct secret *b = NULL;

	(void)state;
	assert_int_equal(secret_random(32, &a, NULL), 0);
	assert_int_equal(secret_random(32, &b, NULL), 0);
	assert_int_equal(secret_len(a), 32);
	assert_false(secret_eq(a, b));
	assert_int_equal(secret_random(0, &a, NULL), -ERR_SECRET);
}

static void test_free_wipes(void **state)
{
	CLEANUP(secret_freep) struct secret *secret = NULL;
	const uint8_t *place;
	size_t used = CRYPTO_secure_used();

	(void)state;
	assert_int_equal(secret_new("wipe this away!!", 16, &secret, NULL), 0);
	place = secret_bytes(secret);
	assert_true(CRYPTO_secure_used() > used);
	secret_freep(&secret);
	assert_null(secret);
	assert_int_equal(CRYPTO_secure_used(), used);
	/* The heap itself stays mapped: the place can still be read. */
	assert_memory_not_equal(place, "wipe this away!!", 16);
	secret_free(NULL);
}

static void test_full_heap_fails(void **state)
{
	static struct secret *all[1000];
	struct err err = { 0 };
	size_t n = 0;
	int rc = 0;

	(void)state;
	while (n < 1000) {
		rc = secret_random(SECRET_BYTES_MAX, &all[n], &err);
		if (rc < 0)
			break;
		n++;
	}
	assert_int_equal(rc, -ERR_NOMEM);
	assert_string_equal(err.what,
			    "the protected memory for secrets is full");
	assert_true(n > 100);
	while (n > 0)
		secret_free(all[--n]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_heap_no_secret),
		cmocka_unit_test(test_new_copies),
		cmocka_unit_test(test_lengths),
		cmocka_unit_test(test_truncate_wipes),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_random_differs),
		cmocka_unit_test(test_free_wipes),
		cmocka_unit_test(test_full_heap_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
