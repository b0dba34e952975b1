/* born.c - reading and replacing the marker. */
#include "state/born.h"

#include "reconciler/core/record.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/file.h"
#include "state/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define BORN_BYTES_MAX 1024

static const struct record_kind kinds[] = {
	{ .name = "born", .fields = { "store", "epoch" } },
	{ .name = NULL },
};

static int decode(const struct buf *text, struct born *ret, struct err *err)
{
	const struct record_limits limits = { .rows = 1, .value_bytes = 64 };
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct record_list list = { 0 };
	struct born born = { .there = true };
	uint8_t id[16];
	int rc;

	arena_init(&arena, 65536);
	rc = records_decode(&arena, kinds, &limits, buf_text(text), text->len,
			    &list, err);
	if (rc < 0)
		return rc;
	if (list.n != 1)
		return err_set(err, -ERR_RECORD, "it has %zu lines, not one",
			       list.n);
	rc = record_hex(&list.items[0], "store", id, sizeof(id), err);
	if (!rc)
		rc = record_number(&list.items[0], "epoch", RECORD_NUMBER_MAX,
				   &born.epoch, err);
	if (rc < 0)
		return rc;
	memcpy(born.store, record_value(&list.items[0], "store"),
	       sizeof(born.store));
	*ret = born;
	return 0;
}

int born_read(const char *path, struct born *ret, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	struct err why = { 0 };
	bool there;
	int rc = guard_file(path, &there, err);

	buf_init(&text, BORN_BYTES_MAX);
	if (rc < 0)
		return rc;
	if (!there) {
		*ret = (struct born){ 0 };
		return 0;
	}
	rc = file_read(path, FILE_PRIVATE, BORN_BYTES_MAX, &text, &why);
	if (!rc)
		rc = decode(&text, ret, &why);
	if (rc == -ERR_NOMEM)
		return err_set(err, rc, "%s: %s", path, why.what);
	if (rc < 0)
		return err_set(err, -ERR_STATE_DAMAGED,
			       "the marker %s can't be read: %s", path,
			       why.what);
	return 0;
}

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_STATE_FILE, "%s: %s", path,
		       strerrordesc_np(errno));
}

static int write_synced(const char *path, const struct buf *text,
			struct err *err)
{
	ssize_t n;
	int fd;
	int rc = 0;

	if (unlink(path) && errno != ENOENT) /* of a writer that was killed */
		return fail_errno(path, err);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail_errno(path, err);
	errno = ENOSPC; /* a short write says nothing */
	n = write(fd, text->data, text->len);
	if (n < 0 || (size_t)n != text->len || fsync(fd))
		rc = fail_errno(path, err);
	if (close(fd) && !rc)
		rc = fail_errno(path, err);
	return rc;
}

int born_write(const char *path, const char *fresh, const char *folder,
	       const struct born *born, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	char epoch[32];
	const char *values[] = { born->store, epoch };
	int rc;

	(void)snprintf(epoch, sizeof(epoch), "%" PRId64, born->epoch);
	buf_init(&text, BORN_BYTES_MAX);
	record_put(&text, &kinds[0], values);
	rc = buf_check(&text, err);
	if (!rc)
		rc = write_synced(fresh, &text, err);
	if (!rc && rename(fresh, path))
		rc = fail_errno(path, err);
	if (!rc)
		rc = guard_sync_folder(folder, err);
	return rc;
}
