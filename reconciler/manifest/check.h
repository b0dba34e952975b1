/*
 * check.h - drafts -> desired: references, duplicates, and what the
 * configuration allows.
 *
 * Each part fills its array of *desired in the order of the drafts, so that
 * an index means the same in both. With a problem the result is of no use.
 */
#ifndef MANIFEST_CHECK_H
#define MANIFEST_CHECK_H

#include "reconciler/manifest/draft.h"
#include "reconciler/manifest/names.h"
#include "reconciler/manifest/zones.h"
#include "reconciler/model/config.h"
#include "reconciler/model/desired.h"

struct check {
	const struct config *config; /* NULL = not known */
	const struct draft_set *drafts;
	struct desired *desired;
	struct arena *scratch;
	struct problems *problems;
	struct names accounts;
	struct names servers;
	struct names groups;
	struct names bindings;
	struct names windows;
	struct zones zones;
};

/* All of them: -ERR_NOMEM only; what is wrong is a problem. */
int check_all(struct check *check);
int check_accounts(struct check *check);
int check_servers(struct check *check);
int check_groups(struct check *check);
int check_windows(struct check *check);
int check_bindings(struct check *check);
/* After the others: does each pool have one owner, each server one rollout? */
int check_claims(struct check *check);
int check_rollouts(struct check *check);

/* Does a label or column of that name look like a password? None belongs into
 * what is kept in Git and shown to everybody. */
bool check_is_password(const char *label);
/* metadata.labels. */
int check_labels(const struct check *check, const struct draft_head *head,
		 struct label_array *ret);
/* A selector that takes no server is a problem. */
void check_selector(const struct check *check, const struct span *labels,
		    const struct place *place);
/* The index of a name that a field refers to; SIZE_MAX: a problem says so. */
size_t check_reference(const struct check *check, const struct names *names,
		       const struct value *value);
/* The indices of a list of names, ascending, each once; what is missing is
 * left out. */
int check_references(const struct check *check, const struct names *names,
		     const struct span *list, struct index_array *ret);

#endif
