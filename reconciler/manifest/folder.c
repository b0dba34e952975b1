/* folder.c - finding and reading files without leaving the folder. */
#include "reconciler/manifest/folder.h"

#include "reconciler/core/str.h"
#include "reconciler/manifest/yaml_tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define OPEN_FOLDER (O_RDONLY | O_DIRECTORY | O_NOFOLLOW)

struct walk {
	struct arena *arena;
	struct problems *problems;
	struct folder *folder;
	size_t n_entries;
	bool stop; /* a limit was reached */
	bool failed;
};

static void closep(const int *fd)
{
	if (*fd >= 0)
		(void)close(*fd);
}

static void closedirp(DIR **dir)
{
	if (*dir)
		(void)closedir(*dir);
}

static void refuse(struct problems *problems, const char *file,
		   const char *text)
{
	const struct place place = { .file = file, .line = 1, .col = 1 };

	problem_add(problems, &place, "%s", text);
}

static bool is_yaml(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot &&
	       (str_eq_nocase(dot, ".yaml") || str_eq_nocase(dot, ".yml"));
}

static const char *type_text(mode_t mode)
{
	if (S_ISDIR(mode))
		return "this is a folder, not a regular file";
	if (S_ISFIFO(mode))
		return "this is a FIFO, not a regular file";
	if (S_ISSOCK(mode))
		return "this is a socket, not a regular file";
	return "this is a device, not a regular file";
}

static void walk_folder(struct walk *walk, int fd, const char *below,
			unsigned depth);

static void take_file(struct walk *walk, const char *path)
{
	if (walk->folder->files.n == FOLDER_FILES_MAX) {
		refuse(walk->problems, walk->folder->path,
		       "the folder holds more than 10,000 manifest files");
		walk->stop = true;
		return;
	}
	if (!array_push(walk->arena, &walk->folder->files, path))
		walk->failed = true;
}

static void take_folder(struct walk *walk, int parent, const char *name,
			const char *path, unsigned depth)
{
	CLEANUP(closep) int fd = -1;

	if (depth == FOLDER_DEPTH_MAX) {
		refuse(walk->problems, path,
		       "folders nest deeper than 32 levels");
		walk->stop = true;
		return;
	}
	fd = openat(parent, name, OPEN_FOLDER | O_CLOEXEC);
	if (fd < 0) {
		refuse(walk->problems, path,
		       "this folder can't be opened; check its permissions");
		return;
	}
	walk_folder(walk, fd, path, depth + 1);
}

static void take_entry(struct walk *walk, int parent, const char *name,
		       const char *below, unsigned depth)
{
	struct stat st;
	const char *path;

	if (++walk->n_entries > FOLDER_ENTRIES_MAX) {
		refuse(walk->problems, *below ? below : walk->folder->path,
		       "the folder holds more than 200,000 entries");
		walk->stop = true;
		return;
	}
	path = arena_printf(walk->arena, "%s%s%s", below, *below ? "/" : "",
			    name);
	if (!path) {
		walk->failed = true;
		return;
	}
	if (fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW)) {
		/* Gone since it was listed: as if it had never been there. */
		if (errno != ENOENT)
			refuse(walk->problems, path, "this can't be read");
		return;
	}
	if (S_ISLNK(st.st_mode))
		refuse(walk->problems, path,
		       "this is a symbolic link; manifests are regular files "
		       "below the folder");
	else if ((S_ISDIR(st.st_mode) || is_yaml(name)) &&
		 str_has_control(name))
		/* It would stand in texts whose lines a person trusts. */
		refuse(walk->problems, path,
		       "the name holds a control or invisible character, or is "
		       "not UTF-8; rename it");
	else if (S_ISDIR(st.st_mode))
		take_folder(walk, parent, name, path, depth);
	else if (is_yaml(name) && S_ISREG(st.st_mode))
		take_file(walk, path);
	else if (is_yaml(name))
		refuse(walk->problems, path, type_text(st.st_mode));
}

