/* report_test.c - exact texts; the argument --update writes them anew. */
#include "reconciler/report/plan_report.h"
#include "reconciler/report/result_report.h"

#include "tests/unit/report_golden.h"

static struct plan build(struct world *w, const struct reading_array *readings)
{
	struct plan plan = { 0 };
	struct err err = { 0 };

	assert_int_equal(plan_build(&w->input, readings, w->arena, &plan, &err),
			 0);
	return plan;
}

static void add_pairs(struct world *w, size_t first)
{
	size_t i;

	for (i = first; i < w->desired.servers.n; i++) {
		struct past_pair pair = { "CORP\\svc-orders",
					  w->desired.servers.items[i].name };

		PUSH(w, &w->past.pairs, pair);
	}
}

/* web01 stale and stopped by WAS, for the first time; web02 changed by a
 * person; web03 fine; web04 unread, with a hostile reason; web05 held back;
 * a pool of ours that nobody declared; one to finish, one to write again. */
static struct plan build_mixed(struct world *w)
{
	struct past_pool past = { .server = "web02",
				  .pool = "OrdersWorker",
				  .account = "CORP\\svc-orders",
				  .reason = "",
				  .proved_ms = NOW_MS - 86400000,
				  .proved_version = VERSION_ORDERS };
	struct past_pool open = { .server = "web06",
				  .pool = "OrdersApi",
				  .account = "CORP\\svc-orders",
				  .reason = "",
				  .generation = 4,
				  .open = true,
				  .committed_ms = 400000 };
	struct was_event event = { 5059, 300000, 0 };
	struct observed_pool stray = world_pool("Legacy\033[2JPay");
	struct reading_array readings = { 0 };
	struct observed *seen[6];
	struct reading reading;
	size_t i;

	for (i = 0; i < 6; i++)
		seen[i] = world_server(w, i,
				       i ? PASSWORD_CURRENT : PASSWORD_STALE);
	PUSH(w, &w->past.pools, past);
	PUSH(w, &w->past.pools, open);
	add_pairs(w, 1);
	PUSH(w, &seen[0]->pools.items[0].events, event);
	seen[0]->pools.items[0].state = POOL_STOPPED;
	seen[1]->pools.items[1].identity = IDENTITY_NETWORK_SERVICE;
	stray.user = "svc-pay@bank.example";
	PUSH(w, &seen[2]->pools, stray);
	seen[4]->pools.items[0].name = "OrderApi";
	seen[4]->pools.items[1].identity_local = false;
	PUSH(w, &seen[5]->pools.items[1].events, event);
	for (i = 0; i < 6; i++) {
		reading = world_reading(i, i == 3 ? NULL : seen[i]);
		reading.reason = "no answer\n##vso[task.complete]";
		PUSH(w, &readings, reading);
	}
	return build(w, &readings);
}

static void test_mixed(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct plan_report report = { .next = "lockstep apply" };
	struct report_context context;
	struct err err = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 6);
	plan = build_mixed(&w);
	context = context_of(&w);
	report.plan = &plan;
	report.versions = w.versions;
	assert_int_equal(plan_print(&context, &report, &out, &err), 0);
	assert_null(strchr(buf_text(&out), '\033'));
	check_golden("plan_mixed.txt", &out);
	buf_clear(&out);
	assert_int_equal(plan_json(&context, &report, &out, &err), 0);
	check_json("plan_mixed.json", &out);
	buf_clear(&out);
	context.colour = true;
	assert_int_equal(plan_print(&context, &report, &out, &err), 0);
	check_golden("plan_colour.txt", &out);
}

/* Letters as in the name of the file: f fine, u unread, h held back, s
 * stale. */
static void print_letters(struct world *w, const char *letters,
			  const struct refusal_array *refusals, struct buf *out)
{
	struct reading_array readings = { 0 };
	struct plan_report report = { .refusals = refusals };
	struct report_context context = context_of(w);
	struct err err = { 0 };
	struct plan plan;
	size_t i;

	add_pairs(w, 0);
	for (i = 0; letters[i]; i++) {
		struct observed *observed = world_server(
			w, i,
			letters[i] == 's' ? PASSWORD_STALE : PASSWORD_CURRENT);
		struct reading reading = world_reading(i, observed);

		if (letters[i] == 'u') {
			reading.observed = NULL;
			reading.reason = "connection refused";
			reading.code = -ERR_CONNECT;
		} else if (letters[i] == 'h') {
			observed->pools.items[1].password = PASSWORD_STALE;
			observed->writable = false;
		}
		PUSH(w, &readings, reading);
	}
	plan = build(w, &readings);
	report.plan = &plan;
	report.versions = w->versions;
	assert_int_equal(plan_print(&context, &report, out, &err), 0);
}

