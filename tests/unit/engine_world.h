/*
 * engine_world.h - a farm of three servers for engine_test.c: what it holds,
 * what it answers, and the engine's actions as text.
 */
#ifndef ENGINE_WORLD_H
#define ENGINE_WORLD_H

#include "reconciler/engine/engine.h"

#include "reconciler/plan/build.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define N_SERVERS 3
#define N_POOLS   3 /* A B of account one, C of account two */
#define VERSION   77
#define COMMITTED 5000

struct fixture {
	struct arena arena;
	struct desired desired;
	struct config config;
	struct past past;
	int64_t versions[2];
	struct plan plan;
	struct engine *engine;
	struct action_array actions;
	struct observed_pool pools[N_SERVERS][N_POOLS];
	size_t n_pools[N_SERVERS];
	int64_t now_ms; /* of the servers */
	int64_t mono_ms;
	int64_t wall_ms;
	/* The test answers for the directory itself. Else the gate is PROVED
	 * and the breaker UNPROVED at once, and none of it is in the text. */
	bool proofs_by_hand;
	char text[4096];
};

static const char *const pool_names[] = { "A", "B", "C" };
static const char *const server_names[] = { "web1", "web2", "web3" };

static inline void add_binding(struct fixture *f, const char *name,
			       size_t account, size_t from, size_t to)
{
	struct binding binding = { .name = name, .account = account };

	assert_true(array_push(&f->arena, &binding.groups, 0));
	for (size_t i = from; i < to; i++) {
		struct named_pool pool = { .name = pool_names[i] };

		assert_true(array_push(&f->arena, &binding.pools, pool));
	}
	assert_true(array_push(&f->arena, &f->desired.bindings, binding));
}

static inline void add_accounts(struct fixture *f)
{
	const struct domain domain = { .name = "corp",
				       .netbios = "CORP",
				       .dns_name = "corp.example" };
	static const char *const users[] = { "one", "two" };

	assert_true(array_push(&f->arena, &f->config.domains, domain));
	for (size_t i = 0; i < 2; i++) {
		const struct account account = { .name = users[i],
						 .user = users[i],
						 .secret = i };
		const struct secret_ref secret = { .name = users[i] };

		assert_true(
			array_push(&f->arena, &f->desired.accounts, account));
		assert_true(array_push(&f->arena, &f->config.secrets, secret));
		f->versions[i] = VERSION;
	}
}

static inline void add_grant(struct fixture *f)
{
	struct grant grant = { .rights = GRANT_PASSWORD | GRANT_IDENTITY };

	assert_true(array_push(&f->arena, &grant.accounts, "*"));
	assert_true(array_push(&f->arena, &grant.servers, "*"));
	assert_true(array_push(&f->arena, &grant.pools, "*"));
	assert_true(array_push(&f->arena, &f->config.grants, grant));
}

static inline void set_pool(struct fixture *f, size_t server, size_t pool)
{
	f->pools[server][pool] = (struct observed_pool){
		.name = pool_names[pool],
		.identity = IDENTITY_SPECIFIC_USER,
		.identity_local = true,
		.user = pool == 2 ? "CORP\\two" : "CORP\\one",
		.user_from = VALUE_LOCAL,
		.password_from = VALUE_LOCAL,
		.password = PASSWORD_STALE,
		.account = pool == 2 ? 1 : 0,
		.state = POOL_STARTED,
		.auto_start = true,
		.rotates = true,
	};
}

static inline int setup(void **state)
{
	struct fixture *f = test_calloc(1, sizeof(*f));
	struct resource_group group = { .name = "web",
					.rollout = { .canary = 1,
						     .batch_percent = 100,
						     .max_failures = 1 } };

	*state = f;
	arena_init(&f->arena, 64 << 20);
	add_accounts(f);
	add_grant(f);
	for (size_t i = 0; i < N_SERVERS; i++) {
		const struct server server = { .name = server_names[i],
					       .host = server_names[i],
					       .key = server_names[i] };

		assert_true(array_push(&f->arena, &f->desired.servers, server));
		assert_true(array_push(&f->arena, &group.servers, i));
		f->n_pools[i] = 2;
		for (size_t pool = 0; pool < N_POOLS; pool++)
			set_pool(f, i, pool);
	}
	assert_true(array_push(&f->arena, &f->desired.groups, group));
	add_binding(f, "first", 0, 0, 2);
	f->config.caps = (struct caps){ .parallel = 10,
					.pools_per_commit = 10,
					.max_failures = 1 };
	f->now_ms = 1000;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *f = *state;

	arena_done(&f->arena);
	test_free(f);
	return 0;
}

static const struct observed *seen(struct fixture *f, size_t server)
{
	struct observed *observed = arena_alloc(&f->arena, sizeof(*observed));

	observed->server = server;
	observed->writable = true;
	observed->now_ms = f->now_ms;
	for (size_t i = 0; i < f->n_pools[server]; i++)
		assert_true(array_push(&f->arena, &observed->pools,
				       f->pools[server][i]));
	return observed;
}

