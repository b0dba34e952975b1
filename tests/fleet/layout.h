/*
 * layout.h - the files of a fleet that lockstep reads: config.yaml,
 * known_hosts, id_ed25519, manifests/, secrets/; as tests/farm/farm lays them.
 */
#ifndef TESTS_FLEET_LAYOUT_H
#define TESTS_FLEET_LAYOUT_H

#include "tests/fleet/fleet.h"

/* What a made-up server holds, and what the manifests declare of it. */
struct layout {
	unsigned pools;
	const char *old_password; /* stored in the pools */
	const char *new_password; /* in the domain and in secrets/ */
};

/* Pool01 .. of svc-fleet into a new server. */
void layout_fill(struct server *server, const struct layout *layout);
/* layout NULL: no account, group and binding are declared. */
int layout_write(const struct fleet *fleet, const struct layout *layout,
		 struct err *err);
/* secrets/USER, and its line in config.yaml. */
int layout_secret(const struct fleet *fleet, const char *user,
		  const char *bytes, size_t len, struct err *err);

#endif
