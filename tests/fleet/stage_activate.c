/* stage_activate.c - activate: no worker older than the commit stays, as far
 * as asked; see stage.h. */
#include "tests/fleet/stage.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "tests/fleet/was.h"

#define LOOK_MS 250
#define OWN_MS  5000
#define GONE_MS 10000

enum policy { POLICY_RECYCLE, POLICY_RESTART, POLICY_NONE };

static const char *const policies[] = { "recycle", "restart", "none", NULL };

/* One `pool` row. */
struct turn {
	const char *name;
	enum policy policy;
	int64_t committed_ms;
	bool revive;
	const char *did;
	const char *word; /* "" or the code of its fault */
};

struct turns {
	struct stage *stage;
	struct turn *items;
	size_t n;
	int64_t deadline_ms;
};

static bool read_turn(const struct record *row, struct turn *turn,
		      struct fault *fault)
{
	size_t policy;

	turn->name = record_value(row, "name");
	turn->did = "nothing";
	turn->word = "";
	if (!request_word(row, "policy", policies, &policy, fault) ||
	    !request_number(row, "committed", &turn->committed_ms, fault) ||
	    !request_flag(row, "revive", &turn->revive, fault))
		return false;
	turn->policy = (enum policy)policy;
	return true;
}

static void set_missing(struct turns *turns)
{
	for (size_t i = 0; i < turns->n; i++)
		if (!server_pool(turns->stage->server, turns->items[i].name))
			turns->items[i].word = "missing";
}

/* False: nothing more is to be done for it. */
static bool step_may(struct turns *turns, struct turn *turn)
{
	if (turn->word[0])
		return false;
	if (!stage_passed(turns->stage, turns->deadline_ms))
		return true;
	turn->word = "deadline";
	return false;
}

static void start_or_restart(struct turns *turns, struct turn *turn)
{
	struct server *server = turns->stage->server;
	struct world_pool *pool;
	bool stopped;

	if (!step_may(turns, turn))
		return;
	(void)pthread_mutex_lock(&server->lock);
	pool = server_pool(server, turn->name);
	stopped = pool && !pool->started;
	if (pool && (stopped ? turn->revive : turn->policy == POLICY_RESTART)) {
		if (!stopped)
			(void)was_stop(server, pool);
		(void)was_start(server, pool);
		turn->did = stopped ? "started" : "restarted";
	}
	(void)pthread_mutex_unlock(&server->lock);
}

static void recycle(struct turns *turns, struct turn *turn)
{
	struct server *server = turns->stage->server;
	struct world_pool *pool;

	if (!step_may(turns, turn))
		return;
	(void)pthread_mutex_lock(&server->lock);
	pool = server_pool(server, turn->name);
	if (pool && was_recycle(server, pool) == WAS_DONE)
		turn->did = "recycled";
	(void)pthread_mutex_unlock(&server->lock);
}

static bool is_old(const struct turns *turns, const struct turn *turn)
{
	const struct world_pool *pool =
		server_pool(turns->stage->server, turn->name);

	return turn->policy == POLICY_RECYCLE && pool &&
	       pool->worker.pid != 0 &&
	       pool->worker.started_ms < turn->committed_ms;
}

/* rotating: only those that rotate by themselves. */
static bool any_old(struct turns *turns, bool rotating)
{
	struct server *server = turns->stage->server;
	bool found = false;

	(void)pthread_mutex_lock(&server->lock);
	for (size_t i = 0; i < turns->n && !found; i++) {
		const struct world_pool *pool =
			server_pool(server, turns->items[i].name);

		found = is_old(turns, &turns->items[i]) &&
			(!rotating || pool->rotates);
	}
	(void)pthread_mutex_unlock(&server->lock);
	return found;
}

static void wait_gone(struct turns *turns, bool rotating, int64_t ms)
{
	int64_t until_ms = clock_mono_ms() + ms;

	while (any_old(turns, rotating) && clock_mono_ms() < until_ms &&
	       !stage_passed(turns->stage, turns->deadline_ms))
		stage_sleep(LOOK_MS);
}

static void recycle_old(struct turns *turns)
{
	if (!any_old(turns, false))
		return;
	wait_gone(turns, true, OWN_MS);
	for (size_t i = 0; i < turns->n; i++) {
		bool old;

		(void)pthread_mutex_lock(&turns->stage->server->lock);
		old = is_old(turns, &turns->items[i]);
		(void)pthread_mutex_unlock(&turns->stage->server->lock);
		if (old)
			recycle(turns, &turns->items[i]);
	}
	wait_gone(turns, false, GONE_MS);
}

static void put_turn(struct turns *turns, const struct turn *turn)
{
	const struct world_pool *pool =
		server_pool(turns->stage->server, turn->name);
	const char *state = "Unknown";

	if (pool)
		state = pool->started ? "Started" : "Stopped";
	if (turn->word[0])
		reply_fault_word(turns->stage->reply, turn->name, turn->word,
				 "");
	reply_add(turns->stage->reply, "activated",
		  (const char *const[]){ turn->name,
					 turn->word[0] ? "failed" : turn->did,
					 state });
}

bool stage_activate(struct stage *stage, struct fault *fault)
{
	const struct request *request = stage->request;
	struct turns turns = { .stage = stage };

	turns.items = need(arena_alloc(stage->arena,
				       request->n * sizeof(struct turn) + 1));
	if (!stage_deadline(stage, &turns.deadline_ms, fault))
		return false;
	for (; turns.n < request->n; turns.n++)
		if (!request_once(request, turns.n, fault) ||
		    !read_turn(&request->rows[turns.n], &turns.items[turns.n],
			       fault))
			return false;
	(void)pthread_mutex_lock(&stage->server->lock);
	set_missing(&turns);
	(void)pthread_mutex_unlock(&stage->server->lock);
	for (size_t i = 0; i < turns.n; i++)
		if (turns.items[i].policy != POLICY_NONE)
			start_or_restart(&turns, &turns.items[i]);
	recycle_old(&turns);
	(void)pthread_mutex_lock(&stage->server->lock);
	for (size_t i = 0; i < turns.n; i++)
		put_turn(&turns, &turns.items[i]);
	(void)pthread_mutex_unlock(&stage->server->lock);
	return true;
}
