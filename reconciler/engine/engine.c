/* engine.c - a run: what is told goes to whom it concerns. */
#include "reconciler/engine/run.h"

#include <stdarg.h>
#include <stdio.h>

void run_fail(struct engine *run, int code, const char *fmt, ...)
{
	char what[sizeof(run->err.what)];
	va_list ap;

	if (run->rc)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	run->rc = err_set(&run->err, code, "%s", what);
}

const char *run_text(struct engine *run, const char *fmt, ...)
{
	char text[1024];
	const char *copy;
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	copy = arena_strdup(run->input.arena, text);
	if (copy)
		return copy;
	run_fail(run, -ERR_NOMEM, "running the engine");
	return "";
}

const char *run_server_name(const struct engine *run, size_t server)
{
	return run->input.desired->servers.items[server].name;
}

void run_end(struct engine *run)
{
	const struct action action = { .kind = ACTION_END };

	run->stage = STAGE_ENDED;
	result_count(run);
	if (!array_push(run->input.arena, run->actions, action))
		run_fail(run, -ERR_NOMEM, "running the engine");
}

static int add_server(struct engine *run, size_t server,
		      const struct plan_server *planned)
{
	struct server_run item = { .server = server, .planned = planned };

	if (server >= run->input.desired->servers.n)
		return -ERR_BUG;
	run->of_server[server] = run->servers.n;
	return array_push(run->input.arena, &run->servers, item) ? 0
								 : -ERR_NOMEM;
}

static int add_planned(struct engine *run, const struct plan_server *planned)
{
	if (!planned->read) {
		run->n_failures++;
		if (!run->first_failure)
			run->first_failure =
				run_server_name(run, planned->server);
		result_unreadable(run, planned->server, planned->reason);
		return 0;
	}
	return planned->n_changes ? add_server(run, planned->server, planned)
				  : 0;
}

static int add_all(struct engine *run)
{
	const struct engine_input *input = &run->input;
	int rc = 0;

	if (input->kind == RUN_OBSERVE) {
		for (size_t i = 0; !rc && i < input->scope.n; i++)
			rc = add_server(run, input->scope.items[i], NULL);
		return rc ? rc : run->rc;
	}
	for (size_t i = 0; i < input->plan->changes.n; i++)
		result_add(run, &input->plan->changes.items[i]);
	for (size_t i = 0; !rc && i < input->plan->servers.n; i++)
		rc = add_planned(run, &input->plan->servers.items[i]);
	return rc ? rc : run->rc;
}

struct account_run *run_account(const struct engine *run,
				const struct change *change)
{
	const size_t n = run->input.desired->accounts.n;

	return &run->accounts[change->account < n ? change->account : n];
}

const char *run_account_name(const struct engine *run,
			     const struct change *change)
{
	const char *shown = run_account(run, change)->shown;

	if (shown)
		return shown;
	/* A gMSA that is put back, and that no Account declares. */
	return change->identity == IDENTITY_SPECIFIC_USER
		       ? change->user
		       : identity_type_name(change->identity);
}

static int name_accounts(struct engine *run)
{
	const struct desired *desired = run->input.desired;
	const struct config *config = run->input.config;

	for (size_t i = 0; i < desired->accounts.n; i++) {
		const struct account *account = &desired->accounts.items[i];

		run->accounts[i].opening = SIZE_MAX;
		/* Windows fetches the password of a gMSA: there is nothing
		 * to ask about. */
		if (account->type == ACCOUNT_GMSA)
			run->accounts[i].gate = ASKED_PASSED;
		run->accounts[i].shown = identity_show(
			run->input.arena,
			&config->domains.items[account->domain], account->user);
		if (!run->accounts[i].shown)
			return -ERR_NOMEM;
	}
	/* Windows knows builtin identities: no first commit proves them. */
	run->accounts[desired->accounts.n].opening = SIZE_MAX;
	run->accounts[desired->accounts.n].proved = true;
	run->accounts[desired->accounts.n].logged_on = true;
	run->accounts[desired->accounts.n].gate = ASKED_PASSED;
	return 0;
}

