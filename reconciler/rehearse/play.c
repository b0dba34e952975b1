/* play.c - see play.h. */
#include "reconciler/rehearse/play.h"

#include "reconciler/core/str.h"
#include "reconciler/rehearse/pace.h"
#include "reconciler/rehearse/trouble.h"

#include <stdio.h>
#include <string.h>

#define ARENA_BYTES_MAX ((size_t)1 << 30)
#define STEPS_MAX       20000 /* of a run, and as many for each server */
#define STEPS_SERVER    2000
#define MENDED_MS       INT64_C(600000) /* until somebody applies again */

/* One seed. */
struct play {
	const struct play_input *input;
	struct arena arena;     /* of the world */
	struct arena run_arena; /* of a run */
	struct rehearse world;
	struct disk disk;
	struct watch watch;
	struct trouble trouble;
	size_t n_steps;
};

static void on_action(void *user, struct controller *controller,
		      const struct action *action)
{
	struct play *play = user;

	watch_action(&play->watch, controller, action);
	trouble_action(&play->trouble, action);
}

static void on_lands(void *user, const struct request *request)
{
	struct play *play = user;

	watch_lands(&play->watch, request);
}

static void on_commit(void *user, const struct request *request,
		      const struct farm_row *row, int64_t before)
{
	struct play *play = user;

	watch_commit(&play->watch, request, row, before);
}

static void play_done(struct play *play)
{
	arena_done(&play->run_arena);
	arena_done(&play->arena);
}

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "rehearsing");
}

static int fill_farm(struct play *play)
{
	const struct planned *planned = play->input->planned;
	struct farm *farm = &play->world.farm;

	for (size_t i = 0; i < farm->n_accounts; i++)
		farm->accounts[i].declared = farm->accounts[i].truth =
			100 + (int64_t)i;
	for (size_t i = 0; i < planned->servers.n; i++) {
		const struct observed *observed =
			planned->servers.items[i].seen;

		if (farm_add_observed(farm, observed, observed->now_ms))
			return -ERR_NOMEM;
	}
	return 0;
}

static uint64_t mix(uint64_t seed, uint64_t with)
{
	return (seed + with * 0x9E3779B97F4A7C15U) * 0x2545F4914F6CDD1DU + 1;
}

static int play_new(struct play *play, const struct play_input *input)
{
	const struct planned *planned = input->planned;

	*play = (struct play){ .input = input };
	arena_init(&play->arena, ARENA_BYTES_MAX);
	arena_init(&play->run_arena, ARENA_BYTES_MAX);
	if (rehearse_new(&play->world, &play->arena, mix(input->seed, 0),
			 planned->desired, &planned->config))
		return -ERR_NOMEM;
	play->world.now_ms = input->start_ms;
	if (fill_farm(play) ||
	    disk_new(&play->disk, &play->world.farm, &planned->past) ||
	    watch_new(&play->watch, &play->world, planned, mix(input->seed, 1)))
		return -ERR_NOMEM;
	play->world.pace.save_ms = PACE_SAVE_MS;
	play->world.paces = planned->paces;
	play->world.chances.unproved = 1000;
	play->world.hooks = (struct rehearse_hooks){ .user = play,
						     .action = on_action,
						     .lands = on_lands,
						     .commit = on_commit };
	return 0;
}

/* Until it has ended or crashed. NULL: an error, see the world's. */
static struct controller *carry_out(struct play *play,
				    const struct engine_input *input)
{
	struct rehearse *world = &play->world;
	const size_t max = STEPS_MAX + STEPS_SERVER * world->farm.n_servers;
	struct controller *run = rehearse_start(world, input, &play->disk);

	for (size_t n = 0; run && !rehearse_is_over(run); n++) {
		if (n == max || !rehearse_step(world))
			rehearse_fail(world, -ERR_BUG, "the run does not end");
		watch_step(&play->watch);
		play->n_steps++;
		if (!world->rc && !rehearse_is_over(run))
			trouble_step(&play->trouble, run, play->n_steps);
		if (world->rc)
			return NULL;
	}
	return run;
}

static struct engine_input input_of(struct play *play,
				    const struct desired *desired,
				    const struct past *past)
{
	const struct planned *planned = play->input->planned;

	return (struct engine_input){
		.arena = &play->run_arena,
		.desired = desired,
		.config = &planned->config,
		.past = past,
		.versions = planned->versions,
		.kind = RUN_CHANGE,
		.plan = planned->plan,
		.selection = planned->selection,
		.record = true,
	};
}

/* The plan, as it stands. */
static struct controller *carry_out_plan(struct play *play,
					 const struct desired *desired)
{
	struct past past;
	struct engine_input input = input_of(play, desired, &past);

	if (disk_past(&play->disk, &play->run_arena, play->world.now_ms,
		      &past)) {
		rehearse_fail(&play->world, -ERR_NOMEM, "rehearsing");
		return NULL;
	}
	return carry_out(play, &input);
}

static int world_error(const struct play *play, struct err *err)
{
	return err_set(err, play->world.rc ? play->world.rc : -ERR_BUG,
		       "rehearsing seed %llu: %s",
		       (unsigned long long)play->input->seed,
		       play->world.err.what);
}

static bool waits_for_window(const struct result_row *row)
{
	return row->outcome == OUTCOME_SKIPPED &&
	       str_starts(row->reason, "window closed");
}

static void take_rows(const struct run_result *result, struct played *ret)
{
	const struct result_row *row;
	size_t server = SIZE_MAX;

	ret->undone = SIZE_MAX;
	array_foreach(row, &result->rows) {
		/* Nobody else is there to make it right before. */
		if (row->outcome == OUTCOME_CHANGED)
			continue;
		if (waits_for_window(row)) {
			ret->n_left += row->server != server;
			server = row->server;
			continue;
		}
		if (ret->n_undone++ > 0)
			continue;
		ret->undone = (size_t)(row - result->rows.items);
		(void)snprintf(ret->why, sizeof(ret->why), "%s",
			       row->reason[0] ? row->reason
					      : outcome_name(row->outcome));
	}
}

