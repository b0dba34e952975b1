/* pools_fuzz.c - bodies of proved replies of a hostile server. The first byte
 * says which request it answers. */
#include "tests/fuzz/fuzz.h"

#include "modules/iis_app_pool/replies.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/secret.h"

#include <string.h>

struct world {
	struct desired desired;
	struct config config;
	struct index_array accounts;
	struct secret *key;
	struct secret *password;
};

static struct world *world_once(void)
{
	static const struct domain domain = { .netbios = "CORP",
					      .dns_name = "corp.example" };
	static const struct account account = { .name = "svc", .user = "svc" };
	static struct world world;

	if (world.key)
		return &world;
	desired_init(&world.desired);
	config_init(&world.config);
	FUZZ_REQUIRE(secret_heap_init(NULL) == 0);
	FUZZ_REQUIRE(secret_new("0123456789abcdef0123456789abcdef", 32,
				&world.key, NULL) == 0);
	FUZZ_REQUIRE(secret_new("password", 8, &world.password, NULL) == 0);
	FUZZ_REQUIRE(
		array_push(&world.config.arena, &world.config.domains, domain));
	FUZZ_REQUIRE(array_push(&world.desired.arena, &world.desired.accounts,
				account));
	FUZZ_REQUIRE(array_push(&world.desired.arena, &world.accounts, 0));
	return &world;
}

static int read_stage(struct arena *arena, const struct iis_body *body,
		      bool verify, struct err *err)
{
	const struct world *world = world_once();
	const struct secret *passwords[] = { world->password };
	const struct iis_compare compare = { .verify = verify,
					     .key = world->key,
					     .desired = &world->desired,
					     .config = &world->config,
					     .accounts = &world->accounts,
					     .passwords = passwords };
	struct observed observed = { 0 };
	const struct observed_pool *pool;
	int rc = iis_reply_pools(arena, body, &compare, &observed, err);

	if (rc < 0)
		return rc;
	array_foreach(pool, &observed.pools) {
		FUZZ_REQUIRE(observed_find(&observed, pool->name) == pool);
		FUZZ_REQUIRE(pool->account == 0 || pool->account == SIZE_MAX);
		/* Nobody but the holder of the password makes its tag. */
		FUZZ_REQUIRE(pool->password != PASSWORD_CURRENT ||
			     pool->account == 0);
		FUZZ_REQUIRE(observed_fault(pool, NULL) >= 0);
		FUZZ_REQUIRE(observed_worker_start(pool) >= 0);
	}
	return 0;
}

/* As the reply to either; the one names another stage at its end. */
static int read_pools(struct arena *arena, const struct iis_body *body,
		      struct err *err)
{
	int rc = read_stage(arena, body, true, err);

	if (rc == 0)
		return 0;
	FUZZ_REQUIRE(rc == -ERR_RECORD || rc == -ERR_SERVER_FAULT);
	return read_stage(arena, body, false, err);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	const struct secret *passwords[] = { NULL, world_once()->password };
	struct iis_body body;
	struct observed observed = { 0 };
	struct applied applied = { 0 };
	struct activated activated = { 0 };
	struct err err = { 0 };
	int rc;

	arena_init(&arena, 1 << 26);
	if (len == 0)
		return 0;
	body = (struct iis_body){ .records = (const char *)bytes + 1,
				  .len = len - 1,
				  .passwords = passwords,
				  .n_passwords = 2 };
	switch (bytes[0]) {
	case 'p':
		rc = iis_reply_probe(&arena, &body, &observed, &err);
		break;
	case 'a':
		rc = iis_reply_applied(&arena, &body, &applied, &err);
		break;
	case 'c':
		rc = iis_reply_activated(&arena, &body, &activated, &err);
		break;
	default:
		rc = read_pools(&arena, &body, &err);
		break;
	}
	if (rc == 0)
		fuzz_accept();
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_RECORD || rc == -ERR_SERVER_FAULT);
	FUZZ_REQUIRE(rc == 0 || (err.code == rc && err.what[0]));
	return 0;
}
