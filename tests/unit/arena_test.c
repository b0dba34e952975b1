/* arena_test.c - alignment, zeroes, limits; arrays that live in an arena. */
#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"
#include "reconciler/core/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void test_memory_is_aligned_and_zero(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	size_t size;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	for (size = 0; size < 9000; size = size * 3 + 1) {
		static const char zeros[9000];
		char *bytes = arena_alloc(&arena, size);

		assert_non_null(bytes);
		assert_int_equal((uintptr_t)bytes % 16, 0);
		assert_memory_equal(bytes, zeros, size);
		memset(bytes, 0xAA, size);
	}
}

static void test_places_do_not_overlap(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	char *places[500];
	size_t i;
	size_t j;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	for (i = 0; i < 500; i++) {
		places[i] = arena_alloc(&arena, 100);
		assert_non_null(places[i]);
		memset(places[i], (int)(i % 251), 100);
	}
	for (i = 0; i < 500; i++)
		for (j = 0; j < 100; j++)
			assert_int_equal((unsigned char)places[i][j], i % 251);
}

static void test_the_maximum_holds(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 64);
	assert_non_null(arena_alloc(&arena, 33)); /* 48 with alignment */
	assert_null(arena_alloc(&arena, 17));
	assert_non_null(arena_alloc(&arena, 16));
	assert_null(arena_alloc(&arena, 1));
	assert_int_equal(arena.used_bytes, 64);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_strndup(&arena, "x", SIZE_MAX));
	arena_done(&arena);
	assert_non_null(arena_alloc(&arena, 64));
}

static void test_huge_sizes_fail(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, SIZE_MAX);
	assert_null(arena_alloc(&arena, SIZE_MAX));
	assert_null(arena_alloc(&arena, SIZE_MAX - 15));
	assert_null(arena_alloc(&arena, SIZE_MAX - 31));
}

static void test_texts(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };

	(void)state;
	arena_init(&arena, 10000);
	assert_string_equal(arena_strdup(&arena, "pool"), "pool");
	assert_string_equal(arena_strdup(&arena, ""), "");
	assert_string_equal(arena_strndup(&arena, "pools", 4), "pool");
	assert_string_equal(arena_strndup(&arena, NULL, 0), "");
	assert_string_equal(arena_printf(&arena, "%s-%03d", "a", 7), "a-007");
	assert_null(arena_printf(&arena, "%20000d", 1));
}

static void test_array_grows_and_keeps_items(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	ARRAY(int) numbers = { 0 };
	int *number;
	int sum = 0;
	int i;

	(void)state;
	arena_init(&arena, SIZE_MAX);
	for (i = 0; i < 1000; i++)
		assert_true(array_push(&arena, &numbers, i));
	assert_int_equal(numbers.n, 1000);
	array_foreach(number, &numbers) {
		assert_int_equal(*number, sum);
		sum++;
	}
	assert_int_equal(sum, 1000);
}

static void test_array_without_room_stays(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	ARRAY(uint64_t) numbers = { 0 };
	size_t cap = SIZE_MAX / 8;
	uint64_t n;

	(void)state;
	arena_init(&arena, 64);
	for (n = 0; n < 8; n++)
		assert_true(array_push(&arena, &numbers, n));
	assert_false(array_push(&arena, &numbers, n));
	assert_int_equal(numbers.n, 8);
	assert_int_equal(numbers.items[7], 7);
	assert_null(array_grow(&arena, numbers.items, cap, &cap, 8));
	assert_int_equal(cap, SIZE_MAX / 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory_is_aligned_and_zero),
		cmocka_unit_test(test_places_do_not_overlap),
		cmocka_unit_test(test_the_maximum_holds),
		cmocka_unit_test(test_huge_sizes_fail),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_array_grows_and_keeps_items),
		cmocka_unit_test(test_array_without_room_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
