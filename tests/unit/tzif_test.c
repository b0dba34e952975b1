/* tzif_test.c - reading TZif, its footer, and zones by name. */
#include "reconciler/manifest/tzif.h"
#include "reconciler/manifest/zones.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

/* A file of version 2 as a test wants it: 32-bit data that says nothing, then
 * two shifts and three types. */
struct sample {
	uint8_t bytes[512];
	size_t len;
	size_t header; /* where the second one begins */
	size_t times, indices, types;
};

static void put(struct sample *sample, const void *bytes, size_t len)
{
	memcpy(sample->bytes + sample->len, bytes, len);
	sample->len += len;
}

static void put_u32(struct sample *sample, uint32_t value)
{
	const uint8_t bytes[] = { (uint8_t)(value >> 24),
				  (uint8_t)(value >> 16), (uint8_t)(value >> 8),
				  (uint8_t)value };

	put(sample, bytes, 4);
}

static void put_i64(struct sample *sample, int64_t value)
{
	put_u32(sample, (uint32_t)((uint64_t)value >> 32));
	put_u32(sample, (uint32_t)value);
}

static void put_header(struct sample *sample, uint32_t n_shifts,
		       uint32_t n_types, uint32_t n_chars)
{
	put(sample, "TZif2\0\0\0\0\0\0\0\0\0\0\0\0\0\0", 20);
	put_u32(sample, 0);
	put_u32(sample, 0);
	put_u32(sample, 0);
	put_u32(sample, n_shifts);
	put_u32(sample, n_types);
	put_u32(sample, n_chars);
}

static void put_type(struct sample *sample, int32_t offset_s, uint8_t dst,
		     uint8_t name)
{
	const uint8_t rest[] = { dst, name };

	put_u32(sample, (uint32_t)offset_s);
	put(sample, rest, 2);
}

static void arrange(struct sample *sample, const char *footer)
{
	memset(sample, 0, sizeof(*sample));
	put_header(sample, 0, 1, 1);
	put_type(sample, 0, 0, 0);
	put(sample, "", 1);
	sample->header = sample->len;
	put_header(sample, 2, 3, 9);
	sample->times = sample->len;
	put_i64(sample, 1000);
	put_i64(sample, 5000000000);
	sample->indices = sample->len;
	put(sample, "\1\2", 2);
	sample->types = sample->len;
	put_type(sample, 3208, 0, 0);
	put_type(sample, 7200, 1, 4);
	put_type(sample, 3600, 0, 4);
	put(sample, "LMT\0CEST", 9);
	put(sample, footer, strlen(footer));
}

static int parse(struct sample *sample, struct zone *ret, struct err *err)
{
	static struct arena arena;

	arena_done(&arena);
	arena_init(&arena, 65536);
	return tzif_parse(sample->bytes, sample->len, &arena, ret, err);
}

static void assert_refused(struct sample *sample, const char *why)
{
	struct err err = { 0 };
	struct zone zone;

	assert_int_equal(parse(sample, &zone, &err), -ERR_MANIFEST);
	assert_string_equal(err.what, why);
}

static void test_sample(void **state)
{
	struct sample sample;
	struct zone zone;

	(void)state;
	arrange(&sample, "\nCET-1\n");
	assert_int_equal(parse(&sample, &zone, NULL), 0);
	assert_int_equal(zone.first_offset_s, 3208);
	assert_int_equal(zone.shifts.n, 2);
	assert_int_equal(zone.shifts.items[0].at_s, 1000);
	assert_int_equal(zone.shifts.items[0].offset_s, 7200);
	assert_int_equal(zone.shifts.items[1].at_s, 5000000000);
	assert_int_equal(zone.shifts.items[1].offset_s, 3600);
	assert_true(zone.has_rule);
	assert_false(zone.rule.dst);
	assert_int_equal(zone.rule.offset_s, 3600);
	arrange(&sample, "\n\n");
	assert_int_equal(parse(&sample, &zone, NULL), 0);
	assert_false(zone.has_rule);
}

