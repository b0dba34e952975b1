/*
 * control.h - orders to a running fleet over a Unix socket. One connection,
 * one order: u32 count, then each word and at last the input as u32 length
 * and bytes; the answer is a status byte and text up to the end.
 */
#ifndef TESTS_FLEET_CONTROL_H
#define TESTS_FLEET_CONTROL_H

#include "tests/fleet/fleet.h"
#include "tests/fleet/order.h"

/* Answers on `path` from now on, in a thread of its own. */
int control_start(struct fleet *fleet, const char *path, struct err *err);
/* Gives the order to the fleet at `path`; its status. */
int control_call(const char *path, const struct order *order, struct buf *out,
		 struct err *err);

#endif
