/* look.c - see look.h. */
#include "reconciler/cmd/look.h"

#include "reconciler/cmd/progress.h"
#include "reconciler/cmd/select.h"
#include "reconciler/sys/clock.h"
#include "reconciler/sys/digest.h"

#include <stdio.h>
#include <time.h>

int look_run_id(char ret[32], struct err *err)
{
	time_t now = (time_t)(clock_wall_ms() / 1000);
	uint8_t random[4];
	char hex[9];
	struct tm tm;
	char stamp[20];
	int rc = digest_random(random, sizeof(random), err);

	if (rc)
		return rc;
	digest_hex(random, sizeof(random), hex);
	if (!gmtime_r(&now, &tm) ||
	    strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm) == 0)
		return err_set(err, -ERR_BUG, "the clock shows no date");
	(void)snprintf(ret, 32, "%s-%s", stamp, hex);
	return 0;
}

static int refuse_ungranted(struct context *context, struct err *err)
{
	struct refusal_array refusals = { 0 };
	int rc = guards_declared(&context->desired, &context->config,
				 &context->scope, &context->arena, &refusals,
				 err);

	if (!rc && refusals.n > 0)
		rc = refusals_error(&refusals, err);
	return rc;
}

/* A pool whose older worker still runs is as declared with restart: none. */
static bool is_unmet(const struct standing *standing)
{
	return standing->status == STATUS_SKIPPED ||
	       standing->status == STATUS_FAILED ||
	       standing->status == STATUS_UNKNOWN ||
	       standing->status == STATUS_UNREADABLE;
}

/* What stands in the way of the plan. */
static int judge(struct context *context, struct look *ret, struct err *err)
{
	const struct plan_server *server;
	const struct standing *standing;

	array_foreach(server, &ret->plan->servers)
		ret->n_unread += !server->read;
	ret->guarded = plan_is_held(ret->plan);
	array_foreach(standing, &ret->plan->standing) {
		ret->unmet = ret->unmet || is_unmet(standing);
	}
	return guards_plan(ret->plan, &context->desired, &context->config,
			   &ret->refusals, err);
}

int look_at_servers(const struct options *options, struct context *context,
		    struct look *ret, struct err *err)
{
	struct progress progress;
	char run_id[32];
	struct run_options run = {
		.engine = { .arena = &context->arena,
			    .desired = &context->desired,
			    .config = &context->config,
			    .past = &context->past,
			    .versions = context->passwords.versions,
			    .kind = RUN_OBSERVE,
			    .scope = context->scope,
			    .selection = context->selected ? &context->selection
							   : NULL,
			    .record = context->record,
			    .contested = context->contested },
		.passwords = &context->passwords,
		.store = context->record ? context->store : NULL,
		.run_id = run_id,
		.progress = progress_step,
		.user = &progress,
	};
	const struct run_result *result;
	struct run_end end;
	int rc = refuse_ungranted(context, err);

	if (!rc)
		rc = look_run_id(run_id, err);
	if (rc)
		return rc;
	progress_init(&progress, options, &context->desired, "reading");
	rc = run_carry_out(&run, &end, err);
	progress_done(&progress);
	if (rc)
		return rc;
	/* What a disk that failed holds is only known after it was opened
	 * anew. */
	result = engine_result(end.engine);
	if (result->save_failed)
		return err_set(err, result->save_failed, "%s",
			       result->stop_reason);
	ret->plan = engine_plan(end.engine);
	ret->readings = engine_readings(end.engine);
	ret->signal = end.signal;
	if (!ret->plan)
		return err_set(err, end.signal ? -ERR_INTERRUPTED : -ERR_BUG,
			       "the servers were not read to the end");
	rc = select_check_pools(options, ret->plan, err);
	return rc ? rc : judge(context, ret, err);
}

int look_at_plan(struct context *context, const struct plan *plan,
		 struct look *ret, struct err *err)
{
	int rc = refuse_ungranted(context, err);

	ret->plan = plan;
	return rc ? rc : judge(context, ret, err);
}

int look_exit(const struct options *options, const struct look *look)
{
	bool refused = look->guarded;

	for (size_t i = 0; i < look->refusals.n; i++)
		refused = refused ||
			  look->refusals.items[i].code != -ERR_NEW_PAIR;
	if (look->signal)
		return 128 + look->signal;
	if (refused)
		return err_exit(-ERR_GRANT);
	if (look->n_unread > 0)
		return EXIT_UNREAD;
	return options->exit_code && (look->plan->changes.n > 0 || look->unmet)
		       ? EXIT_CHANGES
		       : 0;
}
