/* manifest_fuzz.c - any text as a file of manifests, against a configuration. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char config_text[] =
	"ssh: {user: u, key: /k, knownHosts: /h}\n"
	"domains:\n"
	"  corp: {netbios: CORP, dnsName: corp.example, upnSuffixes: [b.example]}\n"
	"  lab: {netbios: LAB, dnsName: lab.example}\n"
	"secrets:\n"
	"  svc-orders: {from: 'file:/s', account: 'CORP\\svc-orders'}\n"
	"  s2: {from: 'file:/t', account: 'LAB\\svc2'}\n"
	"grants:\n"
	"  - {accounts: ['*'], servers: ['*'], pools: ['*'],\n"
	"     allow: [password, identity, follow, builtin]}\n";

static const struct config *config_once(void)
{
	static struct config config;
	struct problems problems;

	if (config.path)
		return &config;
	config_init(&config);
	problems_init(&problems);
	FUZZ_REQUIRE(config_load(fuzz_file("config.yaml",
					   (const uint8_t *)config_text,
					   strlen(config_text)),
				 &config, &problems, NULL) == 0);
	problems_done(&problems);
	return &config;
}

static void check_binding(const struct desired *desired,
			  const struct binding *binding)
{
	FUZZ_REQUIRE(binding->account < desired->accounts.n ||
		     binding->account == SIZE_MAX);
	for (size_t i = 0; i < binding->groups.n; i++)
		FUZZ_REQUIRE(binding->groups.items[i] < desired->groups.n);
	fuzz_plain(binding->name);
}

static void check_desired(struct desired *desired, const struct config *config)
{
	const struct account *account;
	const struct server *server;
	const struct resource_group *group;
	const struct binding *binding;

	array_foreach(account, &desired->accounts) {
		FUZZ_REQUIRE(account->domain < config->domains.n);
		FUZZ_REQUIRE(account->secret < config->secrets.n ||
			     account->secret == SIZE_MAX);
		fuzz_plain(account->name);
		fuzz_plain(account->user);
	}
	array_foreach(server, &desired->servers) {
		struct declared_array pools = { 0 };

		FUZZ_REQUIRE(server->port > 0);
		fuzz_plain(server->host);
		fuzz_plain(server->key);
		FUZZ_REQUIRE(desired_pools_of(
				     desired,
				     (size_t)(server - desired->servers.items),
				     &desired->arena, &pools) == 0);
	}
	array_foreach(group, &desired->groups) {
		for (size_t i = 0; i < group->servers.n; i++)
			FUZZ_REQUIRE(group->servers.items[i] <
				     desired->servers.n);
		FUZZ_REQUIRE(group->rollout.max_failures >= 1);
	}
	array_foreach(binding, &desired->bindings)
		check_binding(desired, binding);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	const struct config *config = config_once();
	CLEANUP(desired_done) struct desired desired = { 0 };
	CLEANUP(problems_done) struct problems problems = { 0 };
	struct err err = { 0 };
	int rc;

	desired_init(&desired);
	problems_init(&problems);
	rc = manifest_load(fuzz_file("m.yaml", bytes, len), config, &desired,
			   &problems, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_MANIFEST);
	FUZZ_REQUIRE((rc == 0) == (problems.items.n == 0));
	fuzz_problems(&problems);
	if (rc == 0) {
		fuzz_accept();
		check_desired(&desired, config);
	}
	return 0;
}