/* fd stays the caller's. */
static void walk_folder(struct walk *walk, int fd, const char *below,
			unsigned depth)
{
	CLEANUP(closedirp) DIR *dir = NULL;
	int own = openat(fd, ".", OPEN_FOLDER | O_CLOEXEC);

	if (own >= 0)
		dir = fdopendir(own);
	if (!dir) {
		if (own >= 0)
			(void)close(own);
		refuse(walk->problems, *below ? below : walk->folder->path,
		       "this folder can't be read; check its permissions");
		return;
	}
	while (!walk->stop && !walk->failed && !problems_full(walk->problems)) {
		/* The stream is ours alone.
		 * NOLINTNEXTLINE(concurrency-mt-unsafe) */
		const struct dirent *entry = readdir(dir);

		if (!entry)
			break;
		if (entry->d_name[0] != '.')
			take_entry(walk, fd, entry->d_name, below, depth);
	}
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* One file: its folder is opened, and the file in it as any other. */
static int open_single(const char *path, struct arena *arena,
		       struct folder *folder, struct err *err)
{
	const char *slash = strrchr(path, '/');
	const char *parent = ".";
	const char *kept = arena_strdup(arena, path);

	if (slash)
		parent = arena_strndup(arena, path,
				       slash == path ? 1
						     : (size_t)(slash - path));
	if (!parent || !kept || !array_push(arena, &folder->files, kept))
		return err_set(err, -ERR_NOMEM, "reading %s", path);
	folder->name = slash ? kept + (slash - path) + 1 : kept;
	folder->fd = open(parent, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder->fd < 0)
		return err_set(err, -ERR_FILE, "%s: %s", parent,
			       strerrordesc_np(errno));
	return 0;
}

int folder_open(const char *path, struct arena *arena,
		struct problems *problems, struct folder *ret, struct err *err)
{
	CLEANUP(folder_close) struct folder folder = { .fd = -1, .path = path };
	struct walk walk = { .arena = arena,
			     .problems = problems,
			     .folder = &folder };

	folder.fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (folder.fd < 0 && errno == ENOTDIR) {
		int rc = open_single(path, arena, &folder, err);

		if (rc < 0)
			return rc;
	} else if (folder.fd < 0) {
		return err_set(err, -ERR_FILE, "%s: %s", path,
			       strerrordesc_np(errno));
	} else {
		walk_folder(&walk, folder.fd, "", 0);
		if (walk.failed)
			return err_set(err, -ERR_NOMEM, "reading %s", path);
	}
	if (folder.files.n)
		qsort(folder.files.items, folder.files.n,
		      sizeof(*folder.files.items), compare);
	*ret = folder;
	folder.fd = -1;
	return 0;
}

void folder_close(struct folder *folder)
{
	closep(&folder->fd);
	folder->fd = -1;
}

/* Open path below fd one part at a time, so that no part can be a link even
 * when it was exchanged after the walk. */
static int open_below(int folder_fd, const char *path)
{
	CLEANUP(closep) int at = -1;
	int from = folder_fd;
	const char *slash;

	while ((slash = strchr(path, '/')) != NULL) {
		char part[NAME_MAX + 1];
		size_t len = (size_t)(slash - path);
		int next;

		if (len > NAME_MAX)
			return -1;
		memcpy(part, path, len);
		part[len] = '\0';
		next = openat(from, part, OPEN_FOLDER | O_CLOEXEC);
		closep(&at);
		at = next;
		if (at < 0)
			return -1;
		from = at;
		path = slash + 1;
	}
	return openat(from, path,
		      O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY |
			      O_CLOEXEC);
}

/* At most one byte more than a file may have: enough to see it is too
 * large. False: errno. */
static bool read_all(int fd, size_t max, struct buf *ret)
{
	char chunk[16384];

	while (ret->len <= max) {
		size_t room = max + 1 - ret->len;
		ssize_t n = read(fd, chunk,
				 room < sizeof(chunk) ? room : sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		if (n == 0)
			return true;
		buf_put(ret, chunk, (size_t)n);
	}
	return true;
}

/* NULL, or what keeps the file from being read. */
static const char *read_below(int folder_fd, const char *path, size_t max,
			      struct buf *ret)
{
	CLEANUP(closep) int fd = open_below(folder_fd, path);
	struct stat st;

	if (fd < 0 && errno == ELOOP)
		return "this is a symbolic link; manifests are regular files "
		       "below the folder";
	if (fd < 0 && errno == ENOENT)
		return "there is no such file";
	if (fd < 0)
		return "this file can't be opened; check its permissions";
	if (fstat(fd, &st))
		return "this file can't be read";
	if (!S_ISREG(st.st_mode))
		return type_text(st.st_mode);
	return read_all(fd, max, ret) ? NULL : "this file can't be read";
}

bool folder_read(const struct folder *folder, size_t index,
		 struct problems *problems, struct buf *ret)
{
	const char *path = folder->files.items[index];
	const char *why =
		read_below(folder->fd, folder->name ? folder->name : path,
			   TREE_BYTES_MAX, ret);

	if (why)
		refuse(problems, path, why);
	if (!why && buf_check(ret, NULL))
		problems->failed = true;
	return !why && !problems->failed;
}

bool folder_path_ok(const char *path)
{
	size_t len;

	for (;; path += len + 1) {
		len = strcspn(path, "/");
		if (len == 0 || len > NAME_MAX || *path == '.')
			return false;
		if (!path[len])
			return true;
	}
}

bool folder_read_named(const struct folder *folder,
		       const struct folder_file *file,
		       struct problems *problems, struct buf *ret)
{
	const char *why =
		read_below(folder->fd, file->path, file->max_bytes, ret);

	if (why)
		problem_add(problems, &file->place, "%s: %s",
			    problem_quote(problems, file->path), why);
	if (!why && buf_check(ret, NULL))
		problems->failed = true;
	return !why && !problems->failed;
}
