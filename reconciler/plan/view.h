/*
 * view.h - one declared pool beside all that is known of it, and the ways to
 * leave it as it is. For the files of this folder only.
 */
#ifndef PLAN_VIEW_H
#define PLAN_VIEW_H

#include "reconciler/plan/diff.h"

/* What all pools of a server share. */
struct look {
	const struct diff_input *input;
	const struct observed *observed;
	const struct server *server;
	struct declared_array declared;
	size_t *runs_as; /* by index in observed.pools: account, or SIZE_MAX */
	/* By account, what elsewhere_barrier() found; NULL = not looked for: a
	 * server may tell of thousands of pools, and each would ask. */
	const char **barriers;
};

struct view {
	const struct look *look;
	const struct declared_pool *declared;
	const struct binding *binding;
	const struct account *account;    /* NULL = builtin */
	const struct domain *domain;      /* NULL = builtin */
	const char *shown;                /* CORP\user, or the builtin's name */
	const char *name;                 /* as declared.name */
	const struct observed_pool *pool; /* NULL = not on the server */
	const struct past_pool *past;     /* NULL = never seen */
	int64_t version;                  /* of its secret, 0 = it has none */
	int64_t committed_ms;             /* last write by lockstep, 0 = none */
	bool faulted;                     /* WAS gave up on the identity */
	bool crashed;                     /* WAS gave up on the program */
	bool revive;                      /* WAS stopped it for the identity */
};

int look_at(const struct diff_input *input, const struct observed *observed,
	    struct arena *arena, struct look *ret, struct err *err);
int view_of(const struct look *look, const struct declared_pool *declared,
	    struct arena *arena, struct view *ret, struct err *err);

int view_no_memory(struct err *err);
/* A standing row; reason NULL = it could not be allocated. */
int view_stand(const struct view *view, enum status status, const char *reason,
	       struct diff_output *output, struct err *err);
/* The same for what a safety rule keeps from being written. */
int view_hold(const struct view *view, const char *reason,
	      struct diff_output *output, struct err *err);
/* Does it store a password that lockstep knows? */
bool view_has_secret(const struct view *view);
/* Does it run as declared, whatever its password? */
bool view_runs_as_declared(const struct view *view);

/* Does the server's fence hold what lockstep intended last? */
bool view_fence_is_ours(const struct view *view);
/* Does this pool run as a declared account, and is nobody's: neither of a
 * binding nor of another product? And is it asked for? */
bool look_is_unmanaged(const struct look *look, size_t pool);
/* "1 Oct 12:00 UTC"; NULL = no memory. */
const char *moment_text(struct arena *arena, int64_t wall_ms);
/* "suspended until 1 Oct 12:00 UTC by ada: CHG123"; NULL = no memory. */
const char *suspension_text(struct arena *arena,
			    const struct past_suspension *suspension);

/* granted.c: *ret NULL = a grant covers it; else why not to have it. */
int granted_barrier(const struct view *view, struct arena *arena,
		    const char **ret, struct err *err);

/* elsewhere.c: where else the account of a pool that is to change is used.
 * *ret NULL = nowhere, or the binding does not mind; else why not to write. */
int elsewhere_barrier(const struct view *view, struct arena *arena,
		      const char **ret, struct err *err);
/* The same, and what could not be read, as notes: once for each account of
 * the changes from `first` on. */
int elsewhere_notes(const struct look *look, size_t first,
		    struct diff_output *output, struct err *err);

/* notes.c */
int note_put(struct diff_output *output, const struct plan_note *note,
	     struct err *err);
/* What a person should know before this change. */
int note_change(const struct view *view, struct diff_output *output,
		struct err *err);

#endif
