/* reach_test.c - of whom a server may learn anything. */
#include "reconciler/runtime/reach.h"

#include "tests/unit/plan_world.h"

static void bind(struct world *w, size_t account)
{
	struct binding binding = w->desired.bindings.items[0];

	binding.account = account;
	PUSH(w, &w->desired.bindings, binding);
}

/* svc-orders and svc-pay are bound to web01; config says who may go there. */
static struct reach find(struct world *w, struct arena *arena,
			 unsigned pay_rights, enum account_type type)
{
	static struct secret *secrets[2];
	struct passwords passwords = { .items = secrets, .n = 2 };
	struct grant pay = { .rights = pay_rights };
	struct grant *orders;
	struct reach reach;
	struct err err = { 0 };

	arena_init(arena, 1 << 20);
	world_init(w, arena, 2);
	orders = &w->config.grants.items[0];
	orders->accounts.items[0] = "CORP\\svc-orders";
	PUSH(w, &pay.accounts, "*");
	PUSH(w, &pay.servers, "web01.corp.example");
	PUSH(w, &pay.pools, "*");
	PUSH(w, &w->config.grants, pay);
	w->desired.accounts.items[1].type = type;
	bind(w, 1);
	assert_int_equal(secret_heap_init(&err), 0);
	assert_int_equal(secret_new("orders-pw", 9, &secrets[0], &err), 0);
	assert_int_equal(secret_new("pay-pw", 6, &secrets[1], &err), 0);
	assert_int_equal(reach_find(&w->desired, &w->config, &passwords, 0,
				    arena, &reach),
			 0);
	for (size_t i = 0; i < reach.n_passwords; i++)
		assert_ptr_equal(reach.passwords[i], secrets[i]);
	secret_freep(&secrets[0]);
	secret_freep(&secrets[1]);
	return reach;
}

static void test_granted(void **state)
{
	struct arena arena;
	struct reach reach;
	struct world w;

	(void)state;
	reach = find(&w, &arena, GRANT_PASSWORD, ACCOUNT_USER);
	assert_int_equal(reach.accounts.n, 2);
	assert_int_equal(reach.n_passwords, 2);
	arena_done(&arena);
}

/* A line about builtin identities names everybody, and lets no password go. */
static void test_other_right(void **state)
{
	struct arena arena;
	struct reach reach;
	struct world w;

	(void)state;
	reach = find(&w, &arena, GRANT_BUILTIN | GRANT_IDENTITY, ACCOUNT_USER);
	assert_int_equal(reach.accounts.n, 1);
	assert_int_equal(reach.accounts.items[0], 0);
	assert_int_equal(reach.n_passwords, 1);
	arena_done(&arena);
}

static void test_managed(void **state)
{
	struct arena arena;
	struct reach reach;
	struct world w;

	(void)state;
	reach = find(&w, &arena, GRANT_IDENTITY, ACCOUNT_GMSA);
	assert_int_equal(reach.accounts.n, 2);
	assert_int_equal(reach.n_passwords, 1);
	arena_done(&arena);
	reach = find(&w, &arena, GRANT_PASSWORD, ACCOUNT_GMSA);
	assert_int_equal(reach.accounts.n, 1);
	arena_done(&arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_granted),
		cmocka_unit_test(test_other_right),
		cmocka_unit_test(test_managed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
