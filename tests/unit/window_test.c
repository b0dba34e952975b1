/* window_test.c - when windows open and close, and what may start when. */
#include "reconciler/model/window.h"

#include "tests/unit/window_fixture.h"

static void assert_next(const struct window *window, int64_t from_ms,
			int64_t opens_ms, int64_t closes_ms)
{
	struct window_span span;

	assert_true(window_next(window, from_ms, &span));
	assert_int_equal(span.opens_ms, opens_ms);
	assert_int_equal(span.closes_ms, closes_ms);
}

/* Friday 22:00 for four hours belongs to Friday, Saturday's part too; it is
 * not open on Friday from midnight to 02:00. */
static void test_over_midnight(void **state)
{
	const struct window window =
		daily(&berlin, ON(FRI), 22, 0, 4 * HOUR_MS);
	const int64_t opens = utc_ms(2026, 11, 27, 21, 0);
	struct fixture fixture;

	(void)state;
	assert_next(&window, utc_ms(2026, 11, 25, 0, 0), opens,
		    opens + 4 * HOUR_MS);
	assert_next(&window, opens + 4 * HOUR_MS - 1, opens,
		    opens + 4 * HOUR_MS);
	assert_next(&window, opens + 4 * HOUR_MS, opens + 7 * DAY_MS,
		    opens + 7 * DAY_MS + 4 * HOUR_MS);
	arrange(&fixture);
	add(&fixture, &window);
	assert_false(ask(&fixture, opens - 1).open);
	assert_int_equal(ask(&fixture, opens - 1).next_ms, opens);
	assert_true(ask(&fixture, opens).may_start);
	assert_true(ask(&fixture, opens + 4 * HOUR_MS - 1).may_start);
	assert_int_equal(ask(&fixture, opens + HOUR_MS).closes_ms,
			 opens + 4 * HOUR_MS);
	assert_false(ask(&fixture, opens + 4 * HOUR_MS).open);
	/* Friday 00:30 in Berlin. */
	assert_false(ask(&fixture, utc_ms(2026, 11, 26, 23, 30)).open);
}

static void test_opens_in_gap(void **state)
{
	/* 29 March 2026: 02:00 becomes 03:00. */
	const struct window window =
		daily(&berlin, ON(SUN), 2, 30, 2 * HOUR_MS);
	const int64_t gap_ends = utc_ms(2026, 3, 29, 1, 0);

	(void)state;
	assert_next(&window, gap_ends - DAY_MS, gap_ends,
		    gap_ends + 2 * HOUR_MS);
	assert_next(&window, gap_ends + 2 * HOUR_MS, utc_ms(2026, 4, 5, 0, 30),
		    utc_ms(2026, 4, 5, 2, 30));
}

static void test_opens_once_in_doubled_hour(void **state)
{
	/* 25 October 2026: 03:00 becomes 02:00 again. */
	const struct window window =
		daily(&berlin, EVERY_DAY, 2, 30, 20 * MINUTE_MS);
	const int64_t first = utc_ms(2026, 10, 25, 0, 30);
	struct fixture fixture;

	(void)state;
	arrange(&fixture);
	add(&fixture, &window);
	assert_true(ask(&fixture, first).open);
	assert_false(ask(&fixture, first + 20 * MINUTE_MS).open);
	assert_false(ask(&fixture, first + HOUR_MS).open);
	assert_int_equal(ask(&fixture, first + HOUR_MS).next_ms,
			 utc_ms(2026, 10, 26, 1, 30));
}

/* Four hours are four hours, on both nights. */
static void test_duration_is_elapsed(void **state)
{
	const struct window window =
		daily(&berlin, ON(SAT), 23, 0, 4 * HOUR_MS);

	(void)state;
	assert_next(&window, utc_ms(2026, 3, 28, 12, 0),
		    utc_ms(2026, 3, 28, 22, 0), utc_ms(2026, 3, 29, 2, 0));
	/* 04:00 summer time */
	assert_int_equal(zone_civil(&berlin, utc_ms(2026, 3, 29, 2, 0)).hour,
			 4);
	assert_next(&window, utc_ms(2026, 10, 24, 12, 0),
		    utc_ms(2026, 10, 24, 21, 0), utc_ms(2026, 10, 25, 1, 0));
	assert_int_equal(zone_civil(&berlin, utc_ms(2026, 10, 25, 1, 0)).hour,
			 2);
}

static void test_nothing_said(void **state)
{
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	arrange(&fixture);
	answer = ask(&fixture, utc_ms(2026, 11, 25, 4, 0));
	assert_true(answer.open);
	assert_true(answer.may_start);
	assert_true(answer.may_override);
	assert_true(answer.closes_ms == INT64_MAX);
	assert_true(answer.cutoff_ms == INT64_MAX);
	assert_int_equal(answer.next_ms, 0);
	assert_null(answer.window);
}