static void test_every_cut_is_refused(void **state)
{
	struct sample sample;
	size_t whole;
	struct zone zone;

	(void)state;
	arrange(&sample, "\nCET-1\n");
	whole = sample.len;
	for (sample.len = 0; sample.len < whole; sample.len++)
		assert_int_equal(parse(&sample, &zone, NULL), -ERR_MANIFEST);
}

static void test_damage(void **state)
{
	struct sample sample;

	(void)state;
	arrange(&sample, "\nCET-1\n");
	sample.bytes[0] = 'X';
	assert_refused(&sample, "it is no TZif file");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[4] = '5';
	assert_refused(&sample, "its version is none of 1 to 4");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.header + 33] = 1; /* 65,538 shifts */
	assert_refused(&sample,
		       "it has more shifts or types than any zone has");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.header + 35] = 200;
	assert_refused(&sample, "it ends too early");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.header + 27] = 2;
	assert_refused(&sample, "its indicators are not as many as its types");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.header + 39] = 0;
	assert_refused(&sample, "it has no type of time");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.indices] = 3;
	assert_refused(&sample, "a shift has a type that is not there");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.types + 5] = 9;
	assert_refused(&sample, "a type of time is not valid");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.types + 1] = 2;
	assert_refused(&sample, "it has an offset of more than a day");
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.times + 8] = 0x7f;
	assert_refused(&sample, "a shift is too far away in time");
	arrange(&sample, "\nCET-1\n");
	memcpy(sample.bytes + sample.times + 8, sample.bytes + sample.times, 8);
	assert_refused(&sample, "its shifts are not ascending");
	arrange(&sample, "\nCET-1\n!");
	assert_refused(&sample, "its footer is not one line");
	arrange(&sample, "\nCET-1\n\n");
	assert_refused(&sample, "its footer is not one line");
	arrange(&sample, "");
	assert_refused(&sample, "its footer is not one line");
	arrange(&sample, "\nCET-2\n");
	assert_refused(&sample, "its footer contradicts its last shift");
}

static void test_leap_seconds(void **state)
{
	struct sample sample;

	(void)state;
	arrange(&sample, "\nCET-1\n");
	sample.bytes[sample.header + 31] = 1;
	memmove(sample.bytes + sample.len + 5, sample.bytes + sample.len - 7,
		7);
	sample.len += 12;
	assert_refused(&sample, "it counts leap seconds, and so is no zone of "
				"civil time");
}

static void test_rules(void **state)
{
	struct zone_rule rule;

	(void)state;
	assert_int_equal(
		posix_rule_parse("CET-1CEST,M3.5.0,M10.5.0/3", &rule, NULL), 0);
	assert_int_equal(rule.offset_s, 3600);
	assert_true(rule.dst);
	assert_int_equal(rule.dst_offset_s, 7200);
	assert_int_equal(rule.begins.kind, ZONE_DAY_WEEKDAY);
	assert_int_equal(rule.begins.month, 3);
	assert_int_equal(rule.begins.week, 5);
	assert_int_equal(rule.begins.weekday, 0);
	assert_int_equal(rule.begins.at_s, 7200);
	assert_int_equal(rule.ends.month, 10);
	assert_int_equal(rule.ends.at_s, 10800);
	assert_int_equal(
		posix_rule_parse("IST-1GMT0,M10.5.0,M3.5.0/1", &rule, NULL), 0);
	assert_int_equal(rule.offset_s, 3600);
	assert_int_equal(rule.dst_offset_s, 0);
	assert_int_equal(posix_rule_parse("<+1030>-10:30<+11>-11,M10.1.0,"
					  "M4.1.0",
					  &rule, NULL),
			 0);
	assert_int_equal(rule.offset_s, 37800);
	assert_int_equal(rule.dst_offset_s, 39600);
	assert_int_equal(
		posix_rule_parse("EET-2EEST,M3.4.4/50,M10.4.4/-167:59:59",
				 &rule, NULL),
		0);
	assert_int_equal(rule.begins.at_s, 50 * 3600);
	assert_int_equal(rule.ends.at_s, -(168 * 3600 - 1));
	assert_int_equal(posix_rule_parse("EST3EDT4,0/0,J365/23", &rule, NULL),
			 0);
	assert_int_equal(rule.begins.kind, ZONE_DAY_OF_YEAR);
	assert_int_equal(rule.begins.day, 0);
	assert_int_equal(rule.ends.kind, ZONE_DAY_JULIAN);
	assert_int_equal(rule.ends.day, 365);
	assert_int_equal(rule.offset_s, -3 * 3600);
	assert_int_equal(posix_rule_parse("UTC0", &rule, NULL), 0);
	assert_false(rule.dst);
}

