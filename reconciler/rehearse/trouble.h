/*
 * trouble.h - one fault in a rehearsal, and its mending.
 *
 * Owner    the arena of the world. A trouble of zeros is none.
 */
#ifndef REHEARSE_TROUBLE_H
#define REHEARSE_TROUBLE_H

#include "reconciler/model/rehearsal.h"
#include "reconciler/model/window.h"
#include "reconciler/rehearse/watch.h"

struct played;

struct trouble {
	struct watch *watch; /* NULL = none */
	enum rehearsal_fault fault;
	struct dice dice;
	size_t at_step;
	size_t server;         /* whom it hits */
	size_t account;        /* the same */
	struct desired frozen; /* CLOSE: as declared, and a freeze */
	struct window freeze;
	struct zone utc;
};

/* clean: how it went without, in the same seed. */
int trouble_new(struct trouble *ret, struct watch *watch,
		enum rehearsal_fault fault, const struct played *clean,
		uint64_t seed);
/* What the run is declared. */
const struct desired *trouble_desired(const struct trouble *trouble);
/* A hook; and after each step of the run. */
void trouble_action(struct trouble *trouble, const struct action *action);
void trouble_step(struct trouble *trouble, struct controller *run,
		  size_t n_steps);
/* Its cause is gone. */
void trouble_mend(struct trouble *trouble);

#endif
