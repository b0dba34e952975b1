/*
 * declared.h - what is declared for the pools of a server that the state
 * remembers: patterns and follow, met with what was seen last.
 */
#ifndef REPORT_DECLARED_H
#define REPORT_DECLARED_H

#include "reconciler/core/arena.h"
#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"

/* Whose account that is (CORP\user, any case), SIZE_MAX = of nobody who is
 * declared. */
size_t declared_account(const struct report_context *context,
			const char *shown);
/* See desired_resolve(). -ERR_NOMEM only. */
int declared_known(const struct report_context *context, size_t server,
		   struct arena *arena, struct declared_array *ret);
/* CORP\user, or the name of a builtin identity, into out. */
void declared_identity(const struct report_context *context, struct buf *out,
		       const struct binding *binding);

#endif