static void test_letters(void **state)
{
	static const char *const cases[] = { "fff", "u", "fuu", "hf",
					     "hu",  "s", "" };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		CLEANUP(buf_done) struct buf out = { 0 };
		char name[32];
		struct world w;

		arena_init(&arena, 1 << 20);
		buf_init(&out, OUT_MAX);
		world_init(&w, &arena, 3);
		print_letters(&w, cases[i], NULL, &out);
		(void)snprintf(name, sizeof(name), "plan_%s.txt",
			       cases[i][0] ? cases[i] : "none");
		check_golden(name, &out);
		if (strchr(cases[i], 'u'))
			assert_null(strstr(buf_text(&out), "No changes"));
	}
}

static void test_refused(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct refusal_array refusals = { 0 };
	struct refusal refusal = { -ERR_GRANT, "web01/OrdersApi: no grant" };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 1);
	PUSH(&w, &refusals, refusal);
	print_letters(&w, "s", &refusals, &out);
	check_golden("plan_refused.txt", &out);
}

/* Nothing but first pairings: a person may confirm them. */
static void test_to_confirm(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct refusal_array refusals = { 0 };
	struct refusal refusal = { -ERR_NEW_PAIR, "web01/OrdersApi: new" };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 1);
	w.desired.bindings.items[0].http.path = "/health";
	PUSH(&w, &refusals, refusal);
	print_letters(&w, "s", &refusals, &out);
	check_golden("plan_to_confirm.txt", &out);
}

static void test_nothing_declared(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 1);
	w.desired.bindings.n = 0;
	print_letters(&w, "f", NULL, &out);
	check_golden("plan_undeclared.txt", &out);
}

/* web01: OrdersApi becomes NetworkService, OrdersWorker a gMSA and uses
 * Windows authentication; web02: one inherits, the other is suspended, a third
 * belongs to SharePoint; a task uses the account. */
static struct plan build_kinds(struct world *w)
{
	const struct account gmsa = { .name = "web",
				      .user = "gmsa-web$",
				      .type = ACCOUNT_GMSA,
				      .secret = SIZE_MAX };
	const struct pool_app app = { .site = "Shop",
				      .path = "/",
				      .folder = "C:\\shop",
				      .windows_auth = true };
	const struct past_suspension held = { .server = "web02",
					      .pool = "OrdersWorker",
					      .reason = "CHG\n1",
					      .by = "ada",
					      .until_ms = NOW_MS + 3600000 };
	const struct elsewhere task = { ELSEWHERE_TASK, "\\Back\x1bup", "", 0 };
	struct binding *binding = &w->desired.bindings.items[0];
	struct observed_pool foreign = world_pool("SharePoint - 80");
	struct reading_array readings = { 0 };
	struct observed *seen[2];

	binding->on_verify_fail = VERIFY_FAIL_ROLLBACK;
	binding->inherited = INHERITED_MAKE_LOCAL;
	PUSH(w, &w->desired.accounts, gmsa);
	PUSH(w, &w->past.suspensions, held);
	for (size_t i = 0; i < 2; i++)
		seen[i] = world_server(w, i, PASSWORD_STALE);
	PUSH(w, &seen[0]->pools.items[1].apps, app);
	seen[1]->pools.items[0].identity_local = false;
	PUSH(w, &seen[1]->pools, foreign);
	PUSH(w, &seen[1]->elsewhere, task);
	PUSH(w, &binding->pools,
	     (struct named_pool){ .name = "Share*", .glob = true });
	for (size_t i = 0; i < 2; i++)
		PUSH(w, &readings, world_reading(i, seen[i]));
	return build(w, &readings);
}

