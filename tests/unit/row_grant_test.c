/* row_grant_test.c - what may leave for a server, by grants of every shape. */
#include "reconciler/runtime/row_grant.h"
#include "tests/lib/test.h"

#include <string.h>

enum { SVC, MANAGED };
enum { PLAIN, FOLLOWS, BUILTIN, GMSA, ROLLS_BACK };

static struct desired desired;
static struct config config;

static int set_up(void **state)
{
	static const struct domain domain = { .netbios = "CORP",
					      .dns_name = "corp.example" };
	static const struct secret_ref secrets[] = {
		{ .name = "svc", .account = "CORP\\svc" },
		{ .name = "other", .account = "CORP\\other" },
	};
	static const struct server server = { .name = "web01",
					      .host = "web01.corp.example" };
	static const struct account accounts[] = {
		[SVC] = { .name = "svc", .user = "svc", .secret = 0 },
		[MANAGED] = { .name = "managed",
			      .user = "gm$",
			      .type = ACCOUNT_GMSA,
			      .secret = SIZE_MAX },
	};
	static const struct binding bindings[] = {
		[PLAIN] = { .account = SVC },
		[FOLLOWS] = { .account = SVC, .follow = true },
		[BUILTIN] = { .account = SIZE_MAX,
			      .identity = IDENTITY_NETWORK_SERVICE },
		[GMSA] = { .account = MANAGED },
		[ROLLS_BACK] = { .account = SVC,
				 .on_verify_fail = VERIFY_FAIL_ROLLBACK },
	};

	(void)state;
	desired_init(&desired);
	config_init(&config);
	for (size_t i = 0; i < 2; i++)
		if (!array_push(&config.arena, &config.secrets, secrets[i]) ||
		    !array_push(&desired.arena, &desired.accounts, accounts[i]))
			return -1;
	for (size_t i = 0; i < 5; i++)
		if (!array_push(&desired.arena, &desired.bindings, bindings[i]))
			return -1;
	return array_push(&config.arena, &config.domains, domain) &&
			       array_push(&desired.arena, &desired.servers,
					  server)
		       ? 0
		       : -1;
}

static int tear_down(void **state)
{
	(void)state;
	desired_done(&desired);
	config_done(&config);
	return 0;
}

/* Is the change allowed when this line, and no other, stands there? */
static bool allowed(const char *account, unsigned rights,
		    const struct change *change)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const char *accounts[] = { account };
	const char *servers[] = { "*.corp.example" };
	const char *pools[] = { "A*" };
	struct grant grant = { .accounts = { accounts, 1, 1 },
			       .servers = { servers, 1, 1 },
			       .pools = { pools, 1, 1 },
			       .rights = rights };
	struct err err = { 0 };
	int rc;

	arena_init(&arena, 1 << 16);
	config.grants.items = &grant;
	config.grants.n = config.grants.cap = 1;
	rc = row_grant(&desired, &config, change, &arena, &err);
	config.grants = (struct grant_array){ 0 };
	assert_true(rc == 0 || rc == -ERR_GRANT);
	if (rc)
		assert_non_null(strstr(err.what, "web01/"));
	return rc == 0;
}

/* Exactly these rights of one line are enough: with one of them less it is
 * refused, as it is for another account and another pool. */
static void needs(const char *account, unsigned rights,
		  const struct change *change)
{
	struct change other = *change;

	other.pool = "B1";
	assert_true(allowed(account, rights, change));
	assert_false(allowed("CORP\\else", rights, change));
	assert_false(allowed(account, rights, &other));
	for (unsigned bit = 1; bit <= GRANT_BUILTIN; bit <<= 1)
		if (rights & bit)
			assert_false(allowed(account, ~bit, change));
}

static void a_password_needs_its_right(void **state)
{
	struct change change = { .pool = "A1",
				 .binding = PLAIN,
				 .account = SVC,
				 .user = "CORP\\svc",
				 .secret = true };

	(void)state;
	needs("CORP\\svc", GRANT_PASSWORD, &change);
	change.kind = CHANGE_LOCAL;
	needs("CORP\\svc", GRANT_PASSWORD, &change);
	change.kind = CHANGE_REWRITE;
	needs("CORP\\svc", GRANT_PASSWORD, &change);
	change.kind = CHANGE_IDENTITY;
	needs("CORP\\svc", GRANT_PASSWORD | GRANT_IDENTITY, &change);
	change.kind = CHANGE_PASSWORD;
	change.binding = FOLLOWS;
	needs("CORP\\svc", GRANT_PASSWORD | GRANT_FOLLOW, &change);
}

/* The configuration says whose password a secret is. */
static void a_secret_of_another_account_never_goes(void **state)
{
	struct change change = { .pool = "A1",
				 .account = SVC,
				 .user = "CORP\\svc",
				 .secret = true };

	(void)state;
	desired.accounts.items[SVC].secret = 1;
	assert_false(allowed("*", ~0U, &change));
	desired.accounts.items[SVC].secret = SIZE_MAX;
	assert_false(allowed("*", ~0U, &change));
	desired.accounts.items[SVC].secret = 0;
	assert_true(allowed("*", ~0U, &change));
	change.account = MANAGED;
	assert_false(allowed("*", ~0U, &change));
	change.account = SIZE_MAX;
	assert_false(allowed("*", ~0U, &change));
}

static void identities_without_password(void **state)
{
	struct change builtin = { .pool = "A1",
				  .kind = CHANGE_IDENTITY,
				  .binding = BUILTIN,
				  .account = SIZE_MAX,
				  .identity = IDENTITY_NETWORK_SERVICE,
				  .user = "" };
	struct change managed = { .pool = "A1",
				  .kind = CHANGE_IDENTITY,
				  .binding = GMSA,
				  .account = MANAGED,
				  .user = "CORP\\gm$" };

	(void)state;
	needs("NetworkService", GRANT_BUILTIN, &builtin);
	assert_false(allowed("LocalSystem", ~0U, &builtin));
	needs("CORP\\gm$", GRANT_IDENTITY, &managed);
	/* Neither is written with what belongs to the other. */
	builtin.user = "CORP\\svc";
	assert_false(allowed("*", ~0U, &builtin));
	builtin.identity = IDENTITY_SPECIFIC_USER;
	assert_false(allowed("*", ~0U, &builtin));
	managed.user = "CORP\\gm";
	assert_false(allowed("*", ~0U, &managed));
}

/* What allowed the change allows to take it back; nothing else does. */
static void a_failed_change_may_be_put_back(void **state)
{
	struct change back = { .pool = "A1",
			       .kind = CHANGE_IDENTITY,
			       .binding = ROLLS_BACK,
			       .account = SIZE_MAX,
			       .identity = IDENTITY_LOCAL_SYSTEM,
			       .user = "" };

	(void)state;
	needs("CORP\\svc", GRANT_PASSWORD | GRANT_IDENTITY, &back);
	back.identity = IDENTITY_SPECIFIC_USER;
	back.user = "CORP\\old$";
	needs("CORP\\svc", GRANT_PASSWORD | GRANT_IDENTITY, &back);
	back.user = "CORP\\old";
	assert_false(allowed("*", ~0U, &back));
	back.user = "";
	back.identity = IDENTITY_LOCAL_SYSTEM;
	back.binding = PLAIN;
	assert_false(allowed("CORP\\svc", ~0U, &back));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_password_needs_its_right),
		cmocka_unit_test(a_secret_of_another_account_never_goes),
		cmocka_unit_test(identities_without_password),
		cmocka_unit_test(a_failed_change_may_be_put_back),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
