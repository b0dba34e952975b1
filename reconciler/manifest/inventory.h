/*
 * inventory.h - servers that a CSV file or an Ansible inventory lists.
 *
 * They become drafts of Servers, checked as those are. A server that an
 * inventory no longer lists is only absent: nothing is removed from it.
 * Problems stand at a line of the file and name the column or variable.
 * Of Ansible's variables only four are read: others may be secrets.
 */
#ifndef MANIFEST_INVENTORY_H
#define MANIFEST_INVENTORY_H

#include "reconciler/manifest/draft.h"

struct inventory {
	struct arena *arena;   /* of drafts */
	struct arena *scratch; /* while one file is read */
	struct problems *problems;
	struct draft_set *drafts;  /* its servers grow */
	const char *file;          /* for places; lives as long as drafts */
	ARRAY(struct value) names; /* of the servers that were read */
};

/* One server as the file has it; texts may be NULL or "" where absent. */
struct inventory_row {
	struct place place;
	const char *name;
	const char *host;
	const char *port;
	const char *host_key;
	ARRAY(struct entry) labels; /* only key.text and value.text */
	/* How the file calls them: name, host, port, host key. */
	const char *const *called;
};

/* -ERR_NOMEM only; what is wrong is a problem. */
int inventory_csv(struct inventory *inventory, const struct buf *text);
/* group NULL = "all". place: where the manifest names the file or group. */
int inventory_ansible(struct inventory *inventory, const struct buf *text,
		      const char *group, const struct place *place);

/* Check a row as a Server is, and add it. */
int inventory_add(struct inventory *inventory, const struct inventory_row *row);

/* After all files: a server that is both declared and listed, or listed
 * twice, becomes one when the two agree. */
int inventory_merge(struct draft_set *drafts, struct arena *arena,
		    struct arena *scratch, struct problems *problems);

#endif
