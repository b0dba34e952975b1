/*
 * claims.h - what the bindings claim on the servers in scope, for reports
 * that ask no server.
 */
#ifndef CMD_CLAIMS_H
#define CMD_CLAIMS_H

#include "reconciler/cmd/context.h"
#include "reconciler/report/claims.h"

/* From the scope and the selection. with_config: the configuration was read,
 * so grants are known. Memory is context->arena. */
int claims_collect(struct context *context, bool with_config,
		   struct claims *ret, struct err *err);

#endif