int engine_new(const struct engine_input *input, struct engine **ret,
	       struct err *err)
{
	const struct desired *desired = input->desired;
	struct engine *run = arena_alloc(input->arena, sizeof(*run));
	int rc;

	if (!run)
		return err_set(err, -ERR_NOMEM, "starting the engine");
	*run = (struct engine){ .input = *input };
	run->accounts = arena_alloc(input->arena, (desired->accounts.n +
						   1) * sizeof(*run->accounts));
	run->of_server = arena_alloc(
		input->arena, desired->servers.n * sizeof(*run->of_server));
	if (!run->accounts || !run->of_server)
		return err_set(err, -ERR_NOMEM, "starting the engine");
	for (size_t i = 0; i < desired->servers.n; i++)
		run->of_server[i] = SIZE_MAX;
	rc = name_accounts(run);
	if (!rc)
		rc = add_all(run);
	if (!rc && input->kind == RUN_CHANGE)
		rc = groups_new(run);
	if (rc)
		return err_set(err, rc, "starting the engine");
	*ret = run;
	return 0;
}

static void on_start(struct engine *run)
{
	if (run->stage != STAGE_NEW) {
		run_fail(run, -ERR_BUG, "a second start");
		return;
	}
	run->moved = true;
	run->start_ms = run->event->wall_ms;
	if (run->input.kind == RUN_OBSERVE) {
		run->stage = STAGE_WORKING;
		return;
	}
	run->stage = STAGE_BEGINNING;
	save_begin(run);
}

/* Who waits for this save or timer; false and -ERR_BUG when nobody does. */
static bool take_owner(struct engine *run, struct owner_array *owners,
		       size_t *ret)
{
	uint64_t id = run->event->id;

	if (id < 1 || id > owners->n || owners->items[id - 1] == ANSWERED) {
		run_fail(run, -ERR_BUG, "an answer that nobody waits for");
		return false;
	}
	*ret = owners->items[id - 1];
	owners->items[id - 1] = ANSWERED;
	return true;
}

/* A save of the run as a whole. */
static void on_run_saved(struct engine *run)
{
	if (run->stage == STAGE_BEGINNING)
		run->stage = STAGE_WORKING;
	else if (run->n_saves_open == 0 &&
		 (run->stage == STAGE_CLOSING || run->stage == STAGE_RECORDING))
		run_end(run);
}

static void on_saved(struct engine *run)
{
	struct server_run *server;
	size_t owner;

	if (!take_owner(run, &run->saves, &owner))
		return;
	run->n_saves_open--;
	run->moved = true;
	if (run->stage == STAGE_BROKEN)
		return;
	if (owner == OWNER_RUN) {
		on_run_saved(run);
		return;
	}
	server = &run->servers.items[owner];
	if (!server_allows(server, EVENT_SAVED))
		run_fail(run, -ERR_BUG, "a save that %s does not wait for",
			 run_server_name(run, server->server));
	else
		change_event(run, server);
}

static void on_timer(struct engine *run)
{
	struct server_run *server;
	size_t owner;

	if (!take_owner(run, &run->timers, &owner) ||
	    run->stage == STAGE_BROKEN)
		return;
	if (owner >= OWNER_GROUPS) {
		group_pause_over(run, owner - OWNER_GROUPS);
		return;
	}
	server = &run->servers.items[owner];
	if (!server_allows(server, EVENT_TIMER))
		run_fail(run, -ERR_BUG, "a timer that %s does not wait for",
			 run_server_name(run, server->server));
	else if (run->input.kind == RUN_OBSERVE)
		observe_event(run, server);
	else
		change_event(run, server);
}

static void on_save_failed(struct engine *run)
{
	size_t owner;

	if (!take_owner(run, &run->saves, &owner))
		return;
	run->n_saves_open--;
	if (run->stage == STAGE_BROKEN)
		return;
	run->stage = STAGE_BROKEN;
	run->result.save_failed =
		run->event->err.code ? run->event->err.code : -ERR_STATE_FILE;
	run->result.stop_reason = run_text(run, "the state was not kept: %s",
					   run->event->err.what);
	broken_begin(run);
}

