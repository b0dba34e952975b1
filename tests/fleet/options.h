/*
 * options.h - the command line of the fleet.
 */
#ifndef TESTS_FLEET_OPTIONS_H
#define TESTS_FLEET_OPTIONS_H

#include "reconciler/core/err.h"
#include "tests/fleet/layout.h"
#include "tests/fleet/manner.h"

#include <stddef.h>
#include <stdint.h>

enum mode { MODE_SERVE, MODE_RUN, MODE_STDIO, MODE_CTL };

struct options {
	enum mode mode;
	const char *dir; /* MODE_STDIO: the world's file */
	size_t made_up;  /* servers that layout_fill() makes */
	char **worlds;   /* NAME=FILE */
	size_t n_worlds;
	char **rest; /* MODE_RUN: the command; MODE_CTL: the words */
	size_t n_rest;
	uint16_t port;
	struct layout layout;
	struct manners manners;
};

extern const char options_usage[];

int options_read(int argc, char **argv, struct options *ret, struct err *err);

#endif
