/* order.c - see order.h. */
#include "tests/fleet/order.h"

#include "reconciler/core/str.h"
#include "tests/fleet/layout.h"
#include "tests/fleet/was.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define STATUS_USAGE 64

/* One order on its way. server and pool: as far as its words name them. */
struct call {
	struct fleet *fleet;
	const struct order *order;
	struct server *server;
	struct world_pool *pool;
	char *password; /* the input, without a final line end */
	struct buf *out;
};

static int show_pools(struct call *call)
{
	const struct world_pool *pool;

	array_foreach(pool, &call->server->pools) {
		buf_printf(call->out, "%s\t%s\t%s\t%s\t%s\t", pool->name,
			   identity_type_name(pool->identity), pool->user.text,
			   pool->password.text,
			   pool->started ? "Started" : "Stopped");
		if (pool->worker.pid)
			buf_printf(call->out, "%" PRId64 "\n",
				   pool->worker.pid);
		else
			buf_puts(call->out, "-\n");
	}
	return 0;
}

static int show_events(struct call *call)
{
	const struct world_event *event;

	array_foreach(event, &call->server->events)
		buf_printf(call->out, "%u\t%" PRId64 "\t%s\t%s\n", event->id,
			   event->time_ms, event->pool,
			   event->code[0] ? event->code : "-");
	return 0;
}

static int show_commits(struct call *call)
{
	const struct world_commit *commit;

	array_foreach(commit, &call->server->commits)
		buf_printf(call->out, "%" PRId64 "\t%u\t%s\n", commit->time_ms,
			   commit->n, commit->pools);
	return 0;
}

static void put_fence(struct call *call, const struct world_fence *fence)
{
	buf_printf(call->out, "%s\t%" PRId64 "\t%s\t%" PRId64 "\n", fence->pool,
		   fence->generation, fence->candidate, fence->committed_ms);
}

static int show_fences(struct call *call)
{
	const struct world_fence *fence;

	array_foreach(fence, &call->server->fences)
		put_fence(call, fence);
	return 0;
}

static int show_written(struct call *call)
{
	const struct world_fence *fence;

	array_foreach(fence, &call->server->written)
		put_fence(call, fence);
	return 0;
}

/* Of all servers: name, connections, logins, sessions, commits. */
static int show_counts(struct call *call)
{
	for (size_t i = 0; i < call->fleet->n; i++) {
		struct server *server = call->fleet->servers[i];

		(void)pthread_mutex_lock(&server->lock);
		buf_printf(call->out, "%s\t%u\t%u\t%u\t%zu\n", server->name,
			   server->connections, server->logins,
			   server->sessions, server->commits.n);
		(void)pthread_mutex_unlock(&server->lock);
	}
	return 0;
}

/* As a person in IIS Manager, which however refuses a wrong password. */
static int set_pool(struct call *call)
{
	struct world_pool *pool = call->pool;

	pool->identity = IDENTITY_SPECIFIC_USER;
	pool->identity_local = true;
	pool->unreadable = false;
	pool->user = (struct value){
		server_keep(call->server, call->order->words[3]), true
	};
	pool->password =
		(struct value){ server_keep(call->server, call->password),
				true };
	call->server->writes++;
	was_changed(call->server, pool);
	return 0;
}

static int set_account(struct call *call)
{
	const char *state =
		call->order->n > 2 ? call->order->words[2] : "enabled";

	if (domain_set(&call->fleet->domain, call->order->words[1],
		       call->password, state))
		return 0;
	buf_printf(call->out, "no state of an account is called %s\n", state);
	return STATUS_USAGE;
}

static int set_secret(struct call *call)
{
	struct err err;

	if (layout_secret(call->fleet, call->order->words[1],
			  call->order->input, call->order->input_len,
			  &err) == 0)
		return 0;
	buf_printf(call->out, "%s\n", err.what);
	return 1;
}

static int request(struct call *call)
{
	buf_printf(call->out, "%d\n", was_request(call->server, call->pool));
	return 0;
}

static int touch(struct call *call)
{
	call->server->writes++;
	return 0;
}

static int conflict(struct call *call)
{
	int64_t n = 1;

	if (call->order->n > 2 && !str_number(call->order->words[2], 1000, &n))
		return STATUS_USAGE;
	call->server->conflicts = (unsigned)n;
	return 0;
}

static int start(struct call *call)
{
	(void)was_start(call->server, call->pool);
	return 0;
}

static int stop(struct call *call)
{
	(void)was_stop(call->server, call->pool);
	return 0;
}

static int crash(struct call *call)
{
	was_give_up(call->server, call->pool);
	return 0;
}

static int unplug(struct call *call)
{
	call->server->down = true;
	return 0;
}

static int plug(struct call *call)
{
	call->server->down = false;
	return 0;
}

static int damage(struct call *call)
{
	call->server->fence = FENCE_DAMAGED;
	return 0;
}

static int drop(struct call *call)
{
	struct server *server = call->server;
	size_t at = (size_t)(call->pool - server->pools.items);

	server->pools.n--;
	memmove(call->pool, call->pool + 1,
		(server->pools.n - at) * sizeof(*call->pool));
	server->writes++;
	return 0;
}