/* ---- actions as text, one a line ---- */

static inline void put(struct fixture *f, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static inline void put(struct fixture *f, const char *fmt, ...)
{
	size_t len = strlen(f->text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f->text + len, sizeof(f->text) - len, fmt, ap);
	va_end(ap);
}

static inline void put_save(struct fixture *f, const struct save *save)
{
	static const char *const kinds[] = { "begin", "intent", "outcome",
					     "observed", "end" };
	const struct save_row *row;

	put(f, "SAVE %" PRIu64 " %s", save->id, kinds[save->kind]);
	array_foreach(row, &save->rows) {
		put(f, " %s/%s", row->server, row->pool);
		if (save->kind == SAVE_INTENT)
			put(f, ":%" PRId64, row->generation);
		if (save->kind == SAVE_OUTCOME)
			put(f, ":%s", outcome_name(row->outcome));
		if (save->kind == SAVE_OUTCOME || save->kind == SAVE_OBSERVED)
			put(f, ":%s%s%s", status_name(row->status),
			    row->proved ? ":proved" : "",
			    row->closes ? ":closes" : "");
	}
	put(f, save->kind == SAVE_END ? " %s\n" : "\n",
	    outcome_name(save->outcome));
}

static inline void put_action(struct fixture *f, const struct action *action)
{
	static const char *const kinds[] = { "OBSERVE",  "SAVE",   "APPLY",
					     "ACTIVATE", "VERIFY", "CLOSE",
					     "TIMER",    "PROVE",  "END" };
	const struct action_row *row;

	if (action->kind == ACTION_SAVE) {
		put_save(f, action->save);
		return;
	}
	put(f, "%s", kinds[action->kind]);
	if (action->kind == ACTION_PROVE)
		put(f, " %s %s",
		    f->desired.accounts.items[action->account].name,
		    action->question == PROOF_GATE ? "gate" : "breaker");
	else if (action->kind == ACTION_TIMER)
		put(f, " %" PRIu64 " %u", action->timer, action->delay_ms);
	else if (action->kind != ACTION_END)
		put(f, " %s", server_names[action->server]);
	array_foreach(row, &action->rows) {
		put(f, " %s:%" PRId64, row->change->pool, row->generation);
		if (action->kind != ACTION_APPLY)
			put(f, "@%" PRId64, row->committed_ms);
	}
	put(f, "\n");
}

static inline void step(struct fixture *f, struct event event)
{
	struct err err = { 0 };

	event.mono_ms = f->mono_ms;
	event.wall_ms = f->wall_ms;
	assert_int_equal(engine_step(f->engine, &event, &f->actions, &err), 0);
}

static inline struct event proof_of(size_t account,
				    enum proof_question question,
				    enum proof proof, const char *why)
{
	return (struct event){ .kind = EVENT_PROVED,
			       .account = account,
			       .question = question,
			       .proof = proof,
			       .why = why };
}

/* Takes the questions out of the actions, and answers them. */
static inline void answer_proofs(struct fixture *f)
{
	for (size_t i = 0; i < f->actions.n; i++) {
		const struct action action = f->actions.items[i];

		if (action.kind != ACTION_PROVE)
			continue;
		f->actions.n--;
		memmove(&f->actions.items[i], &f->actions.items[i + 1],
			(f->actions.n - i) * sizeof(action));
		i--;
		step(f, proof_of(action.account, action.question,
				 action.question == PROOF_GATE ? PROOF_PROVED
							       : PROOF_UNPROVED,
				 ""));
	}
}

static inline void tell(struct fixture *f, struct event event,
			const char *expected)
{
	const struct action *action;

	f->actions.n = 0;
	f->text[0] = '\0';
	step(f, event);
	if (!f->proofs_by_hand)
		answer_proofs(f);
	array_foreach(action, &f->actions) {
		put_action(f, action);
	}
	assert_string_equal(f->text, expected);
}

static inline void proved(struct fixture *f, size_t account,
			  enum proof_question question, enum proof proof,
			  const char *expected)
{
	tell(f, proof_of(account, question, proof, "so it says"), expected);
}

static inline void start(struct fixture *f, const char *expected)
{
	tell(f, (struct event){ .kind = EVENT_START }, expected);
}

static inline void saved(struct fixture *f, uint64_t id, const char *expected)
{
	tell(f, (struct event){ .kind = EVENT_SAVED, .id = id }, expected);
}

static inline void timer(struct fixture *f, uint64_t id, const char *expected)
{
	tell(f, (struct event){ .kind = EVENT_TIMER, .id = id }, expected);
}

static inline void observed(struct fixture *f, size_t server,
			    const char *expected)
{
	tell(f,
	     (struct event){ .kind = EVENT_OBSERVED,
			     .server = server,
			     .observed = seen(f, server) },
	     expected);
}

static inline void verified(struct fixture *f, size_t server,
			    const char *expected)
{
	tell(f,
	     (struct event){ .kind = EVENT_VERIFIED,
			     .server = server,
			     .observed = seen(f, server) },
	     expected);
}

static inline void failed(struct fixture *f, size_t server, int code, bool sent,
			  const char *expected)
{
	struct event event = { .kind = EVENT_FAILED,
			       .server = server,
			       .sent = sent };

	(void)err_set(&event.err, code, "no answer");
	tell(f, event, expected);
}

/* Answers the APPLY that was asked for last, and does it. */
static inline void applied(struct fixture *f, size_t server, const char *pools,
			   const char *why, const char *expected)
{
	struct applied *answer = arena_alloc(&f->arena, sizeof(*answer));

	answer->n_commits = why[0] ? 0 : 1;
	for (; *pools; pools++) {
		const size_t at = (size_t)(*pools - 'A');
		const struct applied_row row = {
			.pool = pool_names[at],
			.generation = 1,
			.status = why[0] ? APPLIED_REFUSED : APPLIED_SET,
			.why = why,
			.committed_ms = why[0] ? 0 : COMMITTED,
		};

		if (!why[0])
			f->pools[server][at].password = PASSWORD_CURRENT;
		assert_true(array_push(&f->arena, &answer->rows, row));
	}
	tell(f,
	     (struct event){ .kind = EVENT_APPLIED,
			     .server = server,
			     .applied = answer },
	     expected);
}

static inline void activated(struct fixture *f, size_t server,
			     const char *expected)
{
	const struct activated *answer =
		arena_alloc(&f->arena, sizeof(*answer));

	tell(f,
	     (struct event){ .kind = EVENT_ACTIVATED,
			     .server = server,
			     .activated = answer },
	     expected);
}

static inline void add_fault(struct fixture *f, size_t server, size_t pool,
			     unsigned id, int64_t time_ms)
{
	const struct was_event event = { id, time_ms, 0 };

	assert_true(
		array_push(&f->arena, &f->pools[server][pool].events, event));
}

static inline void set_worker(struct fixture *f, size_t server, size_t pool,
			      const char *owner, int64_t started_ms)
{
	const struct worker worker = { 4711, owner, started_ms };

	f->pools[server][pool].workers = (struct worker_array){ 0 };
	assert_true(
		array_push(&f->arena, &f->pools[server][pool].workers, worker));
}

static inline struct engine_input input_of(struct fixture *f,
					   enum run_kind kind)
{
	return (struct engine_input){ .arena = &f->arena,
				      .desired = &f->desired,
				      .config = &f->config,
				      .past = &f->past,
				      .versions = f->versions,
				      .kind = kind,
				      .plan = &f->plan };
}

static inline void new_observe(struct fixture *f, bool record)
{
	struct engine_input input = input_of(f, RUN_OBSERVE);

	input.record = record;
	for (size_t i = 0; i < N_SERVERS; i++)
		assert_true(array_push(&f->arena, &input.scope, i));
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
}

static inline void plan_first(struct fixture *f, size_t n)
{
	const struct diff_input diff = { &f->desired, &f->config, &f->past,
					 f->versions, NULL,       false };
	struct reading_array readings = { 0 };

	for (size_t i = 0; i < n; i++) {
		const struct reading reading = { .server = i,
						 .observed = seen(f, i) };

		assert_true(array_push(&f->arena, &readings, reading));
	}
	assert_int_equal(
		plan_build(&diff, &readings, &f->arena, &f->plan, NULL), 0);
}

/* A run over what the first n servers hold now. */
static inline void new_change(struct fixture *f, size_t n)
{
	struct engine_input input = input_of(f, RUN_CHANGE);

	plan_first(f, n);
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
}

/* The same with the first account in forward mode. */
static inline void new_forward(struct fixture *f, size_t n)
{
	static const bool forward[] = { true, false };
	struct engine_input input = input_of(f, RUN_CHANGE);

	input.forward = forward;
	plan_first(f, n);
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
}

static inline void assert_row(const struct fixture *f, size_t at,
			      enum outcome outcome, enum status status,
			      const char *reason)
{
	const struct run_result *result = engine_result(f->engine);

	assert_true(at < result->rows.n);
	assert_int_equal(result->rows.items[at].outcome, outcome);
	assert_int_equal(result->rows.items[at].status, status);
	assert_string_equal(result->rows.items[at].reason, reason);
}

/* From START to the request for the first commit, web1/A. */
static inline void ask_first(struct fixture *f)
{
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "APPLY web1 A:1\n");
}

/* From START to the look that proves the first commit. */
static inline void open_first(struct fixture *f)
{
	ask_first(f);
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
