/* forecast_test.c - every kind of change can be rehearsed from the plan alone;
 * figures that are known; exact reports (--update writes them anew). */
#include "reconciler/rehearse/forecast.h"

#include "reconciler/model/window.h"
#include "reconciler/report/rehearse_report.h"
#include "tests/unit/report_golden.h"

#include <stdlib.h>

#define SEEDS 12

static void add_account(struct world *w, const char *name,
			enum account_type type)
{
	const struct account account = {
		.name = name, .user = name, .type = type, .secret = SIZE_MAX
	};

	PUSH(w, &w->desired.accounts, account);
}

static struct binding binding_of(struct world *w, const char *name,
				 size_t account, const char *pool)
{
	struct binding binding = { .name = name,
				   .place = { "more.yaml", 4, 1 },
				   .account = account };
	const struct named_pool named = { pool, { "more.yaml", 8, 11 }, false };

	PUSH(w, &binding.groups, 0);
	PUSH(w, &binding.pools, named);
	return binding;
}

static struct observed_pool running(const char *name)
{
	static struct worker worker = { 7, "CORP\\svc-orders", 1000 };
	struct observed_pool pool = world_pool(name);

	pool.workers.items = &worker;
	pool.workers.n = pool.workers.cap = 1;
	return pool;
}

static struct plan build(struct world *w, const struct reading_array *readings)
{
	struct plan plan = { 0 };
	struct err err = { 0 };

	w->config.caps.parallel = 10;
	w->config.caps.pools_per_commit = 10;
	if (plan_build(&w->input, readings, w->arena, &plan, &err))
		fail_msg("%s", err.what);
	return plan;
}

/* n servers whose two pools hold the password before last. */
static struct plan build_stale(struct world *w, struct arena *arena, size_t n)
{
	struct reading_array readings = { 0 };

	world_init(w, arena, n);
	for (size_t i = 0; i < n; i++) {
		struct observed *seen = world_observed(w, i);
		struct observed_pool api = running("OrdersApi");
		struct observed_pool worker = running("OrdersWorker");
		struct reading reading = world_reading(i, seen);
		const struct past_pair pair = {
			"CORP\\svc-orders", w->desired.servers.items[i].key
		};

		/* On some of them it is known already. */
		if (i % 2 == 0)
			PUSH(w, &w->past.pairs, pair);
		api.password = worker.password = PASSWORD_STALE;
		PUSH(w, &seen->pools, api);
		PUSH(w, &seen->pools, worker);
		reading.read_took_ms = 2000;
		PUSH(w, &readings, reading);
	}
	return build(w, &readings);
}

static struct rehearsal play(struct world *w, const struct plan *plan,
			     uint64_t seed)
{
	const struct forecast_input input = {
		.arena = w->arena,
		.desired = &w->desired,
		.config = &w->config,
		.plan = plan,
		.first_seed = seed,
		.n_seeds = SEEDS,
		.n_fault_seeds = SEEDS,
		.start_ms = NOW_MS,
	};
	struct rehearsal ret;
	struct err err = { 0 };

	if (forecast(&input, &ret, &err))
		fail_msg("%s", err.what);
	return ret;
}

static void check_all_done(const struct rehearsal *r)
{
	if (r->n_undone > 0)
		fail_msg("%s/%s: %s", r->undone_server, r->undone_pool,
			 r->undone_why);
	assert_true(rehearsal_is_safe(r));
	assert_true(rehearsal_fits(r));
	assert_int_equal(r->n_fits, SEEDS);
	for (size_t i = 0; i < REHEARSAL_FAULT_COUNT; i++) {
		assert_int_equal(r->faults[i].n_finished, r->faults[i].n_seeds);
		assert_int_equal(r->faults[i].n_neither, 0);
		assert_int_equal(r->faults[i].bad_seed, 0);
	}
}

/* web01: one to write again that WAS stopped, one stale that inherits. web02:
 * one to finish, one whose worker lags, one that a person stopped. web03: one
 * that runs as somebody else, one that is to be builtin, one as a gMSA. */
