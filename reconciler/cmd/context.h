/*
 * context.h - what most commands begin with: configuration, manifests, the
 * servers in scope, the state file.
 */
#ifndef CMD_CONTEXT_H
#define CMD_CONTEXT_H

#include "reconciler/cmd/cmd.h"
#include "reconciler/cmd/output.h"
#include "reconciler/model/past.h"
#include "reconciler/model/selection.h"
#include "reconciler/plan/guards.h"
#include "reconciler/report/context.h"
#include "reconciler/runtime/passwords.h"
#include "state/store.h"

struct context {
	struct arena arena; /* of the run: plans, observations, results */
	struct config config;
	struct desired desired;
	struct index_array scope;   /* servers selected that bindings use */
	struct selection selection; /* of pools and accounts */
	const char *selected;       /* "2 of 40 servers; pools Orders*"; NULL =
				 everything */
	struct passwords passwords;
	struct store *store;
	struct past past;
	bool record;    /* the state is ours to write */
	bool contested; /* contested pools are corrected once more */
	const char *state_path;
	bool colour;
};

void context_init(struct context *context);
void context_done(struct context *context); /* CLEANUP(context_done) */

/* Configuration and manifests. */
int context_files(const struct options *options, struct context *context,
		  struct cmd_end *end, struct err *err);
/* The same, and the scope. */
int context_load(const struct options *options, struct context *context,
		 struct cmd_end *end, struct err *err);
/* Passwords of the accounts in scope. */
int context_passwords(struct context *context, struct err *err);
/* The state. With `try`, another run that holds it is no error: the state is
 * then read and nothing is recorded. */
int context_state(const struct options *options, struct context *context,
		  enum store_mode mode, bool try, struct err *err);

/* Where the state is: --state, configuration, $STATE_DIRECTORY,
 * $XDG_STATE_HOME, ~/.local/state. In context->arena. */
int context_state_path(const struct options *options, struct context *context,
		       struct err *err);

bool context_wants_colour(const struct options *options);
struct report_context context_report(const struct context *context);

/* Refusals as one error: the code of the first, a line for each. */
int refusals_error(const struct refusal_array *refusals, struct err *err);

#endif
