/* yaml_test.c - what the YAML reader takes, refuses, and how fast. */
#include "reconciler/manifest/yaml_tree.h"
#include "reconciler/sys/clock.h"
#include "tests/unit/problems_case.h"

#include <string.h>

#define SLOW_MS 1000 /* with sanitizers, on a busy machine */

struct reading {
	struct arena arena;
	struct problems problems;
	struct tree tree;
};

static void read_bytes(struct reading *reading, const char *bytes, size_t len)
{
	*reading = (struct reading){ 0 };
	arena_init(&reading->arena, 134217728);
	problems_init(&reading->problems);
	assert_int_equal(tree_read(&reading->arena, "a.yaml", bytes, len,
				   &reading->problems, &reading->tree),
			 0);
}

static void reading_done(struct reading *reading)
{
	arena_done(&reading->arena);
	problems_done(&reading->problems);
}

static void gives(const char *bytes, size_t len, const char *expected)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	int64_t start = clock_mono_ms();

	read_bytes(&reading, bytes, len);
	case_problems(&reading.problems, expected);
	assert_in_range(clock_mono_ms() - start, 0, SLOW_MS);
}

static void gives_text(const char *text, const char *expected)
{
	gives(text, strlen(text), expected);
}

static void repeat(struct buf *out, const char *text, size_t times)
{
	while (times--)
		buf_puts(out, text);
}

static void test_scalars_stay_text(void **state)
{
	static const char *const values[] = { "on",   "yes",  "1e3",
					      "0777", "1:30", "2026-01-01",
					      ".inf" };
	CLEANUP(reading_done) struct reading reading = { 0 };
	const char *text = "[on, yes, 1e3, 0777, 1:30, 2026-01-01, .inf]\n";
	const struct node *node;
	size_t i = 0;

	(void)state;
	read_bytes(&reading, text, strlen(text));
	case_problems(&reading.problems, "");
	assert_int_equal(reading.tree.n, 1);
	assert_int_equal(reading.tree.first->kind, NODE_LIST);
	for (node = reading.tree.first->first; node; node = node->next) {
		assert_int_equal(node->kind, NODE_TEXT);
		assert_string_equal(node->text, values[i++]);
	}
	assert_int_equal(i, 7);
}

static void test_places_and_documents(void **state)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	const char *text = "# c\n---\n---\nä: [x, \"y\", ~, ]\r\nb:\n"
			   "  c: 'd'\n---\nlast";
	const struct node *map;
	const struct node *child;

	(void)state;
	read_bytes(&reading, text, strlen(text));
	case_problems(&reading.problems, "");
	assert_int_equal(reading.tree.n, 2);
	assert_false(reading.tree.broken);
	map = reading.tree.first;
	assert_int_equal(map->n, 2);
	child = node_get(map, "ä")->first->next;
	assert_int_equal(child->place.line, 4);
	assert_int_equal(child->place.col, 8);
	assert_true(child->quoted);
	assert_int_equal(child->next->kind, NODE_NOTHING);
	child = node_get(map, "b")->first;
	assert_string_equal(child->key, "c");
	assert_int_equal(child->key_place.line, 6);
	assert_int_equal(child->key_place.col, 3);
	assert_int_equal(child->place.col, 6);
	assert_string_equal(map->next->text, "last");
	assert_null(node_get(map, "B"));
}

static void test_empty(void **state)
{
	(void)state;
	gives_text("", "");
	gives_text("# only a comment\n", "");
	gives_text("---\n", "");
}

static void test_references(void **state)
{
	(void)state;
	gives_text("&a [*a]",
		   "a.yaml:1:1: anchors (&name) are not allowed; write the "
		   "value out where it is needed\n"
		   "a.yaml:1:5: aliases (*name) are not allowed; write the "
		   "value out\n");
	gives_text("a: 1\n<<: {b: 2}\n*x : 3\n",
		   "a.yaml:2:1: merge keys (<<) are not allowed; write the "
		   "fields out\n"
		   "a.yaml:3:1: aliases (*name) are not allowed; write the "
		   "value out\n");
	gives_text("'<<': 1\n", "");
	gives_text("a: !!python/object:os.system [x]\nb: !x 1\nc: ! 2\n",
		   "a.yaml:1:4: tags (!name) are not allowed; write the plain "
		   "value\n"
		   "a.yaml:2:4: tags (!name) are not allowed; write the plain "
		   "value\n"
		   "a.yaml:3:4: tags (!name) are not allowed; write the plain "
		   "value\n");
	gives_text("%TAG !e! tag:example.com,2000:\n---\na: 1\n",
		   "a.yaml:1:1: tags are not allowed; leave the %TAG line "
		   "out\n");
}

static void test_duplicate_keys(void **state)
{
	(void)state;
	gives_text("a: 1\nb: {c: 1, d: 2, c: 3}\na: 2\na: 3\n",
		   "a.yaml:2:17: key \"c\" stands twice in one map; the first "
		   "is in line 2\n"
		   "a.yaml:3:1: key \"a\" stands twice in one map; the first "
		   "is in line 1\n"
		   "a.yaml:4:1: key \"a\" stands twice in one map; the first "
		   "is in line 3\n");
	gives_text("? [a]\n: 1\n",
		   "a.yaml:1:3: a key must be plain text, not a list or a "
		   "map\n");
}

