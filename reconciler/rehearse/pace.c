/* pace.c - see pace.h. */
#include "reconciler/rehearse/pace.h"

/* Of the time that reading the server took: thousandths, from the lowest to
 * the highest that was measured. Reading is connecting, the start of
 * PowerShell and one observe. */
struct share {
	int64_t low;
	int64_t high;
};

static const struct share connect_share = { 800, 950 };
static const struct share observe_share = { 60, 140 };
static const struct share apply_share = { 20, 170 };
static const struct share activate_share = { 15, 70 };
static const struct share verify_share = { 10, 150 };

static struct span span_of(const struct share *share, int64_t took_ms)
{
	return (struct span){ took_ms * share->low / 1000,
			      took_ms * share->high / 1000 + 1 };
}

void pace_of_reading(int64_t took_ms, struct pace *ret)
{
	const int64_t took = took_ms > 0 ? took_ms : PACE_READ_MS;

	*ret = (struct pace){
		.connect = span_of(&connect_share, took),
		.observe = span_of(&observe_share, took),
		.apply = span_of(&apply_share, took),
		.activate = span_of(&activate_share, took),
		.verify = span_of(&verify_share, took),
		.answer = { 1, 3 },
		.prove = { 20, 200 },
		.save_ms = PACE_SAVE_MS,
	};
}
