/* window_edges_test.c - several windows over one moment, and labels. */
#include "reconciler/model/window.h"

#include "tests/unit/window_fixture.h"

#define AT utc_ms(2026, 11, 25, 20, 0)

/* Both deny windows open at 20:00 and are asked half an hour later. */
static void test_two_denies(void **state)
{
	static const struct {
		int hours[2];
		bool hard[2];
		int told; /* which of them */
	} cases[] = {
		{ { 1, 2 }, { false, false }, 1 },
		{ { 2, 1 }, { false, false }, 0 },
		{ { 2, 2 }, { false, false }, 0 },
		/* What can't be overridden, however short. */
		{ { 2, 1 }, { false, true }, 1 },
		{ { 1, 2 }, { true, false }, 0 },
		{ { 1, 2 }, { true, true }, 1 },
		{ { 2, 1 }, { true, true }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct window windows[2];
		struct fixture fixture;
		struct window_answer answer;
		int longest = cases[i].hours[0] > cases[i].hours[1]
				      ? cases[i].hours[0]
				      : cases[i].hours[1];

		arrange(&fixture);
		for (size_t k = 0; k < 2; k++) {
			windows[k] = daily(&utc, EVERY_DAY, 20, 0,
					   cases[i].hours[k] * HOUR_MS);
			windows[k].mode = WINDOW_DENY;
			windows[k].no_override = cases[i].hard[k];
			add(&fixture, &windows[k]);
		}
		answer = ask(&fixture, AT + HOUR_MS / 2);
		assert_false(answer.open);
		assert_ptr_equal(answer.window, &windows[cases[i].told]);
		assert_int_equal(answer.may_override,
				 !cases[i].hard[0] && !cases[i].hard[1]);
		assert_int_equal(answer.next_ms, AT + longest * HOUR_MS);
	}
}

/* Of two that are open the one that reaches further decides, in either order;
 * of two that reach equally far the longer cutoff. */
static void test_two_allows(void **state)
{
	static const struct {
		int hours[2];
		int cutoff_minutes[2];
		int told;
	} cases[] = {
		{ { 2, 3 }, { 50, 10 }, 1 }, { { 3, 2 }, { 10, 50 }, 0 },
		{ { 3, 3 }, { 10, 50 }, 1 }, { { 3, 3 }, { 50, 10 }, 0 },
		{ { 3, 3 }, { 10, 10 }, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const int told = cases[i].told;
		struct window windows[2];
		struct fixture fixture;
		struct window_answer answer;

		arrange(&fixture);
		for (size_t k = 0; k < 2; k++) {
			windows[k] = daily(&utc, EVERY_DAY, 20, 0,
					   cases[i].hours[k] * HOUR_MS);
			windows[k].cutoff_ms =
				cases[i].cutoff_minutes[k] * MINUTE_MS;
			add(&fixture, &windows[k]);
		}
		answer = ask(&fixture, AT);
		assert_true(answer.may_start);
		assert_int_equal(answer.closes_ms, AT + 3 * HOUR_MS);
		assert_int_equal(answer.closes_ms - answer.cutoff_ms,
				 windows[told].cutoff_ms);
		assert_ptr_equal(answer.window, &windows[told]);
	}
}

/* No checked manifest has one without days; it lets nothing pass, and is in
 * nobody's way. */
static void test_without_days(void **state)
{
	struct window never = daily(&utc, 0, 20, 0, HOUR_MS);
	struct window allow = daily(&utc, EVERY_DAY, 20, 0, HOUR_MS);
	struct window_answer answer;
	struct fixture fixture;

	(void)state;
	arrange(&fixture);
	add(&fixture, &never);
	answer = ask(&fixture, AT);
	assert_false(answer.open);
	assert_int_equal(answer.next_ms, 0);
	assert_null(answer.window);
	add(&fixture, &allow);
	assert_true(ask(&fixture, AT).may_start);
	assert_int_equal(ask(&fixture, AT - 1).next_ms, AT);
	arrange(&fixture);
	never.mode = WINDOW_DENY;
	add(&fixture, &never);
	add(&fixture, &allow);
	answer = ask(&fixture, AT);
	assert_true(answer.may_start);
	assert_int_equal(answer.closes_ms, AT + HOUR_MS);
}

/* From - to that is over, or not yet: neither in the way. */
static void test_span(void **state)
{
	struct window freeze = {
		.name = "freeze",
		.zone = &utc,
		.mode = WINDOW_DENY,
		.opens = WINDOW_SPAN,
		.from = { .year = 2026, .month = 12, .day = 20 },
		.to = { .year = 2027, .month = 1, .day = 3 }
	};
	const int64_t from = utc_ms(2026, 12, 20, 0, 0);
	const int64_t to = utc_ms(2027, 1, 3, 0, 0);
	struct window_answer answer;
	struct fixture fixture;

	(void)state;
	arrange(&fixture);
	add(&fixture, &freeze);
	answer = ask(&fixture, AT);
	assert_true(answer.may_start);
	assert_int_equal(answer.closes_ms, from);
	assert_int_equal(ask(&fixture, from).next_ms, to);
	answer = ask(&fixture, to);
	assert_true(answer.may_start);
	assert_true(answer.closes_ms == INT64_MAX);
	/* More than 400 days ahead. */
	assert_true(ask(&fixture, from - 401 * DAY_MS).closes_ms == INT64_MAX);
}

/* The second Tuesday of a month and four days: 12 December 2026. */
static void test_monthly(void **state)
{
	struct window patch = { .name = "patch",
				.zone = &utc,
				.opens = WINDOW_MONTHLY,
				.nth = 2,
				.weekday = TUE,
				.plus_days = 4,
				.at_minutes = 60,
				.duration_ms = HOUR_MS };
	const int64_t opens = utc_ms(2026, 12, 12, 1, 0);
	struct window_answer answer;
	struct fixture fixture;

	(void)state;
	arrange(&fixture);
	add(&fixture, &patch);
	assert_int_equal(ask(&fixture, opens - 1).next_ms, opens);
	answer = ask(&fixture, opens + HOUR_MS - 1);
	assert_true(answer.may_start);
	assert_int_equal(answer.closes_ms, opens + HOUR_MS);
	assert_int_equal(ask(&fixture, opens + HOUR_MS).next_ms,
			 utc_ms(2027, 1, 16, 1, 0));
}

static void test_labels(void **state)
{
	struct label labels[] = { { "app", "orders" }, { "env", "prod" } };
	struct label wanted[] = { { "env", "prod" }, { "app", "orders" } };
	struct server server = { .labels = { labels, 2, 2 } };
	struct desired desired = { .servers = { &server, 1, 1 } };
	struct window window = { .apply_to = { wanted, 2, 2 } };

	(void)state;
	assert_true(window_covers(&desired, &window, 0));
	wanted[1].value = "pay";
	assert_false(window_covers(&desired, &window, 0));
	wanted[1].key = "site";
	assert_false(window_covers(&desired, &window, 0));
	window.apply_to.n = 1;
	assert_true(window_covers(&desired, &window, 0));
	server.labels.n = 0;
	assert_false(window_covers(&desired, &window, 0));
	window.apply_to.n = 0;
	assert_true(window_covers(&desired, &window, 0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_denies),
		cmocka_unit_test(test_two_allows),
		cmocka_unit_test(test_without_days),
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_monthly),
		cmocka_unit_test(test_labels),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
