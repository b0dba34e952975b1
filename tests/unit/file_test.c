/* file_test.c - whose files are read, limits, secrets, folders. */
#include "reconciler/sys/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

struct folder {
	char path[64];
	char file[96];
	struct buf text;
	struct err err;
};

static int setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return -1;
	(void)snprintf(folder->path, sizeof(folder->path),
		       "/tmp/lockstep-file-XXXXXX");
	if (!mkdtemp(folder->path))
		return -1;
	(void)snprintf(folder->file, sizeof(folder->file), "%s/f",
		       folder->path);
	buf_init(&folder->text, 100000);
	*state = folder;
	return secret_heap_init(NULL);
}

static int teardown(void **state)
{
	struct folder *folder = *state;

	(void)unlink(folder->file);
	buf_done(&folder->text);
	(void)rmdir(folder->path);
	free(folder);
	return 0;
}

static void write_file(const char *path, const void *bytes, size_t len,
		       mode_t mode)
{
	FILE *file = fopen(path, "we");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, len, file), len);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, mode), 0);
}

static int read_as(struct folder *folder, enum file_guard guard)
{
	buf_clear(&folder->text);
	folder->err = (struct err){ 0 };
	return file_read(folder->file, guard, 100000, &folder->text,
			 &folder->err);
}

static void said(const struct folder *folder, const char *part)
{
	if (!strstr(folder->err.what, part))
		fail_msg("'%s' does not say '%s'", folder->err.what, part);
}

static void test_reads_all_bytes(void **state)
{
	struct folder *f = *state;
	static char bytes[50000];

	memset(bytes, 'x', sizeof(bytes));
	bytes[7] = '\0';
	write_file(f->file, bytes, sizeof(bytes), 0666);
	assert_int_equal(read_as(f, FILE_ANY), 0);
	assert_int_equal(f->text.len, sizeof(bytes));
	assert_memory_equal(f->text.data, bytes, sizeof(bytes));
	write_file(f->file, "", 0, 0600);
	assert_int_equal(read_as(f, FILE_PRIVATE), 0);
	assert_int_equal(f->text.len, 0);
}

static void test_limit_is_exact(void **state)
{
	struct folder *f = *state;

	write_file(f->file, "12345", 5, 0600);
	buf_puts(&f->text, "old");
	assert_int_equal(file_read(f->file, FILE_ANY, 5, &f->text, &f->err), 0);
	assert_string_equal(buf_text(&f->text), "old12345");
	assert_int_equal(file_read(f->file, FILE_ANY, 4, &f->text, &f->err),
			 -ERR_LIMIT);
	said(f, f->file);
	said(f, "more than 4 bytes");
	assert_string_equal(buf_text(&f->text), "old12345");
}

static void test_modes(void **state)
{
	static const struct {
		mode_t mode;
		int trusted;
		int private;
	} rows[] = {
		{ 0600, 0, 0 },
		{ 0400, 0, 0 },
		{ 0640, 0, -ERR_FILE_MODE },
		{ 0644, 0, -ERR_FILE_MODE },
		{ 0601, 0, -ERR_FILE_MODE },
		{ 0620, -ERR_FILE_MODE, -ERR_FILE_MODE },
		{ 0602, -ERR_FILE_MODE, -ERR_FILE_MODE },
	};
	struct folder *f = *state;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		write_file(f->file, "x", 1, rows[i].mode);
		assert_int_equal(read_as(f, FILE_ANY), 0);
		assert_int_equal(read_as(f, FILE_TRUSTED), rows[i].trusted);
		assert_int_equal(read_as(f, FILE_PRIVATE), rows[i].private);
		(void)unlink(f->file);
	}
	write_file(f->file, "x", 1, 0664);
	assert_int_equal(read_as(f, FILE_TRUSTED), -ERR_FILE_MODE);
	said(f, f->file);
	said(f, "mode 0664");
	said(f, "chmod go-w");
}

static void test_folder_must_be_safe(void **state)
{
	struct folder *f = *state;

	write_file(f->file, "x", 1, 0600);
	assert_int_equal(chmod(f->path, 0770), 0);
	assert_int_equal(read_as(f, FILE_TRUSTED), -ERR_FILE_MODE);
	said(f, f->path);
	said(f, "mode 0770");
	assert_int_equal(read_as(f, FILE_PRIVATE), -ERR_FILE_MODE);
	assert_int_equal(read_as(f, FILE_ANY), 0);
	assert_int_equal(chmod(f->path, 01777), 0);
	assert_int_equal(read_as(f, FILE_TRUSTED), 0);
	assert_int_equal(chmod(f->path, 0755), 0);
	assert_int_equal(read_as(f, FILE_PRIVATE), 0);
}

static void test_owner(void **state)
{
	struct folder *f = *state;

	if (geteuid() != 0)
		skip();
	write_file(f->file, "x", 1, 0600);
	assert_int_equal(chown(f->file, 12345, 0), 0);
	assert_int_equal(read_as(f, FILE_ANY), 0);
	assert_int_equal(read_as(f, FILE_TRUSTED), -ERR_FILE_MODE);
	said(f, "uid 12345");
	assert_int_equal(chown(f->file, 0, 0), 0);
	assert_int_equal(chown(f->path, 12345, 0), 0);
	assert_int_equal(read_as(f, FILE_TRUSTED), -ERR_FILE_MODE);
	said(f, "uid 12345");
}

