/*
 * claims.h - what bindings claim on servers that were not read: as a graph of
 * what is declared, and as the outline of a plan.
 *
 * Shapes   claims of one server stand together, in the order of
 *          desired.servers; `first` has the index of the first of each
 *          server, and one index more.
 * JSON     lockstep.graph/1.0 and lockstep.offline/1.0
 */
#ifndef REPORT_CLAIMS_H
#define REPORT_CLAIMS_H

#include "reconciler/model/plan.h"
#include "reconciler/model/refusal.h"
#include "reconciler/report/context.h"

#include <stdbool.h>
#include <stddef.h>

struct claim {
	size_t server;
	size_t binding;
	const char *pool; /* name or pattern; "" = what is found (FOLLOW) */
	enum declared_how how;
	bool granted; /* true when grants are not known */
};

ARRAY_TYPE(claim_array, struct claim);

struct claims {
	struct claim_array items;
	const size_t *first;
	bool grants_known; /* there is a configuration */
};

/* What is declared: binding, identity, groups, servers, pools. */
int graph_print(const struct report_context *context,
		const struct claims *claims, struct buf *out, struct err *err);
int graph_json(const struct report_context *context,
	       const struct claims *claims, struct buf *out, struct err *err);
/* For Graphviz. */
int graph_dot(const struct report_context *context, const struct claims *claims,
	      struct buf *out, struct err *err);

/* An outline of a plan: the most that could change. */
struct offline_report {
	const struct claims *claims;
	const struct plan_server_array *servers; /* by wave, then name */
	unsigned n_waves;
	const struct refusal_array *refusals;
	const char *selected; /* NULL = everything */
};

int offline_print(const struct report_context *context,
		  const struct offline_report *report, struct buf *out,
		  struct err *err);
int offline_json(const struct report_context *context,
		 const struct offline_report *report, struct buf *out,
		 struct err *err);

/* Words that they share. "CORP\user", "NetworkService", or without a
 * configuration the user alone. */
void claim_put_identity(const struct report_context *context,
			const struct binding *binding, struct buf *out);
/* "name", "pattern", "follow" */
const char *claim_how_name(enum declared_how how);
const char *claim_restart_name(const struct binding *binding);

#endif
