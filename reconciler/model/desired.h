/*
 * desired.h - what the manifests declare, checked and resolved.
 *
 * Owner    all memory belongs to the arena of struct desired; names are
 *          UTF-8 without control characters. Built by manifest/ only.
 * Shapes   references are indices into the arrays of the same struct.
 *          Arrays keep the order of files (by name) and documents.
 */
#ifndef MODEL_DESIRED_H
#define MODEL_DESIRED_H

#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct place {
	const char *file; /* as the user wrote it, below the folder */
	unsigned line;    /* from 1 */
	unsigned col;     /* from 1 */
};

struct label {
	const char *key;
	const char *value;
};

ARRAY_TYPE(label_array, struct label);
ARRAY_TYPE(index_array, size_t);

/* How IIS is to spell the account. KEEP: as a pool spells it already, else
 * NETBIOS. */
enum user_format { USER_FORMAT_KEEP, USER_FORMAT_NETBIOS, USER_FORMAT_UPN };

struct account {
	const char *name;
	struct place place;
	struct label_array labels;
	size_t domain;    /* index into config->domains */
	const char *user; /* sAMAccountName */
	enum user_format user_format;
	size_t secret; /* index into config->secrets */
};

struct server {
	const char *name;
	struct place place;
	struct label_array labels;
	const char *host;
	uint16_t port;
	/* What the state knows it by: `host`, or `[host]:port`, lower case,
	 * as known_hosts writes it. name is a label of the manifests and may
	 * be given to another machine; what was proved of one is not true of
	 * the other. */
	const char *key;
	const char *host_key; /* "SHA256:..." or NULL */
};

/* After the checks every value is set: the manifest's, else that of caps. */
struct rollout {
	uint32_t canary;        /* servers that change first, by name */
	uint32_t batch_percent; /* of the servers that change, rounded up; 0 =
				   batch_servers counts */
	uint32_t batch_servers;
	uint32_t max_failures; /* stop at this many failed servers; >= 1 */
};

struct resource_group {
	const char *name;
	struct place place;
	struct index_array servers; /* into desired.servers, each once */
	struct rollout rollout;
};

enum restart_policy { RESTART_RECYCLE, RESTART_RESTART, RESTART_NONE };

struct named_pool {
	const char *name;
	struct place place;
};

ARRAY_TYPE(named_pool_array, struct named_pool);

struct binding {
	const char *name;
	struct place place;
	size_t account; /* into desired.accounts */
	struct index_array groups;
	struct named_pool_array pools;
	enum restart_policy restart;
};

ARRAY_TYPE(account_array, struct account);
ARRAY_TYPE(server_array, struct server);
ARRAY_TYPE(group_array, struct resource_group);
ARRAY_TYPE(binding_array, struct binding);

struct desired {
	struct arena arena;
	struct account_array accounts;
	struct server_array servers;
	struct group_array groups;
	struct binding_array bindings;
	char digest[65]; /* SHA-256, hex, of all manifest files in order */
};

void desired_init(struct desired *desired);
void desired_done(struct desired *desired); /* CLEANUP(desired_done) */

/* One pool of one server that a binding declares. */
struct declared_pool {
	size_t server;
	size_t binding;
	size_t pool; /* index into the binding's pools */
};

ARRAY_TYPE(declared_array, struct declared_pool);

/* All declared pools of a server, in the order of bindings and pools; they
 * live in arena. -ERR_NOMEM only. */
int desired_pools_of(const struct desired *desired, size_t server,
		     struct arena *arena, struct declared_array *ret);
/* Whether one of the pools of a server, as desired_pools_of() gave them, has
 * this name, ASCII case ignored. */
bool desired_declares(const struct desired *desired,
		      const struct declared_array *server_pools,
		      const char *pool);
/* The rollout of a server: that of a group that holds it and that a binding
 * names. Manifest checks guarantee that they are equal. NULL = in none. */
const struct resource_group *desired_group_of(const struct desired *desired,
					      size_t server);

#endif
