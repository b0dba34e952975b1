/* sim_world.c - draws a farm, its manifests and its faults from a seed. */
#include "tests/sim/sim.h"

#include <string.h>

static const char *const users[ACCOUNTS_MAX] = { "u0", "u1", "u2" };
static const char *const managed[ACCOUNTS_MAX] = { "u0$", "u1$", "u2$" };

/* How many of what. */
struct size {
	size_t n_servers, n_accounts;
	int64_t truth[ACCOUNTS_MAX];
};

const char *sim_pool_name(size_t pool)
{
	static const char *const names[POOLS_MAX] = { "P0", "P1", "P2", "P3",
						      "P4", "P5", "P6", "P7" };

	return names[pool];
}

static struct farm_who declared_who(const struct sim *sim, size_t account)
{
	static const char *const shown[ACCOUNTS_MAX] = { "CORP\\u0", "CORP\\u1",
							 "CORP\\u2" };
	static const char *const shown_managed[ACCOUNTS_MAX] = { "CORP\\u0$",
								 "CORP\\u1$",
								 "CORP\\u2$" };

	switch (sim->kind_of[account]) {
	case SIM_BUILTIN:
		return (struct farm_who){ IDENTITY_NETWORK_SERVICE, "",
					  SIZE_MAX };
	case SIM_GMSA:
		return (struct farm_who){ IDENTITY_SPECIFIC_USER,
					  shown_managed[account], account };
	case SIM_USER:
		break;
	}
	return (struct farm_who){ IDENTITY_SPECIFIC_USER, shown[account],
				  account };
}

struct farm_who sim_who(const struct sim *sim, size_t account, enum sim_who who)
{
	switch (who) {
	case WHO_OTHER:
		return (struct farm_who){ IDENTITY_SPECIFIC_USER, "CORP\\other",
					  SIZE_MAX };
	case WHO_MANAGED:
		return (struct farm_who){ IDENTITY_SPECIFIC_USER, "CORP\\old$",
					  SIZE_MAX };
	case WHO_SERVICE:
		return (struct farm_who){ IDENTITY_LOCAL_SERVICE, "",
					  SIZE_MAX };
	case WHO_DECLARED:
	case WHO_COUNT:
		break;
	}
	return declared_who(sim, account);
}

