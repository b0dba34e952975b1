/*
 * fleet.h - all servers of one process, their addresses on 127.0.0.0/8, and
 * the folder that lockstep's files lie in.
 */
#ifndef TESTS_FLEET_FLEET_H
#define TESTS_FLEET_FLEET_H

#include "reconciler/core/err.h"
#include "tests/fleet/key.h"
#include "tests/fleet/manner.h"
#include "tests/fleet/world.h"

#include <netinet/in.h>

#define FLEET_SERVERS_MAX 60000

struct fleet {
	struct server **servers;
	size_t n;
	struct domain domain;
	struct manners manners;
	struct key_pair client;
	const char *dir; /* absolute */
	uint16_t port;
	int listener;
};

/* The address of servers[at], and back; SIZE_MAX when it is none's. */
struct in_addr fleet_address(size_t at);
size_t fleet_at(const struct fleet *fleet, struct in_addr address);
struct server *fleet_server(const struct fleet *fleet, const char *name);

/* A listening socket that answers for all of 127.0.0.0/8. port 0: any that
 * is free; fleet->port says which. */
int fleet_listen(struct fleet *fleet, uint16_t port, struct err *err);

/* One connection that was accepted; runs to its end, closes fd. */
void fleet_connection(struct fleet *fleet, int fd);

#endif
