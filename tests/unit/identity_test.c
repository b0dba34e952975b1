/* identity_test.c - spellings of one account, and of others. */
#include "reconciler/model/identity.h"

#include "reconciler/core/str.h"

#include "tests/unit/plan_world.h"

static void test_types(void **state)
{
	enum identity_type type;
	unsigned i;

	(void)state;
	for (i = 0; i < IDENTITY_COUNT; i++) {
		assert_true(identity_type_parse(
			identity_type_name((enum identity_type)i), &type));
		assert_int_equal(type, i);
	}
	assert_string_equal(identity_type_name(IDENTITY_SPECIFIC_USER),
			    "SpecificUser");
	assert_false(identity_type_parse("specificuser", &type));
	assert_false(identity_type_parse("", &type));
}

static void test_is(void **state)
{
	static const struct {
		const char *text;
		bool is;
	} cases[] = {
		{ "CORP\\svc-orders", true },
		{ "corp\\SVC-Orders", true },
		{ "corp.example\\svc-orders", true },
		{ "CORP.EXAMPLE\\svc-orders", true },
		{ "svc-orders@corp.example", true },
		{ "SVC-ORDERS@Bank.Example", true },
		{ "svc-orders@CORP", false },
		{ "bank.example\\svc-orders", false },
		{ "svc-orders", false },
		{ ".\\svc-orders", false },
		{ "CORP\\svc-order", false },
		{ "CORP\\svc-orders2", false },
		{ "CORP2\\svc-orders", false },
		{ "COR\\svc-orders", false },
		{ "CORP\\", false },
		{ "\\svc-orders", false },
		{ "@corp.example", false },
		{ "svc-orders@", false },
		{ "", false },
		{ "CORP\\svc-orders@corp.example", false },
		{ "a@svc-orders@corp.example", false },
	};
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		if (identity_is(&w.config.domains.items[0], "svc-orders",
				cases[i].text) != cases[i].is)
			fail_msg("%s", cases[i].text);
	}
}

static void test_resolve(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct domain other = { .netbios = "LAB", .dns_name = "lab.example" };
	const char *user = NULL;
	size_t domain = 9;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	PUSH(&w, &w.config.domains, other);
	assert_true(identity_resolve(&arena, &w.config.domains,
				     "u.v@bank.example", &domain, &user));
	assert_int_equal(domain, 0);
	assert_string_equal(user, "u.v");
	assert_true(identity_resolve(&arena, &w.config.domains, "lab\\Zed",
				     &domain, &user));
	assert_int_equal(domain, 1);
	assert_string_equal(user, "Zed");
	assert_false(identity_resolve(&arena, &w.config.domains, "WEB01\\u",
				      &domain, &user));
	assert_false(identity_resolve(&arena, &w.config.domains, "u", &domain,
				      &user));
	assert_int_equal(domain, 1); /* written only on success */
}

static void test_spellings(void **state)
{
	static const char *const expected[] = { "CORP\\u", "corp.example\\u",
						"u@corp.example",
						"u@bank.example" };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct text_array all = { 0 };
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	assert_int_equal(identity_spellings(&arena, &w.config.domains.items[0],
					    "u", &all),
			 0);
	assert_int_equal(all.n, 4);
	for (i = 0; i < 4; i++) {
		assert_string_equal(all.items[i], expected[i]);
		assert_true(identity_is(&w.config.domains.items[0], "u",
					all.items[i]));
	}
}

static void test_spell(void **state)
{
	static const struct {
		enum user_format format;
		const char *stored;
		const char *spelled;
	} cases[] = {
		{ USER_FORMAT_KEEP, "", "CORP\\svc-orders" },
		{ USER_FORMAT_KEEP, "svc-orders@bank.example",
		  "svc-orders@bank.example" },
		{ USER_FORMAT_KEEP, "CORP\\other", "CORP\\svc-orders" },
		{ USER_FORMAT_NETBIOS, "svc-orders@bank.example",
		  "CORP\\svc-orders" },
		{ USER_FORMAT_UPN, "CORP\\svc-orders",
		  "svc-orders@corp.example" },
	};
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct world w;
	size_t i;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct account account = w.desired.accounts.items[0];

		account.user_format = cases[i].format;
		assert_string_equal(identity_spell(&arena,
						   &w.config.domains.items[0],
						   &account, cases[i].stored),
				    cases[i].spelled);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_resolve),
		cmocka_unit_test(test_spellings),
		cmocka_unit_test(test_spell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
