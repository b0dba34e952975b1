/* file.c - opening with proof, reading with a limit. */
#include "reconciler/sys/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define CHUNK_BYTES 16384
/* Year 2255: in nanoseconds it still fits. */
#define TIME_S_MAX INT64_C(9000000000)

static void closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static int fail_errno(struct err *err, const char *path)
{
	return err_set(err, -ERR_FILE, "%s: %s", path, strerrordesc_np(errno));
}

static bool owner_is_trusted(const struct stat *st)
{
	return st->st_uid == 0 || st->st_uid == geteuid();
}

/* The folder of path as *ret_folder (PATH_MAX bytes); where the last part of
 * path begins, or NULL when it is too long. */
static const char *split_path(const char *path, char *ret_folder)
{
	const char *slash = strrchr(path, '/');
	const char *name = slash ? slash + 1 : path;
	size_t len = slash ? (size_t)(slash - path) : 0;

	if (slash == path)
		len = 1;
	if (len >= PATH_MAX)
		return NULL;
	memcpy(ret_folder, slash ? path : ".", slash ? len : 1);
	ret_folder[slash ? len : 1] = '\0';
	return name;
}

/* Who may write the folder may put another file in the place of this one. */
static int check_folder(const char *folder, int fd, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st))
		return fail_errno(err, folder);
	if (!owner_is_trusted(&st))
		return err_set(err, -ERR_FILE_MODE,
			       "folder %s is owned by uid %u; it must be owned "
			       "by root or uid %u",
			       folder, st.st_uid, geteuid());
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) && !(st.st_mode & S_ISVTX))
		return err_set(err, -ERR_FILE_MODE,
			       "folder %s has mode %04o; group and others must "
			       "not write there (chmod go-w)",
			       folder, st.st_mode & 07777U);
	return 0;
}

static int check_file(const char *path, enum file_guard guard,
		      const struct stat *st, struct err *err)
{
	if (!S_ISREG(st->st_mode))
		return err_set(err, -ERR_FILE, "%s is not a regular file",
			       path);
	if (guard == FILE_ANY)
		return 0;
	if (!owner_is_trusted(st))
		return err_set(err, -ERR_FILE_MODE,
			       "%s is owned by uid %u; it must be owned by "
			       "root or uid %u",
			       path, st->st_uid, geteuid());
	if (guard == FILE_PRIVATE && (st->st_mode & (S_IRWXG | S_IRWXO)))
		return err_set(err, -ERR_FILE_MODE,
			       "%s has mode %04o; group and others must have "
			       "no access (chmod 600)",
			       path, st->st_mode & 07777U);
	if (guard == FILE_CREDENTIAL && (st->st_mode & S_IRWXO))
		return err_set(err, -ERR_FILE_MODE,
			       "%s has mode %04o; others must have no access "
			       "(chmod o=)",
			       path, st->st_mode & 07777U);
	if (st->st_mode & (S_IWGRP | S_IWOTH))
		return err_set(err, -ERR_FILE_MODE,
			       "%s has mode %04o; group and others must not "
			       "write it (chmod go-w)",
			       path, st->st_mode & 07777U);
	return 0;
}

/* O_NONBLOCK: a FIFO is refused, not waited for. *ret_fd is the caller's to
 * close, after a failure too. */
static int open_checked(const char *path, enum file_guard guard, int *ret_fd,
			struct stat *ret_stat, struct err *err)
{
	const int flags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	CLEANUP(closep) int folder_fd = -1;
	char folder[PATH_MAX];
	const char *name = split_path(path, folder);
	int fd;
	int rc;

	if (!name || !*name)
		return err_set(err, -ERR_FILE, "'%s' names no file", path);
	folder_fd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (folder_fd < 0)
		return fail_errno(err, path);
	fd = openat(folder_fd, name,
		    flags | (guard == FILE_ANY ? 0 : O_NOFOLLOW));
	if (fd < 0 && errno == ELOOP && guard != FILE_ANY)
		return err_set(err, -ERR_FILE_MODE,
			       "%s is a symbolic link; name the file itself",
			       path);
	if (fd < 0)
		return fail_errno(err, path);
	*ret_fd = fd;
	if (fstat(fd, ret_stat))
		return fail_errno(err, path);
	rc = check_file(path, guard, ret_stat, err);
	if (rc == 0 && guard != FILE_ANY)
		rc = check_folder(folder, folder_fd, err);
	return rc;
}

/* One read(); interrupted ones are tried again. */
static ssize_t read_some(int fd, void *bytes, size_t len)
{
	ssize_t n;

	do {
		n = read(fd, bytes, len);
	} while (n < 0 && errno == EINTR);
	return n;
}

int file_read(const char *path, enum file_guard guard, size_t max_bytes,
	      struct buf *ret, struct err *err)
{
	CLEANUP(closep) int fd = -1;
	CLEANUP(buf_done) struct buf text = { 0 };
	char chunk[CHUNK_BYTES];
	struct stat st;
	ssize_t n;
	int rc;

