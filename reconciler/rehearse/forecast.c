/* forecast.c - see forecast.h. */
#include "reconciler/rehearse/forecast.h"

#include "reconciler/model/window.h"
#include "reconciler/rehearse/play.h"

#include <string.h>

/* Pools and servers that are played, of all seeds of all faults together. */
#define FAULT_WORK  3300000
#define SERVER_WORK 4
#define OPENINGS    64 /* that are looked at for one that suits everything */

/* The seeds without a fault. */
struct tally;

struct clean {
	struct played *seeds;
	int64_t *values; /* one of each seed, to be sorted */
	struct tally *tally;
};

size_t forecast_fault_seeds(const struct plan *plan, size_t n_seeds)
{
	const struct plan_server *server;
	size_t work = plan->changes.n + 1;
	size_t n;

	array_foreach(server, &plan->servers) {
		work += server->n_changes > 0 ? SERVER_WORK : 0;
	}
	n = FAULT_WORK / REHEARSAL_FAULT_COUNT / work;
	if (n < 1)
		n = 1;
	return n < n_seeds ? n : n_seeds;
}

static struct window_answer ask(const struct desired *desired,
				const struct change *change, int64_t wall_ms)
{
	return window_ask(desired, change->server, change->binding,
			  change_window_class(change), wall_ms);
}

/* The latest of the moments at which a change may start from wall_ms on, and
 * the earliest; 0 = a change, or every one, never may. */
static void starts_of(const struct desired *desired, const struct plan *plan,
		      int64_t wall_ms, int64_t *ret_all, int64_t *ret_any)
{
	const struct change *change;
	bool never = false;

	*ret_all = wall_ms;
	*ret_any = 0;
	array_foreach(change, &plan->changes) {
		const struct window_answer answer =
			ask(desired, change, wall_ms);
		const int64_t next_ms =
			answer.may_start ? wall_ms : answer.next_ms;

		never = never || next_ms == 0;
		if (next_ms > *ret_all)
			*ret_all = next_ms;
		if (next_ms > 0 && (*ret_any == 0 || next_ms < *ret_any))
			*ret_any = next_ms;
	}
	if (never)
		*ret_all = 0;
}

int64_t forecast_start(const struct desired *desired, const struct plan *plan,
		       int64_t wall_ms)
{
	int64_t at_ms = wall_ms;
	int64_t first_ms = 0;
	int64_t all_ms = 0;
	int64_t any_ms = 0;

	if (desired->windows.n == 0)
		return wall_ms;
	for (unsigned i = 0; i < OPENINGS; i++) {
		starts_of(desired, plan, at_ms, &all_ms, &any_ms);
		if (i == 0)
			first_ms = any_ms;
		if (all_ms == 0 || all_ms == at_ms)
			break;
		at_ms = all_ms;
	}
	return all_ms > 0 && all_ms == at_ms ? at_ms : first_ms;
}

/* The window that ends first of those that changes start in. */
static void take_window(const struct forecast_input *input,
			struct rehearsal *ret)
{
	const struct change *change;
	int64_t closes_ms = INT64_MAX;

	array_foreach(change, &input->plan->changes) {
		const struct window_answer answer =
			ask(input->desired, change, input->start_ms);

		if (!answer.open || answer.closes_ms >= closes_ms)
			continue;
		closes_ms = answer.closes_ms;
		ret->closes_ms = answer.closes_ms;
		ret->cutoff_ms = answer.cutoff_ms;
		ret->window = answer.window ? answer.window->name : NULL;
	}
}

static void take_counts(const struct planned *planned, struct rehearsal *ret)
{
	ret->n_servers = planned->servers.n;
	ret->n_timed = planned->n_timed;
	ret->n_pools = planned->pools.n;
	ret->n_waves = planned->plan->n_waves;
}

