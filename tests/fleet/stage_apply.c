/* stage_apply.c - apply: fenced, checked, in small commits; see stage.h. */
#include "tests/fleet/stage.h"

#include "reconciler/core/frame.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "tests/fleet/was.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define TRIES_MAX    6
#define UNITS_MAX    256
#define FENCE_WAIT_S 10

/* One `set` row. */
struct set {
	const char *name;
	int64_t generation;
	const char *candidate;
	enum identity_type type;
	const char *user;
	const char *password; /* "" for an identity without one */
	bool passwordless;
	enum identity_type identity_was;
	const char *user_was;
	bool local_was;
	bool rewrite;
};

enum verdict { VERDICT_KEPT, VERDICT_REFUSED, VERDICT_SET };

struct decision {
	const struct set *set;
	enum verdict verdict;
	const char *why;
	int64_t committed_ms;
};

/* An apply under way. */
struct work {
	struct stage *stage;
	struct set *sets;
	size_t n;
	size_t done; /* of them, answered */
	struct decision *batch;
	size_t n_batch;
	int64_t deadline_ms;
	int64_t per_commit;
	int64_t commits;
	bool damaged;
};

/* ---- reading ------------------------------------------------------------ */

/* 1 to 256 UTF-16 units of strict UTF-8 without control characters. */
static bool password_valid(const struct held_secret *secret)
{
	const unsigned char *bytes = (const unsigned char *)secret->bytes;
	size_t units = 0;

	if (memchr(bytes, '\0', secret->len) ||
	    !str_utf8_valid(secret->bytes, secret->len))
		return false;
	for (size_t i = 0; i < secret->len; i++) {
		if (bytes[i] < 32 || bytes[i] == 127 ||
		    (bytes[i] == 0xc2 && bytes[i + 1] < 0xa0))
			return false;
		if ((bytes[i] & 0xc0) != 0x80)
			units += bytes[i] >= 0xf0 ? 2 : 1;
	}
	return units >= 1 && units <= UNITS_MAX;
}

static bool read_type(const struct record *row, const char *field,
		      enum identity_type *ret, struct fault *fault)
{
	if (!identity_type_parse(record_value(row, field), ret))
		return fault_set(fault, "bad_word", field);
	return true;
}

/* A builtin identity has neither user nor password, a managed account a user
 * alone; every other has both. */
static bool read_credential(struct stage *stage, const struct record *row,
			    struct set *set, struct fault *fault)
{
	bool builtin = set->type != IDENTITY_SPECIFIC_USER;
	const struct held_secret *secret;
	int64_t number;

	if (!request_number(row, "secret", &number, fault))
		return false;
	if (builtin != (set->user[0] == '\0'))
		return fault_set(fault, "bad_word", "user");
	if (builtin && record_value(row, "account")[0])
		return fault_set(fault, "bad_word", "account");
	set->passwordless = builtin || user_is_managed(set->user);
	if (set->passwordless && number != 0)
		return fault_set(fault, "needless_secret", "secret");
	if (set->passwordless)
		return true;
	secret = stage_secret(stage, row, "secret", FRAME_PASSWORD,
			      record_value(row, "account"), fault);
	if (!secret)
		return false;
	if (!password_valid(secret))
		return fault_set(fault, "bad_secret", "secret");
	set->password = secret->bytes;
	return true;
}

static bool read_set(struct stage *stage, const struct record *row,
		     struct set *set, struct fault *fault)
{
	set->name = record_value(row, "name");
	set->candidate = record_value(row, "candidate");
	set->user = record_value(row, "user");
	set->user_was = record_value(row, "userWas");
	set->password = "";
	if (!request_number(row, "generation", &set->generation, fault) ||
	    !request_candidate(row, fault) ||
	    !read_type(row, "type", &set->type, fault) ||
	    !read_type(row, "identity", &set->identity_was, fault) ||
	    !request_flag(row, "local", &set->local_was, fault) ||
	    !request_flag(row, "rewrite", &set->rewrite, fault) ||
	    !read_credential(stage, row, set, fault))
		return false;
	if (set->generation == 0)
		return fault_set(fault, "bad_number", "generation");
	return true;
}

