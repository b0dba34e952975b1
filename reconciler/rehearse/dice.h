/*
 * dice.h - numbers that a seed decides (SplitMix64): the same seed, the same
 * numbers, on every machine. Not for secrets.
 */
#ifndef REHEARSE_DICE_H
#define REHEARSE_DICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct dice {
	uint64_t state;
};

/* Both ends included. */
struct span {
	int64_t low;
	int64_t high;
};

uint64_t dice_next(struct dice *dice);
/* low..high, both included. */
int64_t dice_range(struct dice *dice, int64_t low, int64_t high);
/* A span of one number draws nothing. */
int64_t dice_span(struct dice *dice, const struct span *span);
/* A chance of 0 draws all the same. */
bool dice_chance(struct dice *dice, unsigned permille);
/* 0..n-1; n > 0. */
size_t dice_index(struct dice *dice, size_t n);

#endif
