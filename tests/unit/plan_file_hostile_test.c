/* plan_file_hostile_test.c - nothing that was done to the file of a saved plan
 * goes unnoticed. */
#include "reconciler/core/str.h"
#include "tests/unit/plan_file_scene.h"

#include <inttypes.h>

/* Is this text refused, in the reading or by its seal? */
static bool refused(const struct scene *s, const char *text, size_t len)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct plan_file file = { 0 };
	struct err err = { 0 };
	int rc;

	arena_init(&arena, 1 << 24);
	rc = plan_file_parse(text, len, &arena, &file, &err);
	if (!rc)
		rc = plan_file_check(&file, s->key, &err);
	assert_true(rc == 0 || rc == -ERR_PLAN_FILE);
	assert_int_equal(err.code, rc);
	return rc != 0;
}

static void flip(struct buf *text, size_t bit)
{
	const unsigned byte = (unsigned char)text->data[bit / 8];

	text->data[bit / 8] = (char)(byte ^ 1U << bit % 8);
}

static void test_every_bit(void **state)
{
	struct scene *s = *state;

	assert_false(refused(s, s->text.data, s->text.len));
	for (size_t i = 0; i < s->text.len * 8; i++) {
		flip(&s->text, i);
		if (!refused(s, s->text.data, s->text.len))
			fail_msg("bit %zu of byte %zu", i % 8, i / 8);
		flip(&s->text, i);
	}
	assert_false(refused(s, s->text.data, s->text.len));
}

static void test_every_cut(void **state)
{
	struct scene *s = *state;

	for (size_t i = 0; i < s->text.len; i++)
		assert_true(refused(s, s->text.data, i));
	buf_puts(&s->text, "\n");
	assert_true(refused(s, s->text.data, s->text.len));
}

/* Lines i and k in each other's place. */
static void put_swapped(const char *text, size_t i, size_t k, struct buf *out)
{
	const char *lines[256] = { 0 };
	size_t n = 0;

	for (const char *at = text; *at; at = strchr(at, '\n') + 1)
		lines[n++] = at;
	lines[n] = text + strlen(text);
	for (size_t at = 0; at < n; at++) {
		size_t from = at == i ? k : at == k ? i : at;

		buf_put(out, lines[from],
			(size_t)(lines[from + 1] - lines[from]));
	}
}

static void test_lines(void **state)
{
	struct scene *s = *state;
	size_t n = 0;

	for (size_t i = 0; i < s->text.len; i++)
		n += s->text.data[i] == '\n';
	assert_in_range(n, 10, 255);
	for (size_t i = 0; i < n; i++)
		for (size_t k = i + 1; k < n; k++) {
			CLEANUP(buf_done) struct buf text = { 0 };

			buf_init(&text, TEXT_BYTES_MAX);
			put_swapped(buf_text(&s->text), i, k, &text);
			assert_int_equal(text.len, s->text.len);
			assert_true(refused(s, text.data, text.len));
		}
}

static void test_other_key(void **state)
{
	CLEANUP(secret_freep) struct secret *other = NULL;
	struct scene *s = *state;
	struct plan_file file = { 0 };
	struct err err = { 0 };

	parse(s, &file);
	assert_int_equal(secret_new("0123456789abcdef0123456789abcdeF", 32,
				    &other, &err),
			 0);
	assert_int_equal(plan_file_check(&file, other, &err), -ERR_PLAN_FILE);
	assert_string_equal(err.what,
			    "it was edited, or another controller made it: its "
			    "seal is not of this one");
}

/* Sealed by whoever holds the key, and still no plan: nothing in it may lead
 * out of it. */
static void test_foreign_numbers(void **state)
{
	static const struct {
		const char *from;
		const char *to;
	} edits[] = {
		{ "change\tserver=0", "change\tserver=1" },
		{ "change\tserver=0", "change\tserver=9" },
		{ "change\tserver=0\tbinding=0",
		  "change\tserver=0\tbinding=1" },
		{ "account=0", "account=1" },
		{ "group=0", "group=1" },
		{ "wave=0", "wave=7" },
		{ "changes=2", "changes=3" },
		{ "changes=2", "changes=1" },
		{ "kind=password", "kind=Password" },
		{ "cause=intentional", "cause=none" },
		{ "identity=SpecificUser", "identity=LocalSystem" },
		{ "version=", "version=0" },
		{ "state=stopped", "state=gone" },
		{ "name=web01", "name=web\\t01" },
		{ "host=web01", "host=##[web01" },
		{ "made_ms=", "made_ms=-" },
		{ "format=1", "format=2" },
		{ "standing\tserver=1", "standing\tserver=9" },
	};
	struct scene *s = *state;

	for (size_t i = 0; i < sizeof(edits) / sizeof(edits[0]); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		const char *at = strstr(buf_text(&s->text), edits[i].from);
		struct plan_file file = { 0 };
		struct err err = { 0 };
		const char *text;

		arena_init(&arena, 1 << 24);
		if (!at)
			fail_msg("no %s in the file", edits[i].from);
		text = arena_printf(&arena, "%.*s%s%s",
				    (int)(at - buf_text(&s->text)),
				    buf_text(&s->text), edits[i].to,
				    at + strlen(edits[i].from));
		if (plan_file_parse(text, strlen(text), &arena, &file, &err) !=
		    -ERR_PLAN_FILE)
			fail_msg("%s for %s", edits[i].to, edits[i].from);
		assert_true(str_starts(err.what,
				       "it is no saved plan, or damaged: "));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		SCENE_TEST(test_every_bit),       SCENE_TEST(test_every_cut),
		SCENE_TEST(test_lines),           SCENE_TEST(test_other_key),
		SCENE_TEST(test_foreign_numbers),
	};
	struct err err = { 0 };

	if (secret_heap_init(&err))
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
