/* answer.c - what lockstep says of zones and windows, minute by minute, for
 * tests/windows/oracle.py to compare. Requests are lines on standard input,
 * answers little-endian records on standard output:
 *
 *   zone NAME          the zone of what follows
 *   clock FROM N       N minutes from UTC minute FROM: i32 offset_s,
 *                      i64 YYYYMMDDhhmm and weekday
 *   wall FROM N        N minutes of a clock on the wall: i64 first_ms,
 *                      i64 last_ms, i32 meeting
 *   clear              no windows
 *   window MODE days MASK AT DURATION CUTOFF OVERRIDE
 *   window MODE monthly NTH DAY PLUS AT DURATION CUTOFF OVERRIDE
 *   window MODE span FROM TO OVERRIDE
 *   ask FROM N         i64 closes_ms, i64 cutoff_ms, i64 next_ms, i32 flags
 *
 * All numbers are minutes, OVERRIDE is 1 when nobody gets past it. */
#include "reconciler/manifest/zones.h"
#include "reconciler/model/window.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MINUTE_MS   INT64_C(60000)
#define WINDOWS_MAX 8
#define NUMBERS_MAX 8

struct answerer {
	struct zones zones;
	const struct zone *zone;
	struct desired desired;
	struct server server;
	struct binding binding;
	struct window windows[WINDOWS_MAX];
	const struct window *all[WINDOWS_MAX];
	size_t named[WINDOWS_MAX];
};

/* A request as words and the numbers behind them. */
struct request {
	char words[3][64];
	size_t n_words;
	int64_t numbers[NUMBERS_MAX];
	size_t n_numbers;
};

static void die(const char *why)
{
	(void)fprintf(stderr, "answer: %s\n", why);
	exit(1); /* NOLINT(concurrency-mt-unsafe) */
}

static void put(const void *bytes, size_t len)
{
	if (fwrite(bytes, 1, len, stdout) != len)
		die("standard output can't be written");
}

static void put_i64(int64_t value)
{
	put(&value, sizeof(value));
}

static void put_i32(int32_t value)
{
	put(&value, sizeof(value));
}

static void answer_clock(const struct answerer *answerer, int64_t from,
			 int64_t n)
{
	for (int64_t at = from; at < from + n; at++) {
		const struct civil civil =
			zone_civil(answerer->zone, at * MINUTE_MS);

		put_i32(zone_offset(answerer->zone, at * MINUTE_MS));
		put_i64((((((civil.year * INT64_C(100) + civil.month) * 100 +
			    civil.day) *
				   100 +
			   civil.hour) *
				  100 +
			  civil.minute) *
				 10 +
			 civil.weekday));
	}
}

static struct civil civil_of_minute(int64_t minute)
{
	const int64_t day = minute / 1440;
	struct civil civil = civil_of_days(day);

	civil.hour = (uint8_t)((minute - day * 1440) / 60);
	civil.minute = (uint8_t)((minute - day * 1440) % 60);
	return civil;
}

static void answer_wall(const struct answerer *answerer, int64_t from,
			int64_t n)
{
	for (int64_t at = from; at < from + n; at++) {
		const struct civil civil = civil_of_minute(at);
		enum zone_meeting meeting;

		put_i64(zone_wall_ms(answerer->zone, &civil, false, NULL));
		put_i64(zone_wall_ms(answerer->zone, &civil, true, &meeting));
		put_i32((int32_t)meeting);
	}
}

static void answer_ask(const struct answerer *answerer, int64_t from, int64_t n)
{
	for (int64_t at = from; at < from + n; at++) {
		const struct window_answer answer =
			window_ask(&answerer->desired, 0, 0, WINDOW_IDENTITY,
				   at * MINUTE_MS);

		put_i64(answer.open ? answer.closes_ms : 0);
		put_i64(answer.open ? answer.cutoff_ms : 0);
		put_i64(answer.next_ms);
		put_i32(answer.open | answer.may_start << 1 |
			answer.may_override << 2);
	}
}

