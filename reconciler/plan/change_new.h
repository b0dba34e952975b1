/*
 * change_new.h - makes the changes of a plan. For the files of this folder.
 */
#ifndef PLAN_CHANGE_NEW_H
#define PLAN_CHANGE_NEW_H

#include "reconciler/plan/view.h"

/* A change that writes the server's configuration, or the standing that says
 * why it may not be written. */
int change_write(const struct view *view, enum change_kind kind,
		 struct diff_output *output, struct err *err);
/* FINISH writes nothing. committed_ms: when it was written, server's clock. */
int change_push(const struct view *view, enum change_kind kind,
		int64_t committed_ms, struct diff_output *output,
		struct err *err);

#endif
