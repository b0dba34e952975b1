/*
 * known_hosts_file.h - what known_hosts_file.c reads for known_hosts.c: keys
 * by line, and two ways to them, by plain name (sorted) and by hashed name.
 */
#ifndef TRANSPORT_KNOWN_HOSTS_FILE_H
#define TRANSPORT_KNOWN_HOSTS_FILE_H

#include "reconciler/core/arena.h"
#include "reconciler/core/array.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KNOWN_SALT_BYTES 20

struct known_line {
	size_t number;
	const char *type; /* any, as spelled */
	const uint8_t *blob;
	size_t len;
};

struct known_name {
	const char *name; /* lower case */
	size_t line;      /* index into lines */
};

struct known_hash {
	uint8_t salt[KNOWN_SALT_BYTES];
	uint8_t hash[KNOWN_SALT_BYTES];
	size_t line;
};

struct known_hosts {
	struct arena arena;
	const char *path;
	ARRAY(struct known_line) lines;
	ARRAY(struct known_line) revoked;
	ARRAY(struct known_name) names;
	ARRAY(struct known_hash) hashes;
	bool has_authority;
};

#endif
