/* world_file.c - see world_file.h. */
#include "tests/fleet/world_file.h"

#include "reconciler/core/record.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/file.h"

#include <stdio.h>
#include <string.h>

#define FILE_MAX ((size_t)16 << 20)

/* clang-format off */
static const struct record_kind kinds[] = {
	{ "account", { "name", "password", "state" } },
	{ "probe", { "ps", "language", "bits", "name", "user", "os", "mwa",
		     "writable", "redirected", "was", "w3svc" } },
	{ "pool", { "name", "identity", "local", "user", "userLocal",
		    "password", "passwordLocal", "unreadable", "started",
		    "autoStart", "startMode", "rotates", "logon" } },
	{ "worker", { "pool", "pid", "owner", "started" } },
	{ "event", { "id", "time", "pool", "code" } },
	{ "site", { "name", "bindings", "answering" } },
	{ "app", { "pool", "site", "path", "folder", "windowsAuth",
		   "kernelMode", "poolCredentials" } },
	{ "elsewhere", { "kind", "place", "user" } },
	{ "blind", { "what", "code" } },
	{ "fence", { "pool", "generation", "candidate", "committed" } },
	{ NULL, { NULL } },
};
/* clang-format on */

static char *value(struct server *server, const struct record *record,
		   const char *field)
{
	return server_keep(server, record_value(record, field));
}

static int read_account(struct server *server, const struct record *record,
			struct err *err)
{
	if (!domain_set(server->domain, record_value(record, "name"),
			record_value(record, "password"),
			record_value(record, "state")))
		return err_set(err, -ERR_RECORD, "account: unknown state");
	return 0;
}

static void read_probe(struct server *server, const struct record *record)
{
	server->probe = (struct world_probe){
		.ps = value(server, record, "ps"),
		.language = value(server, record, "language"),
		.bits = value(server, record, "bits"),
		.name = value(server, record, "name"),
		.user = value(server, record, "user"),
		.os = value(server, record, "os"),
		.mwa = value(server, record, "mwa"),
		.writable = value(server, record, "writable"),
		.redirected = value(server, record, "redirected"),
		.was = value(server, record, "was"),
		.w3svc = value(server, record, "w3svc"),
	};
}

static int read_pool(struct server *server, const struct record *record,
		     struct err *err)
{
	const char *code = record_value(record, "logon");
	struct world_pool pool = {
		.name = value(server, record, "name"),
		.user.text = value(server, record, "user"),
		.password.text = value(server, record, "password"),
		.always_running = str_eq(record_value(record, "startMode"),
					 "AlwaysRunning"),
		.logon = { server_keep(server, code),
			   str_eq(code, "80070569") },
	};
	const struct {
		const char *field;
		bool *flag;
	} flags[] = {
		{ "local", &pool.identity_local },
		{ "userLocal", &pool.user.local },
		{ "passwordLocal", &pool.password.local },
		{ "unreadable", &pool.unreadable },
		{ "started", &pool.started },
		{ "autoStart", &pool.auto_start },
		{ "rotates", &pool.rotates },
	};
	int rc = 0;

	if (!identity_type_parse(record_value(record, "identity"),
				 &pool.identity))
		rc = err_set(err, -ERR_RECORD, "pool: unknown identity");
	for (size_t i = 0; !rc && i < sizeof(flags) / sizeof(flags[0]); i++)
		rc = record_flag(record, flags[i].field, flags[i].flag, err);
	if (!rc && !array_push(&server->arena, &server->pools, pool))
		(void)need(NULL);
	return rc;
}

static int read_worker(struct server *server, const struct record *record,
		       struct err *err)
{
	struct world_pool *pool =
		server_pool(server, record_value(record, "pool"));
	struct world_worker worker = { .owner =
					       value(server, record, "owner") };
	int rc;

	if (!pool)
		return err_set(err, -ERR_RECORD, "worker: no such pool");
	rc = record_number(record, "pid", UINT32_MAX, &worker.pid, err);
	if (!rc)
		rc = record_number(record, "started", RECORD_NUMBER_MAX,
				   &worker.started_ms, err);
	if (rc)
		return rc;
	pool->worker = worker;
	if (worker.pid > server->last_pid)
		server->last_pid = worker.pid;
	return 0;
}

