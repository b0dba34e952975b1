/*
 * look.h - reads the servers in scope and makes the plan: what `plan` shows
 * and what `apply` begins with.
 */
#ifndef CMD_LOOK_H
#define CMD_LOOK_H

#include "reconciler/cmd/context.h"
#include "reconciler/runtime/run.h"

struct look {
	const struct plan *plan;
	const struct reading_array *readings; /* what the servers said */
	struct refusal_array refusals;        /* of guards_plan */
	unsigned n_unread;
	bool guarded; /* a server's fence is ahead of the state */
	bool unmet; /* a declared pool is not as declared, and can't be made so */
	int signal;
};

/* Refuses what no grant allows before anything is sent. */
int look_at_servers(const struct options *options, struct context *context,
		    struct look *ret, struct err *err);

/* The same of a plan that was made before; no server is asked. */
int look_at_plan(struct context *context, const struct plan *plan,
		 struct look *ret, struct err *err);

/* "20261124-220512-4f3a9c1e": sorts by time. ret has 32 bytes. */
int look_run_id(char ret[32], struct err *err);

/* Exit statuses that stand for no error. */
enum { EXIT_CHANGES = 2, EXIT_SOME_FAILED = 3, EXIT_UNREAD = 4 };

/* Exit status by the order of the exit codes: 130/143, 8, 4, 2, 0. */
int look_exit(const struct options *options, const struct look *look);

#endif
