/*
 * disk.c - a library that is loaded before the program (LD_PRELOAD): it
 * counts the calls that reach the disk under the state, or a server, and at
 * one of them kills the program or lets the call fail.
 *
 *   FAULT_STATE=PATH    the state file; what begins with PATH, and its folder
 *   FAULT_LOG=FILE      each call, before it is made: see put_call()
 *   FAULT_AT=KIND:N     the Nth call of this kind, counted over all threads;
 *                       "any" counts every kind
 *   FAULT_DO=kill       before that call; or the number of an errno
 *   FAULT_LAST=N        so many calls fail, from that one on (default 1)
 *
 * Kinds: write truncate sync unlink rename create (of the state),
 * connect send (to servers). A failed sync did not reach the disk.
 */
#include <arpa/inet.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#define FDS_MAX 1024

enum kind {
	KIND_WRITE,
	KIND_TRUNCATE,
	KIND_SYNC,
	KIND_UNLINK,
	KIND_RENAME,
	KIND_CREATE,
	KIND_CONNECT,
	KIND_SEND,
	KIND_COUNT,
};

static const char *const kinds[KIND_COUNT] = {
	"write",  "truncate", "sync",    "unlink",
	"rename", "create",   "connect", "send",
};

/* What a descriptor is: the path of a file of the state, or a socket. */
struct descriptor {
	char *path;
	bool socket;
};

static struct {
	pthread_mutex_t lock;
	bool ready;
	const char *state;
	size_t state_len;
	size_t folder_len;
	int log;
	int at_kind; /* KIND_COUNT = any, -1 = none */
	long at;
	long last;
	int number; /* errno, 0 = kill */
	long counts[KIND_COUNT + 1];
	struct descriptor fds[FDS_MAX];
} fault = { .lock = PTHREAD_MUTEX_INITIALIZER, .log = -1, .at_kind = -1 };

#define REAL(type, name) ((type)dlsym(RTLD_NEXT, #name))

typedef int (*open_fn)(const char *, int, ...);
typedef int (*openat_fn)(int, const char *, int, ...);
typedef int (*close_fn)(int);
typedef ssize_t (*write_fn)(int, const void *, size_t);
typedef ssize_t (*pwrite_fn)(int, const void *, size_t, off_t);
typedef int (*sync_fn)(int);
typedef int (*truncate_fn)(int, off_t);
typedef int (*unlink_fn)(const char *);
typedef int (*rename_fn)(const char *, const char *);
typedef int (*connect_fn)(int, const struct sockaddr *, socklen_t);
typedef ssize_t (*send_fn)(int, const void *, size_t, int);
typedef ssize_t (*sendto_fn)(int, const void *, size_t, int,
			     const struct sockaddr *, socklen_t);

static bool begins(const char *text, const char *with, size_t len)
{
	return strncmp(text, with, len) == 0;
}

static int kind_find(const char *name, size_t len)
{
	for (int i = 0; i < KIND_COUNT; i++)
		if (strlen(kinds[i]) == len && begins(name, kinds[i], len))
			return i;
	return len == 3 && begins(name, "any", len) ? KIND_COUNT : -1;
}

