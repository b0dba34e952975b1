/* engine_windows_test.c - nothing starts in a closed window, and what has begun
 * is finished. */
#include "tests/unit/engine_world.h"

#include "reconciler/model/zone.h"

#define HOUR      INT64_C(3600000)
#define MINUTE    INT64_C(60000)
#define BEGIN_TWO "SAVE 1 begin web1/A web1/B web2/A web2/B\n"
#define SKIPPED_TWO                                                    \
	"SAVE 2 outcome web1/A:skipped:skipped:closes "                \
	"web1/B:skipped:skipped:closes web2/A:skipped:skipped:closes " \
	"web2/B:skipped:skipped:closes\nSAVE 3 end skipped\n"

static const struct zone utc = { .name = "Etc/UTC" };

/* Saturday, 28 November 2026, 22:00 */
static int64_t saturday_22(void)
{
	return civil_days(2026, 11, 28) * 24 * HOUR + 22 * HOUR;
}

static struct window *add_window(struct fixture *f, const char *name,
				 enum window_mode mode)
{
	struct window *window = arena_alloc(&f->arena, sizeof(*window));
	const struct window *ref = window;

	assert_non_null(window);
	*window = (struct window){ .name = name,
				   .mode = mode,
				   .zone = &utc,
				   .opens = WINDOW_DAYS,
				   .days = 1 << 6,
				   .at_minutes = 22 * 60,
				   .duration_ms = 4 * HOUR };
	assert_true(array_push(&f->arena, &f->desired.windows, ref));
	return window;
}

/* The binding may only be changed in weekend: Sat 22:00 - 02:00, cutoff 30 m;
 * its identities as well. */
static struct window *weekend(struct fixture *f)
{
	struct binding *binding = &f->desired.bindings.items[0];
	struct window *window = add_window(f, "weekend", WINDOW_ALLOW);

	window->cutoff_ms = 30 * MINUTE;
	for (int i = 0; i < 2; i++) {
		binding->windows[i].limited = true;
		assert_true(array_push(&f->arena, &binding->windows[i].windows,
				       f->desired.windows.n - 1));
	}
	return window;
}

static void test_closed(void **state)
{
	struct fixture *f = *state;
	const struct run_result *result;

	weekend(f);
	f->wall_ms = saturday_22() - 1;
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, SKIPPED_TWO);
	result = engine_result(f->engine);
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "window closed: weekend opens Sat 28 Nov 22:00 (Etc/UTC)");
	assert_int_equal(result->n_closed, 4);
	assert_int_equal(result->retry_at_ms, saturday_22());
	/* Nothing failed, and nothing ended early. */
	assert_null(result->stop_reason);
}

static void test_open(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->wall_ms = saturday_22();
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	assert_int_equal(engine_result(f->engine)->n_closed, 0);
}

static void test_cutoff(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->wall_ms = saturday_22() + 4 * HOUR - 30 * MINUTE;
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, SKIPPED_TWO);
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "window closed: weekend is past its cutoff; next Sat 5 Dec "
		   "22:00 (Etc/UTC)");
	assert_int_equal(engine_result(f->engine)->retry_at_ms,
			 saturday_22() + HOUR * 24 * 7);
}

