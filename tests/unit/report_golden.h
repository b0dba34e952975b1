/*
 * report_golden.h - comparing reports with the files of data/report; the
 * argument --update writes them anew.
 */
#ifndef TESTS_UNIT_REPORT_GOLDEN_H
#define TESTS_UNIT_REPORT_GOLDEN_H

#include "reconciler/report/context.h"
#include "tests/unit/plan_world.h"

#include <jansson.h>
#include <stdio.h>
#include <string.h>

#define OUT_MAX  (1 << 20)
#define DATA_DIR "tests/unit/data/report/"

static bool update_golden;

static inline void check_golden(const char *name, const struct buf *out)
{
	char path[128];
	char text[65536];
	size_t len;
	FILE *file;

	(void)snprintf(path, sizeof(path), DATA_DIR "%s", name);
	if (update_golden) {
		file = fopen(path, "we");
		assert_non_null(file);
		assert_int_equal(fwrite(out->data, 1, out->len, file),
				 out->len);
		assert_int_equal(fclose(file), 0);
		return;
	}
	file = fopen(path, "re");
	if (!file)
		fail_msg("no %s", path);
	len = fread(text, 1, sizeof(text) - 1, file);
	(void)fclose(file);
	text[len] = '\0';
	assert_string_equal(buf_text(out), text);
}

static inline void check_json(const char *name, const struct buf *out)
{
	json_error_t error;
	json_t *json =
		json_loadb(out->data, out->len, JSON_REJECT_DUPLICATES, &error);

	if (!json)
		fail_msg("%s: line %d: %s", name, error.line, error.text);
	json_decref(json);
	check_golden(name, out);
}

static inline struct report_context context_of(const struct world *w)
{
	return (struct report_context){ .desired = &w->desired,
					.config = &w->config,
					.past = &w->past,
					.wall_ms = NOW_MS };
}

#endif
