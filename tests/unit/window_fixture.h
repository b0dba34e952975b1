/* window_fixture.h - one server and one binding under windows that a test sets. */
#ifndef TESTS_UNIT_WINDOW_FIXTURE_H
#define TESTS_UNIT_WINDOW_FIXTURE_H

#include "reconciler/model/window.h"

#include "tests/unit/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define MINUTE_MS INT64_C(60000)
#define HOUR_MS   (60 * MINUTE_MS)
#define DAY_MS    (24 * HOUR_MS)

enum weekday { SUN, MON, TUE, WED, THU, FRI, SAT };

#define ON(day)   ((uint8_t)(1U << (day)))
#define EVERY_DAY 0x7f

/* One server (env=prod), one binding; windows as a test sets them. */
struct fixture {
	struct desired desired;
	struct label label;
	struct server server;
	struct binding binding;
	const struct window *windows[8];
	size_t named[8];
};

static inline void arrange(struct fixture *fixture)
{
	struct desired *desired = &fixture->desired;

	memset(fixture, 0, sizeof(*fixture));
	fixture->label = (struct label){ "env", "prod" };
	fixture->server.labels.items = &fixture->label;
	fixture->server.labels.n = 1;
	desired->servers.items = &fixture->server;
	desired->servers.n = 1;
	desired->bindings.items = &fixture->binding;
	desired->bindings.n = 1;
	desired->windows.items = fixture->windows;
	fixture->binding.windows[WINDOW_IDENTITY].windows.items =
		fixture->named;
}

static inline void add(struct fixture *fixture, const struct window *window)
{
	struct window_choice *choice =
		&fixture->binding.windows[WINDOW_IDENTITY];
	const size_t index = fixture->desired.windows.n++;

	fixture->windows[index] = window;
	if (window->mode == WINDOW_ALLOW) {
		choice->limited = true;
		choice->windows.items[choice->windows.n++] = index;
	}
}

static inline struct window_answer ask(const struct fixture *fixture,
				       int64_t wall_ms)
{
	return window_ask(&fixture->desired, 0, 0, WINDOW_IDENTITY, wall_ms);
}

static inline struct window daily(const struct zone *zone, uint8_t days,
				  int hour, int minute, int64_t duration_ms)
{
	return (struct window){ .name = "daily",
				.zone = zone,
				.opens = WINDOW_DAYS,
				.days = days,
				.at_minutes = (uint16_t)(hour * 60 + minute),
				.duration_ms = duration_ms };
}

#endif
