/* fleet.c - see fleet.h. */
#include "tests/fleet/fleet.h"

#include "reconciler/core/str.h"

#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* 127.80.0.1 .. 127.80.0.250, 127.80.1.1 .. and so on. */
#define BLOCK       80
#define PER_NETWORK 250
#define BACKLOG     8192
#define PORT_FIRST  30000
#define PORT_TRIES  2000

struct in_addr fleet_address(size_t at)
{
	uint32_t network = (uint32_t)(at / PER_NETWORK);
	uint32_t last = (uint32_t)(at % PER_NETWORK) + 1;

	return (struct in_addr){ htonl((127U << 24) + (BLOCK << 16) +
				       (network << 8) + last) };
}

size_t fleet_at(const struct fleet *fleet, struct in_addr address)
{
	uint32_t number = ntohl(address.s_addr);
	uint32_t last = number & 0xff;
	size_t at;

	if (number >> 16 != (127U << 8) + BLOCK || last < 1 ||
	    last > PER_NETWORK)
		return SIZE_MAX;
	at = (size_t)(number >> 8 & 0xff) * PER_NETWORK + last - 1;
	return at < fleet->n ? at : SIZE_MAX;
}

struct server *fleet_server(const struct fleet *fleet, const char *name)
{
	for (size_t i = 0; i < fleet->n; i++)
		if (str_eq(fleet->servers[i]->name, name))
			return fleet->servers[i];
	return NULL;
}

/* 0, or an errno. */
static int listen_at(int fd, uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
				       .sin_port = htons(port),
				       .sin_addr.s_addr = INADDR_ANY };

	if (bind(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 ||
	    listen(fd, BACKLOG) < 0)
		return errno;
	return 0;
}

/* One socket for all addresses: bound to the loopback device where the kernel
 * lets us; else fleet_connection() turns away who comes from outside. */
static int open_socket(struct err *err)
{
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 ||
	    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0)
		return err_set(err, -ERR_CONNECT, "socket: %s",
			       strerrordesc_np(errno));
	(void)setsockopt(fd, SOL_SOCKET, SO_BINDTODEVICE, "lo", 3);
	return fd;
}

int fleet_listen(struct fleet *fleet, uint16_t port, struct err *err)
{
	unsigned first = PORT_FIRST + (unsigned)getpid() % PORT_TRIES;
	int failed = EADDRINUSE;

	for (unsigned i = 0; i < PORT_TRIES && failed == EADDRINUSE; i++) {
		int fd = open_socket(err);

		if (fd < 0)
			return fd;
		fleet->port = port ? port : (uint16_t)(first + i);
		failed = listen_at(fd, fleet->port);
		if (!failed) {
			fleet->listener = fd;
			return 0;
		}
		(void)close(fd);
		if (port)
			break;
	}
	return err_set(err, -ERR_CONNECT, "listening on port %u: %s",
		       fleet->port, strerrordesc_np(failed));
}