	buf_init(&text, max_bytes);
	rc = open_checked(path, guard, &fd, &st, err);
	if (rc < 0)
		return rc;
	while ((n = read_some(fd, chunk, sizeof(chunk))) > 0) {
		buf_put(&text, chunk, (size_t)n);
		rc = buf_check(&text, err);
		if (rc == -ERR_LIMIT)
			return err_set(err, rc,
				       "%s has more than %zu bytes, the most "
				       "that is read",
				       path, max_bytes);
		if (rc < 0)
			return err_prefix(err, rc, "%s", path);
	}
	if (n < 0)
		return fail_errno(err, path);
	buf_put(ret, text.data, text.len);
	rc = buf_check(ret, err);
	return rc < 0 ? err_prefix(err, rc, "%s", path) : 0;
}

/* The time is the version of a secret, and 0 that of none. */
static int check_time(const char *path, const struct stat *st, struct err *err)
{
	if (st->st_mtim.tv_sec > 0 && st->st_mtim.tv_sec <= TIME_S_MAX)
		return 0;
	return err_set(err, -ERR_SECRET,
		       "%s was last changed before 1970 or after 2255, says "
		       "its time, by which versions are told apart: touch it",
		       path);
}

/* Fill the place from fd: exactly len bytes and no more may be there. */
static bool read_exactly(int fd, uint8_t *place, size_t len)
{
	uint8_t more = 0;
	size_t done = 0;
	ssize_t n;

	while (done < len) {
		n = read_some(fd, place + done, len - done);
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	n = read_some(fd, &more, 1);
	explicit_bzero(&more, sizeof(more));
	return n == 0;
}

static int read_secret(const char *path, enum file_guard guard,
		       size_t max_bytes, struct secret **ret,
		       int64_t *ret_version, struct err *err)
{
	CLEANUP(secret_freep) struct secret *secret = NULL;
	CLEANUP(closep) int fd = -1;
	struct stat before;
	struct stat after;
	uint8_t *place;
	size_t size;
	int rc = open_checked(path, guard, &fd, &before, err);

	if (!rc)
		rc = check_time(path, &before, err);
	if (rc < 0)
		return rc;
	if (max_bytes > SECRET_BYTES_MAX)
		max_bytes = SECRET_BYTES_MAX;
	size = (size_t)before.st_size;
	if (!size)
		return err_set(err, -ERR_SECRET, "%s is empty", path);
	if (size > max_bytes)
		return err_set(err, -ERR_LIMIT,
			       "%s has %zu bytes; a secret has at most %zu",
			       path, size, max_bytes);
	rc = secret_reserve(size, &secret, &place, err);
	if (rc < 0)
		return err_prefix(err, rc, "%s", path);
	/* Half of an old and half of a new password would be a third. */
	if (!read_exactly(fd, place, size) || fstat(fd, &after) ||
	    before.st_size != after.st_size ||
	    before.st_mtim.tv_sec != after.st_mtim.tv_sec ||
	    before.st_mtim.tv_nsec != after.st_mtim.tv_nsec)
		return err_set(err, -ERR_FILE,
			       "%s changed while it was read; run it again",
			       path);
	*ret = secret;
	secret = NULL;
	*ret_version = (int64_t)before.st_mtim.tv_sec * 1000000000 +
		       before.st_mtim.tv_nsec;
	return 0;
}

int file_read_secret(const char *path, size_t max_bytes, struct secret **ret,
		     int64_t *ret_version, struct err *err)
{
	return read_secret(path, FILE_PRIVATE, max_bytes, ret, ret_version,
			   err);
}

int file_read_credential(const char *path, size_t max_bytes,
			 struct secret **ret, int64_t *ret_version,
			 struct err *err)
{
	return read_secret(path, FILE_CREDENTIAL, max_bytes, ret, ret_version,
			   err);
}

int file_check(const char *path, enum file_guard guard, struct err *err)
{
	CLEANUP(closep) int fd = -1;
	struct stat st;

	return open_checked(path, guard, &fd, &st, err);
}

int file_make_folder(const char *path, struct err *err)
{
	char folder[PATH_MAX];
	struct stat st;
	char *end;

	if (!split_path(path, folder))
		return err_set(err, -ERR_FILE, "the path is too long: %.60s...",
			       path);
	for (end = folder + 1;; end++) {
		char stopped = *end;

		if (stopped && stopped != '/')
			continue;
		*end = '\0';
		if (mkdir(folder, 0700) && errno != EEXIST)
			return fail_errno(err, folder);
		*end = stopped;
		if (!stopped)
			break;
	}
	if (stat(folder, &st))
		return fail_errno(err, folder);
	if (!S_ISDIR(st.st_mode))
		return err_set(err, -ERR_FILE, "%s is not a folder", folder);
	return 0;
}