static void add_window(struct answerer *answerer, const struct request *request)
{
	const int64_t *number = request->numbers;
	const size_t index = answerer->desired.windows.n;
	struct window *window = &answerer->windows[index];

	if (index == WINDOWS_MAX)
		die("too many windows");
	*window = (struct window){ .name = "w", .zone = answerer->zone };
	window->mode = strcmp(request->words[1], "deny") == 0 ? WINDOW_DENY
							      : WINDOW_ALLOW;
	if (strcmp(request->words[2], "span") == 0) {
		window->opens = WINDOW_SPAN;
		window->from = civil_of_minute(number[0]);
		window->to = civil_of_minute(number[1]);
		window->no_override = number[2] != 0;
	} else {
		if (strcmp(request->words[2], "monthly") == 0) {
			window->opens = WINDOW_MONTHLY;
			window->nth = (uint8_t)number[0];
			window->weekday = (uint8_t)number[1];
			window->plus_days = (uint8_t)number[2];
			number += 3;
		} else {
			window->days = (uint8_t)*number++;
		}
		window->at_minutes = (uint16_t)number[0];
		window->duration_ms = number[1] * MINUTE_MS;
		window->cutoff_ms = number[2] * MINUTE_MS;
		window->no_override = number[3] != 0;
	}
	answerer->all[index] = window;
	answerer->desired.windows.n++;
	if (window->mode == WINDOW_ALLOW) {
		struct window_choice *choice =
			&answerer->binding.windows[WINDOW_IDENTITY];

		choice->limited = true;
		answerer->named[choice->windows.n++] = index;
	}
}

static void clear(struct answerer *answerer)
{
	answerer->desired.windows.n = 0;
	answerer->binding.windows[WINDOW_IDENTITY].limited = false;
	answerer->binding.windows[WINDOW_IDENTITY].windows.n = 0;
}

static void set_zone(struct answerer *answerer, const char *name)
{
	struct err err = { 0 };

	if (zones_find(&answerer->zones, name, &answerer->zone, &err))
		die(err.what);
}

static void answer(struct answerer *answerer, const struct request *request)
{
	const char *what = request->words[0];

	if (strcmp(what, "zone") == 0)
		set_zone(answerer, request->words[1]);
	else if (strcmp(what, "clear") == 0)
		clear(answerer);
	else if (strcmp(what, "window") == 0)
		add_window(answerer, request);
	else if (strcmp(what, "clock") == 0)
		answer_clock(answerer, request->numbers[0],
			     request->numbers[1]);
	else if (strcmp(what, "wall") == 0)
		answer_wall(answerer, request->numbers[0], request->numbers[1]);
	else if (strcmp(what, "ask") == 0)
		answer_ask(answerer, request->numbers[0], request->numbers[1]);
	else
		die("unknown request");
	(void)fflush(stdout);
}

static void split(char *line, struct request *ret)
{
	char *rest = line;
	char *word;

	memset(ret, 0, sizeof(*ret));
	while ((word = strsep(&rest, " \n")) != NULL) {
		const bool number = (*word >= '0' && *word <= '9') ||
				    (*word == '-' && word[1]);

		if (!*word)
			continue;
		if (number && ret->n_words && ret->n_numbers < NUMBERS_MAX)
			ret->numbers[ret->n_numbers++] =
				strtoll(word, NULL, 10);
		else if (ret->n_words < 3)
			(void)snprintf(ret->words[ret->n_words++],
				       sizeof(ret->words[0]), "%s", word);
		else
			die("a request is too long");
	}
}

int main(void)
{
	static struct answerer answerer;
	struct arena arena;
	struct arena scratch;
	char line[256];

	arena_init(&arena, 268435456);
	arena_init(&scratch, 1048576);
	answerer.zones = (struct zones){ .folder = ZONES_FOLDER,
					 .arena = &arena,
					 .scratch = &scratch };
	answerer.desired.servers.items = &answerer.server;
	answerer.desired.servers.n = 1;
	answerer.desired.bindings.items = &answerer.binding;
	answerer.desired.bindings.n = 1;
	answerer.desired.windows.items = answerer.all;
	answerer.binding.windows[WINDOW_IDENTITY].windows.items =
		answerer.named;
	while (fgets(line, sizeof(line), stdin)) {
		struct request request;

		split(line, &request);
		answer(&answerer, &request);
	}
	arena_done(&arena);
	arena_done(&scratch);
	return 0;
}