static void add_pools(struct world *w, struct observed *seen[3])
{
	const struct was_event event = { 5059, 4000000, 0 };
	struct observed_pool pool;

	pool = world_pool("OrdersApi");
	pool.state = POOL_STOPPED;
	PUSH(w, &pool.events, event);
	PUSH(w, &seen[0]->pools, pool);
	pool = running("OrdersWorker");
	pool.password = PASSWORD_STALE;
	pool.user_from = pool.password_from = VALUE_INHERITED;
	PUSH(w, &seen[0]->pools, pool);
	PUSH(w, &seen[1]->pools, world_pool("OrdersApi"));
	PUSH(w, &seen[1]->pools, running("OrdersWorker"));
	pool = world_pool("Shop");
	pool.state = POOL_STOPPED;
	pool.password = PASSWORD_STALE;
	PUSH(w, &seen[1]->pools, pool);
	pool = running("OrdersApi");
	pool.user = "CORP\\old";
	pool.password = PASSWORD_NOT_COMPARED;
	PUSH(w, &seen[2]->pools, pool);
	pool = running("Blog");
	PUSH(w, &seen[2]->pools, pool);
	pool = running("Wiki");
	pool.rotates = false;
	PUSH(w, &seen[2]->pools, pool);
}

static void add_kinds(struct world *w, struct reading_array *readings)
{
	const struct past_pool open = { .server = "web02",
					.pool = "OrdersApi",
					.account = "CORP\\svc-orders",
					.reason = "",
					.generation = 4,
					.open = true,
					.version = VERSION_ORDERS,
					.committed_ms = 400000 };
	struct past_pool lags = open;
	struct observed *seen[3];

	lags.pool = "OrdersWorker";
	lags.open = false;
	PUSH(w, &w->past.pools, open);
	PUSH(w, &w->past.pools, lags);
	for (size_t i = 0; i < 3; i++)
		seen[i] = world_observed(w, i);
	add_pools(w, seen);
	for (size_t i = 0; i < 3; i++)
		PUSH(w, readings, world_reading(i, seen[i]));
}

static void add_bindings(struct world *w)
{
	struct binding binding;

	add_account(w, "svc-managed$", ACCOUNT_GMSA);
	binding = binding_of(w, "wiki", 2, "Wiki");
	binding.restart = RESTART_RESTART;
	PUSH(w, &w->desired.bindings, binding);
	binding = binding_of(w, "blog", SIZE_MAX, "Blog");
	binding.identity = IDENTITY_NETWORK_SERVICE;
	PUSH(w, &w->desired.bindings, binding);
	PUSH(w, &w->desired.bindings, binding_of(w, "shop", 1, "Shop"));
	w->desired.bindings.items[0].inherited = INHERITED_MAKE_LOCAL;
	for (size_t i = 0; i < w->desired.bindings.n; i++)
		w->desired.bindings.items[i].identity =
			i == 2 ? IDENTITY_NETWORK_SERVICE
			       : IDENTITY_SPECIFIC_USER;
}

static void test_every_kind(void **state)
{
	struct reading_array readings = { 0 };
	unsigned kinds[5] = { 0 };
	struct rehearsal r;
	struct plan plan;
	struct world w;

	world_init(&w, *state, 3);
	add_bindings(&w);
	w.desired.groups.items[0].rollout.batch_percent = 100;
	add_kinds(&w, &readings);
	w.desired.bindings.items[3].account = 0; /* Shop */
	plan = build(&w, &readings);
	for (size_t i = 0; i < plan.changes.n; i++)
		kinds[plan.changes.items[i].kind]++;
	assert_int_equal(kinds[CHANGE_REWRITE], 1);
	assert_int_equal(kinds[CHANGE_LOCAL], 1);
	assert_int_equal(kinds[CHANGE_FINISH], 2);
	assert_int_equal(kinds[CHANGE_IDENTITY], 3);
	assert_int_equal(kinds[CHANGE_PASSWORD], 1);
	r = play(&w, &plan, 1);
	check_all_done(&r);
	assert_int_equal(r.n_pools, 8);
	assert_int_equal(r.n_servers, 3);
	assert_int_equal(r.n_timed, 0);
	assert_int_equal(r.accounts.n, 3);
	/* Wiki is stopped and started; nothing else stands still. */
	assert_int_equal(r.pools_down.worst, 1);
	assert_true(r.pool_down_ms.worst > 0);
	assert_true(r.pool_down_ms.worst < 1000);
}

