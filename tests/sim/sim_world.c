/* sim_world.c - draws a farm, its manifests and its faults from a seed. */
#include "tests/sim/sim.h"

#include <string.h>

static const char *const users[ACCOUNTS_MAX] = { "u0", "u1", "u2" };

static void make_binding(struct sim *sim, size_t account)
{
	struct binding binding = {
		.name = users[account],
		.account = account,
		.restart = rng_chance(&sim->rng, 150) ? RESTART_NONE
						      : RESTART_RECYCLE,
	};

	for (size_t p = account; p < sim->farm.n_pools;
	     p += sim->farm.n_accounts) {
		struct named_pool pool = { .name = farm_pool_name(p) };

		(void)array_push(&sim->arena, &binding.pools, pool);
	}
	for (size_t g = 0; g < sim->desired.groups.n; g++)
		(void)array_push(&sim->arena, &binding.groups, g);
	if (sim->kinds)
		kinds_binding(sim, account, &binding);
	(void)array_push(&sim->arena, &sim->desired.bindings, binding);
}

static void make_grants(struct sim *sim)
{
	struct grant grant = { .rights = GRANT_PASSWORD | GRANT_IDENTITY |
					 GRANT_FOLLOW | GRANT_BUILTIN };

	(void)array_push(&sim->arena, &grant.accounts, "*");
	(void)array_push(&sim->arena, &grant.servers, "*");
	(void)array_push(&sim->arena, &grant.pools, "*");
	(void)array_push(&sim->arena, &sim->config.grants, grant);
}

static void make_accounts(struct sim *sim)
{
	static const char *const managed[ACCOUNTS_MAX] = { "u0$", "u1$",
							   "u2$" };
	const struct domain domain = { .name = "corp",
				       .netbios = "CORP",
				       .dns_name = "corp.example" };

	(void)array_push(&sim->arena, &sim->config.domains, domain);
	for (size_t i = 0; i < sim->farm.n_accounts && i < ACCOUNTS_MAX; i++) {
		struct account account = { .name = users[i],
					   .user = users[i],
					   .secret = i };
		const struct secret_ref secret = { .name = users[i] };

		if (sim->farm.accounts[i].kind == FARM_GMSA) {
			account.user = managed[i];
			account.type = ACCOUNT_GMSA;
			account.secret = SIZE_MAX;
		}
		(void)array_push(&sim->arena, &sim->config.secrets, secret);
		(void)array_push(&sim->arena, &sim->desired.accounts, account);
		make_binding(sim, i);
		sim->versions[i] = 2;
		sim->farm.accounts[i].declared = 20 + (int64_t)i;
		sim->farm.accounts[i].truth =
			rng_chance(&sim->rng, 150)
				? 1
				: sim->farm.accounts[i].declared;
	}
}

static void make_servers(struct sim *sim)
{
	static const char *const names[SERVERS_MAX] = { "s0", "s1", "s2",
							"s3", "s4", "s5" };
	static const char *const groups[] = { "g0", "g1" };
	const size_t n_groups = (size_t)rng_range(&sim->rng, 1, 2);

	for (size_t g = 0; g < n_groups; g++) {
		struct resource_group group = { .name = groups[g] };

		group.rollout.canary = (uint32_t)rng_range(&sim->rng, 0, 1);
		group.rollout.batch_servers =
			(uint32_t)rng_range(&sim->rng, 1, 3);
		group.rollout.max_failures =
			(uint32_t)rng_range(&sim->rng, 1, 3);
		for (size_t s = g; s < sim->farm.n_servers; s += n_groups)
			(void)array_push(&sim->arena, &group.servers, s);
		(void)array_push(&sim->arena, &sim->desired.groups, group);
	}
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		const struct server server = { .name = names[s],
					       .host = names[s],
					       .key = names[s] };

		(void)array_push(&sim->arena, &sim->desired.servers, server);
	}
}

static void make_pools(struct sim *sim)
{
	for (size_t s = 0; s < sim->farm.n_servers; s++) {
		for (size_t p = 0; p < sim->farm.n_pools; p++) {
			struct farm_pool *pool = &sim->farm.pools[s][p];
			const size_t account = p % sim->farm.n_accounts;

			*pool = (struct farm_pool){
				.account = account,
				.who = rng_chance(&sim->rng, 100)
					       ? WHO_OTHER
					       : WHO_DECLARED,
				.alt = WHO_OTHER,
				.password =
					rng_chance(&sim->rng, 250)
						? sim->farm.accounts[account]
							  .declared
						: 1,
				.rotates = rng_chance(&sim->rng, 700),
				.stuck = rng_chance(&sim->rng, 50),
				.on_demand = rng_chance(&sim->rng, 200),
				.state = POOL_STARTED,
			};
			pool->worker_ms = pool->on_demand ? 0 : 1;
			pool->worker_who = pool->who;
		}
	}
}

static unsigned draw(struct sim *sim, unsigned max)
{
	return rng_chance(&sim->rng, 500)
		       ? (unsigned)rng_range(&sim->rng, 0, max)
		       : 0;
}

void sim_world(struct sim *sim, uint64_t seed, bool kinds)
{
	memset(sim, 0, sizeof(*sim));
	sim->seed = seed;
	sim->rng.state = seed * 0x2545F4914F6CDD1DU + 1;
	sim->kinds = kinds;
	sim->kinds_rng.state = seed * 0x9E3779B97F4A7C15U + 7;
	sim->now_ms = 1000000;
	arena_init(&sim->arena, (size_t)64 << 20);
	arena_init(&sim->run_arena, (size_t)64 << 20);
	sim->farm.n_servers = (size_t)rng_range(&sim->rng, 1, SERVERS_MAX);
	sim->farm.n_pools = (size_t)rng_range(&sim->rng, 2, POOLS_MAX);
	sim->farm.n_accounts = (size_t)rng_range(&sim->rng, 1, 2);
	if (kinds)
		kinds_accounts(sim);
	make_servers(sim);
	make_grants(sim);
	make_accounts(sim);
	make_pools(sim);
	if (kinds)
		kinds_pools(sim);
	disk_new(sim);
	sim->config.caps = (struct caps){
		.parallel = (uint32_t)rng_range(&sim->rng, 1, 6),
		.pools_per_commit = (uint32_t)rng_range(&sim->rng, 1, 4),
		.max_failures = 2,
	};
	sim->faults = (struct sim_faults){
		.unreachable = draw(sim, 100),
		.lost = draw(sim, 150),
		.reply_lost = draw(sim, 200),
		.late = draw(sim, 200),
		.partial = draw(sim, 200),
		.save_fails = draw(sim, 20),
		.crash = draw(sim, 30),
		.stop = draw(sim, 10),
		.meddle = draw(sim, 10),
		.reset = draw(sim, 10),
	};
}
