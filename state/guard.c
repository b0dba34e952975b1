/* guard.c - owner and mode of what belongs to the state. */
#include "state/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int check(const char *path, const struct stat *st, bool folder,
		 struct err *err)
{
	if (folder ? !S_ISDIR(st->st_mode) : !S_ISREG(st->st_mode))
		return err_set(err, -ERR_FILE_MODE, "%s is not a %s%s", path,
			       folder ? "folder" : "regular file",
			       S_ISLNK(st->st_mode) ? " but a link" : "");
	/* Neither chmod nor chown: it may be /tmp that somebody named. */
	if (folder && (st->st_mode & (S_IRWXG | S_IRWXO)))
		return err_set(err, -ERR_FILE_MODE,
			       "%s is open to others (mode %04o): the state "
			       "needs a folder of its own that only this user "
			       "may enter (mode 0700)",
			       path, st->st_mode & 07777U);
	if (folder && st->st_uid != geteuid())
		return err_set(err, -ERR_FILE_MODE,
			       "%s belongs to uid %u: run lockstep as that "
			       "user, or give the state a folder of its own",
			       path, st->st_uid);
	if (st->st_uid != geteuid())
		return err_set(err, -ERR_FILE_MODE,
			       "%s belongs to uid %u: run lockstep as that "
			       "user, or chown %u '%s'",
			       path, st->st_uid, geteuid(), path);
	if (!(st->st_mode & (S_IRWXG | S_IRWXO)))
		return 0;
	return err_set(err, -ERR_FILE_MODE,
		       "%s is open to others (mode %04o): chmod 600 '%s'", path,
		       st->st_mode & 07777U, path);
}

static int guard(const char *path, bool folder, bool *ret_there,
		 struct err *err)
{
	struct stat st;
	int rc;

	if (lstat(path, &st)) {
		if (errno != ENOENT)
			return err_set(err, -ERR_STATE_FILE, "%s: %s", path,
				       strerrordesc_np(errno));
		*ret_there = false;
		return 0;
	}
	rc = check(path, &st, folder, err);
	if (!rc)
		*ret_there = true;
	return rc;
}

int guard_file(const char *path, bool *ret_there, struct err *err)
{
	return guard(path, false, ret_there, err);
}

int guard_folder(const char *path, bool *ret_there, struct err *err)
{
	return guard(path, true, ret_there, err);
}

int guard_stat(const char *path, const struct stat *st, struct err *err)
{
	return check(path, st, false, err);
}

int guard_sync_folder(const char *folder, struct err *err)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int number = 0;

	if (fd < 0)
		return err_set(err, -ERR_STATE_FILE, "%s: %s", folder,
			       strerrordesc_np(errno));
	if (fsync(fd))
		number = errno;
	(void)close(fd);
	if (number)
		return err_set(err, -ERR_STATE_FILE, "%s: %s", folder,
			       strerrordesc_np(number));
	return 0;
}