static void test_wrong_rules(void **state)
{
	static const char *const wrong[] = {
		"",
		"CE-1",
		"CET",
		"CET-25",
		"CET-1CEST",
		"CET-1CEST,M3.5.0",
		"CET-1CEST,M3.5.0,M13.5.0",
		"CET-1CEST,M3.6.0,M10.5.0",
		"CET-1CEST,M3.0.0,M10.5.0",
		"CET-1CEST,M3.5.7,M10.5.0",
		"CET-1CEST,M3.5.0/168,M10.5.0",
		"CET-1CEST,J0,M10.5.0",
		"CET-1CEST,J366,M10.5.0",
		"CET-1CEST,366,M10.5.0",
		"CET-1CEST,M3.5.0,M10.5.0 ",
		"CET-1CEST,M3.5.0,M10.5.0,",
		"<+0-1",
		"<+01>",
		"CET-1:60",
		"CET-1:",
		"CET--1",
		"CET-99999999999999999999",
		"CET-1CEST,M3.5.0/,M10.5.0",
	};
	struct zone_rule rule;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		if (posix_rule_parse(wrong[i], &rule, NULL) != -ERR_MANIFEST)
			fail_msg("taken: \"%s\"", wrong[i]);
}

static void assert_name(struct zones *zones, const char *name, const char *why)
{
	struct err err = { 0 };
	const struct zone *zone = NULL;
	const int rc = zones_find(zones, name, &zone, &err);

	assert_int_equal(rc, why ? -ERR_MANIFEST : 0);
	if (why)
		assert_string_equal(err.what, why);
	else
		assert_string_equal(zone->name, name);
}

static void test_names(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	CLEANUP(arena_done) struct arena scratch = { 0 };
	struct zones zones = { .folder = ZONES_FOLDER,
			       .arena = &arena,
			       .scratch = &scratch };
	const struct zone *first;
	const struct zone *again;

	(void)state;
	arena_init(&arena, 1048576);
	arena_init(&scratch, 1048576);
	assert_name(&zones, "Etc/UTC", NULL);
	assert_name(&zones, "America/Argentina/Buenos_Aires", NULL);
	assert_name(&zones, "Etc/GMT+5", NULL);
	assert_name(&zones, "Europe/Berln",
		    "unknown time zone \"Europe/Berln\"; did you mean "
		    "\"Europe/Berlin\"?");
	assert_name(&zones, "",
		    "unknown time zone \"\"; expected a name of "
		    "the tz database, for example Europe/Berlin");
	assert_name(&zones, "Etc//UTC",
		    "unknown time zone \"Etc//UTC\"; did you mean "
		    "\"Etc/UTC\"?");
	assert_name(&zones, "Factory",
		    "time zone \"Factory\": it stands for no zone at all; "
		    "expected a name of the tz database, for example "
		    "Europe/Berlin");
	assert_int_equal(zones_find(&zones, "Europe/Dublin", &first, NULL), 0);
	assert_int_equal(zones_find(&zones, "Europe/Dublin", &again, NULL), 0);
	assert_ptr_equal(first, again);
	zones.folder = "/nonexistent";
	assert_name(&zones, "Europe/Paris",
		    "time zone Europe/Paris can't be read: there is no tz "
		    "database in /nonexistent; install the package tzdata");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sample),
		cmocka_unit_test(test_every_cut_is_refused),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_leap_seconds),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_wrong_rules),
		cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
