/* was.c - see was.h. */
#include "tests/fleet/was.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"

#define IDENTITY_INVALID      5021
#define DISABLED_FOR_IDENTITY 5057
#define DISABLED_AT_START     5059
#define DISABLED_FOR_CRASHES  5002

static void log_event(struct server *server, const struct world_pool *pool,
		      unsigned id, const char *code)
{
	struct world_event event = { .id = id,
				     .time_ms = clock_wall_ms(),
				     .pool = pool->name,
				     .code = code };

	if (!array_push(&server->arena, &server->events, event))
		(void)need(NULL);
}

static bool logged_on(const struct world_pool *pool)
{
	return pool->logon.code[0] == '\0';
}

static struct logon check(struct server *server, const struct world_pool *pool)
{
	if (pool->identity != IDENTITY_SPECIFIC_USER)
		return (struct logon){ .code = "" };
	if (pool->unreadable)
		return (struct logon){ .code = "80090005" };
	return domain_logon(server->domain, pool->user.text,
			    pool->password.text);
}

static char *owner_of(struct server *server, const struct world_pool *pool)
{
	const char *name;

	switch (pool->identity) {
	case IDENTITY_LOCAL_SYSTEM:
		return server_keep(server, "NT AUTHORITY\\SYSTEM");
	case IDENTITY_LOCAL_SERVICE:
		return server_keep(server, "NT AUTHORITY\\LOCAL SERVICE");
	case IDENTITY_NETWORK_SERVICE:
		return server_keep(server, "NT AUTHORITY\\NETWORK SERVICE");
	case IDENTITY_APPLICATION_POOL:
		return need(arena_printf(&server->arena, "IIS APPPOOL\\%s",
					 pool->name));
	case IDENTITY_SPECIFIC_USER:
	case IDENTITY_COUNT:
		break;
	}
	/* Windows names the account of the token, however IIS spells it. */
	name = domain_spelling(server->domain, pool->user.text);
	return server_keep(server, name ? name : pool->user.text);
}

static void launch(struct server *server, struct world_pool *pool)
{
	if (!logged_on(pool)) {
		log_event(server, pool, DISABLED_FOR_IDENTITY,
			  pool->logon.code);
		log_event(server, pool, DISABLED_AT_START, pool->logon.code);
		pool->started = false;
		return;
	}
	server->last_pid += 4;
	pool->worker = (struct world_worker){
		.pid = server->last_pid,
		.owner = owner_of(server, pool),
		.started_ms = clock_wall_ms(),
	};
}

/* True when the identity is good now. A refused batch right is not tried. */
static bool check_again(struct server *server, struct world_pool *pool,
			bool at_request)
{
	bool was_good = logged_on(pool);

	if (pool->logon.final)
		return false;
	pool->logon = check(server, pool);
	if (!logged_on(pool) && (was_good || !at_request))
		log_event(server, pool, IDENTITY_INVALID, pool->logon.code);
	return logged_on(pool);
}

static void begin(struct server *server, struct world_pool *pool)
{
	pool->started = true;
	(void)check_again(server, pool, false);
	if (pool->always_running)
		launch(server, pool);
}

void was_boot(struct server *server)
{
	struct world_pool *pool;

	array_foreach(pool, &server->pools) {
		pool->logon = (struct logon){ .code = "" };
		if (pool->auto_start)
			begin(server, pool);
	}
}

void was_changed(struct server *server, struct world_pool *pool)
{
	bool ran = pool->worker.pid != 0;

	pool->logon = check(server, pool);
	if (!logged_on(pool))
		log_event(server, pool, IDENTITY_INVALID, pool->logon.code);
	if (ran && !pool->rotates)
		return;
	pool->worker.pid = 0;
	if (pool->started && ((ran && logged_on(pool)) || pool->always_running))
		launch(server, pool);
}

enum was_control was_start(struct server *server, struct world_pool *pool)
{
	if (pool->started)
		return WAS_ALREADY_STARTED;
	begin(server, pool);
	return WAS_DONE;
}

enum was_control was_stop(struct server *server, struct world_pool *pool)
{
	(void)server;
	if (!pool->started)
		return WAS_NOT_STARTED;
	pool->started = false;
	pool->worker.pid = 0;
	return WAS_DONE;
}

enum was_control was_recycle(struct server *server, struct world_pool *pool)
{
	if (!pool->started)
		return WAS_NOT_STARTED;
	if (pool->worker.pid == 0)
		return WAS_DONE;
	pool->worker.pid = 0;
	if (check_again(server, pool, false) || pool->always_running)
		launch(server, pool);
	return WAS_DONE;
}

int was_request(struct server *server, struct world_pool *pool)
{
	if (pool->started && pool->worker.pid == 0) {
		(void)check_again(server, pool, true);
		launch(server, pool);
	}
	return pool->worker.pid != 0 ? 200 : 503;
}

void was_give_up(struct server *server, struct world_pool *pool)
{
	log_event(server, pool, DISABLED_FOR_CRASHES, "");
	pool->started = false;
	pool->worker.pid = 0;
}
