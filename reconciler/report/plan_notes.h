/*
 * plan_notes.h - what a person should know before saying yes, as text: beside
 * a change, beside a server, and for a binding as a whole.
 */
#ifndef REPORT_PLAN_NOTES_H
#define REPORT_PLAN_NOTES_H

#include "reconciler/core/buf.h"
#include "reconciler/report/plan_report.h"

/* Where the notes of each server stand: those of one stand together. */
struct note_index {
	struct note_spot *spots; /* by index in desired.servers */
};

int note_index_new(const struct report_context *context,
		   const struct plan *plan, struct arena *arena,
		   struct note_index *ret, struct err *err);

/* Lines below a change. */
void plan_put_change_notes(const struct report_context *context,
			   const struct plan *plan,
			   const struct note_index *index,
			   const struct change *change, struct buf *out);
/* Lines below a server, for what no change of it tells. */
void plan_put_server_notes(const struct plan *plan,
			   const struct note_index *index, size_t server,
			   struct buf *out);
void plan_put_binding_notes(const struct report_context *context,
			    const struct plan *plan, struct buf *out);

#endif
