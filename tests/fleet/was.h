/*
 * was.h - the rules of Windows Process Activation Service that matter here.
 *
 * They are those of the table in tests/farm/README.md, written a second time:
 * tests/contract compares the two. All calls want server->lock held.
 */
#ifndef TESTS_FLEET_WAS_H
#define TESTS_FLEET_WAS_H

#include "tests/fleet/world.h"

/* What a control of a pool came to. */
enum was_control { WAS_DONE, WAS_NOT_STARTED, WAS_ALREADY_STARTED };

/* The server starts: pools with autoStart begin. */
void was_boot(struct server *server);
/* The pool's stored identity was written: what WAS does on hearing of it. */
void was_changed(struct server *server, struct world_pool *pool);
enum was_control was_start(struct server *server, struct world_pool *pool);
enum was_control was_stop(struct server *server, struct world_pool *pool);
enum was_control was_recycle(struct server *server, struct world_pool *pool);
/* HTTP status of a request that reaches the pool. */
int was_request(struct server *server, struct world_pool *pool);
/* The pool crashed too often: event 5002, and it is stopped. */
void was_give_up(struct server *server, struct world_pool *pool);

#endif