/* All of them are read before the first one counts. */
static bool read_sets(struct work *work, struct fault *fault)
{
	const struct request *request = work->stage->request;

	for (; work->n < request->n; work->n++)
		if (!request_once(request, work->n, fault) ||
		    !read_set(work->stage, &request->rows[work->n],
			      &work->sets[work->n], fault))
			return false;
	return true;
}

/* ---- deciding about one pool -------------------------------------------- */

static bool holds(const struct world_pool *pool, const struct set *set)
{
	bool same =
		!pool->unreadable && str_eq(pool->password.text, set->password);

	if (pool->identity != set->type || !str_eq(pool->user.text, set->user))
		return false;
	/* A builtin identity counts by its effect, wherever it comes from. */
	if (set->type != IDENTITY_SPECIFIC_USER)
		return same;
	/* What is stored beside a managed account is not looked at. */
	return pool->identity_local && pool->user.local &&
	       (set->passwordless || (pool->password.local && same));
}

static bool same_intent(const struct world_fence *entry, const struct set *set)
{
	return entry && entry->generation == set->generation &&
	       str_eq(entry->candidate, set->candidate);
}

static const char *fence_refusal(const struct world_fence *entry,
				 const struct set *set)
{
	if (entry && set->generation < entry->generation)
		return "generation_behind";
	if (entry && set->generation == entry->generation &&
	    !same_intent(entry, set))
		return "candidate_differs";
	return "";
}

static const char *plan_refusal(const struct world_pool *pool,
				const struct set *set)
{
	if (pool->identity != set->identity_was)
		return "identity_changed";
	if (!str_eq_nocase(pool->user.text, set->user_was))
		return "user_changed";
	if (pool->identity_local != set->local_was)
		return "local_changed";
	return "";
}

static void fence_put(struct server *server, const struct set *set,
		      int64_t committed_ms)
{
	struct world_fence entry = { .generation = set->generation,
				     .committed_ms = committed_ms };
	char name[4097];

	(void)snprintf(name, sizeof(name), "%s", set->name);
	entry.pool = name;
	(void)snprintf(entry.candidate, sizeof(entry.candidate), "%s",
		       set->candidate);
	server_fence_put(server, &entry);
}

/* A commit of this very intent whose report was lost is noted here. */
static int64_t kept_time(struct server *server, const struct world_fence *entry,
			 const struct set *set)
{
	if (!entry)
		return 0;
	if (same_intent(entry, set) && entry->committed_ms == 0) {
		fence_put(server, set, server->written_ms);
		return server->written_ms;
	}
	return entry->committed_ms;
}

static struct decision decide(struct server *server, const struct set *set)
{
	struct decision decision = { .set = set,
				     .verdict = VERDICT_REFUSED,
				     .why = "missing" };
	const struct world_pool *pool = server_pool(server, set->name);
	const struct world_fence *entry = server_fence(server, set->name);
	bool committed = same_intent(entry, set) && entry->committed_ms != 0;

	if (!pool)
		return decision;
	decision.why = fence_refusal(entry, set);
	if (decision.why[0])
		return decision;
	/* Before what the plan saw: its own commit may have landed already. */
	if ((!set->rewrite || committed) && holds(pool, set)) {
		decision.verdict = VERDICT_KEPT;
		decision.committed_ms = kept_time(server, entry, set);
		return decision;
	}
	decision.why = plan_refusal(pool, set);
	if (decision.why[0] == '\0')
		decision.verdict = VERDICT_SET;
	return decision;
}

/* ---- commits ------------------------------------------------------------ */

