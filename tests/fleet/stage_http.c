/* stage_http.c - verify asks the sites of a pool through their bindings; here
 * the fleet itself answers; see stage.h. */
#include "tests/fleet/stage.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "tests/fleet/was.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WITHIN_MAX_MS 90000
#define PAUSE_MS      500
#define PATH_MAX_LEN  2048
#define EXPECT_MAX    32

static bool path_valid(const char *path)
{
	size_t len = strlen(path);

	if (path[0] != '/' || len > PATH_MAX_LEN)
		return false;
	for (size_t i = 1; i < len; i++)
		if (path[i] < '!' || path[i] > '~')
			return false;
	return true;
}

/* "200,401": 1 to 32 of 100 .. 599. */
static bool expect_valid(const char *expect)
{
	size_t n = 0;

	while (true) {
		if (expect[0] < '1' || expect[0] > '5' ||
		    strspn(expect, "0123456789") != 3 || ++n > EXPECT_MAX)
			return false;
		expect += 3;
		if (*expect == '\0')
			return true;
		if (*expect++ != ',')
			return false;
	}
}

static bool is_checked(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->n; i++)
		if (record_is(&request->rows[i], "check") &&
		    str_eq_nocase(record_value(&request->rows[i], "name"),
				  name))
			return true;
	return false;
}

static bool read_row(const struct request *request, size_t at,
		     struct http_row *ret, struct fault *fault)
{
	const struct record *row = &request->rows[at];

	*ret = (struct http_row){ .name = record_value(row, "name"),
				  .path = record_value(row, "path"),
				  .expect = record_value(row, "expect") };
	if (!request_once(request, at, fault))
		return false;
	if (!is_checked(request, ret->name))
		return fault_set(fault, "bad_word", "name");
	if (!request_number(row, "within", &ret->within_ms, fault))
		return false;
	if (!path_valid(ret->path))
		return fault_set(fault, "bad_word", "path");
	if (!expect_valid(ret->expect))
		return fault_set(fault, "bad_word", "expect");
	if (ret->within_ms < 1 || ret->within_ms > WITHIN_MAX_MS)
		return fault_set(fault, "bad_number", "within");
	return true;
}

/* ---- ways: one for each binding ----------------------------------------- */

static void way_add(struct stage *stage, struct ways *ways,
		    const struct http_row *row, const char *site,
		    const char *binding)
{
	struct way way = { .row = row,
			   .site = site,
			   .binding = binding,
			   .why = "no_binding",
			   .closed = true };

	if (!array_push(stage->arena, ways, way))
		(void)need(NULL);
}

/* "http *:80:name" leads somewhere. */
static bool binding_leads(const char *binding)
{
	const char *information = strchr(binding, ' ');
	const char *host = information ? strrchr(information, ':') : NULL;
	const char *port = host;

	if (!host || host == information)
		return false;
	while (port > information && port[-1] != ':' && port[-1] != ' ')
		port--;
	return port[-1] == ':' && strtol(port, NULL, 10) >= 1 &&
	       strtol(port, NULL, 10) <= 65535;
}

static bool holds_binding(const char *list, const char *binding)
{
	size_t len = strlen(binding);

	for (; list; list = strstr(list, ", "), list = list ? list + 2 : NULL)
		if (strncmp(list, binding, len) == 0 &&
		    (list[len] == '\0' || list[len] == ','))
			return true;
	return false;
}

static void add_site(struct stage *stage, struct ways *ways,
		     const struct http_row *row, const struct world_site *site)
{
	size_t before = ways->n;
	char *text = need(arena_strdup(stage->arena, site->bindings));
	char *next;

	for (char *binding = text; binding && *binding; binding = next) {
		next = strstr(binding, ", ");
		if (next) {
			*next = '\0';
			next += 2;
		}
		if (strncasecmp(binding, "http ", 5) != 0 &&
		    strncasecmp(binding, "https ", 6) != 0)
			continue;
		way_add(stage, ways, row, site->name, binding);
		if (!binding_leads(binding))
			continue;
		ways->items[ways->n - 1].closed = false;
		ways->items[ways->n - 1].why = "refused";
		ways->items[ways->n - 1].answers =
			holds_binding(site->answering, binding);
	}
	if (ways->n == before)
		way_add(stage, ways, row, site->name, "");
}

static bool site_uses(const struct server *server, const char *site,
		      const char *pool)
{
	const struct world_app *app;

	array_foreach(app, &server->apps)
		if (str_eq_nocase(app->site, site) &&
		    str_eq_nocase(app->pool, pool))
			return true;
	return false;
}

bool http_read(struct stage *stage, struct ways *ret, struct fault *fault)
{
	const struct request *request = stage->request;
	const struct world_site *site;

	*ret = (struct ways){ 0 };
	for (size_t i = 0; i < request->n; i++) {
		struct http_row *row;

		if (!record_is(&request->rows[i], "http"))
			continue;
		row = need(arena_alloc(stage->arena, sizeof(*row)));
		if (!read_row(request, i, row, fault))
			return false;
		(void)pthread_mutex_lock(&stage->server->lock);
		array_foreach(site, &stage->server->sites)
			if (site_uses(stage->server, site->name, row->name))
				add_site(stage, ret, row, site);
		(void)pthread_mutex_unlock(&stage->server->lock);
	}
	return true;
}

/* ---- asking ------------------------------------------------------------- */

/* The application with the longest path that fits, and its pool. */
static int answer(struct server *server, const struct way *way)
{
	const struct world_app *best = NULL;
	const struct world_app *app;
	struct world_pool *pool;

	array_foreach(app, &server->apps) {
		size_t len = strlen(app->path);

		if (len > 0 && app->path[len - 1] == '/')
			len--;
		if (!str_eq_nocase(app->site, way->site) ||
		    strncasecmp(way->row->path, app->path, len) != 0 ||
		    (way->row->path[len] != '/' && way->row->path[len] != '\0'))
			continue;
		if (!best || strlen(app->path) > strlen(best->path))
			best = app;
	}
	if (!best)
		return 404;
	pool = server_pool(server, best->pool);
	return pool ? was_request(server, pool) : 503;
}

static bool is_expected(const struct way *way)
{
	char status[8];

	(void)snprintf(status, sizeof(status), "%d", way->status);
	return strstr(way->row->expect, status) != NULL;
}

static bool ask_open(struct stage *stage, struct ways *ways, int64_t spent_ms)
{
	bool again = false;
	struct way *way;

	(void)pthread_mutex_lock(&stage->server->lock);
	array_foreach(way, ways) {
		if (way->closed || spent_ms >= way->row->within_ms)
			continue;
		if (way->answers) {
			way->status = answer(stage->server, way);
			way->why = "";
		}
		way->closed = way->status && is_expected(way);
		again |= !way->closed;
	}
	(void)pthread_mutex_unlock(&stage->server->lock);
	return again;
}

void http_ask(struct stage *stage, struct ways *ways)
{
	int64_t begun_ms = clock_mono_ms();

	while (ask_open(stage, ways, clock_mono_ms() - begun_ms))
		stage_sleep(PAUSE_MS);
}

void http_put_answers(struct stage *stage, const struct ways *ways,
		      const char *pool)
{
	const struct way *way;

	array_foreach(way, ways) {
		struct reply_number status;

		if (str_eq_nocase(way->row->name, pool))
			reply_add(stage->reply, "answer",
				  (const char *const[]){
					  pool, way->site, way->binding,
					  reply_number(&status, way->status),
					  way->why });
	}
}
