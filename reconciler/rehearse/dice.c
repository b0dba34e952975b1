/* dice.c - see dice.h. */
#include "reconciler/rehearse/dice.h"

uint64_t dice_next(struct dice *dice)
{
	uint64_t z = (dice->state += 0x9E3779B97F4A7C15U);

	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9U;
	z = (z ^ (z >> 27)) * 0x94D049BB133111EBU;
	return z ^ (z >> 31);
}

int64_t dice_range(struct dice *dice, int64_t low, int64_t high)
{
	return low + (int64_t)(dice_next(dice) % (uint64_t)(high - low + 1));
}

int64_t dice_span(struct dice *dice, const struct span *span)
{
	return span->high > span->low ? dice_range(dice, span->low, span->high)
				      : span->low;
}

bool dice_chance(struct dice *dice, unsigned permille)
{
	return dice_next(dice) % 1000 < permille;
}

size_t dice_index(struct dice *dice, size_t n)
{
	return (size_t)(dice_next(dice) % n);
}
