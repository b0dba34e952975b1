/* plan_key.c - the key that saved plans are sealed with; see plan_file.h. */
#include "reconciler/sys/file.h"
#include "state/guard.h"
#include "state/plan_file.h"
#include "state/store_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES 32

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_FILE, "%s: %s", path, strerrordesc_np(errno));
}

static int write_key(const char *path, const struct secret *key,
		     struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	int rc = 0;

	if (fd < 0)
		return fail_errno(path, err);
	if (write(fd, secret_bytes(key), secret_len(key)) !=
		    (ssize_t)secret_len(key) ||
	    fsync(fd))
		rc = fail_errno(path, err);
	if (close(fd) && !rc)
		rc = fail_errno(path, err);
	return rc;
}

/* Under another name until it is whole, as the state file itself. The lock is
 * held, so what stands there is of somebody who was killed. */
static int make_key(const struct store *store, const char *path,
		    struct arena *arena, struct err *err)
{
	CLEANUP(secret_freep) struct secret *key = NULL;
	const char *fresh = arena_printf(arena, "%s.new", path);
	int rc = secret_random(KEY_BYTES, &key, err);

	if (rc < 0)
		return rc;
	if (!fresh)
		return err_set(err, -ERR_NOMEM, "making the key of plans");
	if (unlink(fresh) && errno != ENOENT)
		return fail_errno(fresh, err);
	rc = write_key(fresh, key, err);
	if (!rc && rename(fresh, path))
		rc = fail_errno(path, err);
	return rc ? rc : guard_sync_folder(store->folder, err);
}

int plan_key_load(struct store *store, bool make, struct secret **ret,
		  struct err *err)
{
	CLEANUP(secret_freep) struct secret *key = NULL;
	struct arena *arena = &store->arena;
	const char *path = arena_printf(arena, "%s.key", store->path);
	int64_t version;
	bool there = false;
	int rc;

	if (!path)
		return err_set(err, -ERR_NOMEM, "reading the key of plans");
	rc = guard_file(path, &there, err);
	if (!rc && !there && make)
		rc = make_key(store, path, arena, err);
	else if (!rc && !there)
		rc = err_set(err, -ERR_PLAN_FILE,
			     "%s is not there: this controller has saved no "
			     "plan yet, or its key was lost",
			     path);
	if (!rc)
		rc = file_read_secret(path, KEY_BYTES + 1, &key, &version, err);
	if (!rc && secret_len(key) != KEY_BYTES)
		rc = err_set(err, -ERR_SECRET,
			     "%s is no key of plans: it must have %d bytes; "
			     "remove it, and save the plans that are still to "
			     "be applied anew",
			     path, KEY_BYTES);
	if (rc < 0)
		return rc;
	*ret = key;
	key = NULL;
	return 0;
}
