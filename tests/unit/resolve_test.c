/* resolve_test.c - which binding a pool falls to: names, patterns, follow. */
#include "reconciler/model/desired.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define MAX 6

/* What a binding of the only group says: pools "A,B*", exclude, follow as
 * account N. */
struct says {
	const char *pools;
	const char *exclude;
	int account;
	bool follow;
};

struct resolve_case {
	struct says bindings[MAX];
	const char *found; /* "A=0 B=1": name = account, '-' = none */
	const char *expected;
};

static const struct resolve_case cases[] = {
	/* Nothing declared, nothing there. */
	{ { { NULL, NULL, 0, false } }, "A=0", "" },
	{ { { "A,B", "", 0, false } }, "", "A?:0:name B?:0:name" },
	/* As the server spells it. */
	{ { { "orders", "", 0, false } }, "ORDERS=1", "ORDERS:0:name" },
	{ { { "O*", "", 0, false } },
	  "O1=0 X=0 o2=-",
	  "O1:0:pattern o2:0:pattern" },
	{ { { "O?", "", 0, false } }, "O12=0", "O??:0:pattern" },
	/* A name before a pattern, whatever the order. */
	{ { { "O*", "", 0, false }, { "O2", "", 1, false } },
	  "O1=0 O2=0",
	  "O2:1:name O1:0:pattern" },
	/* A pattern that has nothing left did match. */
	{ { { "O*", "", 0, false }, { "O1", "", 1, false } },
	  "O1=0",
	  "O1:1:name" },
	{ { { "O*", "o1", 0, false } }, "O1=0", "" },
	{ { { "O*", "*1", 0, false } }, "O1=0 O2=0", "O2:0:pattern" },
	{ { { "O*", "*1", 0, false } }, "X=0", "O*?:0:pattern" },
	/* Two patterns of one binding agree, of two they do not. */
	{ { { "O*,*1", "", 0, false } }, "O1=0", "O1:0:pattern" },
	{ { { "O*", "", 0, false }, { "*1", "", 1, false } },
	  "O1=0 O2=0",
	  "O1:0:pattern!1 O2:0:pattern" },
	/* The first two are named. */
	{ { { "O*", "", 0, false },
	    { "*1", "", 1, false },
	    { "?1", "", 1, false } },
	  "O1=0",
	  "O1:0:pattern!1" },
	/* Follow: what runs as the account, and nobody else claims. */
	{ { { "", "", 1, true } }, "A=1 B=0 C=- D=1", "A:0:follow D:0:follow" },
	{ { { "", "D*", 1, true } }, "A=1 D=1", "A:0:follow" },
	{ { { "", "", 1, true }, { "A", "", 0, false }, { "B*", "", 0, false } },
	  "A=1 B1=1 C=1",
	  "A:1:name B1:2:pattern C:0:follow" },
	{ { { "", "", 1, true } }, "A=0", "" },
	{ { { "", "", 1, true }, { "", "", 1, true } }, "A=1", "A:0:follow!1" },
};

static void add_pools(struct arena *arena, const char *text,
		      struct named_pool_array *ret)
{
	char *copy = arena_strdup(arena, text ? text : "");
	char *rest = copy;
	char *word;

	while ((word = strtok_r(rest, ",", &rest))) {
		struct named_pool pool = { .name = word,
					   .glob = strpbrk(word, "*?") };

		assert_true(array_push(arena, ret, pool));
	}
}

static void add_found(struct arena *arena, const char *text,
		      struct found_array *ret)
{
	char *copy = arena_strdup(arena, text);
	char *rest = copy;
	char *word;

	while ((word = strtok_r(rest, " ", &rest))) {
		char *cut = strchr(word, '=');
		struct found_pool found = { .name = word };

		*cut = '\0';
		found.account =
			cut[1] == '-' ? SIZE_MAX : (size_t)(cut[1] - '0');
		assert_true(array_push(arena, ret, found));
	}
}

static void declare(struct desired *desired, const struct says *says)
{
	struct binding binding = { .name = "b",
				   .account = (size_t)says->account,
				   .follow = says->follow };

	assert_true(array_push(&desired->arena, &binding.groups, 0));
	add_pools(&desired->arena, says->pools, &binding.pools);
	add_pools(&desired->arena, says->exclude, &binding.exclude);
	assert_true(array_push(&desired->arena, &desired->bindings, binding));
}

static const char *show(struct arena *arena,
			const struct declared_array *declared)
{
	static const char *const how[] = { "name", "pattern", "follow" };
	const struct declared_pool *item;
	char *text = arena_strdup(arena, "");

	array_foreach(item, declared) {
		text = arena_printf(arena, "%s%s%s%s:%zu:%s", text,
				    text[0] ? " " : "", item->name,
				    item->missing ? "?" : "", item->binding,
				    how[item->how]);
		if (item->rival != SIZE_MAX)
			text = arena_printf(arena, "%s!%zu", text, item->rival);
	}
	return text;
}

static void check(const struct resolve_case *one)
{
	struct resource_group group = { .name = "g" };
	struct declared_array declared = { 0 };
	struct found_array found = { 0 };
	struct server server = { .name = "s" };
	struct desired desired;

	desired_init(&desired);
	assert_true(array_push(&desired.arena, &group.servers, 0));
	assert_true(array_push(&desired.arena, &desired.servers, server));
	assert_true(array_push(&desired.arena, &desired.groups, group));
	for (size_t i = 0; i < MAX && one->bindings[i].pools; i++)
		declare(&desired, &one->bindings[i]);
	add_found(&desired.arena, one->found, &found);
	assert_int_equal(
		desired_resolve(&desired, 0, &found, &desired.arena, &declared),
		0);
	assert_string_equal(show(&desired.arena, &declared), one->expected);
	desired_done(&desired);
}

static void test_resolve(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		check(&cases[i]);
}

/* The line that a message sends a person to. */
static void test_claim(void **state)
{
	struct named_pool pools[] = {
		{ "Orders*", { "b.yaml", 4, 9 }, true },
		{ "*Api", { "b.yaml", 5, 9 }, true },
		{ "OrdersApi", { "b.yaml", 6, 9 }, false },
	};
	struct binding binding = { .place = { "b.yaml", 1, 1 },
				   .follow_place = { "b.yaml", 7, 9 } };

	(void)state;
	binding.pools.items = pools;
	binding.pools.n = 3;
	assert_int_equal(binding_claim(&binding, "ordersAPI")->line, 6);
	assert_int_equal(binding_claim(&binding, "OrdersOldApi")->line, 4);
	assert_int_equal(binding_claim(&binding, "PayApi")->line, 5);
	assert_int_equal(binding_claim(&binding, "Pay")->line, 1);
	binding.follow = true;
	assert_int_equal(binding_claim(&binding, "Pay")->line, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_resolve),
					    cmocka_unit_test(test_claim) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
