/*
 * heap.c - a library that is loaded before the program (LD_PRELOAD): it lets
 * allocations of the program itself fail, not those of its libraries, and
 * tells which of them were never freed.
 *
 *   FAULT_AT=N       the Nth allocation of all threads fails
 *   FAULT_LAST=N     so many fail, from that one on (default 1)
 *   FAULT_LOG=FILE   at the end: "count N", "failed N", "live N", and "at
 *                    OFFSET" in the program for each that is live
 *
 * What counts: malloc, calloc, realloc, reallocarray, strdup and strndup that
 * are called from the program's own text.
 */
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LIVE_MAX 65536 /* a power of two */
#define GONE     UINTPTR_MAX

/* NOLINTBEGIN(readability-identifier-naming): libc's own */
extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t n, size_t size);
extern void *__libc_realloc(void *old, size_t size);
extern void __libc_free(void *block);
/* NOLINTEND(readability-identifier-naming) */

struct block {
	uintptr_t block; /* 0 = free, GONE = was used */
	uintptr_t site;
};

static struct {
	pthread_mutex_t lock;
	uintptr_t base, begin, end; /* of the program's text */
	long at;
	long last;
	long count;
	long failed;
	struct block live[LIVE_MAX];
} heap = { .lock = PTHREAD_MUTEX_INITIALIZER };

/* The program is the first that is told. */
static int find_program(struct dl_phdr_info *info, size_t size, void *user)
{
	(void)size;
	(void)user;
	heap.base = info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *header = &info->dlpi_phdr[i];

		if (header->p_type == PT_LOAD && header->p_flags & PF_X) {
			heap.begin = heap.base + header->p_vaddr;
			heap.end = heap.begin + header->p_memsz;
		}
	}
	return 1;
}

static long setting(const char *name, long otherwise)
{
	const char *text = getenv(name); /* NOLINT(concurrency-mt-unsafe) */

	return text ? strtol(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void begin(void)
{
	heap.at = setting("FAULT_AT", 0);
	heap.last = setting("FAULT_LAST", 1);
	(void)dl_iterate_phdr(find_program, NULL);
}

static bool is_own(uintptr_t site)
{
	return site >= heap.begin && site < heap.end;
}

/* True: it is to fail. */
static bool fails(uintptr_t site)
{
	bool result;

	if (!is_own(site))
		return false;
	(void)pthread_mutex_lock(&heap.lock);
	heap.count++;
	result = heap.at > 0 && heap.count >= heap.at &&
		 heap.count - heap.at < heap.last;
	heap.failed += result;
	(void)pthread_mutex_unlock(&heap.lock);
	if (result)
		errno = ENOMEM;
	return result;
}

static size_t slot_of(uintptr_t block)
{
	return block * 0x9e3779b97f4a7c15U >> 48 & (LIVE_MAX - 1);
}

static void *keep(void *block, uintptr_t site)
{
	size_t slot = slot_of((uintptr_t)block);

	if (!block || !is_own(site))
		return block;
	(void)pthread_mutex_lock(&heap.lock);
	while (heap.live[slot].block && heap.live[slot].block != GONE)
		slot = (slot + 1) & (LIVE_MAX - 1);
	heap.live[slot] = (struct block){ (uintptr_t)block, site };
	(void)pthread_mutex_unlock(&heap.lock);
	return block;
}

static void forget(uintptr_t block)
{
	size_t slot = slot_of(block);

	if (!block)
		return;
	(void)pthread_mutex_lock(&heap.lock);
	while (heap.live[slot].block && heap.live[slot].block != block)
		slot = (slot + 1) & (LIVE_MAX - 1);
	if (heap.live[slot].block)
		heap.live[slot].block = GONE;
	(void)pthread_mutex_unlock(&heap.lock);
}

#define SITE ((uintptr_t)__builtin_return_address(0))

/* libc has other names.
 * NOLINTBEGIN(readability-inconsistent-declaration-parameter-name) */
void *malloc(size_t size)
{
	return fails(SITE) ? NULL : keep(__libc_malloc(size), SITE);
}

void *calloc(size_t n, size_t size)
{
	return fails(SITE) ? NULL : keep(__libc_calloc(n, size), SITE);
}

static void *realloc_at(void *old, size_t size, uintptr_t site)
{
	void *block;

	if (fails(site))
		return NULL;
	/* Before: another thread may be given the old place at once. */
	forget((uintptr_t)old);
	block = __libc_realloc(old, size);
	return keep(block, site);
}

void *realloc(void *old, size_t size)
{
	return realloc_at(old, size, SITE);
}

void *reallocarray(void *old, size_t n, size_t size)
{
	size_t bytes;

	if (__builtin_mul_overflow(n, size, &bytes)) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc_at(old, bytes, SITE);
}

void free(void *block)
{
	forget((uintptr_t)block);
	__libc_free(block);
}

static char *copy(const char *text, size_t len, uintptr_t site)
{
	char *result;

	if (fails(site))
		return NULL;
	result = keep(__libc_malloc(len + 1), site);
	if (result) {
		memcpy(result, text, len);
		result[len] = '\0';
	}
	return result;
}

char *strdup(const char *text)
{
	return copy(text, strlen(text), SITE);
}

char *strndup(const char *text, size_t max)
{
	return copy(text, strnlen(text, max), SITE);
}
/* NOLINTEND(readability-inconsistent-declaration-parameter-name) */

__attribute__((destructor)) static void end(void)
{
	const char *log =
		getenv("FAULT_LOG"); /* NOLINT(concurrency-mt-unsafe) */
	int fd = log ? open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)
		     : -1;
	long n = 0;

	if (fd < 0)
		return;
	for (size_t i = 0; i < LIVE_MAX; i++) {
		if (!heap.live[i].block || heap.live[i].block == GONE)
			continue;
		n++;
		(void)dprintf(fd, "at %#lx\n",
			      (unsigned long)(heap.live[i].site - heap.base));
	}
	(void)dprintf(fd, "count %ld\nfailed %ld\nlive %ld\n", heap.count,
		      heap.failed, n);
	(void)close(fd);
}
