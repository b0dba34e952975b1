/*
 * owner.h - is the owner of a worker the builtin identity that is declared?
 *
 * Windows tells owners by names in its own language ("NT-AUTORITÄT\NETZWERK
 * DIENST"), so only what is certain is said: SAME by the English name or
 * "IIS APPPOOL\pool", OTHER by the name of another builtin identity or a
 * domain of the configuration, else UNSURE.
 */
#ifndef MODEL_OWNER_H
#define MODEL_OWNER_H

#include "reconciler/model/identity.h"

enum owner_match { OWNER_SAME, OWNER_OTHER, OWNER_UNSURE };

enum owner_match owner_match(const struct domain_array *domains,
			     enum identity_type type, const char *pool,
			     const char *owner);

#endif
