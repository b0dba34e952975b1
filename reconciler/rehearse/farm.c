/* farm.c - servers, pools and accounts of the model, and how they are found. */
#include "reconciler/rehearse/farm.h"

#include "reconciler/core/str.h"

#include <stdlib.h>
#include <string.h>

int farm_new(struct farm *farm, struct arena *arena,
	     const struct desired *desired, const struct config *config)
{
	*farm = (struct farm){
		.arena = arena,
		.desired = desired,
		.config = config,
		.n_servers = desired->servers.n,
		.n_accounts = desired->accounts.n,
	};
	farm->servers = arena_alloc(arena, (farm->n_servers + 1) *
						   sizeof(*farm->servers));
	farm->accounts = arena_alloc(arena, (farm->n_accounts + 1) *
						    sizeof(*farm->accounts));
	if (!farm->servers || !farm->accounts)
		return -ERR_NOMEM;
	for (size_t i = 0; i < farm->n_accounts; i++) {
		const struct account *account = &desired->accounts.items[i];
		const struct domain *domain =
			&config->domains.items[account->domain];

		farm->accounts[i].before[0] = FARM_PASSWORD_NONE;
		farm->accounts[i].before[1] = FARM_PASSWORD_NONE;
		farm->accounts[i].managed = account->type == ACCOUNT_GMSA;
		farm->accounts[i].shown =
			identity_show(arena, domain, account->user);
		if (!farm->accounts[i].shown)
			return -ERR_NOMEM;
	}
	for (size_t i = 0; i < farm->n_servers; i++) {
		struct farm_server *server = &farm->servers[i];

		server->base.server = i;
		server->base.writable = true;
		server->no_right = arena_alloc(arena, farm->n_accounts + 1);
		if (!server->no_right)
			return -ERR_NOMEM;
	}
	return 0;
}

struct farm_pool *farm_add(struct farm *farm, size_t server, const char *name)
{
	struct farm_server *at = &farm->servers[server];
	const struct farm_pool pool = {
		.server = server,
		.name = name,
		.who = { .user = "", .account = SIZE_MAX },
		.worker_who = { .user = "", .account = SIZE_MAX },
		.local = true,
		.user_from = VALUE_LOCAL,
		.password_from = VALUE_LOCAL,
		.password = FARM_PASSWORD_UNKNOWN,
		.state = POOL_STARTED,
		.base = { .name = name, .auto_start = true, .n_sites = 1 },
	};

	if (at->n_pools == 0)
		at->first_pool = farm->pools.n;
	at->by_name = NULL;
	if (!array_push(farm->arena, &farm->pools, pool))
		return NULL;
	at->n_pools++;
	return &farm->pools.items[farm->pools.n - 1];
}

static int64_t password_of(const struct farm *farm,
			   const struct observed_pool *seen)
{
	if (seen->password == PASSWORD_CURRENT &&
	    seen->account < farm->n_accounts)
		return farm->accounts[seen->account].declared;
	return FARM_PASSWORD_UNKNOWN;
}

static int add_pool(struct farm *farm, size_t server,
		    const struct observed_pool *seen)
{
	struct farm_pool *pool = farm_add(farm, server, seen->name);

	if (!pool)
		return -ERR_NOMEM;
	pool->base = *seen;
	pool->who = farm_who(farm, seen->identity, seen->user);
	pool->local = seen->identity_local;
	pool->user_from = seen->user_from;
	pool->password_from = seen->password_from;
	pool->password = password_of(farm, seen);
	pool->rotates = seen->rotates;
	pool->on_demand = !seen->always_running && seen->workers.n == 0;
	pool->state = seen->state;
	pool->worker_ms = observed_worker_start(seen);
	pool->worker_who = pool->who;
	pool->disabled_ms = observed_disabled(seen);
	pool->fault_ms = observed_fault(seen, NULL);
	pool->fault_code = observed_fault_code(seen);
	pool->fence = seen->fence;
	pool->held = seen->state == POOL_STOPPED && pool->fault_ms == 0 &&
		     pool->disabled_ms == 0;
	return 0;
}