static void put_result(struct work *work, const struct decision *decision)
{
	static const char *const statuses[] = { "kept", "refused", "set" };
	struct reply_number generation;
	struct reply_number committed;

	reply_add(work->stage->reply, "result",
		  (const char *const[]){
			  decision->set->name,
			  reply_number(&generation, decision->set->generation),
			  statuses[decision->verdict], decision->why,
			  reply_number(&committed, decision->committed_ms) });
}

/* Decides on the waiting rows, in order, until one commit is full. */
static int64_t select_batch(struct work *work)
{
	int64_t sets = 0;

	work->n_batch = 0;
	for (size_t i = work->done; i < work->n && sets < work->per_commit;
	     i++) {
		struct decision *decision = &work->batch[work->n_batch++];

		*decision = decide(work->stage->server, &work->sets[i]);
		sets += decision->verdict == VERDICT_SET;
	}
	return sets;
}

static void refuse_batch(struct work *work, const char *why)
{
	for (size_t i = 0; i < work->n_batch; i++)
		if (work->batch[i].verdict == VERDICT_SET) {
			work->batch[i].verdict = VERDICT_REFUSED;
			work->batch[i].why = why;
		}
}

static void start_batch(struct work *work)
{
	struct server *server = work->stage->server;

	for (size_t i = 0; i < work->n_batch; i++) {
		const struct set *set = work->batch[i].set;
		const struct world_fence *entry =
			server_fence(server, set->name);

		/* Another try of the same intent stands there already. */
		if (work->batch[i].verdict == VERDICT_SET &&
		    (!entry || entry->generation != set->generation ||
		     entry->committed_ms != 0))
			fence_put(server, set, 0);
	}
}

static void write_pool(struct server *server, struct world_pool *pool,
		       const struct set *set)
{
	pool->identity = set->type;
	pool->identity_local = true;
	pool->unreadable = false;
	pool->user = (struct value){ server_keep(server, set->user), true };
	pool->password =
		(struct value){ server_keep(server, set->password), true };
}

/* The names of the pools of the commit. */
static char *written_names(struct server *server, const struct work *work)
{
	char *names = server_keep(server, "");

	for (size_t i = 0; i < work->n_batch; i++) {
		const struct world_pool *pool;

		if (work->batch[i].verdict != VERDICT_SET)
			continue;
		pool = server_pool(server, work->batch[i].set->name);
		names = need(arena_printf(&server->arena, "%s%s%s", names,
					  names[0] ? "," : "", pool->name));
	}
	return names;
}

static void commit(struct work *work, int64_t sets, int tries)
{
	struct server *server = work->stage->server;
	int64_t now_ms = clock_wall_ms();
	struct world_commit record = { .time_ms = now_ms, .n = (unsigned)sets };
	struct reply_number numbers[4];

	for (size_t i = 0; i < work->n_batch; i++)
		if (work->batch[i].verdict == VERDICT_SET)
			write_pool(
				server,
				server_pool(server, work->batch[i].set->name),
				work->batch[i].set);
	record.pools = written_names(server, work);
	if (!array_push(&server->arena, &server->commits, record))
		(void)need(NULL);
	server->writes++;
	server->written_ms = now_ms;
	work->commits++;
	reply_add(
		work->stage->reply, "commit",
		(const char *const[]){ reply_number(&numbers[0], work->commits),
				       reply_number(&numbers[1], tries),
				       reply_number(&numbers[2], sets),
				       reply_number(&numbers[3], now_ms) });
	for (size_t i = 0; i < work->n_batch; i++) {
		struct decision *decision = &work->batch[i];

		if (decision->verdict != VERDICT_SET)
			continue;
		decision->committed_ms = now_ms;
		fence_put(server, decision->set, now_ms);
		if (!array_push(&server->arena, &server->written,
				*server_fence(server, decision->set->name)))
			(void)need(NULL);
		was_changed(server, server_pool(server, decision->set->name));
	}
}

