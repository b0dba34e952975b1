/*
 * change.h - one thing to do to one pool: what it is, what it becomes, why.
 */
#ifndef MODEL_CHANGE_H
#define MODEL_CHANGE_H

#include "reconciler/model/desired.h"
#include "reconciler/model/observed.h"
#include "reconciler/model/outcome.h"

#include <stdbool.h>

enum change_kind {
	CHANGE_PASSWORD, /* same account, another stored password */
	CHANGE_IDENTITY, /* another identity type or account, with password */
	CHANGE_REWRITE, /* right password, but WAS gave up on it: write again */
	CHANGE_FINISH,  /* already stored; recycle and prove only */
	CHANGE_LOCAL,   /* same account, but inherited: write it at the pool */
};

/* Why it differs. CORRECTIVE: lockstep had proved the pool and the manifest
 * did not change since; somebody changed the server. */
enum change_cause { CAUSE_INTENTIONAL, CAUSE_CORRECTIVE, CAUSE_FIRST };

struct change {
	enum change_kind kind;
	enum change_cause cause;
	size_t server;    /* into desired.servers */
	size_t binding;   /* into desired.bindings */
	size_t account;   /* into desired.accounts; SIZE_MAX = builtin */
	const char *pool; /* as the server spells it */
	/* What IIS is to store: the type, and the spelling of the user ("" for
	 * a builtin identity, whose user and password are cleared). */
	enum identity_type identity;
	const char *user;
	bool secret;     /* a password goes with it: neither builtin nor gMSA */
	bool first_pair; /* the account was never applied to this server */
	/* What was seen; the write is refused when it is no longer so. */
	enum identity_type seen_identity;
	const char *seen_user;
	bool seen_local;
	enum password_state seen_password;
	bool revive;  /* WAS stopped it for an identity fault */
	bool rotates; /* the commit itself recycles it */
	unsigned n_sites;
	/* The pool at rest: what a rehearsal begins with. */
	enum pool_state seen_state;
	bool seen_worker;
	bool seen_always_running;
	bool seen_auto_start;
	int64_t version; /* of the secret; 0 = it has none */
	/* FINISH: no intent is open, but a worker is older than what is stored;
	 * only the recycle is due. */
	bool lags;
	/* FINISH: the open intent's, else 0 and the next one is taken. */
	int64_t committed_ms;
};

ARRAY_TYPE(change_array, struct change);

const char *change_kind_name(enum change_kind kind);
int change_kind_parse(const char *name); /* enum change_kind or -1 */
const char *change_cause_name(enum change_cause cause);
/* What a pool is called that waits for this change. */
enum status change_status(const struct change *change);
/* Would carrying out b do what was shown as a? */
bool change_same(const struct change *a, const struct change *b);

#endif