static void test_figures(void **state)
{
	struct rehearsal r;
	struct plan plan;
	struct world w;

	plan = build_stale(&w, *state, 8);
	r = play(&w, &plan, 1);
	check_all_done(&r);
	assert_int_equal(r.n_pools, 16);
	assert_int_equal(r.n_waves, 5);
	assert_int_equal(r.n_timed, 8);
	/* The first commit of the account is one pool alone. */
	assert_int_equal(r.commits.least, 9);
	assert_int_equal(r.commits.worst, 9);
	assert_int_equal(r.sessions.least, 8);
	assert_int_equal(r.sessions.worst, 8);
	assert_int_equal(r.pools_down.worst, 0);
	/* Five waves, each with a connection of about 2 s and a pause of 1 s. */
	assert_in_range(r.took_ms.median, 13000, 24000);
	assert_true(r.took_ms.least <= r.took_ms.median);
	assert_true(r.took_ms.median <= r.took_ms.p95);
	assert_true(r.took_ms.p95 <= r.took_ms.worst);
}

/* One pool of the farm holds the bad password, and is down. */
static void test_what_faults_leave(void **state)
{
	const struct rehearsal_aftermath *after;
	struct rehearsal r;
	struct plan plan;
	struct world w;

	plan = build_stale(&w, *state, 8);
	r = play(&w, &plan, 1);
	after = &r.faults[REHEARSAL_PASSWORD];
	assert_int_equal(after->n_seeds, SEEDS);
	assert_int_equal(after->changed.worst, 0);
	assert_int_equal(after->old.least, 15);
	assert_int_equal(after->old.worst, 15);
	assert_int_equal(after->down.least, 1);
	assert_int_equal(after->down.worst, 1);
	/* At most that server's pools. */
	after = &r.faults[REHEARSAL_RIGHT];
	assert_in_range(after->down.worst, 1, 2);
	after = &r.faults[REHEARSAL_UNREACHABLE];
	assert_in_range(after->old.least, 2, 16);
	after = &r.faults[REHEARSAL_CLOSE];
	assert_true(after->old.worst > 0);
	assert_int_equal(after->down.worst, 0);
}

static void test_same_seed(void **state)
{
	struct rehearsal one;
	struct rehearsal two;
	struct rehearsal other;
	struct plan plan;
	struct world w;

	plan = build_stale(&w, *state, 5);
	one = play(&w, &plan, 3);
	two = play(&w, &plan, 3);
	other = play(&w, &plan, 4000);
	assert_memory_equal(&one.took_ms, &two.took_ms, sizeof(one.took_ms));
	assert_memory_equal(&one.faults, &two.faults, sizeof(one.faults));
	assert_memory_not_equal(&one.faults, &other.faults, sizeof(one.faults));
}

static void test_not_safe(void **state)
{
	struct rehearsal r = { .n_seeds = 3, .n_fits = 3 };

	(void)state;
	r.faults[REHEARSAL_CRASH].n_seeds = 3;
	r.faults[REHEARSAL_CRASH].n_finished = 3;
	assert_true(rehearsal_is_safe(&r));
	r.faults[REHEARSAL_CRASH].n_neither = 1;
	assert_false(rehearsal_is_safe(&r));
	r.faults[REHEARSAL_CRASH].n_neither = 0;
	r.faults[REHEARSAL_CRASH].n_finished = 2;
	assert_false(rehearsal_is_safe(&r));
	assert_true(rehearsal_fits(&r));
	r.n_fits = 2;
	assert_false(rehearsal_fits(&r));
}

