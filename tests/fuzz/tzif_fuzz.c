/* tzif_fuzz.c - any bytes as a time zone; what is taken must be usable. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/manifest/tzif.h"
#include "reconciler/model/window.h"

#define DAY_MS INT64_C(86400000)

/* What clocks show at a moment, they show at that moment. */
static void require_round_trip(const struct zone *zone, int64_t wall_ms)
{
	const struct civil civil = zone_civil(zone, wall_ms);
	enum zone_meeting meeting;
	const int64_t first = zone_wall_ms(zone, &civil, false, &meeting);
	const int64_t last = zone_wall_ms(zone, &civil, true, NULL);

	FUZZ_REQUIRE(meeting != ZONE_GAP);
	FUZZ_REQUIRE(first <= wall_ms && wall_ms <= last);
	FUZZ_REQUIRE((meeting == ZONE_ONCE) == (first == last));
}

/* One opening follows the other, and what was last is not ahead. */
static void require_openings(const struct zone *zone, int64_t wall_ms)
{
	const struct window window = { .zone = zone,
				       .opens = WINDOW_DAYS,
				       .days = 0x55,
				       .at_minutes = 150,
				       .duration_ms = 7200000 };
	struct window_span span;

	for (unsigned i = 0; i < 8; i++) {
		FUZZ_REQUIRE(window_after(&window, wall_ms, &span));
		FUZZ_REQUIRE(span.opens_ms > wall_ms);
		wall_ms = span.opens_ms;
		FUZZ_REQUIRE(window_last(&window, wall_ms, &span));
		FUZZ_REQUIRE(span.opens_ms <= wall_ms);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct zone zone = { 0 };
	struct err err = { 0 };
	int64_t at_ms;
	int rc;

	arena_init(&arena, 1048576);
	rc = tzif_parse(bytes, len, &arena, &zone, &err);
	FUZZ_REQUIRE(rc == 0 || rc == -ERR_MANIFEST);
	if (rc < 0) {
		fuzz_plain(err.what);
		return 0;
	}
	fuzz_accept();
	FUZZ_REQUIRE(zone.shifts.n <= TZIF_SHIFTS_MAX);
	for (at_ms = DAY_MS; at_ms < 80000 * DAY_MS; at_ms += 997 * DAY_MS)
		require_round_trip(&zone, at_ms);
	require_openings(&zone, 20000 * DAY_MS);
	require_openings(&zone, 30000 * DAY_MS);
	return 0;
}