static void take_accounts(const struct play *play, struct played *ret)
{
	for (size_t i = 0; i <= play->world.farm.n_accounts; i++) {
		const struct account_watch *times = &play->watch.accounts[i];

		ret->accounts[i] = times->first_ms > 0
					   ? times->last_ms - times->first_ms
					   : -1;
	}
	for (size_t p = 0; p < play->world.farm.pools.n; p++)
		ret->done[p] = watch_is_done(&play->watch, p);
}

static int play_without(struct play *play, struct played *ret, struct err *err)
{
	struct controller *run =
		carry_out_plan(play, play->input->planned->desired);

	if (!run)
		return world_error(play, err);
	ret->n_steps = play->n_steps;
	ret->took_ms = play->world.now_ms - play->input->start_ms;
	ret->n_commits = (int64_t)play->watch.n_commits;
	ret->n_sessions = (int64_t)play->watch.n_sessions;
	if (watch_sum(&play->watch, &ret->outages))
		return no_memory(err);
	take_rows(engine_result(run->engine), ret);
	take_accounts(play, ret);
	ret->fits = ret->n_left == 0 &&
		    play->world.now_ms <= play->input->closes_ms;
	return 0;
}

int play_clean(const struct play_input *input, struct played *ret,
	       struct err *err)
{
	struct played played = { .accounts = ret->accounts, .done = ret->done };
	struct play play;
	int rc = play_new(&play, input) ? no_memory(err) : 0;

	if (!rc)
		rc = play_without(&play, &played, err);
	if (!rc)
		*ret = played;
	play_done(&play);
	return rc;
}

static int64_t count_neither(const struct play *play)
{
	int64_t n = 0;

	for (size_t p = 0; p < play->world.farm.pools.n; p++)
		n += !watch_is_old(&play->watch, p) &&
		     !watch_is_new(&play->watch, p);
	return n;
}

static void take_aftermath(struct play *play, struct played_fault *ret)
{
	const struct farm *farm = &play->world.farm;

	for (size_t s = 0; s < farm->n_servers; s++)
		watch_server(&play->watch, s);
	for (size_t p = 0; p < farm->pools.n; p++) {
		ret->changed += watch_is_done(&play->watch, p);
		ret->old += !watch_is_done(&play->watch, p) &&
			    watch_is_old(&play->watch, p);
		ret->unknown += play->disk.pools.items[p].open;
	}
	ret->down = (int64_t)watch_n_down(&play->watch);
	ret->neither = count_neither(play);
}

/* What a person does when the cause is mended: plan, then apply what it
 * says. */
static bool apply_plainly(struct play *play)
{
	const struct planned *planned = play->input->planned;
	struct past past;
	struct engine_input input = input_of(play, &planned->anytime, &past);
	struct controller *run;
	struct plan plan;

	arena_done(&play->run_arena);
	arena_init(&play->run_arena, ARENA_BYTES_MAX);
	input.kind = RUN_OBSERVE;
	input.plan = NULL;
	if (disk_past(&play->disk, &play->run_arena, play->world.now_ms,
		      &past)) {
		rehearse_fail(&play->world, -ERR_NOMEM, "rehearsing");
		return false;
	}
	for (size_t i = 0; i < planned->servers.n; i++) {
		if (!array_push(&play->run_arena, &input.scope,
				planned->servers.items[i].seen->server))
			rehearse_fail(&play->world, -ERR_NOMEM, "rehearsing");
	}
	run = carry_out(play, &input);
	if (!run || !engine_plan(run->engine))
		return false;
	plan = *engine_plan(run->engine);
	if (plan.changes.n == 0)
		return true;
	input.kind = RUN_CHANGE;
	input.plan = &plan;
	input.scope = (struct index_array){ 0 };
	return carry_out(play, &input) != NULL;
}

static int finish(struct play *play, const struct played *clean,
		  struct played_fault *ret, struct err *err)
{
	int64_t began_ms;

	trouble_mend(&play->trouble);
	play->world.now_ms += MENDED_MS;
	began_ms = play->world.now_ms;
	if (!apply_plainly(play))
		return world_error(play, err);
	ret->finish_ms = play->world.now_ms - began_ms;
	ret->neither += count_neither(play);
	ret->finished = true;
	for (size_t p = 0; p < play->world.farm.pools.n; p++) {
		if (clean->done[p] && !watch_is_done(&play->watch, p))
			ret->finished = false;
	}
	return 0;
}

static int play_with(struct play *play, const struct played *clean,
		     struct played_fault *ret, struct err *err)
{
	const struct desired *desired = trouble_desired(&play->trouble);

	if (!carry_out_plan(play, desired) || !rehearse_settle(&play->world))
		return world_error(play, err);
	take_aftermath(play, ret);
	return finish(play, clean, ret, err);
}

int play_fault(const struct play_input *input, enum rehearsal_fault fault,
	       const struct played *clean, struct played_fault *ret,
	       struct err *err)
{
	struct played_fault played = { 0 };
	struct play play;
	int rc = play_new(&play, input) ? no_memory(err) : 0;

	if (!rc && trouble_new(&play.trouble, &play.watch, fault, clean,
			       mix(input->seed, 2 + (uint64_t)fault)))
		rc = no_memory(err);
	if (!rc)
		rc = play_with(&play, clean, &played, err);
	if (!rc)
		*ret = played;
	play_done(&play);
	return rc;
}
