/*
 * order.h - what a person, a test or the domain does to the servers of a
 * running fleet, and what they show: the words of `fleet ctl`.
 */
#ifndef TESTS_FLEET_ORDER_H
#define TESTS_FLEET_ORDER_H

#include "reconciler/core/buf.h"
#include "tests/fleet/fleet.h"

struct order {
	size_t n; /* words, the first is the verb */
	const char *words[8];
	const char *input; /* standard input of the command */
	size_t input_len;
};

/* 0 with lines in *out, 1 with what is wrong there, or 64. */
int order_carry_out(struct fleet *fleet, const struct order *order,
		    struct buf *out);
/* Does the verb read standard input? */
bool order_reads_input(const char *verb);
/* One line a verb, for the usage. */
void order_put_usage(struct buf *out);

#endif
