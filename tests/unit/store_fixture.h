/*
 * store_fixture.h - a folder with a state file in it, for tests of state/.
 *
 * Owner    setup() makes the folder, teardown() removes it and what it holds.
 */
#ifndef TESTS_UNIT_STORE_FIXTURE_H
#define TESTS_UNIT_STORE_FIXTURE_H

#include "state/store.h"
#include "state/store_parts.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

struct folder {
	char name[64];
	char path[96];
	struct err err;
	struct arena arena;
};

static inline int setup(void **state)
{
	struct folder *folder = calloc(1, sizeof(*folder));

	if (!folder)
		return -1;
	(void)snprintf(folder->name, sizeof(folder->name),
		       "/tmp/lockstep-store-XXXXXX");
	if (!mkdtemp(folder->name)) {
		free(folder);
		return -1;
	}
	(void)snprintf(folder->path, sizeof(folder->path), "%s/state.db",
		       folder->name);
	arena_init(&folder->arena, 1 << 24);
	*state = folder;
	return 0;
}

/* Lives as long as the folder: a call may name two files. */
static inline const char *beside(struct folder *folder, const char *suffix)
{
	const size_t size = sizeof(folder->path) + 32;
	char *name = arena_alloc(&folder->arena, size);

	assert_non_null(name);
	(void)snprintf(name, size, "%s%s", folder->path, suffix);
	return name;
}

static inline int teardown(void **state)
{
	static const char *const suffixes[] = {
		"",     ".lock", ".born", "-journal", ".new", ".new-journal",
		".old", "-wal",  "-shm"
	};
	struct folder *folder = *state;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++)
		(void)unlink(beside(folder, suffixes[i]));
	(void)rmdir(folder->name);
	arena_done(&folder->arena);
	free(folder);
	return 0;
}

static inline int open_as(struct folder *folder, enum store_mode mode,
			  struct store **ret)
{
	*ret = NULL;
	folder->err = (struct err){ 0 };
	return store_open(folder->path, mode, ret, &folder->err);
}

/* It can't be opened, for this reason, to read or to write. */
static inline void assert_refused(struct folder *folder, int code,
				  const char *why)
{
	const enum store_mode modes[] = { STORE_READ, STORE_WRITE };

	for (size_t i = 0; i < 2; i++) {
		struct store *store;

		assert_int_equal(open_as(folder, modes[i], &store), code);
		assert_null(store);
		assert_int_equal(folder->err.code, code);
		if (!strstr(folder->err.what, why))
			fail_msg("'%s' is not in '%s'", why, folder->err.what);
		if (code == -ERR_STATE_DAMAGED)
			assert_non_null(
				strstr(folder->err.what, "; nothing was sent"));
	}
}

/* One approved run with one pool, not ended. */
static inline void begin_run(struct store *store, const char *run)
{
	struct save_row row = { .server = "web01",
				.pool = "Orders",
				.account = "CORP\\svc",
				.kind = CHANGE_PASSWORD,
				.version = 7 };
	struct save save = { .kind = SAVE_BEGIN,
			     .id = 1,
			     .wall_ms = 1000,
			     .rows = { &row, 1, 1 },
			     .desired_digest = "d",
			     .config_digest = "c" };
	struct err err = { 0 };

	assert_int_equal(write_begin(store, &err), 0);
	assert_int_equal(write_save(store, run, &save, &err), 0);
	assert_int_equal(write_commit(store, &err), 0);
}

/* A state that something was applied from. */
static inline void make_born(struct folder *folder)
{
	struct store *store;

	assert_int_equal(open_as(folder, STORE_WRITE, &store), 0);
	begin_run(store, "r1");
	store_close(store);
}

/* The run that did not end; NULL = none. */
static inline void assert_unfinished(struct folder *folder, struct store *store,
				     const char *run)
{
	struct stored_run stored = { 0 };
	bool found = false;

	assert_int_equal(store_unfinished(store, &folder->arena, &stored,
					  &found, &folder->err),
			 0);
	assert_int_equal(found, run != NULL);
	if (run)
		assert_string_equal(stored.id, run);
}

static inline void copy_file(const char *from, const char *to)
{
	char bytes[4096];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ssize_t n;

	assert_true(in >= 0 && out >= 0);
	while ((n = read(in, bytes, sizeof(bytes))) > 0)
		assert_int_equal(write(out, bytes, (size_t)n), n);
	assert_int_equal(close(in) | close(out), 0);
}

static inline void put_bytes(const char *path, const char *bytes, size_t len,
			     off_t at)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, bytes, len, at), len);
	assert_int_equal(close(fd), 0);
}

static inline void run_sql(const char *path, const char *sql)
{
	sqlite3 *db;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

#endif
