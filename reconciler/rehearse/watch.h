/*
 * watch.h - looks on while a plan is rehearsed: which pools are down and for
 * how long, when each account's pools were written, how often was connected
 * and committed.
 *
 * A pool is down between the stop of its worker and its next good start: an
 * overlapped recycle is no downtime, a restart is, a refused logon is until it
 * is mended. A pool that did not run before is not counted.
 *
 * Owner    the arena of the world that is watched.
 */
#ifndef REHEARSE_WATCH_H
#define REHEARSE_WATCH_H

#include "reconciler/rehearse/planned.h"

struct outage {
	size_t pool;
	int64_t from_ms;
	int64_t to_ms;
};

ARRAY_TYPE(outage_array, struct outage);

struct pool_watch {
	bool ran;            /* before the run */
	int64_t down_ms;     /* since when it is down, 0 = it is not */
	struct farm_who who; /* before the run */
	int64_t password;
};

/* By index in desired.accounts, then one for builtin identities; 0 = none of
 * its pools was written. */
struct account_watch {
	int64_t first_ms;
	int64_t last_ms;
};

struct watch {
	struct rehearse *world;
	const struct planned *planned;
	struct dice dice; /* its own: looking on changes nothing */
	int64_t began_ms;
	struct pool_watch *pools;
	struct account_watch *accounts;
	struct outage_array outages;
	const struct request *landed; /* by this step */
	size_t n_commits, n_sessions;
};

/* What the outages come to. */
struct outage_sum {
	int64_t at_once; /* most pools */
	int64_t any_ms;  /* time with one or more */
	int64_t longest_ms;
};

/* The world has its farm. */
int watch_new(struct watch *ret, struct rehearse *world,
	      const struct planned *planned, uint64_t seed);
/* Hooks of the world; user is struct watch. */
void watch_action(void *user, struct controller *controller,
		  const struct action *action);
void watch_lands(void *user, const struct request *request);
void watch_commit(void *user, const struct request *request,
		  const struct farm_row *row, int64_t before);
/* After each step. */
void watch_step(struct watch *watch);
/* Every pool of a server is looked at. */
void watch_server(struct watch *watch, size_t server);
/* The server was made to reboot now: what ran there is down until then. */
void watch_reboot(struct watch *watch, size_t server, int64_t up_ms);
/* What is down now is down until now. -ERR_NOMEM only. */
int watch_sum(struct watch *watch, struct outage_sum *ret);
/* Pools that ran before and are down. */
size_t watch_n_down(const struct watch *watch);
/* Does the pool hold what it held before the run? What is declared now? */
bool watch_is_old(const struct watch *watch, size_t pool);
bool watch_is_new(const struct watch *watch, size_t pool);
/* Is everything done that the plan says of the pool? */
bool watch_is_done(const struct watch *watch, size_t pool);

#endif
