/* lock.c - taking the writer's lock, and saying who has it. */
#include "state/lock.h"

#include "reconciler/core/buf.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"
#include "state/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define HOLDER_BYTES 256
#define TRIES        8

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_STATE_FILE, "%s: %s", path,
		       strerrordesc_np(errno));
}

/* What stands in the file of a lock that is held, fit to be shown. */
static void read_holder(int fd, struct buf *out)
{
	char text[HOLDER_BYTES];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
	char *end;

	text[n > 0 ? n : 0] = '\0';
	end = strchr(text, '\n'); /* not there yet: it is being written */
	if (end)
		*end = '\0';
	str_put_plain(out, end ? text : "another process");
}

static int fail_held(const char *path, int fd, struct err *err)
{
	CLEANUP(buf_done) struct buf plain = { 0 };

	buf_init(&plain, 2048);
	read_holder(fd, &plain);
	return err_set(err, -ERR_LOCKED, "%s is held by %s", path,
		       buf_text(&plain));
}

/* A try of our own would be in the way of a run that begins just then. */
static bool is_held(int fd)
{
	struct stat st;
	char line[256];
	char wanted[64];
	FILE *file = fopen("/proc/locks", "re");
	bool held = false;

	if (!file || fstat(fd, &st)) {
		if (file)
			(void)fclose(file);
		return false;
	}
	(void)snprintf(wanted, sizeof(wanted), " %02x:%02x:%lu ",
		       major(st.st_dev), minor(st.st_dev),
		       (unsigned long)st.st_ino);
	/* "1: FLOCK ADVISORY WRITE 4711 08:01:1234 0 EOF"; "->" waits. */
	while (!held && fgets(line, sizeof(line), file))
		held = strstr(line, " FLOCK ") && !strstr(line, "->") &&
		       strstr(line, wanted);
	(void)fclose(file);
	return held;
}

int lock_holder(const char *path, struct arena *arena, const char **ret,
		struct err *err)
{
	CLEANUP(buf_done) struct buf plain = { 0 };
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
				    O_NOCTTY);

	*ret = NULL;
	if (fd < 0)
		return errno == ENOENT ? 0 : fail_errno(path, err);
	buf_init(&plain, 2048);
	if (is_held(fd)) {
		read_holder(fd, &plain);
		*ret = arena_strdup(arena, buf_text(&plain));
		if (!*ret) {
			(void)close(fd);
			return err_set(err, -ERR_NOMEM, "reading the lock");
		}
	}
	(void)close(fd);
	return 0;
}

static int write_holder(const char *path, int fd, struct err *err)
{
	char text[HOLDER_BYTES];
	char scratch[1024];
	char started[32];
	struct passwd entry;
	struct passwd *found = NULL;
	int len;

	clock_text(clock_wall_ms(), started, sizeof(started));
	(void)getpwuid_r(geteuid(), &entry, scratch, sizeof(scratch), &found);
	if (found)
		len = snprintf(text, sizeof(text),
			       "process %ld of user %.100s since %s\n",
			       (long)getpid(), found->pw_name, started);
	else
		len = snprintf(text, sizeof(text),
			       "process %ld of uid %u since %s\n",
			       (long)getpid(), geteuid(), started);
	if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)len, 0) != len)
		return fail_errno(path, err);
	return 0;
}

/* Somebody may have removed the file between open and flock: a lock on a
 * file that has no name excludes nobody. */
static bool is_still(const char *path, int fd)
{
	struct stat named;
	struct stat opened;

	return !lstat(path, &named) && !fstat(fd, &opened) &&
	       named.st_dev == opened.st_dev && named.st_ino == opened.st_ino;
}

/* *ret_fd -1: try again. */
static int try_lock(const char *path, int *ret_fd, struct err *err)
{
	struct stat st;
	int fd = open(path,
		      O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			      O_NOCTTY,
		      0600);
	int rc = 0;

	*ret_fd = -1;
	if (fd < 0 && errno == ELOOP)
		return err_set(err, -ERR_FILE_MODE,
			       "%s is a symbolic link: remove it", path);
	if (fd < 0)
		return fail_errno(path, err);
	if (fstat(fd, &st))
		rc = fail_errno(path, err);
	if (!rc)
		rc = guard_stat(path, &st, err);
	if (!rc && flock(fd, LOCK_EX | LOCK_NB))
		rc = errno == EWOULDBLOCK ? fail_held(path, fd, err)
					  : fail_errno(path, err);
	if (!rc && is_still(path, fd)) {
		rc = write_holder(path, fd, err);
		if (!rc)
			*ret_fd = fd;
	}
	if (*ret_fd < 0)
		(void)close(fd);
	return rc;
}

int lock_take(const char *path, int *ret_fd, struct err *err)
{
	int fd = -1;
	int rc = 0;

	for (int i = 0; !rc && fd < 0 && i < TRIES; i++)
		rc = try_lock(path, &fd, err);
	if (rc < 0)
		return rc;
	if (fd < 0)
		return err_set(err, -ERR_LOCKED,
			       "%s is removed and made again all the time",
			       path);
	*ret_fd = fd;
	return 0;
}

void lock_release(int fd)
{
	if (fd >= 0)
		(void)close(fd);
}