static int read_event(struct server *server, const struct record *record,
		      struct err *err)
{
	struct world_event event = { .pool = value(server, record, "pool"),
				     .code = value(server, record, "code") };
	int64_t id;
	int rc = record_number(record, "id", 65535, &id, err);

	if (!rc)
		rc = record_number(record, "time", RECORD_NUMBER_MAX,
				   &event.time_ms, err);
	if (rc)
		return rc;
	event.id = (unsigned)id;
	if (!array_push(&server->arena, &server->events, event))
		(void)need(NULL);
	return 0;
}

static int read_app(struct server *server, const struct record *record,
		    struct err *err)
{
	struct world_app app = {
		.pool = value(server, record, "pool"),
		.site = value(server, record, "site"),
		.path = value(server, record, "path"),
		.folder = value(server, record, "folder"),
	};
	int rc = record_flag(record, "windowsAuth", &app.windows_auth, err);

	if (!rc)
		rc = record_flag(record, "kernelMode", &app.kernel_mode, err);
	if (!rc)
		rc = record_flag(record, "poolCredentials",
				 &app.pool_credentials, err);
	if (!rc && !array_push(&server->arena, &server->apps, app))
		(void)need(NULL);
	return rc;
}

static int read_fence(struct server *server, const struct record *record,
		      struct err *err)
{
	struct world_fence entry = { .pool = value(server, record, "pool") };
	uint8_t candidate[16];
	int rc = record_hex(record, "candidate", candidate, sizeof(candidate),
			    err);

	if (!rc)
		rc = record_number(record, "generation", RECORD_NUMBER_MAX,
				   &entry.generation, err);
	if (!rc)
		rc = record_number(record, "committed", RECORD_NUMBER_MAX,
				   &entry.committed_ms, err);
	if (rc)
		return rc;
	(void)snprintf(entry.candidate, sizeof(entry.candidate), "%s",
		       record_value(record, "candidate"));
	server->fence = FENCE_PRESENT;
	server_fence_put(server, &entry);
	return 0;
}

/* Rows that are told as they stand. */
static void read_told(struct server *server, const struct record *record)
{
	bool kept = true;

	if (record_is(record, "site"))
		kept = array_push(&server->arena, &server->sites,
				  (struct world_site){
					  value(server, record, "name"),
					  value(server, record, "bindings"),
					  value(server, record, "answering") });
	else if (record_is(record, "elsewhere"))
		kept = array_push(&server->arena, &server->elsewhere,
				  (struct world_elsewhere){
					  value(server, record, "kind"),
					  value(server, record, "place"),
					  value(server, record, "user") });
	else if (record_is(record, "blind"))
		kept = array_push(
			&server->arena, &server->blind,
			(struct world_blind){ value(server, record, "what"),
					      value(server, record, "code") });
	if (!kept)
		(void)need(NULL);
}

static int read_row(struct server *server, const struct record *record,
		    struct err *err)
{
	if (record_is(record, "account"))
		return read_account(server, record, err);
	if (record_is(record, "pool"))
		return read_pool(server, record, err);
	if (record_is(record, "worker"))
		return read_worker(server, record, err);
	if (record_is(record, "event"))
		return read_event(server, record, err);
	if (record_is(record, "app"))
		return read_app(server, record, err);
	if (record_is(record, "fence"))
		return read_fence(server, record, err);
	if (record_is(record, "probe"))
		read_probe(server, record);
	else
		read_told(server, record);
	return 0;
}

int world_file_read(const char *path, struct server *server, struct err *err)
{
	static const struct record_limits limits = { .rows = 100000,
						     .value_bytes = 65536 };
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	struct record_list list;
	int rc;

	arena_init(&arena, FILE_MAX * 4);
	buf_init(&text, FILE_MAX);
	rc = file_read(path, FILE_ANY, FILE_MAX, &text, err);
	if (!rc)
		rc = records_decode(&arena, kinds, &limits, buf_text(&text),
				    text.len, &list, err);
	for (size_t i = 0; !rc && i < list.n; i++)
		rc = read_row(server, &list.items[i], err);
	return rc ? err_prefix(err, rc, "%s", path) : 0;
}