/* What a server answered. */
static void on_answer(struct engine *run)
{
	const struct event *event = run->event;
	size_t at = event->server < run->input.desired->servers.n
			    ? run->of_server[event->server]
			    : SIZE_MAX;

	if (at == SIZE_MAX ||
	    !server_allows(&run->servers.items[at], event->kind)) {
		run_fail(run, -ERR_BUG, "an answer that nobody waits for");
		return;
	}
	if (run->stage == STAGE_BROKEN)
		broken_event(run, &run->servers.items[at]);
	else if (run->input.kind == RUN_OBSERVE)
		observe_event(run, &run->servers.items[at]);
	else
		change_event(run, &run->servers.items[at]);
}

static void on_stop(struct engine *run)
{
	run->stop = true;
	run->moved = run->retry = true;
	run->result.stopped = true;
	if (!run->result.stop_reason)
		run->result.stop_reason = "interrupted";
}

static void dispatch(struct engine *run)
{
	switch (run->event->kind) {
	case EVENT_START:
		on_start(run);
		break;
	case EVENT_SAVED:
		on_saved(run);
		break;
	case EVENT_SAVE_FAILED:
		on_save_failed(run);
		break;
	case EVENT_OBSERVED:
	case EVENT_APPLIED:
	case EVENT_ACTIVATED:
	case EVENT_VERIFIED:
	case EVENT_FAILED:
		on_answer(run);
		break;
	case EVENT_TIMER:
		on_timer(run);
		break;
	case EVENT_PROVED:
		account_event(run);
		break;
	case EVENT_STOP:
		on_stop(run);
		break;
	}
}

int engine_step(struct engine *engine, const struct event *event,
		struct action_array *actions, struct err *err)
{
	struct engine *run = engine;
	size_t before = actions->n;

	run->event = event;
	run->actions = actions;
	if (run->stage == STAGE_ENDED)
		run_fail(run, -ERR_BUG, "an event after the end of the run");
	if (!run->rc)
		dispatch(run);
	if (!run->rc && run->stage == STAGE_WORKING) {
		if (run->input.kind == RUN_OBSERVE)
			observe_turn(run);
		else
			gate_turn(run);
	}
	if (!run->rc && run->stage == STAGE_BROKEN && run->n_working == 0 &&
	    run->n_proofs_open == 0)
		run_end(run);
	run->event = NULL;
	run->actions = NULL;
	if (!run->rc)
		return 0;
	actions->n = before;
	return err_set(err, run->rc, "%s", run->err.what);
}

bool engine_ended(const struct engine *engine)
{
	return engine->stage == STAGE_ENDED;
}

const struct plan *engine_plan(const struct engine *engine)
{
	return &engine->plan;
}

const struct reading_array *engine_readings(const struct engine *engine)
{
	return &engine->readings;
}

const struct run_result *engine_result(const struct engine *engine)
{
	return &engine->result;
}

void engine_progress(const struct engine *engine, size_t *ret_done,
		     size_t *ret_all)
{
	*ret_done = engine->n_ended;
	*ret_all = engine->servers.n;
}

void engine_waits(const struct engine *engine, struct run_waits *ret)
{
	const struct server_run *server;

	*ret = (struct run_waits){ .n_lost = engine->n_pausing,
				   .n_asked = engine->n_proofs_open };
	if (engine->groups && !engine->stop)
		groups_waits(engine, ret);
	if (engine->n_pausing == 0)
		return;
	array_foreach(server, &engine->servers) {
		if (server->phase != PHASE_PAUSING ||
		    server->until_mono_ms < ret->lost_until_ms)
			continue;
		ret->lost_until_ms = server->until_mono_ms;
		ret->lost = run_server_name(engine, server->server);
	}
}
