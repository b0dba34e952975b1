/* sim_main.c - plays seeds, and reports those that break a rule. A seed is
 * played the same way each time, once in each mode. */
#include "reconciler/sys/clock.h"
#include "tests/sim/sim.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SEEDS_DEFAULT 10000

static const char usage[] =
	"sim [--hash] [--shrink] [--memory] [--stop] [--mode=NAME] [SEEDS [FIRST "
	"[trace]]]\n"
	"sim --rules\n"
	"  --hash    print one number of all that happened, for each seed\n"
	"  --memory  and each run again with memory that ends at every point\n"
	"  --stop    end after the first seed that breaks a rule\n"
	"  --shrink  make seeds that break a rule short, and tell them\n";

struct options {
	bool hash, shrink, stop, trace, short_memory;
	enum sim_mode first_mode, last_mode;
	uint64_t n, first;
};

static void print_rules(void)
{
	for (size_t i = 0; i < RULE_COUNT; i++)
		printf("%-14s %s\n", sim_rule_name((enum sim_rule)i),
		       sim_rule_text((enum sim_rule)i));
}

static bool set_mode(struct options *options, const char *name)
{
	for (size_t i = 0; i < SIM_MODE_COUNT; i++) {
		if (strcmp(sim_mode_name((enum sim_mode)i), name) != 0)
			continue;
		options->first_mode = options->last_mode = (enum sim_mode)i;
		return true;
	}
	return false;
}

static bool set_number(struct options *options, unsigned at, const char *text)
{
	char *end = NULL;
	const uint64_t value = strtoull(text, &end, 10);

	if (at == 2) {
		options->trace = strcmp(text, "trace") == 0;
		return options->trace;
	}
	if (end == text || *end || at > 1)
		return false;
	if (at == 0)
		options->n = value;
	else
		options->first = value;
	return true;
}

static bool parse(int argc, char **argv, struct options *options)
{
	unsigned at = 0;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--hash") == 0)
			options->hash = true;
		else if (strcmp(argv[i], "--shrink") == 0)
			options->shrink = true;
		else if (strcmp(argv[i], "--memory") == 0)
			options->short_memory = true;
		else if (strcmp(argv[i], "--stop") == 0)
			options->stop = true;
		else if (strncmp(argv[i], "--mode=", 7) == 0) {
			if (!set_mode(options, argv[i] + 7))
				return false;
		} else if (!set_number(options, at++, argv[i])) {
			return false;
		}
	}
	return true;
}

static bool play(const struct options *options, uint64_t seed,
		 struct sim_totals *totals)
{
	static struct sim sim;
	bool good = true;

	for (size_t i = options->first_mode; i <= options->last_mode; i++) {
		const struct sim_order order = {
			.seed = seed,
			.mode = (enum sim_mode)i,
			.trace = options->trace,
			.hash = options->hash,
			.short_memory = options->short_memory
		};

		if (options->shrink) {
			if (sim_shrink(&sim, &order))
				good = false;
			continue;
		}
		if (!sim_play(&sim, &order, totals)) {
			printf("seed %" PRIu64 ": %s: %s: %s\n", seed,
			       sim_mode_name(order.mode),
			       sim_rule_name(sim.rule), sim.broken);
			good = false;
		}
		if (options->hash)
			printf("%" PRIu64 " %s %016" PRIx64 "\n", seed,
			       sim_mode_name(order.mode), sim.hash);
	}
	return good;
}

static void print_totals(const struct options *options,
			 const struct sim_totals *totals, uint64_t n_failed,
			 int64_t took_ms)
{
	printf("%" PRIu64 " seeds, %" PRIu64 " virtual hours, %" PRIu64
	       " events, %" PRIu64 " runs, %" PRIu64 " commits\n",
	       options->n, totals->n_ms / 3600000, totals->n_events,
	       totals->n_runs, totals->n_commits);
	printf("faults:");
	for (size_t i = 0; i < FAULT_COUNT; i++)
		printf(" %" PRIu64 " %s,", totals->n_faults[i],
		       fault_kind_name((enum fault_kind)i));
	for (size_t i = 0; i < SIM_FAULT_COUNT; i++)
		printf(" %" PRIu64 " %s%s", totals->n_sim_faults[i],
		       sim_fault_name((enum sim_fault_kind)i),
		       i + 1 < SIM_FAULT_COUNT ? "," : "\n");
	printf("ends: %" PRIu64 " put back, %" PRIu64 " not put back, %" PRIu64
	       " without the right, %" PRIu64 " sites, %" PRIu64
	       " crashed, %" PRIu64 " told only\n",
	       totals->n_put_back, totals->n_not_put_back, totals->n_right,
	       totals->n_site, totals->n_crashed, totals->n_told_only);
	if (options->short_memory)
		printf("memory: %" PRIu64 " times an engine ran out of it\n",
		       totals->n_short);
	printf("violations: %" PRIu64 " of %d rules; %" PRIu64
	       " seeds a second\n",
	       n_failed, (int)RULE_COUNT,
	       options->n * 1000 / (uint64_t)(took_ms > 0 ? took_ms : 1));
}

int main(int argc, char **argv)
{
	struct options options = { .n = SEEDS_DEFAULT,
				   .first = 1,
				   .last_mode = SIM_MODE_COUNT - 1 };
	struct sim_totals totals = { 0 };
	uint64_t n_failed = 0;
	const int64_t began_ms = clock_mono_ms();

	if (argc == 2 && strcmp(argv[1], "--rules") == 0) {
		print_rules();
		return 0;
	}
	if (!parse(argc, argv, &options)) {
		(void)fputs(usage, stderr);
		return 2;
	}
	for (uint64_t i = 0; i < options.n; i++) {
		n_failed += !play(&options, options.first + i, &totals);
		if (options.stop && n_failed > 0)
			options.n = i + 1;
	}
	if (!options.hash && !options.shrink) {
		print_totals(&options, &totals, n_failed,
			     clock_mono_ms() - began_ms);
		printf("%" PRIu64 " passed, %" PRIu64 " failed, 0 skipped\n",
		       options.n - n_failed, n_failed);
	}
	return n_failed > 0;
}
