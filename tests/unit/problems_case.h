/*
 * problems_case.h - compare all problems of a run with the exact lines that
 * are expected, and files for tests that need odd ones.
 */
#ifndef TESTS_PROBLEMS_CASE_H
#define TESTS_PROBLEMS_CASE_H

#include "reconciler/manifest/manifest.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>

#include <cmocka.h>

#define CASE_TEXT_MAX 1048576

/* expected: each line with its LF; "" = no problem. */
static inline void case_problems(const struct problems *problems,
				 const char *expected)
{
	struct buf lines;
	size_t i;

	buf_init(&lines, CASE_TEXT_MAX);
	for (i = 0; i < problems->items.n; i++) {
		problem_put(&problems->items.items[i], &lines);
		buf_putc(&lines, '\n');
	}
	assert_string_equal(buf_text(&lines), expected);
	buf_done(&lines);
}

/* A new folder that only this user may enter. */
static inline void case_folder(char *path, size_t size)
{
	(void)snprintf(path, size, "/tmp/lockstep-test-XXXXXX");
	assert_non_null(mkdtemp(path));
}

static inline void case_write(const char *folder, const char *name,
			      const void *bytes, size_t len)
{
	char path[512];
	FILE *file;

	(void)snprintf(path, sizeof(path), "%s/%s", folder, name);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0600), 0);
}

static inline void case_remove(const char *folder, const char *name)
{
	char path[512];

	(void)snprintf(path, sizeof(path), "%s%s%s", folder, *name ? "/" : "",
		       name);
	assert_int_equal(remove(path), 0);
}

#endif
