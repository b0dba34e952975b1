/*
 * foreign.h - pools that belong to another product, which writes their
 * identity itself and keeps its own record of it. Changing one behind its
 * back breaks that product at its next repair.
 *
 * Told by the pool's name and by the folders of its applications. Names and
 * folders are those that the products' installers give.
 */
#ifndef MODEL_FOREIGN_H
#define MODEL_FOREIGN_H

#include "reconciler/model/observed.h"

struct foreign_owner {
	const char *product; /* "SharePoint" */
	const char *instead; /* how its identity is changed there */
};

/* NULL = no product that is known. */
const struct foreign_owner *foreign_owner_of(const struct observed_pool *pool);

#endif
