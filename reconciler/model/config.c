/* config.c - an empty configuration: what holds where none says more. */
#include "reconciler/model/config.h"

#define ARENA_BYTES 16777216

const struct caps config_default_caps = {
	.parallel = 200,
	.canary = 1,
	.batch_percent = 25,
	.max_failures = 1,
	.pools_per_commit = 10,
	.changes_per_run = 500,
};

void config_init(struct config *config)
{
	*config = (struct config){ .caps = config_default_caps,
				   .new_pairs_ask = true,
				   .plans_expire_ms = CONFIG_PLANS_EXPIRE_MS };
	arena_init(&config->arena, ARENA_BYTES);
}

void config_done(struct config *config)
{
	arena_done(&config->arena);
	*config = (struct config){ 0 };
}
