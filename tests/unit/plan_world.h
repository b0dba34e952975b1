/*
 * plan_world.h - a small declared world for the tests of plan/ and report/:
 * domain corp, accounts svc-orders and svc-pay, servers web01.., one group
 * and one binding that names OrdersApi and OrdersWorker on all of them.
 */
#ifndef TESTS_UNIT_PLAN_WORLD_H
#define TESTS_UNIT_PLAN_WORLD_H

#include "reconciler/plan/build.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define VERSION_ORDERS INT64_C(1789358592000000000) /* 2026-09-14 04:03:12Z */
#define VERSION_PAY    INT64_C(1788220800000000000) /* 2026-09-01 00:00:00Z */
#define NOW_MS         INT64_C(1789848000000)       /* 2026-09-19 20:00:00Z */

struct world {
	struct arena *arena;
	struct desired desired;
	struct config config;
	struct past past;
	int64_t versions[2];
	struct diff_input input;
};

#define PUSH(world, array, ...) \
	assert_true(array_push((world)->arena, array, __VA_ARGS__))

static inline void world_servers(struct world *w, size_t n)
{
	struct resource_group *group = &w->desired.groups.items[0];
	size_t i;

	for (i = 0; i < n; i++) {
		struct server server = {
			.name = arena_printf(w->arena, "web%02zu", i + 1),
			.host = arena_printf(w->arena, "web%02zu.corp.example",
					     i + 1),
			.place = { "servers.yaml", (unsigned)i + 1, 1 },
			.port = 22,
		};

		server.key = server.name;

		PUSH(w, &group->servers, w->desired.servers.n);
		PUSH(w, &w->desired.servers, server);
	}
}

static inline void world_config(struct world *w)
{
	struct domain domain = { .name = "corp",
				 .netbios = "CORP",
				 .dns_name = "corp.example" };
	struct secret_ref orders = { .name = "svc-orders",
				     .from = "file:/secrets/svc-orders",
				     .account = "CORP\\svc-orders" };
	struct secret_ref pay = { .name = "svc-pay",
				  .from = "exec:vault",
				  .account = "CORP\\svc-pay" };
	struct grant grant = { .rights = GRANT_PASSWORD | GRANT_IDENTITY };

	PUSH(w, &domain.upn_suffixes, "corp.example");
	PUSH(w, &domain.upn_suffixes, "bank.example");
	PUSH(w, &w->config.domains, domain);
	PUSH(w, &w->config.secrets, orders);
	PUSH(w, &w->config.secrets, pay);
	PUSH(w, &grant.accounts, "CORP\\svc-*");
	PUSH(w, &grant.servers, "web*.corp.example");
	PUSH(w, &grant.pools, "*");
	PUSH(w, &w->config.grants, grant);
	w->config.path = "/etc/lockstep/config.yaml";
	w->config.caps.changes_per_run = 500;
	w->config.allow_unproved = true;
	w->versions[0] = VERSION_ORDERS;
	w->versions[1] = VERSION_PAY;
}

static inline void world_init(struct world *w, struct arena *arena, size_t n)
{
	struct account orders = { .name = "orders",
				  .place = { "accounts.yaml", 3, 1 },
				  .user = "svc-orders" };
	struct account pay = { .name = "pay",
			       .place = { "accounts.yaml", 9, 1 },
			       .user = "svc-pay",
			       .secret = 1 };
	struct resource_group group = { .name = "web-prod",
					.rollout = { .canary = 1,
						     .batch_percent = 25,
						     .max_failures = 1 } };
	struct binding binding = { .name = "orders-prod",
				   .place = { "orders.yaml", 4, 1 } };
	struct named_pool api = { "OrdersApi",
				  { "orders.yaml", 8, 11 },
				  false };
	struct named_pool worker = { "OrdersWorker",
				     { "orders.yaml", 9, 11 },
				     false };

	*w = (struct world){ .arena = arena };
	world_config(w);
	PUSH(w, &w->desired.accounts, orders);
	PUSH(w, &w->desired.accounts, pay);
	PUSH(w, &w->desired.groups, group);
	world_servers(w, n);
	PUSH(w, &binding.groups, 0);
	PUSH(w, &binding.pools, api);
	PUSH(w, &binding.pools, worker);
	PUSH(w, &w->desired.bindings, binding);
	w->input = (struct diff_input){ &w->desired, &w->config, &w->past,
					w->versions, NULL,       false };
}

/* A pool that is as it should be and has never run. */
static inline struct observed_pool world_pool(const char *name)
{
	return (struct observed_pool){
		.name = name,
		.identity = IDENTITY_SPECIFIC_USER,
		.identity_local = true,
		.user = "CORP\\svc-orders",
		.user_from = VALUE_LOCAL,
		.password_from = VALUE_LOCAL,
		.password = PASSWORD_CURRENT,
		.state = POOL_STARTED,
		.auto_start = true,
		.rotates = true,
		.n_sites = 2,
	};
}

static inline struct observed *world_observed(struct world *w, size_t server)
{
	struct observed *observed = arena_alloc(w->arena, sizeof(*observed));

	assert_non_null(observed);
	observed->server = server;
	observed->writable = true;
	observed->now_ms = 5000000;
	return observed;
}

/* A server where both pools are in the given state. */
static inline struct observed *world_server(struct world *w, size_t server,
					    enum password_state password)
{
	struct observed *observed = world_observed(w, server);
	struct observed_pool api = world_pool("OrdersApi");
	struct observed_pool worker = world_pool("OrdersWorker");

	api.password = password;
	worker.password = password;
	worker.n_sites = 0;
	PUSH(w, &observed->pools, api);
	PUSH(w, &observed->pools, worker);
	return observed;
}

static inline struct reading world_reading(size_t server,
					   const struct observed *observed)
{
	return (struct reading){ .server = server,
				 .observed = observed,
				 .read_ms = NOW_MS - 3000 };
}

/* Every server stale; the first pool of the first one of another identity. */
static inline struct plan world_stale_plan(struct world *w)
{
	struct reading_array readings = { 0 };
	struct plan plan = { 0 };
	struct err err = { 0 };

	for (size_t i = 0; i < w->desired.servers.n; i++) {
		struct observed *observed = world_server(w, i, PASSWORD_STALE);

		if (i == 0)
			observed->pools.items[0].identity =
				IDENTITY_NETWORK_SERVICE;
		PUSH(w, &readings, world_reading(i, observed));
	}
	assert_int_equal(
		plan_build(&w->input, &readings, w->arena, &plan, &err), 0);
	return plan;
}

#endif
