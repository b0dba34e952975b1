/* rehearsal.c - see rehearsal.h. */
#include "reconciler/model/rehearsal.h"

#include <stdlib.h>

const char *rehearsal_fault_name(enum rehearsal_fault fault)
{
	static const char *const names[REHEARSAL_FAULT_COUNT] = {
		[REHEARSAL_CRASH] = "crash",
		[REHEARSAL_REBOOT] = "reboot",
		[REHEARSAL_UNREACHABLE] = "unreachable",
		[REHEARSAL_LOST] = "lost",
		[REHEARSAL_PASSWORD] = "password",
		[REHEARSAL_RIGHT] = "right",
		[REHEARSAL_DISK] = "disk",
		[REHEARSAL_CLOSE] = "close",
		[REHEARSAL_STOP] = "stop",
	};

	return (unsigned)fault < REHEARSAL_FAULT_COUNT ? names[fault]
						       : "unknown";
}

static int ascending(const void *a, const void *b)
{
	const int64_t x = *(const int64_t *)a;
	const int64_t y = *(const int64_t *)b;

	return (x > y) - (x < y);
}

struct spread spread_of(int64_t *values, size_t n)
{
	qsort(values, n, sizeof(*values), ascending);
	return (struct spread){
		.least = values[0],
		.median = values[(n - 1) / 2],
		.p95 = values[(n * 95 + 99) / 100 - 1],
		.worst = values[n - 1],
	};
}

bool rehearsal_fits(const struct rehearsal *rehearsal)
{
	return rehearsal->n_fits == rehearsal->n_seeds;
}

bool rehearsal_is_safe(const struct rehearsal *rehearsal)
{
	for (size_t i = 0; i < REHEARSAL_FAULT_COUNT; i++) {
		const struct rehearsal_aftermath *after = &rehearsal->faults[i];

		if (after->n_neither > 0 || after->n_finished < after->n_seeds)
			return false;
	}
	return true;
}
