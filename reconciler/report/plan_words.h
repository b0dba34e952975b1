/*
 * plan_words.h - what the text and the JSON of a plan say alike.
 */
#ifndef REPORT_PLAN_WORDS_H
#define REPORT_PLAN_WORDS_H

#include "reconciler/core/buf.h"
#include "reconciler/model/change.h"
#include "reconciler/report/plan_report.h"

/* What changes; and beside it, what can't: "" when nothing. No line feed. */
void plan_put_verdict(const struct plan_counts *counts, struct buf *out);
void plan_put_concern(const struct plan_counts *counts, struct buf *out);
/* Does the plan change a pool of this account? */
bool plan_changes_account(const struct plan *plan, size_t account);
/* Does a binding that changes something ask the pool's sites? */
bool plan_asks_sites(const struct report_context *context,
		     const struct plan *plan);
/* "password", "identity", ... and what it is and becomes. */
void plan_put_from(const struct change *change, struct buf *out);
void plan_put_to(const struct report_context *context,
		 const struct change *change, struct buf *out);
/* CORP\user, or the name of the builtin identity. */
void plan_put_identity(const struct report_context *context,
		       const struct change *change, struct buf *out);
/* What happens to the workers of the pool. */
const char *plan_recycle(const struct report_context *context,
			 const struct change *change);
const char *plan_password_name(enum password_state state);

#endif
