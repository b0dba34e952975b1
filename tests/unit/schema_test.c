/* schema_test.c - what manifests/ holds is what the tables of fields say. */
#include "reconciler/cmd/schema.h"

#include "reconciler/report/schema.h"
#include "reconciler/sys/file.h"
#include "tests/lib/test.h"

#include <string.h>

#define TEXT_MAX 1048576

static void is_current(const char *what, const char *path)
{
	CLEANUP(buf_done) struct buf made = { 0 };
	CLEANUP(buf_done) struct buf kept = { 0 };
	struct err err = { 0 };

	buf_init(&made, TEXT_MAX);
	buf_init(&kept, TEXT_MAX);
	assert_int_equal(schema_put(what, &made, &err), 0);
	assert_int_equal(file_read(path, FILE_ANY, TEXT_MAX, &kept, &err), 0);
	if (made.len != kept.len ||
	    memcmp(buf_text(&made), buf_text(&kept), made.len) != 0)
		fail_msg("%s is not what the tables of fields say; run make "
			 "generate, and look at what changed",
			 path);
}

static void test_current(void **state)
{
	(void)state;
	is_current(NULL, "manifests/schema.json");
	is_current("readme", "manifests/README.md");
}

static void test_usage(void **state)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_init(&out, TEXT_MAX);
	assert_int_equal(schema_put("Server", &out, &err), -ERR_USAGE);
	assert_string_equal(
		err.what, "schema Server: expected nothing, Config or readme");
}

/* Every type of field, with and without its flags. */
static const struct field_choice choices[] = {
	{ .name = "a" },
	{ .name = "later", .not_honoured = true },
	{ .name = NULL },
};

static const struct field below[] = {
	{ .name = "one", .type = FIELD_NAME, .flags = FIELD_REQUIRED },
	{ .name = "two",
	  .type = FIELD_NAME,
	  .flags = FIELD_ALONE,
	  .replaces = "one" },
	{ .name = NULL },
};

static const struct field fields[] = {
	{ .name = "kind", .type = FIELD_NAME, .flags = FIELD_REQUIRED },
	{ .name = "text", .type = FIELD_TEXT, .max = 9, .help = "A \"text\"." },
	{ .name = "number",
	  .type = FIELD_NUMBER,
	  .min = 1,
	  .max = 5,
	  .fallback = "2" },
	{ .name = "batch", .type = FIELD_BATCH, .max = 7 },
	{ .name = "is", .type = FIELD_BOOL, .fallback = "false" },
	{ .name = "choice", .type = FIELD_CHOICE, .choices = choices },
	{ .name = "within", .type = FIELD_DURATION, .fallback = "60s" },
	{ .name = "list", .type = FIELD_PATH, .flags = FIELD_LIST },
	{ .name = "map", .type = FIELD_MAP, .fields = below },
	{ .name = "later", .type = FIELD_NAME, .flags = FIELD_NOT_HONOURED },
	{ .name = "words",
	  .type = FIELD_TEXT_BY_NAME,
	  .flags = FIELD_MAY_BE_EMPTY },
	{ .name = NULL },
};

static void test_types(void **state)
{
	const struct schema_kind kind = { "Thing", "What it is.", fields };
	CLEANUP(buf_done) struct buf out = { 0 };
	CLEANUP(buf_done) struct buf expected = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_init(&out, TEXT_MAX);
	buf_init(&expected, TEXT_MAX);
	assert_int_equal(file_read("tests/unit/data/schema/thing.json",
				   FILE_ANY, TEXT_MAX, &expected, &err),
			 0);
	assert_int_equal(schema_file(&kind, &out, &err), 0);
	assert_string_equal(buf_text(&out), buf_text(&expected));
}

/* It ends with a limit, not with half a schema that looks whole. */
static void test_limit(void **state)
{
	const struct schema_kind kind = { "Thing", "What it is.", fields };
	CLEANUP(buf_done) struct buf out = { 0 };
	struct err err = { 0 };

	(void)state;
	buf_init(&out, 100);
	assert_int_equal(schema_kinds(&kind, 1, &out, &err), -ERR_LIMIT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_current),
		cmocka_unit_test(test_usage),
		cmocka_unit_test(test_types),
		cmocka_unit_test(test_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
