/* test.c - see test.h. */
#include "tests/lib/test.h"

#include <fcntl.h>
#include <ftw.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char *test_folder(void)
{
	char *folder = strdup("/tmp/lockstep-test-XXXXXX");

	if (!folder || !mkdtemp(folder))
		abort();
	return folder;
}

char *test_file(const char *folder, const char *name, const void *bytes,
		size_t len, mode_t mode)
{
	char *path;
	int fd;

	if (asprintf(&path, "%s/%s", folder, name) < 0)
		abort();
	(void)unlink(path);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, bytes, len) != (ssize_t)len ||
	    fchmod(fd, mode) != 0 || close(fd) != 0)
		abort();
	return path;
}

static int remove_entry(const char *path, const struct stat *status, int kind,
			struct FTW *at)
{
	(void)status;
	(void)kind;
	(void)at;
	return remove(path);
}

void test_remove(char *folder)
{
	if (folder)
		/* Test programs have one thread. */
		(void)nftw(/* NOLINT(concurrency-mt-unsafe) */
			   folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
	free(folder);
}
