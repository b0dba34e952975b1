/* change.c - the words of changes, and when two mean the same deed. */
#include "reconciler/model/change.h"

#include "reconciler/core/str.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static const char *const kinds[] = {
	[CHANGE_PASSWORD] = "password", [CHANGE_IDENTITY] = "identity",
	[CHANGE_REWRITE] = "rewrite",   [CHANGE_FINISH] = "finish",
	[CHANGE_LOCAL] = "local",
};

static const char *const causes[] = {
	[CAUSE_INTENTIONAL] = "intentional",
	[CAUSE_CORRECTIVE] = "corrective",
	[CAUSE_FIRST] = "first",
};

const char *change_kind_name(enum change_kind kind)
{
	return (unsigned)kind < COUNT(kinds) ? kinds[kind] : "unknown";
}

int change_kind_parse(const char *name)
{
	for (size_t i = 0; i < COUNT(kinds); i++) {
		if (str_eq(kinds[i], name))
			return (int)i;
	}
	return -1;
}

const char *change_cause_name(enum change_cause cause)
{
	return (unsigned)cause < COUNT(causes) ? causes[cause] : "unknown";
}

enum status change_status(const struct change *change)
{
	if (change->kind == CHANGE_FINISH && change->lags)
		return STATUS_PENDING_RECYCLE;
	if (change->cause == CAUSE_CORRECTIVE)
		return STATUS_DRIFTED;
	switch (change->kind) {
	case CHANGE_PASSWORD:
		return STATUS_STALE;
	case CHANGE_REWRITE:
		return STATUS_FAILED;
	case CHANGE_FINISH:
		return STATUS_UNKNOWN;
	case CHANGE_IDENTITY:
	case CHANGE_LOCAL:
		break;
	}
	return STATUS_DRIFTED;
}

static bool same_text(const char *a, const char *b)
{
	return str_eq(a ? a : "", b ? b : "");
}

/* cause, n_sites and the pool at rest explain and are not done; committed_ms follows from what
 * the server says. A first pairing may have become a known one since, by a
 * commit of this very run, but not the other way round. */
bool change_same(const struct change *a, const struct change *b)
{
	return a->kind == b->kind && a->server == b->server &&
	       a->binding == b->binding && a->account == b->account &&
	       same_text(a->pool, b->pool) && a->identity == b->identity &&
	       same_text(a->user, b->user) && a->secret == b->secret &&
	       (a->first_pair || !b->first_pair) &&
	       a->seen_identity == b->seen_identity &&
	       same_text(a->seen_user, b->seen_user) &&
	       a->seen_local == b->seen_local &&
	       a->seen_password == b->seen_password && a->revive == b->revive &&
	       a->rotates == b->rotates && a->version == b->version;
}
