/* when_test.c - points in time as people write them. */
#include "reconciler/cmd/when.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#define NOW_MS INT64_C(1789848000000) /* 2026-09-19 20:00:00Z */

static int64_t parsed(const char *text, enum when_side side)
{
	struct err err = { 0 };
	int64_t at = 0;

	assert_int_equal(when_parse("--until", text, side, NOW_MS, &at, &err),
			 0);
	return at;
}

static void refused(const char *text, const char *why)
{
	struct err err = { 0 };
	int64_t at = 7;

	assert_int_equal(
		when_parse("--until", text, WHEN_AHEAD, NOW_MS, &at, &err),
		-ERR_USAGE);
	assert_int_equal(at, 7);
	if (!strstr(err.what, why) || !strstr(err.what, "--until "))
		fail_msg("'%s' does not say '%s'", err.what, why);
}

static void test_spans(void **state)
{
	(void)state;
	assert_int_equal(parsed("36h", WHEN_AHEAD) - NOW_MS, 36 * 3600000);
	assert_int_equal(parsed("1d", WHEN_AHEAD) - NOW_MS, 86400000);
	assert_int_equal(parsed("1d", WHEN_AGO) - NOW_MS, -86400000);
	refused("0h", "expected");
	refused("-1h", "expected");
	refused("h", "expected");
	refused("5m", "expected");
	refused("99999999999999999999d", "expected");
	refused("", "expected");
}

static void test_dates(void **state)
{
	char text[WHEN_BYTES];

	(void)state;
	/* NOLINTNEXTLINE(concurrency-mt-unsafe): there is one thread */
	assert_int_equal(setenv("TZ", "Europe/Berlin", 1), 0);
	tzset();
	/* Summer is two hours ahead of UTC there, winter one. */
	assert_int_equal(parsed("2026-09-19T22:00", WHEN_AHEAD), NOW_MS);
	assert_int_equal(parsed("2026-12-01", WHEN_AHEAD),
			 INT64_C(1796079600000));
	assert_int_equal(parsed("2028-02-29", WHEN_AGO),
			 INT64_C(1835391600000));
	when_text(NOW_MS, text, sizeof(text));
	assert_string_equal(text, "2026-09-19 22:00 CEST");
	refused("2027-02-29", "never shows");
	refused("2027-03-28T02:30", "never shows"); /* skipped */
	refused("2026-12-01T24:00", "never shows");
	refused("2026-13-01", "never shows");
	refused("2026-12-01T06", "expected");
	refused("2026-12-01T06:00Z", "expected");
	refused("2026-12-1", "expected");
	refused("tomorrow", "expected");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_spans),
		cmocka_unit_test(test_dates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
