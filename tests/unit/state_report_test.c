/* state_report_test.c - exact texts of status, drift and history; the
 * argument --update writes them anew. */
#include "reconciler/report/drift_report.h"
#include "reconciler/report/history_report.h"
#include "reconciler/report/status_report.h"

#include "tests/unit/report_golden.h"

static void add_past(struct world *w, const char *pool, enum status status,
		     const char *reason)
{
	struct past_pool past = { .server = "web01",
				  .pool = pool,
				  .account = "CORP\\svc-orders",
				  .status = status,
				  .reason = reason,
				  .seen_ms = NOW_MS - 60000,
				  .generation = 1 };

	PUSH(w, &w->past.pools, past);
}

static void test_status(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct status_report status = { .selected = "2 of 9 servers" };
	struct past_suspension suspension = { .server = "web02",
					      .pool = "ORDERSAPI",
					      .reason = "CHG1",
					      .ticket = "77",
					      .by = "ada via root",
					      .at_ms = NOW_MS - 5000,
					      .until_ms = NOW_MS + 3600000 };
	struct report_context context;
	struct index_array scope = { 0 };
	struct err err = { 0 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 2);
	context = context_of(&w);
	PUSH(&w, &scope, 0);
	PUSH(&w, &scope, 1);
	add_past(&w, "ordersapi", STATUS_CONVERGED, "");
	add_past(&w, "OrdersWorker", STATUS_FAILED, "event\t5021");
	add_past(&w, "OrdersOld", STATUS_CONVERGED, "");
	PUSH(&w, &w.past.suspensions, suspension);
	suspension.server = "web01";
	suspension.pool = "";
	suspension.reason = "moved\033[2J";
	suspension.ticket = "";
	PUSH(&w, &status.expired, suspension);
	assert_int_equal(
		status_rows(&context, &scope, &arena, &status.rows, &err), 0);
	assert_int_equal(status.rows.n, 5);
	assert_int_equal(status_print(&context, &status, &out, &err), 0);
	check_golden("status.txt", &out);
	buf_clear(&out);
	assert_int_equal(status_json(&context, &status, &out, &err), 0);
	check_json("status.json", &out);
	buf_clear(&out);
	status = (struct status_report){ 0 };
	assert_int_equal(status_print(&context, &status, &out, &err), 0);
	assert_string_equal(buf_text(&out), "0 pools: no binding names one.\n");
}

static void remember(struct world *w, const char *server, enum status status,
		     int64_t proved_version)
{
	struct past_pool past = { .server = server,
				  .pool = "OrdersApi",
				  .account = "CORP\\svc-orders",
				  .status = status,
				  .reason = "",
				  .seen_ms = NOW_MS - 60000,
				  .since_ms = NOW_MS - 32400000,
				  .proved_ms = proved_version
						       ? NOW_MS - 86400000
						       : 0,
				  .proved_version = proved_version };

	PUSH(w, &w->past.pools, past);
}

/* web01 holds an older version; web02 was changed by a person; web03 can't be
 * read, and has a hostile reason; web04 is suspended, and has a stray pool. */
static struct plan build_drift(struct world *w)
{
	struct past_suspension suspension = { .server = "web04",
					      .pool = "",
					      .reason = "CHG1",
					      .ticket = "",
					      .by = "ada",
					      .at_ms = NOW_MS - 5000,
					      .until_ms = NOW_MS + 3600000 };
	struct observed_pool stray = world_pool("Legacy\033[2JPay");
	struct reading_array readings = { 0 };
	struct plan plan = { 0 };
	struct err err = { 0 };
	struct observed *seen[4];

	for (size_t i = 0; i < 4; i++)
		seen[i] = world_server(w, i, PASSWORD_CURRENT);
	seen[0]->pools.items[0].password = PASSWORD_STALE;
	seen[1]->pools.items[0].identity = IDENTITY_NETWORK_SERVICE;
	PUSH(w, &seen[3]->pools, stray);
	remember(w, "web01", STATUS_STALE, VERSION_PAY);
	remember(w, "web02", STATUS_CONVERGED, VERSION_ORDERS);
	remember(w, "web03", STATUS_UNREADABLE, 0);
	PUSH(w, &w->past.suspensions, suspension);
	for (size_t i = 0; i < 4; i++) {
		struct reading reading = world_reading(i, seen[i]);

		if (i == 2) {
			reading.observed = NULL;
			reading.reason = "no answer\n##vso[task.complete]";
			reading.code = -ERR_CONNECT;
		}
		PUSH(w, &readings, reading);
	}
	assert_int_equal(
		plan_build(&w->input, &readings, w->arena, &plan, &err), 0);
	return plan;
}

