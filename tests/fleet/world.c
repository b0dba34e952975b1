/* world.c - see world.h. */
#include "tests/fleet/world.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES ((size_t)64 << 20)

void *need(void *pointer)
{
	if (!pointer) {
		(void)fputs("fleet: out of memory\n", stderr);
		abort();
	}
	return pointer;
}

struct server *server_new(struct domain *domain, const char *name)
{
	struct server *server = need(calloc(1, sizeof(*server)));

	(void)pthread_mutex_init(&server->lock, NULL);
	(void)pthread_mutex_init(&server->fence_lock, NULL);
	arena_init(&server->arena, ARENA_BYTES);
	server->domain = domain;
	server->name = server_keep(server, name);
	server->last_pid = 4000;
	server->written_ms = clock_wall_ms();
	server->probe = (struct world_probe){
		.ps = server_keep(server, "5.1.20348.2849"),
		.language = server_keep(server, "FullLanguage"),
		.bits = server_keep(server, "64"),
		.name = server->name,
		.user = server_keep(server, "CORP\\lockstep"),
		.os = server_keep(server, "Microsoft Windows NT 10.0.20348.0"),
		.mwa = server_keep(server, "10.0.20348.1"),
		.writable = server_keep(server, "1"),
		.redirected = server_keep(server, "0"),
		.was = server_keep(server, "Running"),
		.w3svc = server_keep(server, "Running"),
	};
	return server;
}

void server_free(struct server *server)
{
	if (!server)
		return;
	(void)pthread_mutex_destroy(&server->lock);
	(void)pthread_mutex_destroy(&server->fence_lock);
	arena_done(&server->arena);
	free(server);
}

char *server_keep(struct server *server, const char *text)
{
	return need(arena_strdup(&server->arena, text));
}

struct world_pool *server_pool(struct server *server, const char *name)
{
	struct world_pool *pool;

	array_foreach(pool, &server->pools)
		if (str_eq_nocase(pool->name, name))
			return pool;
	return NULL;
}

struct world_fence *server_fence(struct server *server, const char *pool)
{
	struct world_fence *entry;

	array_foreach(entry, &server->fences)
		if (str_eq_nocase(entry->pool, pool))
			return entry;
	return NULL;
}

void server_fence_put(struct server *server, const struct world_fence *entry)
{
	struct world_fence *old = server_fence(server, entry->pool);
	struct world_fence kept = *entry;

	kept.pool = server_keep(server, entry->pool);
	if (old)
		*old = kept;
	else if (!array_push(&server->arena, &server->fences, kept))
		(void)need(NULL);
}

bool user_is_managed(const char *user)
{
	size_t len = strlen(user);

	return len > 0 && user[len - 1] == '$';
}

unsigned server_site_count(const struct server *server, const char *pool)
{
	unsigned n = 0;

	for (size_t i = 0; i < server->apps.n; i++) {
		const struct world_app *app = &server->apps.items[i];
		bool seen = false;

		if (!str_eq_nocase(app->pool, pool))
			continue;
		for (size_t j = 0; j < i && !seen; j++)
			seen = str_eq_nocase(server->apps.items[j].pool,
					     pool) &&
			       str_eq_nocase(server->apps.items[j].site,
					     app->site);
		n += !seen;
	}
	return n;
}

void server_digest(const struct server *server, char ret[65])
{
	uint8_t digest[DIGEST_BYTES] = { 0 };
	const struct digest_part parts[] = {
		{ server->name, strlen(server->name) + 1 },
		{ &server->writes, sizeof(server->writes) },
	};

	if (digest_sha256(parts, 2, digest, NULL) < 0)
		abort();
	digest_hex(digest, sizeof(digest), ret);
}
