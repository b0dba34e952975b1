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

#include "reconciler/model/identity_type.h"

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

/* GMSA: Windows fetches its password itself; lockstep neither asks for one
 * nor sends or compares one. Its user ends with '$'. */
enum account_type { ACCOUNT_USER, ACCOUNT_GMSA };

struct account {
	const char *name;
	struct place place;
	struct label_array labels;
	enum account_type type;
	size_t domain;    /* index into config->domains */
	const char *user; /* sAMAccountName */
	enum user_format user_format;
	size_t secret; /* index into config->secrets; SIZE_MAX for a GMSA */
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
	uint32_t pause_ms;     /* after the canary; 0 = none; at most 24 h */
};

struct resource_group {
	const char *name;
	struct place place;
	struct index_array servers; /* into desired.servers, each once */
	struct rollout rollout;
};

enum restart_policy { RESTART_RECYCLE, RESTART_RESTART, RESTART_NONE };

/* What to do when SpecificUser, user or password come from
 * applicationPoolDefaults. */
enum inherited_policy { INHERITED_REFUSE, INHERITED_MAKE_LOCAL };

/* What to do when the server uses the account in places that lockstep does
 * not manage (struct elsewhere). */
enum elsewhere_policy { ELSEWHERE_WARN, ELSEWHERE_REFUSE };

/* STOP: a failed server counts towards maxFailures. ROLLBACK: as STOP, and an
 * identity that needs no password (builtin, gMSA) is put back; what the old
 * password was nobody here knows. CONTINUE: a failed verify is told and
 * does not count; an identity fault still stops its account. */
enum on_verify_fail {
	VERIFY_FAIL_STOP,
	VERIFY_FAIL_ROLLBACK,
	VERIFY_FAIL_CONTINUE
};

#define HTTP_EXPECT_MAX 8

/* GET path over loopback through each binding of the pool's own sites. */
struct http_check {
	const char *path;                 /* begins with '/'; NULL = no check */
	uint16_t expect[HTTP_EXPECT_MAX]; /* statuses that are fine */
	size_t n_expect;
	uint32_t within_ms; /* tried again until then; at most 90 s */
};

/* A pool's name, or a pattern of * and ?. */
struct named_pool {
	const char *name;
	struct place place;
	bool glob;
};

ARRAY_TYPE(named_pool_array, struct named_pool);

/* When changes of one class may start. */
struct window_choice {
	bool said;    /* the manifest says something */
	bool limited; /* only in these; else at any time that none denies */
	struct index_array windows; /* into desired.windows, ALLOW */
};

struct binding {
	const char *name;
	struct place place;
	size_t account; /* into desired.accounts; SIZE_MAX = builtin */
	/* SPECIFIC_USER when account is set, else the builtin identity. */
	enum identity_type identity;
	struct index_array groups;
	struct named_pool_array pools; /* none when it follows */
	bool follow; /* every pool found running as the account; never an
			identity change */
	struct place follow_place;
	struct named_pool_array exclude;
	enum restart_policy restart;
	enum inherited_policy inherited;
	enum elsewhere_policy elsewhere;
	struct http_check http;
	enum on_verify_fail on_verify_fail;
	struct window_choice windows[2]; /* by enum window_class */
};

ARRAY_TYPE(account_array, struct account);
ARRAY_TYPE(server_array, struct server);
ARRAY_TYPE(group_array, struct resource_group);
ARRAY_TYPE(binding_array, struct binding);

struct window; /* model/window.h */

ARRAY_TYPE(window_ref_array, const struct window *);

struct desired {
	struct arena arena;
	struct account_array accounts;
	struct server_array servers;
	struct group_array groups;
	struct binding_array bindings;
	struct window_ref_array windows; /* model/window.h */
	char digest[65]; /* SHA-256, hex, of all manifest files in order */
};

void desired_init(struct desired *desired);
void desired_done(struct desired *desired); /* CLEANUP(desired_done) */

/* A name beats a pattern, a pattern beats follow. */
enum declared_how { DECLARED_NAME, DECLARED_PATTERN, DECLARED_FOLLOW };

/* One pool of one server that a binding declares. */
struct declared_pool {
	size_t server;
	size_t binding;
	size_t pool; /* index into the binding's pools; SIZE_MAX = it follows */
	enum declared_how how;
	/* Set by desired_resolve() only. name: as the server spells it; what
	 * the manifest says (a pattern too) when it is missing there. */
	const char *name;
	bool missing;
	size_t rival; /* a binding that claims it as well; SIZE_MAX = none */
};

/* A pool that a server has, or had when it was read last. account: index into
 * desired.accounts of whom it runs as; SIZE_MAX = none of them. */
struct found_pool {
	const char *name;
	size_t account;
};

ARRAY_TYPE(found_array, struct found_pool);
ARRAY_TYPE(declared_array, struct declared_pool);

/* All bindings whose groups hold the server, ascending. -ERR_NOMEM only. */
int desired_bindings_of(const struct desired *desired, size_t server,
			struct arena *arena, struct index_array *ret);
/* All accounts of those bindings, ascending, each once; gMSAs too. */
int desired_accounts_of(const struct desired *desired, size_t server,
			struct arena *arena, struct index_array *ret);

/* All names and patterns that bindings declare on a server, in the order of
 * bindings and pools; they live in arena. -ERR_NOMEM only. */
int desired_pools_of(const struct desired *desired, size_t server,
		     struct arena *arena, struct declared_array *ret);
/* What that means for the pools that are there: each is in the answer once at
 * most, with the binding that it falls to. Names come first, then patterns, then
 * what is followed. -ERR_NOMEM only. */
int desired_resolve(const struct desired *desired, size_t server,
		    const struct found_array *found, struct arena *arena,
		    struct declared_array *ret);
/* Whether one of the pools of a server, as desired_pools_of() or
 * desired_resolve() gave them, has this name, ASCII case ignored. */
bool desired_declares(const struct declared_array *server_pools,
		      const char *pool);
/* Where a binding claims a pool: its name, else a pattern, else what it
 * follows, else the binding itself. */
const struct place *binding_claim(const struct binding *binding,
				  const char *pool);
/* The rollout of a server: that of a group that holds it and that a binding
 * names. Manifest checks guarantee that they are equal. NULL = in none. */
const struct resource_group *desired_group_of(const struct desired *desired,
					      size_t server);

#endif