static void test_drift(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct drift_report report = { 0 };
	struct report_context context;
	struct err err = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 4);
	plan = build_drift(&w);
	context = context_of(&w);
	assert_int_equal(drift_find(&context, &plan, &arena, &report, &err), 0);
	assert_int_equal(report.drift, 2);
	assert_false(report.complete);
	assert_int_equal(report.pools, 8);
	assert_int_equal(report.pools_read, 6);
	report.recorded = true;
	assert_int_equal(drift_print(&context, &report, &out, &err), 0);
	check_golden("drift.txt", &out);
	buf_clear(&out);
	assert_int_equal(drift_json(&context, &report, &out, &err), 0);
	check_json("drift.json", &out);
}

static void test_no_drift(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct drift_report report = { 0 };
	struct reading_array readings = { 0 };
	struct report_context context;
	struct err err = { 0 };
	struct plan plan;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 1);
	PUSH(&w, &readings,
	     world_reading(0, world_server(&w, 0, PASSWORD_CURRENT)));
	assert_int_equal(plan_build(&w.input, &readings, &arena, &plan, &err),
			 0);
	context = context_of(&w);
	assert_int_equal(drift_find(&context, &plan, &arena, &report, &err), 0);
	report.recorded = true;
	assert_int_equal(drift_print(&context, &report, &out, &err), 0);
	assert_string_equal(buf_text(&out),
			    "No drift: 2 pools on 1 server are as declared.\n");
}

static void test_history(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct history_run runs[] = {
		{ .id = "20260919-195900-aaaaaaaa",
		  .kind = "change",
		  .outcome = "",
		  .reason = "",
		  .actor = "ada via root on pts/3",
		  .grounds = { "", "", "", "", "" },
		  .approved_by = "",
		  .approved_reason = "",
		  .approved_ticket = "",
		  .began_ms = NOW_MS - 60000,
		  .n_approved = 2 },
		{ .id = "20260918-195900-bbbbbbbb",
		  .kind = "change",
		  .outcome = "failed",
		  .reason = "web01 failed\033[2J",
		  .actor = "",
		  .grounds = { "20260918-190000-cccccccc",
			       "the vendor is on the line", "INC7",
			       "weekend,freeze", "svc-orders" },
		  .approved_by = "eve via lockstep",
		  .approved_reason = "read by two\033[2J",
		  .approved_ticket = "CHG123",
		  .began_ms = NOW_MS - 86460000,
		  .ended_ms = NOW_MS - 86400000,
		  .n_approved = 2,
		  .n_changed = 1,
		  .n_failed = 1 },
	};
	struct history_row items[] = {
		{ "", "web01", "OrdersApi", "CORP\\svc-orders", "password",
		  "failed", "failed", "event\t5021", NOW_MS, true },
		{ "", "web99.old", "OrdersApi", "CORP\\svc-orders", "identity",
		  "", "", "", 0, false },
	};
	struct history_row_array rows = { items, 2, 2 };
	struct history_report report = { .runs = { runs, 2, 2 }, .n_shown = 2 };
	struct report_context context;
	struct err err = { 0 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	buf_init(&out, OUT_MAX);
	world_init(&w, &arena, 1);
	context = context_of(&w);
	report.context = &context;
	assert_int_equal(history_print(&report, &out, &err), 0);
	check_golden("history.txt", &out);
	buf_clear(&out);
	report.runs.items = &runs[1];
	report.runs.n = 1;
	report.rows = &rows;
	assert_int_equal(history_print(&report, &out, &err), 0);
	check_golden("history-run.txt", &out);
	buf_clear(&out);
	assert_int_equal(history_json(&report, &out, &err), 0);
	check_json("history.json", &out);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_drift),
		cmocka_unit_test(test_no_drift),
		cmocka_unit_test(test_history),
	};

	update_golden = argc > 1 && strcmp(argv[1], "--update") == 0;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
