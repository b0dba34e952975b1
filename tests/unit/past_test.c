/* past_test.c - looking into what is remembered, sorted or not. */
#include "reconciler/model/past.h"

#include "reconciler/core/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_SERVERS 40
#define N_POOLS   25

/* Servers of which one name begins another, pools in mixed case. */
static void fill(struct arena *arena, struct past *past)
{
	for (int s = N_SERVERS - 1; s >= 0; s--)
		for (int p = 0; p < N_POOLS; p++) {
			struct past_pool pool = {
				.server = arena_printf(arena, "web%d", s),
				.pool = arena_printf(
					arena, p % 2 ? "Pool%d" : "pOOL%d", p),
				.generation = s * 100 + p + 1,
			};
			struct past_pair pair = {
				.account = arena_printf(arena, "CORP\\u%d", p),
				.server = pool.server,
			};

			assert_true(array_push(arena, &past->pools, pool));
			if (s % 3 == 0)
				assert_true(
					array_push(arena, &past->pairs, pair));
		}
}

static void check_all(const struct past *past)
{
	char server[32];
	char name[32];

	for (int s = 0; s < N_SERVERS; s++)
		for (int p = 0; p < N_POOLS; p++) {
			const struct past_pool *found;

			(void)snprintf(server, sizeof(server), "web%d", s);
			(void)snprintf(name, sizeof(name), "POOL%d", p);
			found = past_find(past, server, name);
			assert_non_null(found);
			assert_int_equal(found->generation, s * 100 + p + 1);
			(void)snprintf(name, sizeof(name), "corp\\U%d", p);
			assert_int_equal(past_paired(past, name, server),
					 s % 3 == 0);
		}
	for (int s = 0; s < N_SERVERS; s++) {
		const struct past_pool *pool = NULL;
		int n = 0;

		(void)snprintf(server, sizeof(server), "web%d", s);
		while ((pool = past_next(past, server, pool))) {
			assert_string_equal(pool->server, server);
			n++;
		}
		assert_int_equal(n, N_POOLS);
	}
	assert_null(past_next(past, "web", NULL));
	assert_null(past_next(past, "zzz", NULL));
	assert_null(past_find(past, "WEB1", "Pool1"));
	assert_null(past_find(past, "web", "Pool1"));
	assert_null(past_find(past, "web1", "Pool"));
	assert_null(past_find(past, "web1", ""));
	assert_null(past_find(past, "", ""));
	assert_false(past_paired(past, "CORP\\u99", "web0"));
}

static void test_find(void **state)
{
	struct arena arena;
	struct past past = { 0 };

	(void)state;
	arena_init(&arena, 1 << 24);
	past_sort(&past);
	assert_null(past_find(&past, "web1", "Pool1"));
	past.sorted = false;
	fill(&arena, &past);
	check_all(&past);
	past_sort(&past);
	assert_true(past.sorted);
	check_all(&past);
	arena_done(&arena);
}

static void test_suspended(void **state)
{
	struct past_suspension items[] = {
		{ .server = "web2", .pool = "", .reason = "whole" },
		{ .server = "web2", .pool = "Orders", .reason = "pool" },
		{ .server = "web1", .pool = "Orders", .reason = "one" },
	};
	struct past past = { .suspensions = { items, 3, 3 } };

	(void)state;
	for (int i = 0; i < 2; i++) {
		assert_string_equal(
			past_suspended(&past, "web2", "orders")->reason,
			"pool");
		assert_string_equal(
			past_suspended(&past, "web2", "Other")->reason,
			"whole");
		assert_string_equal(
			past_suspended(&past, "web1", "ORDERS")->reason, "one");
		assert_null(past_suspended(&past, "web1", "Other"));
		assert_null(past_suspended(&past, "web3", "Orders"));
		past_sort(&past);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_suspended),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
