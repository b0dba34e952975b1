/*
 * saved.h - saved plans, as the commands use them.
 *
 * A plan may be applied when its seal is of this controller and its state is
 * this one, it has not expired and was not used, manifests and configuration
 * are as they were, and who must approve it did. saved_refuse() asks in this
 * order; -ERR_PLAN_FILE (exit 7) or -ERR_APPROVAL (8) says what is wrong.
 */
#ifndef CMD_SAVED_H
#define CMD_SAVED_H

#include "reconciler/cmd/context.h"
#include "reconciler/report/saved_report.h"
#include "state/plan_file.h"

struct saved {
	const char *path;
	struct plan_file file;
	struct plan_record record; /* what the state knows of it */
	struct saved_report report;
};

enum saved_check_kind {
	SAVED_SEAL,
	SAVED_STORE,
	SAVED_EXPIRY,
	SAVED_USE,
	SAVED_INPUTS, /* manifests and configuration */
	SAVED_APPROVAL,
	SAVED_CHECK_COUNT,
};

/* Reads the file, nothing more. From context->arena. */
int saved_read(struct context *context, const char *path, struct saved *ret,
	       struct err *err);
/* What the state knows of it; the state is open. */
int saved_look_up(struct context *context, struct saved *saved,
		  struct err *err);
/* One of the checks; 0 = it is fine. Texts name no file. */
int saved_check(struct context *context, const struct saved *saved,
		enum saved_check_kind kind, struct err *err);
/* The checks from `first` to `last`, the first that fails is the error; it
 * names the file. */
int saved_refuse(struct context *context, const struct saved *saved,
		 enum saved_check_kind first, enum saved_check_kind last,
		 struct err *err);
/* Did a person approve it who may? */
bool saved_is_approved(const struct context *context,
		       const struct saved *saved);
/* Scope = the servers of the plan; *ret is the plan by the manifests. */
int saved_plan(struct context *context, const struct saved *saved,
	       const struct plan **ret, struct err *err);

/* Reads a plan and its checks from SEAL to INPUTS: what a rehearsal needs.
 * Configuration, manifests and state are loaded already. */
int saved_open(struct context *context, const char *path, struct saved *ret,
	       const struct plan **ret_plan, struct err *err);

/* plan --out. refusals: only first pairings. */
int saved_write(struct context *context, const char *path,
		const struct plan *plan, const struct refusal_array *refusals,
		struct saved_report *ret, struct err *err);

#endif
