/* run_observe.c - a run that reads: every server of the scope, then a plan. */
#include "reconciler/engine/run.h"

static void add_reading(struct engine *run, const struct server_run *server)
{
	const struct reading reading = {
		.server = server->server,
		.observed = server->observed,
		.reason = server->reason,
		.code = server->code,
		.read_ms = run->event->wall_ms,
		.read_took_ms = server->observed ? run->event->mono_ms -
							   server->sent_mono_ms
						 : 0,
	};

	if (!array_push(run->input.arena, &run->readings, reading))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

static void give_up(struct engine *run, struct server_run *server,
		    const char *reason)
{
	server->reason = reason;
	add_reading(run, server);
	result_unreadable(run, server->server, reason);
	server_enter(run, server, PHASE_ENDED);
}

void observe_event(struct engine *run, struct server_run *server)
{
	const struct event *event = run->event;

	if (event->kind == EVENT_TIMER && run->stop) {
		server->unread = true;
		server->code = 0;
		give_up(run, server, "interrupted");
		return;
	}
	if (event->kind == EVENT_TIMER) {
		server_enter(run, server, PHASE_READING);
		return;
	}
	if (event->kind == EVENT_FAILED) {
		server->open = false;
		server->code = event->err.code;
		if (!server_rereads(run, server))
			give_up(run, server,
				run_text(run, "%s", event->err.what));
		return;
	}
	server->observed = event->observed;
	add_reading(run, server);
	server_enter(run, server, PHASE_ENDED);
}

static void build_plan(struct engine *run)
{
	const struct engine_input *input = &run->input;
	const struct diff_input diff = { input->desired,   input->config,
					 input->past,      input->versions,
					 input->selection, input->contested };
	struct err err = { 0 };
	int rc = plan_build(&diff, &run->readings, input->arena, &run->plan,
			    &err);

	if (rc) {
		run_fail(run, rc, "%s", err.what);
		return;
	}
	run->stage = STAGE_RECORDING;
	if (input->record)
		save_observed(run);
	if (run->n_saves_open == 0)
		run_end(run);
}

void observe_turn(struct engine *run)
{
	const uint32_t parallel = run->input.config->caps.parallel;

	while (run->next < run->servers.n &&
	       (run->stop || run->n_working < parallel ||
		run->n_working == 0)) {
		struct server_run *server = &run->servers.items[run->next++];

		if (run->stop) {
			server->unread = true;
			give_up(run, server, "interrupted");
		} else {
			server_enter(run, server, PHASE_READING);
		}
	}
	if (run->n_ended == run->servers.n)
		build_plan(run);
}