static void test_links(void **state)
{
	struct folder *f = *state;
	char real[128];

	(void)snprintf(real, sizeof(real), "%s/real", f->path);
	write_file(real, "x", 1, 0600);
	assert_int_equal(symlink(real, f->file), 0);
	assert_int_equal(read_as(f, FILE_ANY), 0);
	assert_int_equal(read_as(f, FILE_TRUSTED), -ERR_FILE_MODE);
	said(f, "symbolic link");
	assert_int_equal(read_as(f, FILE_PRIVATE), -ERR_FILE_MODE);
	assert_int_equal(unlink(real), 0);
}

static void test_only_regular_files(void **state)
{
	struct folder *f = *state;

	assert_int_equal(read_as(f, FILE_ANY), -ERR_FILE);
	said(f, f->file);
	said(f, "No such file");
	assert_int_equal(mkfifo(f->file, 0600), 0);
	assert_int_equal(read_as(f, FILE_ANY), -ERR_FILE); /* at once */
	said(f, "not a regular file");
	assert_int_equal(file_read("/dev/null", FILE_ANY, 10, &f->text, NULL),
			 -ERR_FILE);
	assert_int_equal(file_read(f->path, FILE_ANY, 10, &f->text, NULL),
			 -ERR_FILE);
	assert_int_equal(file_read("", FILE_ANY, 10, &f->text, NULL),
			 -ERR_FILE);
	assert_int_equal(file_read("/tmp/", FILE_ANY, 10, &f->text, NULL),
			 -ERR_FILE);
}

static int read_secret(struct folder *folder, struct secret **ret,
		       int64_t *ret_version)
{
	return file_read_secret(folder->file, 8, ret, ret_version,
				&folder->err);
}

static void test_secret(void **state)
{
	const struct timespec times[2] = { { 1, 0 }, { 1700000000, 5 } };
	CLEANUP(secret_freep) struct secret *secret = NULL;
	struct folder *f = *state;
	int64_t version = 77;

	write_file(f->file, "p\0w \r\n", 6, 0600);
	assert_int_equal(utimensat(-1, f->file, times, 0), 0);
	assert_int_equal(read_secret(f, &secret, &version), 0);
	assert_int_equal(secret_len(secret), 6); /* nothing is trimmed here */
	assert_memory_equal(secret_bytes(secret), "p\0w \r\n", 6);
	assert_true(version == 1700000000000000005);
}

static void test_secret_refused(void **state)
{
	struct folder *f = *state;
	struct secret *secret = NULL;
	int64_t version = 77;

	write_file(f->file, "pw", 2, 0644);
	assert_int_equal(read_secret(f, &secret, &version), -ERR_FILE_MODE);
	said(f, "mode 0644");
	said(f, "chmod 600");
	(void)unlink(f->file);
	write_file(f->file, "", 0, 0600);
	assert_int_equal(read_secret(f, &secret, &version), -ERR_SECRET);
	said(f, "is empty");
	write_file(f->file, "123456789", 9, 0600);
	assert_int_equal(read_secret(f, &secret, &version), -ERR_LIMIT);
	said(f, "has 9 bytes");
	assert_null(secret);
	assert_int_equal(version, 77);
}

/* Its version would be negative, that of no secret, or overflow. */
static void test_secret_of_no_time(void **state)
{
	static const time_t odd[] = { -1000, 0, 9000000001 };
	struct folder *f = *state;
	struct secret *secret = NULL;
	int64_t version = 77;

	write_file(f->file, "pw", 2, 0600);
	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		const struct timespec times[2] = { { 1, 0 }, { odd[i], 0 } };

		assert_int_equal(utimensat(-1, f->file, times, 0), 0);
		assert_int_equal(read_secret(f, &secret, &version),
				 -ERR_SECRET);
		said(f, "touch it");
	}
	assert_null(secret);
	assert_int_equal(version, 77);
}

static void test_make_folder(void **state)
{
	struct folder *f = *state;
	struct stat st;
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/a/b/state.db", f->path);
	assert_int_equal(file_make_folder(path, &f->err), 0);
	assert_int_equal(file_make_folder(path, &f->err), 0);
	assert_int_equal(stat(path, &st), -1);
	(void)snprintf(path, sizeof(path), "%s/a/b", f->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0700);
	assert_int_equal(rmdir(path), 0);
	(void)snprintf(path, sizeof(path), "%s/a", f->path);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777U, 0700);
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(file_make_folder("state.db", &f->err), 0);
	assert_int_equal(file_make_folder("/state.db", &f->err), 0);
	write_file(f->file, "x", 1, 0600);
	(void)snprintf(path, sizeof(path), "%s/state.db", f->file);
	assert_int_equal(file_make_folder(path, &f->err), -ERR_FILE);
	said(f, "is not a folder");
}

#define FILE_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		FILE_TEST(test_reads_all_bytes),
		FILE_TEST(test_limit_is_exact),
		FILE_TEST(test_modes),
		FILE_TEST(test_folder_must_be_safe),
		FILE_TEST(test_owner),
		FILE_TEST(test_links),
		FILE_TEST(test_only_regular_files),
		FILE_TEST(test_secret),
		FILE_TEST(test_secret_refused),
		FILE_TEST(test_secret_of_no_time),
		FILE_TEST(test_make_folder),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
