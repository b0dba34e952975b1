/* secret_source_test.c - what a password file may hold, and who may read it. */
#include "modules/secret_source/source.h"
#include "tests/lib/test.h"

#include <string.h>
#include <sys/stat.h>

static char *folder;

static int load(const char *bytes, size_t len, mode_t mode, struct secret **ret,
		struct err *err)
{
	char *path = test_file(folder, "secret", bytes, len, mode);
	char from[4200];
	const struct secret_ref ref = { .name = "svc", .from = from };
	int64_t version;
	int rc;

	(void)snprintf(from, sizeof(from), "file:%s", path);
	rc = secret_source_load(&ref, ret, &version, err);
	free(path);
	return rc;
}

static void expect(const char *bytes, const char *password)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	assert_int_equal(load(bytes, strlen(bytes), 0600, &secret, &err), 0);
	assert_int_equal(secret_len(secret), strlen(password));
	assert_memory_equal(secret_bytes(secret), password, strlen(password));
	secret_free(secret);
}

static void refuse(const char *bytes, size_t len, const char *why)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	assert_int_equal(load(bytes, len, 0600, &secret, &err), -ERR_SECRET);
	if (!strstr(err.what, why))
		fail_msg("wanted %s, got %s", why, err.what);
	assert_null(secret);
}

static void one_final_line_end_is_not_part(void **state)
{
	(void)state;
	expect("pass", "pass");
	expect("pass\n", "pass");
	expect("pass\r\n", "pass");
	expect(" pa ss \n", " pa ss ");
	expect("p\xc3\xa4\xf0\x9f\x98\x80", "p\xc3\xa4\xf0\x9f\x98\x80");
}

static void damaged_files_are_refused(void **state)
{
	char most[260];

	(void)state;
	memset(most, 'x', sizeof(most));
	refuse("\n", 1, "is empty");
	refuse("pass\n\n", 6, "control character");
	refuse("pa\tss", 5, "control character");
	refuse("pa\0ss", 5, "control character");
	refuse("pa\xc2\x85ss", 6, "control character");
	refuse("\xef\xbb\xbfpass", 7, "byte order mark");
	refuse("p\xe4ss", 4, "not UTF-8");
	refuse(most, 257, "longer than 256");
}

static void others_may_not_read_it(void **state)
{
	struct secret *secret = NULL;
	struct err err = { 0 };

	(void)state;
	assert_int_equal(load("pass", 4, 0640, &secret, &err), -ERR_FILE_MODE);
	assert_null(strstr(err.what, "pass\""));
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	folder = test_folder();
	return secret_heap_init(&err);
}

static int tear_down(void **state)
{
	(void)state;
	test_remove(folder);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_final_line_end_is_not_part),
		cmocka_unit_test(damaged_files_are_refused),
		cmocka_unit_test(others_may_not_read_it),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