enum names { NAMES_NOTHING, NAMES_SERVER, NAMES_POOL };

static const struct verb {
	const char *name;
	enum names names;
	size_t words; /* at least, with the verb */
	bool input;
	int (*run)(struct call *call);
	const char *usage;
} verbs[] = {
	{ "pools", NAMES_SERVER, 2, false, show_pools,
	  "pools SERVER: name, identity, user, password, state, worker" },
	{ "events", NAMES_SERVER, 2, false, show_events,
	  "events SERVER: id, time in ms, pool, error number" },
	{ "commits", NAMES_SERVER, 2, false, show_commits,
	  "commits SERVER: time in ms, number of pools, their names" },
	{ "fences", NAMES_SERVER, 2, false, show_fences,
	  "fences SERVER: pool, generation, candidate, time in ms of its commit" },
	{ "written", NAMES_SERVER, 2, false, show_written,
	  "written SERVER: the same of every pool of every commit, in order" },
	{ "counts", NAMES_NOTHING, 1, false, show_counts,
	  "counts: server, connections, logins, sessions, commits" },
	{ "set", NAMES_POOL, 4, true, set_pool,
	  "set SERVER POOL USER <PASSWORD: by hand" },
	{ "account", NAMES_NOTHING, 2, true, set_account,
	  "account USER [STATE] <PASSWORD: in the domain" },
	{ "secret", NAMES_NOTHING, 2, true, set_secret,
	  "secret USER <PASSWORD: DIR/secrets/USER and config.yaml" },
	{ "request", NAMES_POOL, 3, false, request,
	  "request SERVER POOL: an HTTP request; its status" },
	{ "touch", NAMES_SERVER, 2, false, touch,
	  "touch SERVER: another digest of the configuration" },
	{ "conflict", NAMES_SERVER, 2, false, conflict,
	  "conflict SERVER [N]: the next N commits find another file" },
	{ "start", NAMES_POOL, 3, false, start, "start SERVER POOL" },
	{ "stop", NAMES_POOL, 3, false, stop, "stop SERVER POOL" },
	{ "crash", NAMES_POOL, 3, false, crash,
	  "crash SERVER POOL: event 5002, and stopped" },
	{ "drop", NAMES_POOL, 3, false, drop, "drop SERVER POOL: is no more" },
	{ "damage", NAMES_SERVER, 2, false, damage,
	  "damage SERVER: its fence file" },
	{ "unplug", NAMES_SERVER, 2, false, unplug,
	  "unplug SERVER: connections are reset" },
	{ "plug", NAMES_SERVER, 2, false, plug, "plug SERVER" },
};

#define N_VERBS (sizeof(verbs) / sizeof(verbs[0]))

static const struct verb *verb_find(const char *name)
{
	for (size_t i = 0; i < N_VERBS; i++)
		if (str_eq(verbs[i].name, name))
			return &verbs[i];
	return NULL;
}

bool order_reads_input(const char *verb)
{
	const struct verb *found = verb_find(verb);

	return found && found->input;
}

void order_put_usage(struct buf *out)
{
	for (size_t i = 0; i < N_VERBS; i++)
		buf_printf(out, "  fleet ctl DIR %s\n", verbs[i].usage);
}

static char *password_of(const struct order *order)
{
	size_t len = order->input_len;
	char *password = need(malloc(len + 1));

	if (len > 0 && order->input[len - 1] == '\n')
		len--;
	if (len > 0 && len < order->input_len && order->input[len - 1] == '\r')
		len--;
	memcpy(password, order->input, len);
	password[len] = '\0';
	return password;
}

/* The server is locked while the verb runs. */
static int run_on_server(const struct verb *verb, struct call *call)
{
	int status;

	call->server = fleet_server(call->fleet, call->order->words[1]);
	if (!call->server) {
		buf_printf(call->out, "no server %s\n", call->order->words[1]);
		return 1;
	}
	(void)pthread_mutex_lock(&call->server->lock);
	if (verb->names == NAMES_POOL)
		call->pool = server_pool(call->server, call->order->words[2]);
	if (verb->names == NAMES_POOL && !call->pool) {
		buf_printf(call->out, "no pool %s on %s\n",
			   call->order->words[2], call->server->name);
		status = 1;
	} else {
		status = verb->run(call);
	}
	(void)pthread_mutex_unlock(&call->server->lock);
	return status;
}

int order_carry_out(struct fleet *fleet, const struct order *order,
		    struct buf *out)
{
	const struct verb *verb = order->n ? verb_find(order->words[0]) : NULL;
	struct call call = { .fleet = fleet, .order = order, .out = out };
	int status;

	if (!verb || order->n < verb->words) {
		order_put_usage(out);
		return STATUS_USAGE;
	}
	call.password = password_of(order);
	status = verb->names == NAMES_NOTHING ? verb->run(&call)
					      : run_on_server(verb, &call);
	free(call.password);
	return status;
}