static int clean_new(const struct forecast_input *input, struct clean *ret)
{
	struct arena *arena = input->arena;
	const size_t n_accounts = input->desired->accounts.n + 1;

	ret->seeds = arena_alloc(arena, input->n_seeds * sizeof(*ret->seeds));
	ret->values = arena_alloc(arena, input->n_seeds * sizeof(*ret->values));
	for (size_t i = 0; ret->seeds && i < input->n_seeds; i++) {
		struct played *seed = &ret->seeds[i];

		seed->accounts = arena_alloc(
			arena, n_accounts * sizeof(*seed->accounts));
		seed->done = arena_alloc(arena, input->plan->changes.n + 1);
		if (!seed->accounts || !seed->done)
			return -ERR_NOMEM;
	}
	return ret->seeds && ret->values ? 0 : -ERR_NOMEM;
}

/* A member of struct played that is an int64_t, over all seeds. */
static struct spread spread_at(const struct forecast_input *input,
			       struct clean *clean, size_t offset)
{
	for (size_t i = 0; i < input->n_seeds; i++)
		memcpy(&clean->values[i],
		       (const char *)&clean->seeds[i] + offset,
		       sizeof(int64_t));
	return spread_of(clean->values, input->n_seeds);
}

#define SPREAD(member) spread_at(input, clean, offsetof(struct played, member))

static bool is_new_server(const size_t *seen, size_t n, size_t server)
{
	/* Changes of a server stand together. */
	return n == 0 || seen[n - 1] != server;
}

static int add_account(const struct forecast_input *input,
		       const struct planned *planned, struct clean *clean,
		       size_t index, struct rehearsal *ret)
{
	const size_t account =
		index < input->desired->accounts.n ? index : SIZE_MAX;
	struct rehearsal_account row = { .account = account };
	size_t last = SIZE_MAX;
	size_t n = 0;

	for (size_t i = 0; i < planned->pools.n; i++) {
		const struct change *change = planned->pools.items[i].change;

		if (change->account != account)
			continue;
		row.n_pools++;
		row.n_servers +=
			is_new_server(&last, last != SIZE_MAX, change->server);
		last = change->server;
	}
	for (size_t i = 0; i < input->n_seeds; i++) {
		if (clean->seeds[i].accounts[index] >= 0)
			clean->values[n++] = clean->seeds[i].accounts[index];
	}
	if (row.n_pools == 0)
		return 0;
	if (n > 0)
		row.took_ms = spread_of(clean->values, n);
	return array_push(input->arena, &ret->accounts, row) ? 0 : -ERR_NOMEM;
}

static int take_undone(const struct forecast_input *input,
		       const struct played *seed, struct rehearsal *ret)
{
	const struct change *change;

	if (seed->n_undone <= ret->n_undone)
		return 0;
	change = &input->plan->changes.items[seed->undone];
	ret->n_undone = seed->n_undone;
	ret->undone_server = input->desired->servers.items[change->server].name;
	ret->undone_pool = change->pool;
	ret->undone_why = arena_strdup(input->arena, seed->why);
	return ret->undone_why ? 0 : -ERR_NOMEM;
}

static int take_clean(const struct forecast_input *input,
		      const struct planned *planned, struct clean *clean,
		      struct rehearsal *ret)
{
	ret->took_ms = SPREAD(took_ms);
	ret->commits = SPREAD(n_commits);
	ret->sessions = SPREAD(n_sessions);
	ret->pools_down = SPREAD(outages.at_once);
	ret->down_ms = SPREAD(outages.any_ms);
	ret->pool_down_ms = SPREAD(outages.longest_ms);
	ret->servers_left = SPREAD(n_left);
	for (size_t i = 0; i < input->n_seeds; i++) {
		ret->n_fits += clean->seeds[i].fits;
		if (take_undone(input, &clean->seeds[i], ret))
			return -ERR_NOMEM;
	}
	for (size_t i = 0; i <= input->desired->accounts.n; i++) {
		if (add_account(input, planned, clean, i, ret))
			return -ERR_NOMEM;
	}
	return 0;
}