/* A server that only looked is asked again before its first intent. */
static void test_cutoff_before_the_first_intent(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->wall_ms = saturday_22() + 4 * HOUR - 30 * MINUTE - 1;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	f->wall_ms++;
	observed(f, 0,
		 "CLOSE web1\nSAVE 2 outcome web1/A:skipped:skipped:closes "
		 "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
	assert_int_equal(engine_result(f->engine)->n_closed, 2);
}

/* A server in hand is finished, whatever the clock says; the next one is not
 * started. */
static void test_in_hand_is_finished(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->wall_ms = saturday_22() + 3 * HOUR;
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	f->wall_ms += 10 * HOUR;
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
	saved(f, 3, "SAVE 4 intent web1/B:1\n");
	saved(f, 4, "APPLY web1 B:1\n");
	applied(f, 0, "B", "", "ACTIVATE web1 B:1@5000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 B:1@5000\n");
	verified(f, 0,
		 "SAVE 5 outcome web1/B:changed:converged:proved:closes\n");
	saved(f, 5,
	      "CLOSE web1\nSAVE 6 outcome web2/A:skipped:skipped:closes "
	      "web2/B:skipped:skipped:closes\nSAVE 7 end skipped\n");
	assert_int_equal(engine_result(f->engine)->n_closed, 2);
}

/* Who waits for the first commit elsewhere has nothing in hand. */
static void test_held_is_asked_again(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->desired.groups.items[0].rollout.canary = 0;
	f->wall_ms = saturday_22() + 3 * HOUR;
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	observed(f, 1, "");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
	f->wall_ms += HOUR;
	saved(f, 3, "SAVE 4 intent web1/B:1\nCLOSE web2\n");
	assert_row(f, 2, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "window closed: weekend opens Sat 5 Dec 22:00 (Etc/UTC)");
}

static void test_deny(void **state)
{
	struct fixture *f = *state;

	add_window(f, "freeze", WINDOW_DENY);
	f->wall_ms = saturday_22();
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, SKIPPED_TWO);
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "window closed: freeze denies it; next Sun 29 Nov 02:00 "
		   "(Etc/UTC)");
}

static void new_override(struct fixture *f)
{
	struct engine_input input = input_of(f, RUN_CHANGE);

	input.override_windows = true;
	plan_first(f, 2);
	assert_int_equal(engine_new(&input, &f->engine, NULL), 0);
	start(f, BEGIN_TWO);
}

static void test_override(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	add_window(f, "freeze", WINDOW_DENY)->at_minutes = 12 * 60;
	f->wall_ms = saturday_22() - 9 * HOUR;
	new_override(f);
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
}

static void test_override_is_forbidden(void **state)
{
	struct fixture *f = *state;
	struct window *freeze = add_window(f, "freeze", WINDOW_DENY);

	freeze->no_override = true;
	f->wall_ms = saturday_22();
	new_override(f);
	saved(f, 1, SKIPPED_TWO);
}

/* One change may start: the server does, the other is left. */
static void test_other_class_is_skipped(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->desired.bindings.items[0].windows[WINDOW_PASSWORD].limited = false;
	f->pools[0][1].user = "CORP\\other";
	f->wall_ms = saturday_22() - HOUR;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "window closed: weekend opens Sat 28 Nov 22:00 (Etc/UTC)");
	assert_int_equal(engine_result(f->engine)->n_closed, 1);
}

/* The window of web1 is closed: web2 is the canary, and web3 waits for it. */
static void test_canary_behind_a_closed_window(void **state)
{
	struct fixture *f = *state;
	const struct label label = { "env", "prod" };
	struct window *freeze = add_window(f, "freeze", WINDOW_DENY);

	assert_true(array_push(&f->arena, &freeze->apply_to, label));
	assert_true(array_push(&f->arena, &f->desired.servers.items[0].labels,
			       label));
	f->wall_ms = saturday_22();
	new_change(f, 3);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B web3/A web3/B\n");
	saved(f, 1, "OBSERVE web2\n");
	observed(f, 1, "SAVE 2 intent web2/A:1\n");
}

/* Forward: the start of the run counts, for good. */
static void test_forward_asks_once(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->wall_ms = saturday_22() + HOUR;
	new_forward(f, 2);
	start(f, BEGIN_TWO);
	f->wall_ms += 20 * HOUR;
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
}

static void test_forward_was_closed(void **state)
{
	struct fixture *f = *state;

	weekend(f);
	f->wall_ms = saturday_22() - 1;
	new_forward(f, 2);
	start(f, BEGIN_TWO);
	f->wall_ms += HOUR;
	saved(f, 1, SKIPPED_TWO);
	assert_int_equal(engine_result(f->engine)->n_closed, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_closed),
		TEST(test_open),
		TEST(test_cutoff),
		TEST(test_cutoff_before_the_first_intent),
		TEST(test_in_hand_is_finished),
		TEST(test_held_is_asked_again),
		TEST(test_deny),
		TEST(test_override),
		TEST(test_override_is_forbidden),
		TEST(test_other_class_is_skipped),
		TEST(test_canary_behind_a_closed_window),
		TEST(test_forward_asks_once),
		TEST(test_forward_was_closed),
	};

	return cmocka_run_group_tests_name("engine_windows", tests, NULL, NULL);
}
