/* stage_observe.c - observe and verify: what a server tells of its pools. */
#include "tests/fleet/stage.h"

#include "reconciler/core/frame.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"

#include <stdlib.h>
#include <string.h>

#define EVENTS_LOOKED_AT 2000
#define KEY_BYTES        32

static const char *flag(bool value)
{
	return value ? "1" : "0";
}

static const struct held_secret *read_key(struct stage *stage,
					  struct fault *fault)
{
	const struct held_secret *key = stage_secret(
		stage, &stage->request->head, "key", FRAME_TAG_KEY, "", fault);

	if (key && key->len != KEY_BYTES) {
		(void)fault_set(fault, "bad_secret", "key");
		return NULL;
	}
	return key;
}

bool view_begin(struct stage *stage, int64_t oldest_ms, struct view *ret,
		struct fault *fault)
{
	*ret = (struct view){ .key = read_key(stage, fault),
			      .oldest_ms = oldest_ms };
	return ret->key != NULL;
}

static void put_u32(uint8_t out[4], size_t value)
{
	out[0] = (uint8_t)(value >> 24);
	out[1] = (uint8_t)(value >> 16);
	out[2] = (uint8_t)(value >> 8);
	out[3] = (uint8_t)value;
}

static void tag_of(const struct held_secret *key, const struct world_pool *pool,
		   char ret[DIGEST_HEX])
{
	static const char label[] = "lockstep/1 tag"; /* its NUL counts */
	uint8_t mac[DIGEST_BYTES] = { 0 };
	uint8_t pool_len[4];
	uint8_t user_len[4];
	const struct digest_part parts[] = {
		{ label, sizeof(label) },
		{ pool_len, sizeof(pool_len) },
		{ pool->name, strlen(pool->name) },
		{ user_len, sizeof(user_len) },
		{ pool->user.text, strlen(pool->user.text) },
		{ pool->password.text, strlen(pool->password.text) },
	};

	put_u32(pool_len, strlen(pool->name));
	put_u32(user_len, strlen(pool->user.text));
	if (digest_hmac((const uint8_t *)key->bytes, key->len, parts, 6, mac,
			NULL) < 0)
		abort();
	digest_hex(mac, sizeof(mac), ret);
}

static const char *from(const struct value *value, bool there)
{
	if (!there)
		return "none";
	return value->local ? "local" : "inherited";
}

static void put_fault_of_key(struct stage *stage, const char *pool)
{
	struct fault fault = {
		.code = "crypto_key",
		.type = "System.Runtime.InteropServices.COMException",
		.hresult = "80090005",
		.detail = "",
	};

	reply_fault(stage->reply, pool, &fault);
}

/* A pool that cannot be told about is still there, under its name. */
static bool put_unreadable(struct stage *stage, const struct world_pool *pool)
{
	struct fault fault;
	const char *wrong =
		request_value_fault(pool->user.text, strlen(pool->user.text));

	if (wrong[0] == '\0')
		return false;
	reply_add(stage->reply, "pool",
		  (const char *const[]){ pool->name, "ApplicationPoolIdentity",
					 "0", "", "none", "unreadable", "none",
					 "", "Unknown", "0", "", "0", "0" });
	(void)fault_set(&fault, wrong, "user");
	reply_fault(stage->reply, pool->name, &fault);
	return true;
}

static void put_pool(struct stage *stage, const struct view *view,
		     const struct world_pool *pool)
{
	bool there = pool->unreadable || pool->password.text[0] != '\0';
	char tag[DIGEST_HEX] = "";
	struct reply_number sites;

	if (pool->identity == IDENTITY_SPECIFIC_USER && !pool->unreadable &&
	    stage_watches(stage, pool->user.text) &&
	    (there || !user_is_managed(pool->user.text)))
		tag_of(view->key, pool, tag);
	reply_add(
		stage->reply, "pool",
		(const char *const[]){
			pool->name, identity_type_name(pool->identity),
			flag(pool->identity_local), pool->user.text,
			from(&pool->user, pool->user.text[0] != '\0'),
			pool->unreadable ? "unreadable"
			: there          ? "present"
					 : "absent",
			from(&pool->password, there), tag,
			pool->started ? "Started" : "Stopped",
			flag(pool->auto_start),
			pool->always_running ? "AlwaysRunning" : "OnDemand",
			flag(pool->rotates),
			reply_number(&sites, server_site_count(stage->server,
							       pool->name)) });
	if (pool->unreadable)
		put_fault_of_key(stage, pool->name);
}

static void put_apps(struct stage *stage, const char *pool)
{
	const struct world_app *app;

	array_foreach(app, &stage->server->apps)
		if (str_eq_nocase(app->pool, pool))
			reply_add(stage->reply, "app",
				  (const char *const[]){
					  app->pool, app->site, app->path,
					  app->folder, flag(app->windows_auth),
					  flag(app->kernel_mode),
					  flag(app->pool_credentials) });
}

static void put_worker(struct stage *stage, const struct world_pool *pool)
{
	struct reply_number pid;
	struct reply_number started;

	if (pool->worker.pid == 0)
		return;
	reply_add(stage->reply, "worker",
		  (const char *const[]){
			  pool->name, reply_number(&pid, pool->worker.pid),
			  pool->worker.owner,
			  reply_number(&started, pool->worker.started_ms) });
}

