/*
 * world.h - one emulated Windows server as the fleet plays it: pools, workers,
 * events, fence, and the domain that all servers of a fleet log on at.
 *
 * Shapes   Everything of a server lives in its arena until the fleet ends;
 *          what is replaced stays there, which a test can afford.
 * Threads  server->lock guards all of it. domain->lock guards the accounts;
 *          it is taken last.
 * Errors   Test equipment: without memory the process ends, see need().
 */
#ifndef TESTS_FLEET_WORLD_H
#define TESTS_FLEET_WORLD_H

#include "reconciler/core/array.h"
#include "reconciler/model/identity_type.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line of the table of account states. code: of a logon that it refuses,
 * 8 hex digits, as WAS puts it into an event's data. */
struct account_state {
	const char *name;
	const char *code; /* "" = the logon succeeds */
	bool retried_only_when_written;
};

struct domain_account {
	char *name; /* CORP\user, as the domain spells it */
	char *password;
	const struct account_state *state;
};

struct domain {
	pthread_mutex_t lock;
	struct arena arena;
	ARRAY(struct domain_account) accounts;
};

/* What a logon came to. */
struct logon {
	const char *code; /* "" = it succeeded */
	bool final;       /* tried again only after the identity was written */
};

/* A value that stands at the pool itself, or comes from elsewhere. */
struct value {
	char *text;
	bool local;
};

struct world_worker {
	int64_t pid; /* 0 = none */
	char *owner;
	int64_t started_ms;
};

struct world_pool {
	char *name;
	enum identity_type identity;
	bool identity_local;
	struct value user;
	struct value password; /* in clear: no secret of anybody */
	bool unreadable;       /* stored under another machine's key */
	bool started;
	bool auto_start;
	bool always_running;
	bool rotates;
	struct logon logon; /* of the last check */
	struct world_worker worker;
};

struct world_event {
	unsigned id;
	int64_t time_ms;
	char *pool;
	const char *code;
};

struct world_commit {
	int64_t time_ms;
	unsigned n;
	char *pools; /* with commas between */
};

struct world_fence {
	char *pool;
	int64_t generation;
	char candidate[33];
	int64_t committed_ms;
};

struct world_site {
	char *name;
	char *bindings;  /* as a `site` row tells them */
	char *answering; /* those of them that somebody listens on */
};

struct world_app {
	char *pool;
	char *site;
	char *path;
	char *folder;
	bool windows_auth;
	bool kernel_mode;
	bool pool_credentials;
};

struct world_elsewhere {
	char *kind;
	char *place;
	char *user;
};

struct world_blind {
	char *what;
	char *code;
};

enum fence_state { FENCE_ABSENT, FENCE_PRESENT, FENCE_DAMAGED };

/* What `probe` tells, as it stands in its record. */
struct world_probe {
	char *ps;
	char *language;
	char *bits;
	char *name;
	char *user;
	char *os;
	char *mwa;
	char *writable;
	char *redirected;
	char *was;
	char *w3svc;
};

struct server {
	pthread_mutex_t lock;
	pthread_mutex_t fence_lock; /* the mutex of apply */
	struct arena arena;
	struct domain *domain;
	char *name;
	struct world_probe probe;
	ARRAY(struct world_pool) pools;
	ARRAY(struct world_event) events;
	ARRAY(struct world_commit) commits;
	ARRAY(struct world_fence) fences;
	ARRAY(struct world_fence) written; /* all that ever was committed */
	ARRAY(struct world_site) sites;
	ARRAY(struct world_app) apps;
	ARRAY(struct world_elsewhere) elsewhere;
	ARRAY(struct world_blind) blind;
	enum fence_state fence;
	int64_t last_pid;
	int64_t written_ms; /* the configuration */
	uint64_t writes;    /* of the configuration, by anybody */
	unsigned conflicts; /* so many commits still find it changed */
	/* How it behaves as an SSH server; see fault.h. */
	bool down;
	unsigned connections;
	unsigned logins;
	unsigned sessions; /* of lockstep's script */
};

/* The pointer, or the end of the process. */
void *need(void *pointer);

void domain_init(struct domain *domain);
const struct account_state *account_state_find(const char *name);
/* false: no such state. password NULL keeps it. */
bool domain_set(struct domain *domain, const char *name, const char *password,
		const char *state);
struct logon domain_logon(struct domain *domain, const char *user,
			  const char *password);
/* The account's name as the domain spells it, else NULL; lives on. */
const char *domain_spelling(struct domain *domain, const char *user);

struct server *server_new(struct domain *domain, const char *name);
void server_free(struct server *server);
char *server_keep(struct server *server, const char *text);
struct world_pool *server_pool(struct server *server, const char *name);
struct world_fence *server_fence(struct server *server, const char *pool);
void server_fence_put(struct server *server, const struct world_fence *entry);
/* A group managed service account: Windows makes its password. */
bool user_is_managed(const char *user);
/* Sites that have an application in the pool. */
unsigned server_site_count(const struct server *server, const char *pool);
/* SHA-256 that stands for the bytes of applicationHost.config. */
void server_digest(const struct server *server, char ret[65]);

#endif
