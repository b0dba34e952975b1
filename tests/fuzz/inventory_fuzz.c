/* inventory_fuzz.c - any text as an inventory that a group of the manifests
 * names. The first byte: 'a' = of Ansible, else CSV. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

static const char csv_text[] =
	"apiVersion: lockstep/v1\nkind: ResourceGroup\n"
	"metadata: {name: web}\nspec: {inventory: {csv: list}}\n"
	"---\napiVersion: lockstep/v1\nkind: Server\n"
	"metadata: {name: web01}\nspec: {host: web01.corp.example}\n";
static const char ansible_text[] =
	"apiVersion: lockstep/v1\nkind: ResourceGroup\n"
	"metadata: {name: web}\n"
	"spec: {inventory: {ansible: list, group: web}}\n";

static void check_servers(const struct desired *desired)
{
	const struct server *server;

	FUZZ_REQUIRE(desired->groups.n == 1);
	FUZZ_REQUIRE(desired->groups.items[0].servers.n <= desired->servers.n);
	array_foreach(server, &desired->servers) {
		const struct label *label;

		FUZZ_REQUIRE(server->port > 0);
		fuzz_plain(server->name);
		fuzz_plain(server->host);
		array_foreach(label, &server->labels) {
			fuzz_plain(label->key);
			fuzz_plain(label->value);
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(desired_done) struct desired desired = { 0 };
	CLEANUP(problems_done) struct problems problems = { 0 };
	struct err err = { 0 };
	const char *manifest = csv_text;
	int rc;

	desired_init(&desired);
	problems_init(&problems);
	if (len == 0)
		return 0;
	if (bytes[0] == 'a')
		manifest = ansible_text;
	(void)fuzz_file("m.yaml", (const uint8_t *)manifest, strlen(manifest));
	(void)fuzz_file("list", bytes + 1, len - 1);
	rc = manifest_load(fuzz_folder(), NULL, &desired, &problems, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_MANIFEST);
	FUZZ_REQUIRE((rc == 0) == (problems.items.n == 0));
	fuzz_problems(&problems);
	if (rc == 0) {
		fuzz_accept();
		check_servers(&desired);
	}
	return 0;
}