static void test_cutoff(void **state)
{
	struct window window = daily(&utc, EVERY_DAY, 22, 0, 4 * HOUR_MS);
	const int64_t opens = utc_ms(2026, 11, 25, 22, 0);
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	window.cutoff_ms = 30 * MINUTE_MS;
	arrange(&fixture);
	add(&fixture, &window);
	answer = ask(&fixture, opens + 4 * HOUR_MS - 30 * MINUTE_MS - 1);
	assert_true(answer.may_start);
	assert_int_equal(answer.cutoff_ms,
			 opens + 4 * HOUR_MS - 30 * MINUTE_MS);
	answer = ask(&fixture, opens + 4 * HOUR_MS - 30 * MINUTE_MS);
	assert_true(answer.open);
	assert_false(answer.may_start);
	assert_true(answer.may_override);
	assert_int_equal(answer.next_ms, opens + DAY_MS);
	assert_ptr_equal(answer.window, &window);
}

/* Overlapping and touching windows are one; the cutoff is that of the one that
 * reaches furthest. */
static void test_union(void **state)
{
	struct window a = daily(&utc, EVERY_DAY, 20, 0, 2 * HOUR_MS);
	struct window b = daily(&utc, EVERY_DAY, 21, 0, 2 * HOUR_MS);
	struct window c = daily(&utc, EVERY_DAY, 23, 0, HOUR_MS);
	const int64_t opens = utc_ms(2026, 11, 25, 20, 0);
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	a.cutoff_ms = 2 * HOUR_MS;
	b.cutoff_ms = HOUR_MS;
	c.cutoff_ms = 10 * MINUTE_MS;
	arrange(&fixture);
	add(&fixture, &c);
	add(&fixture, &a);
	add(&fixture, &b);
	answer = ask(&fixture, opens);
	assert_true(answer.may_start);
	assert_int_equal(answer.closes_ms, opens + 4 * HOUR_MS);
	assert_int_equal(answer.cutoff_ms,
			 opens + 4 * HOUR_MS - 10 * MINUTE_MS);
	assert_ptr_equal(answer.window, &c);
	answer = ask(&fixture, opens + 4 * HOUR_MS);
	assert_false(answer.open);
	assert_int_equal(answer.next_ms, opens + DAY_MS);
	/* Of two that reach equally far the longer cutoff holds. */
	b.duration_ms = 3 * HOUR_MS;
	answer = ask(&fixture, opens + 3 * HOUR_MS);
	assert_int_equal(answer.cutoff_ms, opens + 3 * HOUR_MS);
	assert_false(answer.may_start);
	/* Also of one that opens later and closes at the same time. */
	b.cutoff_ms = 10 * MINUTE_MS;
	c.cutoff_ms = 30 * MINUTE_MS;
	answer = ask(&fixture, opens + 2 * HOUR_MS);
	assert_int_equal(answer.closes_ms, opens + 4 * HOUR_MS);
	assert_int_equal(answer.cutoff_ms,
			 opens + 4 * HOUR_MS - 30 * MINUTE_MS);
	assert_ptr_equal(answer.window, &c);
	/* A union without end. */
	a.duration_ms = DAY_MS;
	answer = ask(&fixture, opens);
	assert_true(answer.may_start);
	assert_true(answer.closes_ms == INT64_MAX);
	assert_true(answer.cutoff_ms == INT64_MAX);
}

static void test_deny(void **state)
{
	struct window allow = daily(&utc, EVERY_DAY, 20, 0, 4 * HOUR_MS);
	struct window deny = daily(&utc, ON(WED), 22, 0, 3 * HOUR_MS);
	const int64_t opens = utc_ms(2026, 11, 25, 20, 0); /* Wednesday */
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	deny.mode = WINDOW_DENY;
	allow.cutoff_ms = 30 * MINUTE_MS;
	arrange(&fixture);
	add(&fixture, &allow);
	add(&fixture, &deny);
	answer = ask(&fixture, opens);
	assert_int_equal(answer.closes_ms, opens + 2 * HOUR_MS);
	assert_int_equal(answer.cutoff_ms, opens + 90 * MINUTE_MS);
	assert_ptr_equal(answer.window, &allow);
	answer = ask(&fixture, opens + 2 * HOUR_MS);
	assert_false(answer.open);
	assert_true(answer.may_override);
	assert_ptr_equal(answer.window, &deny);
	assert_int_equal(answer.next_ms, opens + DAY_MS);
	/* It ends while the allow window is still open. */
	deny.duration_ms = 70 * MINUTE_MS;
	answer = ask(&fixture, opens + 2 * HOUR_MS);
	assert_int_equal(answer.next_ms, opens + 190 * MINUTE_MS);
	/* What is left is shorter than the cutoff. */
	deny.duration_ms = 95 * MINUTE_MS;
	answer = ask(&fixture, opens + 2 * HOUR_MS);
	assert_int_equal(answer.next_ms, opens + DAY_MS);
	deny.no_override = true;
	assert_false(ask(&fixture, opens + 2 * HOUR_MS).may_override);
	assert_true(ask(&fixture, opens).may_override);
	/* It is for other servers. */
	fixture.label.value = "test";
	deny.apply_to.items = &(struct label){ "env", "prod" };
	deny.apply_to.n = 1;
	answer = ask(&fixture, opens + 2 * HOUR_MS);
	assert_true(answer.may_start);
	assert_int_equal(answer.closes_ms, opens + 4 * HOUR_MS);
}