/* The newest of each id, newest first. */
static void put_events(struct stage *stage, const struct view *view,
		       const char *pool, int64_t since_ms)
{
	const struct server *server = stage->server;
	unsigned told[8];
	size_t n = 0;
	size_t seen = 0;

	for (size_t i = server->events.n; i-- > 0;) {
		const struct world_event *event = &server->events.items[i];
		struct reply_number id;
		struct reply_number time;
		size_t at = 0;

		if (event->time_ms < view->oldest_ms)
			continue;
		if (++seen > EVENTS_LOOKED_AT)
			return;
		if (!str_eq_nocase(event->pool, pool) ||
		    event->time_ms < since_ms)
			continue;
		while (at < n && told[at] != event->id)
			at++;
		if (at < n || n == sizeof(told) / sizeof(told[0]))
			continue;
		told[n++] = event->id;
		reply_add(stage->reply, "event",
			  (const char *const[]){
				  pool, reply_number(&id, event->id),
				  reply_number(&time, event->time_ms),
				  event->code });
	}
}

static void put_fence(struct stage *stage, const char *pool)
{
	const struct world_fence *entry = server_fence(stage->server, pool);
	struct reply_number generation;
	struct reply_number committed;

	if (!entry || stage->server->fence != FENCE_PRESENT)
		return;
	reply_add(stage->reply, "fence",
		  (const char *const[]){
			  entry->pool,
			  reply_number(&generation, entry->generation),
			  entry->candidate,
			  reply_number(&committed, entry->committed_ms) });
}

void view_pool(struct stage *stage, const struct view *view,
	       const struct world_pool *pool, int64_t since_ms)
{
	if (put_unreadable(stage, pool))
		return;
	put_pool(stage, view, pool);
	put_apps(stage, pool->name);
	put_worker(stage, pool);
	put_events(stage, view, pool->name, since_ms);
	put_fence(stage, pool->name);
}

static void put_server(struct stage *stage)
{
	static const char *const fences[] = { "absent", "present", "damaged" };
	struct server *server = stage->server;
	const struct world_elsewhere *elsewhere;
	const struct world_blind *blind;
	const struct world_site *site;
	char digest[DIGEST_HEX];
	struct reply_number now;

	server_digest(server, digest);
	reply_add(stage->reply, "server",
		  (const char *const[]){ digest, fences[server->fence],
					 reply_number(&now, clock_wall_ms()) });
	array_foreach(site, &server->sites)
		reply_add(stage->reply, "site",
			  (const char *const[]){ site->name, site->bindings });
	array_foreach(elsewhere, &server->elsewhere)
		if (stage_watches(stage, elsewhere->user))
			reply_add(stage->reply, "elsewhere",
				  (const char *const[]){ elsewhere->kind,
							 elsewhere->place,
							 elsewhere->user });
	/* Without a watched account nobody looks at other places. */
	if (stage->request->n > 0)
		array_foreach(blind, &server->blind)
			reply_add(stage->reply, "blind",
				  (const char *const[]){ blind->what,
							 blind->code });
}

bool stage_observe(struct stage *stage, struct fault *fault)
{
	const struct world_pool *pool;
	struct view view;

	if (!view_begin(stage, 0, &view, fault))
		return false;
	(void)pthread_mutex_lock(&stage->server->lock);
	put_server(stage);
	array_foreach(pool, &stage->server->pools)
		view_pool(stage, &view, pool, 0);
	(void)pthread_mutex_unlock(&stage->server->lock);
	return true;
}

/* Of the `check` rows; false: *fault. */
static bool read_checks(struct stage *stage, int64_t *since,
			int64_t *ret_oldest, struct fault *fault)
{
	const struct request *request = stage->request;
	int64_t oldest = RECORD_NUMBER_MAX;

	for (size_t i = 0; i < request->n; i++) {
		if (!record_is(&request->rows[i], "check"))
			continue;
		if (!request_once(request, i, fault) ||
		    !request_number(&request->rows[i], "since", &since[i],
				    fault))
			return false;
		if (since[i] < oldest)
			oldest = since[i];
	}
	*ret_oldest = oldest;
	return true;
}

bool stage_verify(struct stage *stage, struct fault *fault)
{
	const struct request *request = stage->request;
	int64_t *since = need(
		arena_alloc(stage->arena, request->n * sizeof(*since) + 1));
	struct ways ways;
	struct view view;
	int64_t oldest;

	if (!view_begin(stage, 0, &view, fault) ||
	    !read_checks(stage, since, &oldest, fault) ||
	    !http_read(stage, &ways, fault))
		return false;
	/* First: a request starts a worker, and is told in the log. */
	http_ask(stage, &ways);
	view.oldest_ms = oldest;
	(void)pthread_mutex_lock(&stage->server->lock);
	for (size_t i = 0; i < request->n; i++) {
		const struct world_pool *pool;

		if (!record_is(&request->rows[i], "check"))
			continue;
		pool = server_pool(stage->server,
				   record_value(&request->rows[i], "name"));
		if (!pool) /* a pool that is not there has no row */
			continue;
		view_pool(stage, &view, pool, since[i]);
		http_put_answers(stage, &ways, pool->name);
	}
	(void)pthread_mutex_unlock(&stage->server->lock);
	return true;
}