int farm_add_observed(struct farm *farm, const struct observed *observed,
		      int64_t read_ms)
{
	struct farm_server *server = &farm->servers[observed->server];
	const struct observed_pool *seen;

	server->base = *observed;
	server->clock_offset_ms =
		observed->now_ms > 0 ? observed->now_ms - read_ms : 0;
	array_foreach(seen, &observed->pools) {
		if (add_pool(farm, observed->server, seen))
			return -ERR_NOMEM;
	}
	return 0;
}

struct farm_who farm_who(const struct farm *farm, enum identity_type type,
			 const char *user)
{
	struct farm_who who = { .type = type,
				.user = user,
				.account = SIZE_MAX };

	if (type == IDENTITY_SPECIFIC_USER)
		who.account =
			identity_account(farm->desired, farm->config, user);
	return who;
}

bool farm_who_same(const struct farm_who *a, const struct farm_who *b)
{
	return a->type == b->type && str_eq_nocase(a->user, b->user);
}

int64_t farm_clock(const struct farm *farm, size_t server, int64_t now_ms)
{
	return now_ms + farm->servers[server].clock_offset_ms;
}

/* A number beside the name that it is found by. */
struct named {
	const char *name;
	size_t number;
};

static int by_key(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	return strcmp(x->name, y->name);
}

static int by_name(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	return str_cmp_nocase(x->name, y->name);
}

/* The numbers, sorted by their names; done once for each list. */
static size_t *sorted(struct arena *arena, struct named *named, size_t n,
		      int (*cmp)(const void *a, const void *b))
{
	size_t *numbers = arena_alloc(arena, (n + 1) * sizeof(*numbers));

	if (!numbers)
		return NULL;
	qsort(named, n, sizeof(*named), cmp);
	for (size_t i = 0; i < n; i++)
		numbers[i] = named[i].number;
	return numbers;
}

static size_t *sort_servers(struct farm *farm)
{
	const size_t n = farm->n_servers;
	struct named *named =
		arena_alloc(farm->arena, (n + 1) * sizeof(*named));

	for (size_t i = 0; named && i < n; i++)
		named[i] = (struct named){ farm->desired->servers.items[i].key,
					   i };
	return named ? sorted(farm->arena, named, n, by_key) : NULL;
}

static size_t *sort_pools(struct farm *farm, const struct farm_server *server)
{
	const size_t n = server->n_pools;
	const size_t first = server->first_pool;
	struct named *named =
		arena_alloc(farm->arena, (n + 1) * sizeof(*named));

	for (size_t i = 0; named && i < n; i++)
		named[i] = (struct named){ farm->pools.items[first + i].name,
					   first + i };
	return named ? sorted(farm->arena, named, n, by_name) : NULL;
}

size_t farm_find_server(struct farm *farm, const char *key)
{
	size_t low = 0;
	size_t high = farm->n_servers;

	if (!farm->by_key)
		farm->by_key = sort_servers(farm);
	while (farm->by_key && low < high) {
		const size_t middle = low + (high - low) / 2;
		const size_t at = farm->by_key[middle];
		const int order =
			strcmp(key, farm->desired->servers.items[at].key);

		if (order == 0)
			return at;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SIZE_MAX;
}

size_t farm_find(struct farm *farm, size_t server, const char *pool)
{
	struct farm_server *at = &farm->servers[server];
	size_t low = 0;
	size_t high = at->n_pools;

	if (!at->by_name)
		at->by_name = sort_pools(farm, at);
	while (at->by_name && low < high) {
		const size_t middle = low + (high - low) / 2;
		const size_t found = at->by_name[middle];
		const int order =
			str_cmp_nocase(pool, farm->pools.items[found].name);

		if (order == 0)
			return found;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return SIZE_MAX;
}