/* Without an allow window: until the next deny, with no cutoff. */
static void test_deny_alone(void **state)
{
	struct window deny = daily(&utc, ON(FRI), 0, 0, DAY_MS);
	struct window hard = daily(&utc, ON(FRI), 6, 0, HOUR_MS);
	const int64_t friday = utc_ms(2026, 11, 27, 0, 0);
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	deny.mode = hard.mode = WINDOW_DENY;
	hard.no_override = true;
	arrange(&fixture);
	add(&fixture, &deny);
	add(&fixture, &hard);
	answer = ask(&fixture, friday - 1);
	assert_true(answer.may_start);
	assert_int_equal(answer.closes_ms, friday);
	assert_int_equal(answer.cutoff_ms, friday);
	assert_ptr_equal(answer.window, &deny);
	answer = ask(&fixture, friday);
	assert_false(answer.may_start);
	assert_true(answer.may_override);
	assert_ptr_equal(answer.window, &deny);
	assert_int_equal(answer.next_ms, friday + DAY_MS);
	answer = ask(&fixture, friday + 6 * HOUR_MS);
	assert_false(answer.may_override);
	assert_ptr_equal(answer.window, &hard);
	assert_int_equal(answer.next_ms, friday + DAY_MS);
}

/* A handover at the very moment at which a deny begins is none. */
static void test_deny_at_handover(void **state)
{
	struct window a = daily(&utc, EVERY_DAY, 20, 0, HOUR_MS);
	struct window b = daily(&utc, EVERY_DAY, 21, 0, HOUR_MS);
	struct window deny = daily(&utc, EVERY_DAY, 21, 0, HOUR_MS);
	const int64_t opens = utc_ms(2026, 11, 25, 20, 0);
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	deny.mode = WINDOW_DENY;
	a.cutoff_ms = 10 * MINUTE_MS;
	b.cutoff_ms = 50 * MINUTE_MS;
	arrange(&fixture);
	add(&fixture, &a);
	add(&fixture, &b);
	add(&fixture, &deny);
	answer = ask(&fixture, opens);
	assert_int_equal(answer.closes_ms, opens + HOUR_MS);
	assert_int_equal(answer.cutoff_ms, opens + 50 * MINUTE_MS);
	assert_ptr_equal(answer.window, &a);
}

static void test_never(void **state)
{
	struct window allow = daily(&utc, ON(SAT), 20, 0, HOUR_MS);
	struct window deny = daily(&berlin, EVERY_DAY, 0, 0, 25 * HOUR_MS);
	const int64_t now = utc_ms(2026, 11, 25, 12, 0);
	struct fixture fixture;
	struct window_answer answer;

	(void)state;
	arrange(&fixture);
	add(&fixture, &allow);
	allow.apply_to.items = &(struct label){ "env", "test" };
	allow.apply_to.n = 1;
	answer = ask(&fixture, now);
	assert_false(answer.open);
	assert_int_equal(answer.next_ms, 0);
	assert_true(answer.may_override);
	assert_null(answer.window);
	allow.apply_to.n = 0;
	deny.mode = WINDOW_DENY;
	add(&fixture, &deny);
	answer = ask(&fixture, now);
	assert_false(answer.open);
	assert_int_equal(answer.next_ms, 0);
	assert_ptr_equal(answer.window, &deny);
	/* 24 h are one too few on the night of 25 hours. */
	deny.duration_ms = DAY_MS;
	fixture.binding.windows[WINDOW_IDENTITY].limited = false;
	answer = ask(&fixture, now);
	assert_int_equal(answer.next_ms, utc_ms(2027, 10, 31, 22, 0));
}

static void test_classes(void **state)
{
	struct change change = { .kind = CHANGE_IDENTITY };

	(void)state;
	assert_int_equal(change_window_class(&change), WINDOW_IDENTITY);
	change.kind = CHANGE_FINISH;
	assert_int_equal(change_window_class(&change), WINDOW_PASSWORD);
	change.kind = CHANGE_LOCAL;
	assert_int_equal(change_window_class(&change), WINDOW_PASSWORD);
	assert_string_equal(window_class_name(WINDOW_IDENTITY), "identity");
	assert_string_equal(window_class_name(WINDOW_PASSWORD), "password");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_over_midnight),
		cmocka_unit_test(test_opens_in_gap),
		cmocka_unit_test(test_opens_once_in_doubled_hour),
		cmocka_unit_test(test_duration_is_elapsed),
		cmocka_unit_test(test_nothing_said),
		cmocka_unit_test(test_cutoff),
		cmocka_unit_test(test_union),
		cmocka_unit_test(test_deny),
		cmocka_unit_test(test_deny_alone),
		cmocka_unit_test(test_deny_at_handover),
		cmocka_unit_test(test_never),
		cmocka_unit_test(test_classes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