/* Under the lock. The environment is read once, before threads. */
static void get_ready(void)
{
	const char *at = getenv("FAULT_AT"); /* NOLINT(concurrency-mt-unsafe) */
	const char *log =
		getenv("FAULT_LOG"); /* NOLINT(concurrency-mt-unsafe) */
	const char *what =
		getenv("FAULT_DO"); /* NOLINT(concurrency-mt-unsafe) */
	const char *last =
		getenv("FAULT_LAST"); /* NOLINT(concurrency-mt-unsafe) */
	const char *state =
		getenv("FAULT_STATE"); /* NOLINT(concurrency-mt-unsafe) */
	const char *colon = at ? strchr(at, ':') : NULL;

	fault.ready = true;
	fault.state = state ? state : "/nowhere/at/all";
	fault.state_len = strlen(fault.state);
	fault.folder_len = (size_t)(strrchr(fault.state, '/') - fault.state);
	fault.last = last ? strtol(last, NULL, 10) : 1;
	if (log)
		fault.log = REAL(open_fn, open)(
			log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (!colon)
		return;
	fault.at_kind = kind_find(at, (size_t)(colon - at));
	fault.at = strtol(colon + 1, NULL, 10);
	fault.number = what && strcmp(what, "kill") != 0
			       ? (int)strtol(what, NULL, 10)
			       : 0;
}

static bool is_state(const char *path)
{
	return begins(path, fault.state, fault.state_len);
}

/* "/a/b" of a state "/a/b/state.db": its folder, which is synced, too. */
static bool is_folder(const char *path)
{
	return strlen(path) == fault.folder_len &&
	       begins(path, fault.state, fault.folder_len);
}

/* KIND<TAB>result<TAB>path<TAB>second path or -<TAB>offset<TAB>length<LF>,
 * then so many bytes. result: ok, fail, kill. */
struct call {
	enum kind kind;
	const char *path;
	const char *second;
	off_t offset;
	const void *bytes;
	size_t len; /* of bytes, or the new length */
};

static void put_call(const struct call *call, const char *result)
{
	char head[2 * PATH_MAX + 128];
	struct iovec parts[2];
	int n = snprintf(head, sizeof(head), "%s\t%s\t%s\t%s\t%lld\t%zu\n",
			 kinds[call->kind], result,
			 call->path ? call->path : "-",
			 call->second ? call->second : "-",
			 (long long)call->offset, call->len);

	parts[0] = (struct iovec){ head, (size_t)n };
	parts[1] = (struct iovec){ .iov_len = call->bytes ? call->len : 0 };
	/* It is only read. */
	memcpy(&parts[1].iov_base, &call->bytes, sizeof(call->bytes));
	if (fault.log >= 0 && writev(fault.log, parts, 2) < 0)
		abort();
}

/* Under the lock: is it this one? */
static bool strikes(enum kind kind)
{
	long n = ++fault.counts[kind];
	long any = ++fault.counts[KIND_COUNT];

	if (fault.at_kind == KIND_COUNT)
		n = any;
	else if (fault.at_kind != (int)kind)
		return false;
	return n >= fault.at && n < fault.at + fault.last;
}

/* True: let it fail; errno is set. */
static bool struck(const struct call *call)
{
	bool fails;

	(void)pthread_mutex_lock(&fault.lock);
	if (!fault.ready)
		get_ready();
	fails = strikes(call->kind);
	if (fails && !fault.number) {
		put_call(call, "kill");
		(void)kill(getpid(), SIGKILL);
		(void)pause();
	}
	put_call(call, fails ? "fail" : "ok");
	(void)pthread_mutex_unlock(&fault.lock);
	if (fails)
		errno = fault.number;
	return fails;
}

static void remember(int fd, const char *path, bool is_socket)
{
	if (fd < 0 || fd >= FDS_MAX)
		return;
	(void)pthread_mutex_lock(&fault.lock);
	free(fault.fds[fd].path);
	fault.fds[fd] = (struct descriptor){ .path = path ? strdup(path) : NULL,
					     .socket = is_socket };
	(void)pthread_mutex_unlock(&fault.lock);
}

/* The path of a file of the state, "." for a socket, NULL: not ours. */
static const char *known(int fd)
{
	if (fd < 0 || fd >= FDS_MAX)
		return NULL;
	return fault.fds[fd].socket ? "." : fault.fds[fd].path;
}

static void prepare(void)
{
	(void)pthread_mutex_lock(&fault.lock);
	if (!fault.ready)
		get_ready();
	(void)pthread_mutex_unlock(&fault.lock);
}

static int open_any(const char *path, int flags, mode_t mode)
{
	const struct call call = { .kind = KIND_CREATE, .path = path };
	bool ours;
	int fd;

	prepare();
	ours = is_state(path);
	if (ours && flags & O_CREAT && struck(&call))
		return -1;
	fd = REAL(open_fn, open)(path, flags, mode);
	if (ours || is_folder(path))
		remember(fd, path, false);
	return fd;
}

static mode_t mode_of(int flags, va_list list)
{
	return flags & (O_CREAT | O_TMPFILE) ? va_arg(list, mode_t) : 0;
}

/* libc has other names.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
int open(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = mode_of(flags, list);
	va_end(list);
	return open_any(path, flags, mode);
}

int open64(const char *path, int flags, ...)
{
	va_list list;
	mode_t mode;

	va_start(list, flags);
	mode = mode_of(flags, list);
	va_end(list);
	return open_any(path, flags, mode);
}

int close(int fd)
{
	if (known(fd))
		remember(fd, NULL, false);
	return REAL(close_fn, close)(fd);
}

static bool write_struck(int fd, const void *bytes, size_t len, off_t offset)
{
	const char *path = known(fd);
	const bool is_socket = path && path[0] == '.';
	const struct call call = { .kind = is_socket ? KIND_SEND : KIND_WRITE,
				   .path = path,
				   .offset = offset,
				   .bytes = is_socket ? NULL : bytes,
				   .len = len };

	return path && struck(&call);
}

ssize_t write(int fd, const void *bytes, size_t len)
{
	if (fd >= 0 && fd < FDS_MAX && known(fd) &&
	    write_struck(fd, bytes, len,
			 fault.fds[fd].socket ? 0 : lseek(fd, 0, SEEK_CUR)))
		return -1;
	return REAL(write_fn, write)(fd, bytes, len);
}

ssize_t pwrite(int fd, const void *bytes, size_t len, off_t offset)
{
	if (write_struck(fd, bytes, len, offset))
		return -1;
	return REAL(pwrite_fn, pwrite)(fd, bytes, len, offset);
}

ssize_t pwrite64(int fd, const void *bytes, size_t len, off64_t offset)
{
	return pwrite(fd, bytes, len, offset);
}

static bool sync_struck(int fd)
{
	const struct call call = { .kind = KIND_SYNC, .path = known(fd) };

	return call.path && struck(&call);
}

int fsync(int fd)
{
	return sync_struck(fd) ? -1 : REAL(sync_fn, fsync)(fd);
}

int fdatasync(int fd)
{
	return sync_struck(fd) ? -1 : REAL(sync_fn, fdatasync)(fd);
}

int ftruncate(int fd, off_t len)
{
	const struct call call = { .kind = KIND_TRUNCATE,
				   .path = known(fd),
				   .len = (size_t)len };

	if (call.path && struck(&call))
		return -1;
	return REAL(truncate_fn, ftruncate)(fd, len);
}

int ftruncate64(int fd, off64_t len)
{
	return ftruncate(fd, len);
}

int unlink(const char *path)
{
	const struct call call = { .kind = KIND_UNLINK, .path = path };

	prepare();
	if (is_state(path) && struck(&call))
		return -1;
	return REAL(unlink_fn, unlink)(path);
}

int rename(const char *from, const char *to)
{
	const struct call call = { .kind = KIND_RENAME,
				   .path = from,
				   .second = to };

	prepare();
	if (is_state(to) && struck(&call))
		return -1;
	return REAL(rename_fn, rename)(from, to);
}

int connect(int fd, const struct sockaddr *address, socklen_t len)
{
	const struct call call = { .kind = KIND_CONNECT };

	if (address->sa_family != AF_INET && address->sa_family != AF_INET6)
		return REAL(connect_fn, connect)(fd, address, len);
	remember(fd, NULL, true);
	return struck(&call) ? -1 : REAL(connect_fn, connect)(fd, address, len);
}

ssize_t send(int fd, const void *bytes, size_t len, int flags)
{
	if (write_struck(fd, bytes, len, 0))
		return -1;
	return REAL(send_fn, send)(fd, bytes, len, flags);
}

ssize_t sendto(int fd, const void *bytes, size_t len, int flags,
	       const struct sockaddr *address, socklen_t address_len)
{
	if (write_struck(fd, bytes, len, 0))
		return -1;
	return REAL(sendto_fn, sendto)(fd, bytes, len, flags, address,
				       address_len);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */
