/* link.c - see link.h. */
#include "reconciler/transport/link.h"

#include <errno.h>
#include <libssh2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define MEMORY_MAX     ((size_t)4194304)
#define STEP_BYTES_MAX ((size_t)262144)
#define STEP_READS_MAX ((size_t)4096)
#define FREE_TRIES     100

struct link_block {
	struct link_block *next;
	struct link_block *before;
	size_t size;
	_Alignas(16) unsigned char bytes[];
};

static const struct {
	int method;
	const char *names;
} methods[] = {
	{ LIBSSH2_METHOD_KEX,
	  "curve25519-sha256,curve25519-sha256@libssh.org,"
	  "ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521" },
	{ LIBSSH2_METHOD_CRYPT_CS, "aes128-ctr,aes256-ctr" },
	{ LIBSSH2_METHOD_CRYPT_SC, "aes128-ctr,aes256-ctr" },
	{ LIBSSH2_METHOD_MAC_CS, "hmac-sha2-256,hmac-sha2-512" },
	{ LIBSSH2_METHOD_MAC_SC, "hmac-sha2-256,hmac-sha2-512" },
	{ LIBSSH2_METHOD_COMP_CS, "none" },
	{ LIBSSH2_METHOD_COMP_SC, "none" },
};

void *link_alloc(struct link *link, size_t size)
{
	struct link_block *block;

	if (size > MEMORY_MAX || link->used_bytes > MEMORY_MAX - size)
		return NULL;
	block = malloc(sizeof(*block) + size);
	if (block == NULL) {
		link->starved = true;
		return NULL;
	}
	block->size = size;
	block->before = NULL;
	block->next = link->blocks;
	if (block->next != NULL)
		block->next->before = block;
	link->blocks = block;
	link->used_bytes += size;
	return block->bytes;
}

static struct link_block *block_of(void *bytes)
{
	return (void *)((unsigned char *)bytes -
			offsetof(struct link_block, bytes));
}

static void block_wipe(struct link_block *block)
{
	explicit_bzero(block, sizeof(*block) + block->size);
	free(block);
}

static void block_free(struct link *link, struct link_block *block)
{
	if (block->next != NULL)
		block->next->before = block->before;
	if (block->before != NULL)
		block->before->next = block->next;
	else
		link->blocks = block->next;
	link->used_bytes -= block->size;
	block_wipe(block);
}

/* abstract may lie in the very block that is freed: it is read first. */
static LIBSSH2_ALLOC_FUNC(on_alloc)
{
	return link_alloc(*abstract, count);
}

static LIBSSH2_FREE_FUNC(on_free)
{
	if (ptr != NULL)
		block_free(*abstract, block_of(ptr));
}

static LIBSSH2_REALLOC_FUNC(on_realloc)
{
	struct link *link = *abstract;
	struct link_block *old;
	void *bytes = link_alloc(link, count);

	if (bytes == NULL || ptr == NULL)
		return bytes;
	old = block_of(ptr);
	memcpy(bytes, ptr, old->size < count ? old->size : count);
	block_free(link, old);
	return bytes;
}

static LIBSSH2_RECV_FUNC(on_recv)
{
	struct link *link = *abstract;
	ssize_t n;

	if (link->cut)
		return -ECONNABORTED;
	if (link->allowed_bytes == 0) {
		link->over = true;
		return -ECONNABORTED;
	}
	if (link->step_bytes == 0 || link->step_reads == 0)
		return -EAGAIN;
	if (length > link->step_bytes)
		length = link->step_bytes;
	if (length > link->allowed_bytes)
		length = link->allowed_bytes;
	n = recv(socket, buffer, length, flags);
	if (n < 0)
		return -errno;
	link->step_reads--;
	link->step_bytes -= (size_t)n;
	link->allowed_bytes -= (size_t)n;
	return n;
}

static LIBSSH2_SEND_FUNC(on_send)
{
	const struct link *link = *abstract;
	ssize_t n;

	if (link->cut)
		return -ECONNABORTED;
	n = send(socket, buffer, length, flags | MSG_NOSIGNAL);
	return n < 0 ? -errno : n;
}

/* libssh2 takes functions as data pointers. */
static void callback_set(LIBSSH2_SESSION *ssh, int kind, void (*function)(void))
{
	union {
		void (*function)(void);
		void *data;
	} pointer = { .function = function };

	(void)libssh2_session_callback_set(ssh, kind, pointer.data);
}

static int methods_set(const struct link *link, const char *host_keys,
		       struct err *err)
{
	int rc = libssh2_session_method_pref(link->ssh, LIBSSH2_METHOD_HOSTKEY,
					     host_keys);

	for (size_t i = 0; rc == 0 && i < sizeof(methods) / sizeof(methods[0]);
	     i++)
		rc = libssh2_session_method_pref(link->ssh, methods[i].method,
						 methods[i].names);
	if (rc != 0)
		return err_set(err, -ERR_SSH,
			       "libssh2 lacks an algorithm that lockstep "
			       "needs");
	return 0;
}

int link_open(struct link *link, const char *host_keys, struct err *err)
{
	int rc;

	*link = (struct link){ 0 };
	link->ssh =
		libssh2_session_init_ex(on_alloc, on_free, on_realloc, link);
	if (link->ssh == NULL)
		return err_set(err, -ERR_NOMEM, "no memory for a session");
	libssh2_session_set_blocking(link->ssh, 0);
	callback_set(link->ssh, LIBSSH2_CALLBACK_RECV, (void (*)(void))on_recv);
	callback_set(link->ssh, LIBSSH2_CALLBACK_SEND, (void (*)(void))on_send);
	rc = methods_set(link, host_keys, err);
	if (rc < 0)
		link_close(link);
	return rc;
}

void link_close(struct link *link)
{
	link->cut = true;
	for (int i = 0; link->ssh != NULL && i < FREE_TRIES; i++)
		if (libssh2_session_free(link->ssh) != LIBSSH2_ERROR_EAGAIN)
			break;
	link->ssh = NULL;
	/* What libssh2 lost. */
	while (link->blocks != NULL) {
		struct link_block *block = link->blocks;

		link->blocks = block->next;
		block_wipe(block);
	}
	link->used_bytes = 0;
}

void link_allow(struct link *link, size_t bytes)
{
	link->allowed_bytes = bytes;
}

void link_step(struct link *link)
{
	link->step_bytes = STEP_BYTES_MAX;
	link->step_reads = STEP_READS_MAX;
}