/* An allow window of so many seconds that opens when the rehearsal begins. */
static void add_window(struct world *w, struct window *window,
		       const struct zone *utc, int64_t duration_ms)
{
	const struct window **list =
		arena_alloc(w->arena, sizeof(const struct window *));
	struct window_choice choice = { .limited = true };

	*window = (struct window){ .name = "weekend",
				   .mode = WINDOW_ALLOW,
				   .zone = utc,
				   .opens = WINDOW_DAYS,
				   .days = 1 << 6,
				   .at_minutes = 20 * 60,
				   .duration_ms = duration_ms };
	assert_non_null(list);
	list[0] = window;
	w->desired.windows = (struct window_ref_array){ list, 1, 1 };
	PUSH(w, &choice.windows, 0);
	w->desired.bindings.items[0].windows[WINDOW_PASSWORD] = choice;
}

static void check_window(struct arena *arena, int64_t duration_ms, bool fits)
{
	static const struct zone utc = { .name = "UTC" };
	struct rehearsal r;
	struct window window;
	struct plan plan;
	struct world w;

	plan = build_stale(&w, arena, 8);
	add_window(&w, &window, &utc, duration_ms);
	/* NOW_MS is a Saturday, 20:00: it may start at once; on Friday not. */
	assert_int_equal(forecast_start(&w.desired, &plan, NOW_MS), NOW_MS);
	assert_int_equal(forecast_start(&w.desired, &plan, NOW_MS - 86400000),
			 NOW_MS);
	r = play(&w, &plan, 1);
	assert_string_equal(r.window, "weekend");
	assert_int_equal(r.closes_ms, NOW_MS + duration_ms);
	assert_int_equal(r.n_undone, 0);
	assert_true(rehearsal_is_safe(&r));
	assert_int_equal(rehearsal_fits(&r), fits);
	if (fits)
		assert_int_equal(r.servers_left.worst, 0);
	else
		assert_in_range(r.servers_left.least, 1, 7);
}

static void test_window(void **state)
{
	check_window(*state, 3600000, true);
	check_window(*state, 9000, false);
}

static void check_reports(struct world *w, const struct rehearsal *rehearsal,
			  const char *text, const char *json)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const struct report_context named = context_of(w);
	struct text_array notes = { 0 };
	struct rehearse_report report = { .rehearsal = rehearsal,
					  .notes = &notes,
					  .next = "lockstep apply" };
	struct err err = { 0 };

	PUSH(w, &notes, "a note \033[2J");
	buf_init(&out, OUT_MAX);
	assert_int_equal(rehearse_print(&named, &report, &out, &err), 0);
	check_golden(text, &out);
	buf_clear(&out);
	assert_int_equal(rehearse_json(&named, &report, &out, &err), 0);
	check_json(json, &out);
}

static void test_reports(void **state)
{
	static const struct zone utc = { .name = "UTC" };
	struct window window;
	struct rehearsal r;
	struct plan plan;
	struct world w;

	plan = build_stale(&w, *state, 8);
	add_window(&w, &window, &utc, 9000);
	r = play(&w, &plan, 1);
	check_reports(&w, &r, "rehearse-late.txt", "rehearse-late.json");
	r.closes_ms = 0;
	r.n_fits = r.n_seeds;
	r.n_undone = 2;
	r.undone_server = "web01";
	r.undone_pool = "Orders\033[2J";
	r.undone_why = "it \nmoved";
	r.faults[REHEARSAL_DISK].n_neither = 2;
	r.faults[REHEARSAL_DISK].bad_seed = 3;
	r.faults[REHEARSAL_STOP].n_finished--;
	r.pools_down.worst = 3;
	check_reports(&w, &r, "rehearse-bad.txt", "rehearse-bad.json");
}

static int set_up(void **state)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	assert_non_null(arena);
	arena_init(arena, (size_t)64 << 20);
	*state = arena;
	return 0;
}

static int tear_down(void **state)
{
	arena_done(*state);
	free(*state);
	return 0;
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		TEST(test_every_kind),        TEST(test_figures),
		TEST(test_what_faults_leave), TEST(test_same_seed),
		TEST(test_not_safe),          TEST(test_window),
		TEST(test_reports),
	};

	update_golden = argc > 1 && strcmp(argv[1], "--update") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