static void test_kinds(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct plan_report report = { 0 };
	struct report_context context;
	struct err err = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 2);
	plan = build_kinds(&w);
	/* Two changes that the one binding of this world can't lead to. */
	plan.changes.items[0].kind = CHANGE_IDENTITY;
	plan.changes.items[0].account = SIZE_MAX;
	plan.changes.items[0].identity = IDENTITY_NETWORK_SERVICE;
	plan.changes.items[0].secret = false;
	plan.changes.items[1].kind = CHANGE_IDENTITY;
	plan.changes.items[1].account = 2;
	plan.changes.items[1].secret = false;
	context = context_of(&w);
	report.plan = &plan;
	report.versions = w.versions;
	assert_int_equal(plan_print(&context, &report, &out, &err), 0);
	assert_null(strchr(buf_text(&out), '\033'));
	check_golden("plan_kinds.txt", &out);
	buf_clear(&out);
	assert_int_equal(plan_json(&context, &report, &out, &err), 0);
	check_json("plan_kinds.json", &out);
}

static void test_limit(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct plan_report report = { 0 };
	struct report_context context;
	struct err err = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, 100);
	world_init(&w, &arena, 6);
	plan = build_mixed(&w);
	context = context_of(&w);
	report.plan = &plan;
	report.versions = w.versions;
	assert_int_equal(plan_print(&context, &report, &out, &err), -ERR_LIMIT);
}

static struct run_result result_mixed(struct world *w)
{
	struct result_row rows[] = {
		{ 0, "OrdersApi", 0, OUTCOME_CHANGED, STATUS_CONVERGED, "",
		  IDENTITY_SPECIFIC_USER },
		{ 0, "OrdersWorker", 0, OUTCOME_CHANGED, STATUS_PENDING_RECYCLE,
		  "worker 4711 is older than the stored password",
		  IDENTITY_SPECIFIC_USER },
		{ 1, "OrdersApi", 0, OUTCOME_FAILED, STATUS_FAILED,
		  "event 5021 since the commit", IDENTITY_SPECIFIC_USER },
		{ 1, "OrdersWorker", 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		  "the account was stopped", IDENTITY_SPECIFIC_USER },
		{ 1, "Orders", SIZE_MAX, OUTCOME_FAILED, STATUS_FAILED,
		  "it does not run any more; put back to LocalSystem",
		  IDENTITY_NETWORK_SERVICE },
		{ 2, "", SIZE_MAX, OUTCOME_UNKNOWN, STATUS_UNKNOWN,
		  "the session broke\x1b[31m", IDENTITY_SPECIFIC_USER },
	};
	struct run_result result = {
		.n_changed = 2,
		.n_failed = 2,
		.n_unknown = 1,
		.n_skipped = 1,
		.n_commits = 2,
		.identity_fault = true,
		.stop_reason = "CORP\\svc-orders: event 5021 on web02",
	};
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		PUSH(w, &result.rows, rows[i]);
	return result;
}

static void test_result(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct run_result result;
	struct result_report report = { .result = &result,
					.run = "01K5JQ8M",
					.next = "mend the secret, then "
						"lockstep apply" };
	struct report_context context;
	struct err err = { 0 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 3);
	context = context_of(&w);
	result = result_mixed(&w);
	assert_int_equal(result_print(&context, &report, &out, &err), 0);
	check_golden("result_mixed.txt", &out);
	buf_clear(&out);
	assert_int_equal(result_json(&context, &report, &out, &err), 0);
	check_json("result_mixed.json", &out);
	buf_clear(&out);
	result.save_failed = -ERR_STATE_FILE;
	result.stopped = true;
	result.n_kept = 3;
	result.identity_fault = false;
	result.stop_reason = NULL;
	assert_int_equal(result_print(&context, &report, &out, &err), 0);
	check_golden("result_unkept.txt", &out);
}

static void test_result_fine(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct result_row row = {
		.server = 1,
		.pool = "OrdersApi",
		.outcome = OUTCOME_CHANGED,
		.status = STATUS_CONVERGED,
		.reason = "",
	};
	struct run_result result = { .n_changed = 1 };
	struct result_report report = { .result = &result };
	struct report_context context;
	struct err err = { 0 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 2);
	context = context_of(&w);
	PUSH(&w, &result.rows, row);
	assert_int_equal(result_print(&context, &report, &out, &err), 0);
	assert_string_equal(buf_text(&out),
			    "1 changed, 0 failed, 0 unknown on 1 server.\n"
			    "\n  web02   proved: OrdersApi\n");
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_letters),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_to_confirm),
		cmocka_unit_test(test_nothing_declared),
		cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_result),
		cmocka_unit_test(test_result_fine),
	};

	update_golden = argc > 1 && strcmp(argv[1], "--update") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
