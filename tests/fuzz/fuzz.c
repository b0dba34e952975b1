/* fuzz.c - see fuzz.h. */
#include "tests/fuzz/fuzz.h"

#include "reconciler/core/str.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[64];
static char path[128];
static bool accepted;

void fuzz_require(bool holds, const char *what, const char *file, int line)
{
	if (holds)
		return;
	(void)fprintf(stderr, "%s:%d: %s\n", file, line, what);
	abort();
}

void fuzz_accept(void)
{
	accepted = true;
}

bool fuzz_accepted(void)
{
	bool was = accepted;

	accepted = false;
	return was;
}

static void remove_folder(void)
{
	DIR *dir = opendir(folder);
	const struct dirent *entry;

	while (dir && (entry = readdir(dir))) { /* NOLINT(concurrency-*) */
		(void)snprintf(path, sizeof(path), "%s/%.60s", folder,
			       entry->d_name);
		(void)unlink(path);
	}
	if (dir)
		(void)closedir(dir);
	(void)rmdir(folder);
}

const char *fuzz_folder(void)
{
	if (folder[0])
		return folder;
	(void)snprintf(folder, sizeof(folder), "%s/lockstep-fuzz-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	FUZZ_REQUIRE(mkdtemp(folder) != NULL);
	FUZZ_REQUIRE(atexit(remove_folder) == 0);
	return folder;
}

const char *fuzz_file(const char *name, const uint8_t *bytes, size_t len)
{
	int fd;

	(void)snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	FUZZ_REQUIRE(fd >= 0);
	FUZZ_REQUIRE(write(fd, bytes, len) == (ssize_t)len);
	FUZZ_REQUIRE(close(fd) == 0);
	return path;
}

void fuzz_plain(const char *text)
{
	FUZZ_REQUIRE(str_utf8_valid(text, strlen(text)));
	FUZZ_REQUIRE(!str_has_control(text));
}

void fuzz_problems(const struct problems *problems)
{
	const struct problem *problem;

	array_foreach(problem, &problems->items) {
		CLEANUP(buf_done) struct buf line = { 0 };

		buf_init(&line, 65536);
		problem_put(problem, &line);
		FUZZ_REQUIRE(buf_check(&line, NULL) == 0);
		FUZZ_REQUIRE(problem->place.line >= 1);
		FUZZ_REQUIRE(problem->place.col >= 1);
		fuzz_plain(buf_text(&line));
	}
}