static struct play_input play_of(const struct forecast_input *input,
				 const struct planned *planned, size_t i,
				 const struct rehearsal *rehearsal)
{
	return (struct play_input){
		.planned = planned,
		.seed = input->first_seed + i,
		.start_ms = input->start_ms,
		.closes_ms =
			rehearsal->closes_ms ? rehearsal->closes_ms : INT64_MAX,
	};
}

/* Of all seeds of a fault, one number each. */
struct tally {
	int64_t *changed, *old, *down, *unknown, *finish_ms;
};

static int tally_new(struct arena *arena, size_t n, struct tally *ret)
{
	int64_t *all = arena_alloc(arena, 5 * n * sizeof(*all));

	if (!all)
		return -ERR_NOMEM;
	*ret = (struct tally){ all, all + n, all + 2 * n, all + 3 * n,
			       all + 4 * n };
	return 0;
}

static void count_seed(const struct played_fault *played, uint64_t seed,
		       size_t i, struct tally *tally,
		       struct rehearsal_aftermath *ret)
{
	tally->changed[i] = played->changed;
	tally->old[i] = played->old;
	tally->down[i] = played->down;
	tally->unknown[i] = played->unknown;
	tally->finish_ms[i] = played->finish_ms;
	ret->n_finished += played->finished;
	if (played->neither > (int64_t)ret->n_neither)
		ret->n_neither = (size_t)played->neither;
	if ((!played->finished || played->neither > 0) && ret->bad_seed == 0)
		ret->bad_seed = seed;
}

static int play_faults(const struct forecast_input *input,
		       const struct planned *planned, const struct clean *clean,
		       enum rehearsal_fault fault, struct rehearsal *rehearsal,
		       struct err *err)
{
	struct rehearsal_aftermath *ret = &rehearsal->faults[fault];
	struct tally *tally = clean->tally;
	const size_t n = input->n_fault_seeds;

	for (size_t i = 0; i < n; i++) {
		const struct play_input play =
			play_of(input, planned, i, rehearsal);
		struct played_fault played;
		int rc = play_fault(&play, fault, &clean->seeds[i], &played,
				    err);

		if (rc)
			return rc;
		count_seed(&played, play.seed, i, tally, ret);
	}
	ret->n_seeds = n;
	ret->changed = spread_of(tally->changed, n);
	ret->old = spread_of(tally->old, n);
	ret->down = spread_of(tally->down, n);
	ret->unknown = spread_of(tally->unknown, n);
	ret->finish_ms = spread_of(tally->finish_ms, n);
	return 0;
}

int forecast(const struct forecast_input *input, struct rehearsal *ret,
	     struct err *err)
{
	struct rehearsal rehearsal = { .first_seed = input->first_seed,
				       .n_seeds = input->n_seeds,
				       .n_fault_seeds = input->n_fault_seeds,
				       .start_ms = input->start_ms };
	struct planned planned;
	struct clean clean;
	struct tally tally = { 0 };
	int rc = 0;

	if (planned_new(&planned, input->arena, input->desired, input->config,
			input->plan) ||
	    clean_new(input, &clean) ||
	    tally_new(input->arena, input->n_fault_seeds + 1, &tally))
		return err_set(err, -ERR_NOMEM, "rehearsing");
	planned.selection = input->selection;
	clean.tally = &tally;
	take_counts(&planned, &rehearsal);
	take_window(input, &rehearsal);
	for (size_t i = 0; !rc && i < input->n_seeds; i++) {
		const struct play_input play =
			play_of(input, &planned, i, &rehearsal);

		rc = play_clean(&play, &clean.seeds[i], err);
	}
	if (!rc && take_clean(input, &planned, &clean, &rehearsal))
		rc = err_set(err, -ERR_NOMEM, "rehearsing");
	for (size_t i = 0; !rc && i < REHEARSAL_FAULT_COUNT; i++) {
		const enum rehearsal_fault fault = (enum rehearsal_fault)i;

		if (input->n_fault_seeds > 0 && play_can_fail(&planned, fault))
			rc = play_faults(input, &planned, &clean, fault,
					 &rehearsal, err);
	}
	if (!rc)
		*ret = rehearsal;
	return rc;
}