static void test_encodings(void **state)
{
	static const char utf16[] = "\xFF\xFE"
				    "a\0:\0 \0b\0";
	static const char utf16_bare[] = "a\0:\0 \0b\0";
	static const char nul[] = "a: b\nc: \0";

	(void)state;
	gives_text("\xEF\xBB\xBF"
		   "a: 1\n",
		   "a.yaml:1:1: the file begins with a byte order mark (BOM); "
		   "save it as UTF-8 without one\n");
	gives(utf16, sizeof(utf16) - 1,
	      "a.yaml:1:1: the file is UTF-16 or UTF-32; save it as UTF-8 without a "
	      "byte order mark\n");
	gives(utf16_bare, sizeof(utf16_bare) - 1,
	      "a.yaml:1:2: the file holds a NUL byte here; if it is UTF-16, "
	      "save it as UTF-8\n");
	gives(nul, sizeof(nul) - 1,
	      "a.yaml:2:4: the file holds a NUL byte here; if it is UTF-16, "
	      "save it as UTF-8\n");
	gives_text("a: ok\nb: ä\xE9x\n",
		   "a.yaml:2:5: the file is not UTF-8 here (byte 0xE9); save "
		   "it as UTF-8\n");
	gives_text("a: \xED\xA0\x80\n",
		   "a.yaml:1:4: the file is not UTF-8 here (byte 0xED); save "
		   "it as UTF-8\n");
}

static void test_characters(void **state)
{
	(void)state;
	gives_text("a: \"x\\0y\"\nb: 1\n",
		   "a.yaml:1:4: the text holds a NUL character (\\0); no name "
		   "or value may\n");
	gives_text("a: \"\\uD800\"\n",
		   "a.yaml:1:7: not valid YAML: found invalid Unicode "
		   "character escape code, while parsing a quoted scalar that "
		   "begins at 1:4\n");
	gives_text("a: 1\nb: \x07\n",
		   "a.yaml:2:4: not valid YAML: a control character stands "
		   "here (U+0007)\n");
	gives_text("a:\n\tb: 1\n",
		   "a.yaml:2:1: not valid YAML: a tab stands in the "
		   "indentation; use spaces\n");
	gives_text("a: [1, 2\nb: 3\n",
		   "a.yaml:2:2: not valid YAML: did not find expected ',' or "
		   "']', while parsing a flow sequence that begins at 1:4\n");
}

static void test_depth(void **state)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	(void)state;
	buf_init(&text, 262144);
	repeat(&text, "[", 32);
	repeat(&text, "]", 32);
	gives_text(buf_text(&text), "");
	buf_clear(&text);
	repeat(&text, "[", 33);
	repeat(&text, "]", 33);
	gives_text(buf_text(&text),
		   "a.yaml:1:33: lists and maps nest deeper than 32 levels\n");
	buf_clear(&text);
	repeat(&text, "[", 80000);
	gives_text(buf_text(&text),
		   "a.yaml:1:33: lists and maps nest deeper than 32 levels\n");
	buf_clear(&text);
	repeat(&text, "{a: ", 60000);
	gives_text(buf_text(&text),
		   "a.yaml:1:129: lists and maps nest deeper than 32 levels\n");
	buf_clear(&text);
	repeat(&text, "- ", 100000);
	gives_text(buf_text(&text),
		   "a.yaml:1:65: lists and maps nest deeper than 32 levels\n");
}

/* At most 200 problems are kept, and reading ends there. */
static void full(const char *text, const char *first)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	int64_t start = clock_mono_ms();

	read_bytes(&reading, text, strlen(text));
	assert_int_equal(reading.problems.items.n, 200);
	assert_true(reading.problems.cut);
	assert_string_equal(reading.problems.items.items[0].text, first);
	assert_in_range(clock_mono_ms() - start, 0, SLOW_MS);
}

static void test_floods(void **state)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	size_t i;

	(void)state;
	buf_init(&text, 262144);
	buf_puts(&text, "a0: &a0 [lol]\n");
	for (i = 1; i < 4000; i++)
		buf_printf(&text, "a%zu: &a%zu [*a%zu, *a%zu]\n", i, i, i - 1,
			   i - 1);
	assert_int_equal(buf_check(&text, NULL), 0);
	full(buf_text(&text), "anchors (&name) are not allowed; write the "
			      "value out where it is needed");
	buf_clear(&text);
	repeat(&text, "a: 1\n", 50000);
	full(buf_text(&text), "key \"a\" stands twice in one map; the first "
			      "is in line 1");
}

static void test_wide(void **state)
{
	CLEANUP(reading_done) struct reading reading = { 0 };
	CLEANUP(buf_done) struct buf text = { 0 };
	int64_t start = clock_mono_ms();
	size_t i;

	(void)state;
	buf_init(&text, 262144);
	for (i = 0; i < 25000; i++)
		buf_printf(&text, "k%zu: 1\n", i);
	buf_puts(&text, "l: [");
	repeat(&text, "1,", 4000);
	buf_puts(&text, "]\n");
	read_bytes(&reading, buf_text(&text), text.len);
	case_problems(&reading.problems, "");
	assert_int_equal(reading.tree.first->n, 25001);
	assert_in_range(clock_mono_ms() - start, 0, SLOW_MS);
}

static void test_size(void **state)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	(void)state;
	buf_init(&text, 300000);
	buf_puts(&text, "a: ");
	repeat(&text, "x", TREE_BYTES_MAX - 3);
	gives_text(buf_text(&text), "");
	buf_puts(&text, "x");
	gives_text(buf_text(&text), "a.yaml:1:1: the file is larger than "
				    "256 KiB; split it\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars_stay_text),
		cmocka_unit_test(test_places_and_documents),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_duplicate_keys),
		cmocka_unit_test(test_encodings),
		cmocka_unit_test(test_characters),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_floods),
		cmocka_unit_test(test_wide),
		cmocka_unit_test(test_size),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
