/* rollback.c - see rollback.h. */
#include "reconciler/plan/rollback.h"

#include <string.h>

bool rollback_possible(const struct change *change)
{
	const size_t len = strlen(change->seen_user);

	if (change->kind != CHANGE_IDENTITY)
		return false;
	return change->seen_identity != IDENTITY_SPECIFIC_USER ||
	       (len > 0 && change->seen_user[len - 1] == '$');
}