/* One look and at most one commit; false: the file had changed. */
static bool try_batch(struct work *work, int tries)
{
	struct server *server = work->stage->server;
	bool passed = stage_passed(work->stage, work->deadline_ms);
	bool conflict;
	int64_t sets;

	(void)pthread_mutex_lock(&server->lock);
	sets = select_batch(work);
	if (sets > 0 && passed)
		refuse_batch(work, "deadline");
	else if (sets > 0)
		start_batch(work);
	conflict = sets > 0 && !passed && server->conflicts > 0;
	if (conflict)
		server->conflicts--;
	else if (sets > 0 && !passed)
		commit(work, sets, tries);
	(void)pthread_mutex_unlock(&server->lock);
	return !conflict;
}

static const struct fault conflict_fault = {
	.code = "config_conflict",
	.type = "System.IO.FileLoadException",
	.hresult = "80131621",
	.detail = "applicationHost.config line 0",
};

static void close_failed(struct work *work)
{
	struct reply *reply = work->stage->reply;

	for (size_t i = 0; i < work->n_batch; i++)
		if (work->batch[i].verdict == VERDICT_SET)
			reply_fault(reply, work->batch[i].set->name,
				    &conflict_fault);
		else
			put_result(work, &work->batch[i]);
	for (size_t i = work->done + work->n_batch; i < work->n; i++)
		reply_fault_word(reply, work->sets[i].name, "not_tried", "");
}

/* Somebody else wrote the file: look again, decide again, at most 6 times. */
static bool do_batch(struct work *work, struct fault *fault)
{
	for (int tries = 1; !try_batch(work, tries); tries++) {
		if (tries == TRIES_MAX) {
			close_failed(work);
			*fault = conflict_fault;
			return false;
		}
		stage_sleep((int64_t)100 << (tries - 1));
	}
	for (size_t i = 0; i < work->n_batch; i++)
		put_result(work, &work->batch[i]);
	work->done += work->n_batch;
	return true;
}

static bool refuse_all(struct work *work, const char *why)
{
	for (size_t i = 0; i < work->n; i++) {
		struct decision decision = { .set = &work->sets[i],
					     .verdict = VERDICT_REFUSED,
					     .why = why };

		put_result(work, &decision);
	}
	return true;
}

static bool open_fence(struct server *server, bool *ret_damaged,
		       struct fault *fault)
{
	struct timespec until;

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += FENCE_WAIT_S;
	if (pthread_mutex_timedlock(&server->fence_lock, &until) == ETIMEDOUT)
		return fault_set(fault, "fence_locked", "");
	(void)pthread_mutex_lock(&server->lock);
	*ret_damaged = server->fence == FENCE_DAMAGED;
	if (server->fence == FENCE_ABSENT)
		server->fence = FENCE_PRESENT;
	(void)pthread_mutex_unlock(&server->lock);
	return true;
}

bool stage_apply(struct stage *stage, struct fault *fault)
{
	size_t n = stage->request->n;
	struct work work = {
		.stage = stage,
		.sets = need(
			arena_alloc(stage->arena, n * sizeof(struct set) + 1)),
		.batch = need(arena_alloc(stage->arena,
					  n * sizeof(struct decision) + 1)),
	};
	bool good = true;

	if (!stage_deadline(stage, &work.deadline_ms, fault) ||
	    !request_number(&stage->request->head, "poolsPerCommit",
			    &work.per_commit, fault))
		return false;
	if (work.per_commit == 0)
		return fault_set(fault, "bad_number", "poolsPerCommit");
	if (!read_sets(&work, fault))
		return false;
	if (stage_passed(stage, work.deadline_ms))
		return refuse_all(&work, "deadline");
	if (!open_fence(stage->server, &work.damaged, fault))
		return false;
	if (work.damaged)
		(void)refuse_all(&work, "fence_damaged");
	while (!work.damaged && good && work.done < work.n)
		good = do_batch(&work, fault);
	(void)pthread_mutex_unlock(&stage->server->fence_lock);
	return good;
}
