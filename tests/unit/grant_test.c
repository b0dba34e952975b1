/* grant_test.c - nothing is allowed that no line allows. */
#include "reconciler/model/grant.h"

#include "tests/unit/plan_world.h"

static void add(struct world *w, const char *account, const char *server,
		const char *pool, unsigned rights)
{
	struct grant grant = { .rights = rights };

	PUSH(w, &grant.accounts, account);
	PUSH(w, &grant.servers, server);
	PUSH(w, &grant.pools, pool);
	PUSH(w, &w->config.grants, grant);
}

static void test_allows(void **state)
{
	static const struct {
		const char *account;
		const char *host;
		const char *pool;
		unsigned right;
		bool allowed;
	} cases[] = {
		{ "CORP\\svc-orders", "web01.corp.example", "OrdersApi",
		  GRANT_PASSWORD, true },
		{ "corp\\SVC-ORDERS", "WEB01.corp.example", "ordersapi",
		  GRANT_PASSWORD, true },
		{ "CORP\\svc-orders", "web01.corp.example", "OrdersApi",
		  GRANT_IDENTITY, false },
		{ "CORP\\svc-orders", "web01.corp.example", "PayApi",
		  GRANT_PASSWORD, false },
		{ "CORP\\svc-orders", "db01.corp.example", "OrdersApi",
		  GRANT_PASSWORD, false },
		{ "CORP\\svc-pay", "web01.corp.example", "OrdersApi",
		  GRANT_PASSWORD, false },
		/* One line for the account, another for the server. */
		{ "CORP\\svc-pay", "web01.corp.example", "PayApi",
		  GRANT_PASSWORD, false },
		{ "CORP\\svc-pay", "pay01.corp.example", "PayApi",
		  GRANT_IDENTITY, true },
		{ "CORP\\svc-pay", "pay01.corp.example", "PayApi",
		  GRANT_IDENTITY | GRANT_ROTATE, false },
		{ "CORP\\svc-pay", "pay01.corp.example.evil", "PayApi",
		  GRANT_IDENTITY, false },
	};
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	w = (struct world){ .arena = &arena };
	assert_false(grant_allows(&w.config, "CORP\\svc-orders",
				  "web01.corp.example", "OrdersApi",
				  GRANT_PASSWORD));
	add(&w, "CORP\\svc-orders", "web*.corp.example", "Orders*",
	    GRANT_PASSWORD);
	add(&w, "CORP\\svc-pay", "pay??.corp.example", "*",
	    GRANT_PASSWORD | GRANT_IDENTITY);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (grant_allows(&w.config, cases[i].account, cases[i].host,
				 cases[i].pool,
				 cases[i].right) != cases[i].allowed)
			fail_msg("case %zu", i);
	}
	assert_true(grant_somewhere(&w.config, "CORP\\svc-pay",
				    "pay01.corp.example", GRANT_PASSWORD));
	assert_false(grant_somewhere(&w.config, "CORP\\svc-pay",
				     "pay01.corp.example", GRANT_FOLLOW));
	assert_false(grant_somewhere(&w.config, "CORP\\svc-pay",
				     "web01.corp.example", GRANT_PASSWORD));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_allows) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
