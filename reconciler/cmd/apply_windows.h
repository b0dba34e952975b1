/*
 * apply_windows.h - the part of apply that is about when: waiting for a
 * window, getting past one, and accounts whose new password is in force
 * already.
 */
#ifndef CMD_APPLY_WINDOWS_H
#define CMD_APPLY_WINDOWS_H

#include "reconciler/cmd/context.h"
#include "reconciler/engine/engine.h"
#include "reconciler/model/plan.h"

/* What the flags say of the run. */
struct apply_windows {
	const bool *forward; /* by account; NULL = none */
	bool override;
	const char *forwarded;  /* names, with commas; NULL = none */
	const char *overridden; /* likewise, of windows */
};

/* Do the flags fit together, and are the accounts declared? Memory is
 * context->arena. */
int apply_windows_flags(const struct options *options, struct context *context,
			struct apply_windows *ret, struct err *err);

/* A run that did not end goes on as it was: the accounts that it hurried for. Its
 * override does not last: windows are closed again. */
int apply_windows_resume(struct context *context,
			 const struct run_grounds *grounds,
			 struct apply_windows *windows, struct err *err);

/* --wait-window: waits until a change of the saved plan may start; without one
 * (NULL) until anything that is selected may. PLAN_FILE: it expires sooner.
 * *ret_waited: it had to, so the files may have changed since. Returns 128 +
 * signal when it was interrupted. */
int apply_windows_wait(struct context *context, const struct plan *plan,
		       int64_t expires_ms, bool *ret_waited, struct err *err);

/* Before the run: -ERR_WINDOW_CLOSED or -ERR_NO_OVERRIDE, or the names of the
 * windows that are overridden go into *windows. */
int apply_windows_override(struct context *context, const struct plan *plan,
			   struct apply_windows *windows, struct err *err);

/* What is kept with the run. */
void apply_windows_grounds(const struct options *options,
			   const struct apply_windows *windows,
			   struct run_grounds *grounds);

/* The exit status of a run in which windows were closed; 0 = none was, or
 * others decide. Tells retry_at on standard error. */
int apply_windows_exit(const struct run_result *result);

#endif