static void make_binding(struct sim *sim, size_t n_accounts, size_t account)
{
	struct binding binding = {
		.name = users[account],
		.account = account,
		.restart = dice_chance(&sim->world.dice, 150) ? RESTART_NONE
							      : RESTART_RECYCLE,
	};

	for (size_t p = account; p < sim->n_pools; p += n_accounts) {
		struct named_pool pool = { .name = sim_pool_name(p) };

		(void)array_push(&sim->arena, &binding.pools, pool);
	}
	for (size_t g = 0; g < sim->desired.groups.n; g++)
		(void)array_push(&sim->arena, &binding.groups, g);
	if (sim->kinds)
		kinds_binding(sim, n_accounts, account, &binding);
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

static int64_t declared_of(size_t account)
{
	return 20 + (int64_t)account;
}

static void make_accounts(struct sim *sim, struct size *size)
{
	const struct domain domain = { .name = "corp",
				       .netbios = "CORP",
				       .dns_name = "corp.example" };

	(void)array_push(&sim->arena, &sim->config.domains, domain);
	for (size_t i = 0; i < size->n_accounts && i < ACCOUNTS_MAX; i++) {
		struct account account = { .name = users[i],
					   .user = users[i],
					   .secret = i };
		const struct secret_ref secret = { .name = users[i] };

		if (sim->kind_of[i] == SIM_GMSA) {
			account.user = managed[i];
			account.type = ACCOUNT_GMSA;
			account.secret = SIZE_MAX;
		}
		(void)array_push(&sim->arena, &sim->config.secrets, secret);
		(void)array_push(&sim->arena, &sim->desired.accounts, account);
		make_binding(sim, size->n_accounts, i);
		sim->versions[i] = 2;
		size->truth[i] =
			dice_chance(&sim->world.dice, 150) ? 1 : declared_of(i);
	}
}

static struct label_array labels_of(struct sim *sim, size_t server)
{
	const struct label label = { "env", server % 2 ? "test" : "prod" };
	struct label_array labels = { 0 };

	(void)array_push(&sim->arena, &labels, label);
	return labels;
}

static void make_groups(struct sim *sim, size_t n_groups, size_t n_servers)
{
	struct dice *dice = &sim->world.dice;

	for (size_t g = 0; g < n_groups; g++) {
		struct resource_group group = {
			.name = arena_printf(&sim->arena, "g%zu", g)
		};

		group.rollout.canary = (uint32_t)dice_range(dice, 0, 1);
		group.rollout.batch_servers = (uint32_t)dice_range(dice, 1, 3);
		group.rollout.max_failures = (uint32_t)dice_range(dice, 1, 3);
		if (sim->wide)
			wide_rollout(sim, &group.rollout);
		for (size_t s = g; s < n_servers; s += n_groups)
			(void)array_push(&sim->arena, &group.servers, s);
		(void)array_push(&sim->arena, &sim->desired.groups, group);
	}
}

static void make_servers(struct sim *sim, size_t n_servers)
{
	size_t n_groups = (size_t)dice_range(&sim->world.dice, 1, 2);

	if (sim->wide)
		n_groups = sim->wide->n_groups;
	make_groups(sim, n_groups, n_servers);
	for (size_t s = 0; s < n_servers; s++) {
		const char *name = arena_printf(&sim->arena, "s%02zu", s);
		const struct server server = { .name = name,
					       .host = name,
					       .key = name,
					       .labels = labels_of(sim, s) };

		(void)array_push(&sim->arena, &sim->desired.servers, server);
	}
}

static void make_pool(struct sim *sim, size_t server, size_t p)
{
	struct dice *dice = &sim->world.dice;
	struct farm *farm = &sim->world.farm;
	const size_t account = p % farm->n_accounts;
	struct farm_pool *pool = farm_add(farm, server, sim_pool_name(p));

	sim->pools[farm->pools.n - 1] =
		(struct sim_pool){ .account = account, .alt = WHO_OTHER };
	pool->who = sim_who(sim, account,
			    dice_chance(dice, 100) ? WHO_OTHER : WHO_DECLARED);
	pool->password =
		dice_chance(dice, 250) ? farm->accounts[account].declared : 1;
	pool->rotates = dice_chance(dice, 700);
	pool->stuck = dice_chance(dice, 50);
	pool->on_demand = dice_chance(dice, 200);
	pool->worker_ms = pool->on_demand ? 0 : 1;
	pool->worker_who = pool->who;
}

static void make_farm(struct sim *sim, const struct size *size)
{
	const struct dice dice = sim->world.dice;
	struct farm *farm = &sim->world.farm;

	(void)rehearse_new(&sim->world, &sim->arena, 0, &sim->desired,
			   &sim->config);
	sim->world.dice = dice;
	for (size_t i = 0; i < size->n_accounts; i++) {
		farm->accounts[i].declared = declared_of(i);
		farm->accounts[i].truth = size->truth[i];
	}
	sim->pools = arena_alloc(&sim->arena, size->n_servers * sim->n_pools *
						      sizeof(*sim->pools));
	for (size_t s = 0; s < size->n_servers; s++) {
		if (sim->no_right)
			memcpy(farm->servers[s].no_right, sim->no_right[s],
			       size->n_accounts);
		for (size_t p = 0; p < sim->n_pools; p++)
			make_pool(sim, s, p);
	}
	if (sim->kinds)
		kinds_pools(sim);
	if (sim->wide)
		wide_farm(sim);
	(void)disk_new(&sim->disk, farm, NULL);
	sim->used = &sim->disk;
}

static unsigned draw(struct sim *sim, unsigned max)
{
	return dice_chance(&sim->world.dice, 500)
		       ? (unsigned)dice_range(&sim->world.dice, 0, max)
		       : 0;
}

static void make_faults(struct sim *sim)
{
	struct chances *chances = &sim->world.chances;

	chances->unreachable = draw(sim, 100);
	chances->lost = draw(sim, 150);
	chances->reply_lost = draw(sim, 200);
	chances->late = draw(sim, 200);
	chances->partial = draw(sim, 200);
	chances->save_fails = draw(sim, 20);
	chances->crash = draw(sim, 30);
	chances->stop = draw(sim, 10);
	chances->unproved = draw(sim, 600);
	sim->config.allow_unproved = dice_chance(&sim->world.dice, 700);
	sim->meddle = draw(sim, 10);
	sim->reset = draw(sim, 10);
}

static void suspend(struct sim *sim)
{
	const struct farm_pool *pool = sim_pool(sim, sim->suspended);
	const struct past_suspension suspension = {
		.server = sim->desired.servers.items[pool->server].key,
		.pool = pool->name,
		.reason = "change freeze",
		.by = "ada",
		.until_ms = INT64_MAX,
	};

	(void)array_push(&sim->arena, &sim->disk.suspensions, suspension);
}

static void cut(size_t *size, unsigned most)
{
	if (*size > most)
		*size = most;
}

void sim_world(struct sim *sim, const struct sim_order *order)
{
	struct size size = { 0 };
	struct dice *dice = &sim->world.dice;

	memset(sim, 0, sizeof(*sim));
	sim->seed = order->seed;
	sim->cuts = order->cuts;
	sim->trace = order->trace;
	sim->hashes = order->hash;
	sim->short_memory = order->short_memory;
	sim->hash = 0xcbf29ce484222325U;
	dice->state = order->seed * 0x2545F4914F6CDD1DU + 1;
	sim->kinds = order->mode != SIM_PLAIN;
	sim->kinds_dice.state = order->seed * 0x9E3779B97F4A7C15U + 7;
	arena_init(&sim->arena, (size_t)64 << 20);
	arena_init(&sim->run_arena, (size_t)64 << 20);
	size.n_servers = (size_t)dice_range(dice, 1, 6);
	sim->n_pools = (size_t)dice_range(dice, 2, 4);
	size.n_accounts = (size_t)dice_range(dice, 1, 2);
	if (order->mode == SIM_WIDE)
		wide_new(sim, &size.n_servers, &size.n_accounts);
	if (sim->kinds)
		kinds_accounts(sim, size.n_servers, &size.n_accounts);
	if (order->cuts) {
		cut(&size.n_servers, order->cuts->servers);
		cut(&sim->n_pools, order->cuts->pools);
		cut(&size.n_accounts, order->cuts->accounts);
	}
	make_servers(sim, size.n_servers);
	make_grants(sim);
	make_accounts(sim, &size);
	make_farm(sim, &size);
	if (sim->suspends)
		suspend(sim);
	sim->config.caps = (struct caps){
		.parallel = (uint32_t)dice_range(dice, 1, 6),
		.pools_per_commit = (uint32_t)dice_range(dice, 1, 4),
		.max_failures = 2,
		.batch_percent = 100,
	};
	make_faults(sim);
	if (sim->wide)
		wide_rest(sim);
}
