/* config_fuzz.c - any text as config.yaml. */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(config_done) struct config config = { 0 };
	CLEANUP(problems_done) struct problems problems = { 0 };
	struct err err = { 0 };
	int rc;

	config_init(&config);
	problems_init(&problems);
	rc = config_load(fuzz_file("config.yaml", bytes, len), &config,
			 &problems, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_CONFIG || rc == -ERR_LIMIT);
	FUZZ_REQUIRE(rc != -ERR_CONFIG || problems.items.n);
	fuzz_problems(&problems);
	if (rc < 0)
		return 0;
	FUZZ_REQUIRE(!problems.items.n);
	fuzz_accept();
	FUZZ_REQUIRE(config.ssh_user && config.ssh_key);
	FUZZ_REQUIRE(config.ssh_known_hosts);
	FUZZ_REQUIRE(config.caps.batch_percent <= 100);
	FUZZ_REQUIRE(config.caps.max_failures >= 1);
	for (size_t i = 0; i < config.secrets.n; i++)
		FUZZ_REQUIRE(config.secrets.items[i].name &&
			     config.secrets.items[i].from &&
			     config.secrets.items[i].account);
	return 0;
}
