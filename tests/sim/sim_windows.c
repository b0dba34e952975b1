/* sim_windows.c - change windows that open and close about when runs are. */
#include "tests/sim/sim.h"

#define MINUTE_MS 60000
#define DAY_MIN   1440

static bool chance(struct sim *sim, unsigned permille)
{
	return dice_chance(&sim->wide->dice, permille);
}

static int64_t range(struct sim *sim, int64_t low, int64_t high)
{
	return dice_range(&sim->wide->dice, low, high);
}

static const struct zone utc = { .name = "Etc/UTC" };
static const struct zone berlin = {
	.name = "Europe/Berlin",
	.first_offset_s = 3600,
	.has_rule = true,
	.rule = { .offset_s = 3600,
		  .dst = true,
		  .dst_offset_s = 7200,
		  .begins = { .kind = ZONE_DAY_WEEKDAY,
			      .month = 3,
			      .week = 5,
			      .at_s = 7200 },
		  .ends = { .kind = ZONE_DAY_WEEKDAY,
			    .month = 10,
			    .week = 5,
			    .at_s = 10800 } },
};

/* It opens so that it closes up to half an hour from now, or later. */
static void draw_opening(struct sim *sim, struct window *window)
{
	const int64_t minutes = range(sim, 5, 240);
	const int64_t close_ms =
		sim->world.now_ms + range(sim, -10, 30) * MINUTE_MS;
	const struct civil civil =
		zone_civil(window->zone, close_ms - minutes * MINUTE_MS);

	window->duration_ms = minutes * MINUTE_MS;
	window->at_minutes =
		(uint16_t)((civil.hour * 60 + civil.minute) % DAY_MIN);
	window->days = chance(sim, 700) ? 0x7f : (uint8_t)range(sim, 1, 0x7f);
	if (chance(sim, 200)) {
		window->opens = WINDOW_MONTHLY;
		window->nth = (uint8_t)range(sim, 1, 5);
		window->weekday = civil.weekday;
	}
	if (window->mode == WINDOW_ALLOW && chance(sim, 400))
		window->cutoff_ms = range(sim, 0, minutes / 2) * MINUTE_MS;
}

static void draw_span(struct sim *sim, struct window *window)
{
	const int64_t from_ms =
		sim->world.now_ms + range(sim, -120, 20) * MINUTE_MS;

	window->opens = WINDOW_SPAN;
	window->from = zone_civil(window->zone, from_ms);
	window->to = zone_civil(window->zone,
				from_ms + range(sim, 1, 240) * MINUTE_MS);
}

static void make_window(struct sim *sim, size_t at)
{
	struct window *window = sim_zeroed(sim, 1, sizeof(*window));
	const struct label prod = { "env", "prod" };
	const struct window *made = window;

	window->name = arena_printf(&sim->arena, "w%zu", at);
	window->mode = chance(sim, 300) ? WINDOW_DENY : WINDOW_ALLOW;
	window->zone = chance(sim, 500) ? &utc : &berlin;
	if (window->mode == WINDOW_DENY && chance(sim, 500))
		draw_span(sim, window);
	else
		draw_opening(sim, window);
	if (window->mode == WINDOW_DENY) {
		window->no_override = chance(sim, 300);
		if (chance(sim, 500))
			(void)array_push(&sim->arena, &window->apply_to, prod);
	}
	(void)array_push(&sim->arena, &sim->desired.windows, made);
}

static void choose(struct sim *sim, struct window_choice *choice)
{
	choice->limited = true;
	for (size_t i = 0; i < sim->desired.windows.n; i++) {
		if (sim->desired.windows.items[i]->mode == WINDOW_ALLOW &&
		    chance(sim, 600))
			(void)array_push(&sim->arena, &choice->windows, i);
	}
	/* None of them would never let anything start. */
	if (choice->windows.n == 0)
		choice->limited = false;
}

void windows_new(struct sim *sim)
{
	const int64_t n = chance(sim, 500) ? range(sim, 1, 4) : 0;
	struct binding *binding;

	for (int64_t i = 0; i < n; i++)
		make_window(sim, (size_t)i);
	array_foreach(binding, &sim->desired.bindings) {
		for (size_t i = 0; n > 0 && i < 2; i++) {
			if (chance(sim, 500))
				choose(sim, &binding->windows[i]);
		}
	}
}

void windows_remove(struct sim *sim)
{
	struct binding *binding;

	sim->desired.windows.n = 0;
	array_foreach(binding, &sim->desired.bindings) {
		binding->windows[0].limited = false;
		binding->windows[1].limited = false;
	}
}
