/*
 * problems_case.h - compare all problems of a run with the exact lines that
 * are expected.
 */
#ifndef TESTS_PROBLEMS_CASE_H
#define TESTS_PROBLEMS_CASE_H

#include "reconciler/manifest/manifest.h"
#include "tests/lib/test.h"

#define CASE_TEXT_MAX 1048576

/* expected: each line with its LF; "" = no problem. */
static inline void case_problems(const struct problems *problems,
				 const char *expected)
{
	CLEANUP(buf_done) struct buf lines = { 0 };
	size_t i;

	buf_init(&lines, CASE_TEXT_MAX);
	for (i = 0; i < problems->items.n; i++) {
		problem_put(&problems->items.items[i], &lines);
		buf_putc(&lines, '\n');
	}
	assert_string_equal(buf_text(&lines), expected);
}

#endif
