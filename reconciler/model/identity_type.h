/*
 * identity_type.h - what a pool runs as, in the words of IIS.
 *
 * Values follow no other numbering: on a server they are spelled by name.
 */
#ifndef MODEL_IDENTITY_TYPE_H
#define MODEL_IDENTITY_TYPE_H

#include <stdbool.h>

/* 0 is the one that no zeroed struct can mistake for more power. */
enum identity_type {
	IDENTITY_SPECIFIC_USER,
	IDENTITY_APPLICATION_POOL,
	IDENTITY_NETWORK_SERVICE,
	IDENTITY_LOCAL_SERVICE,
	IDENTITY_LOCAL_SYSTEM,
	IDENTITY_COUNT,
};

/* "SpecificUser" and so on, as IIS spells them. */
const char *identity_type_name(enum identity_type type);
bool identity_type_parse(const char *name, enum identity_type *ret);

#endif
