/* rehearse.c - virtual time: what is due happens, and engines are told. */
#include "reconciler/rehearse/inside.h"

#include <stdarg.h>
#include <stdio.h>

#define START_MS     1000000
#define STEPS_MAX    20000 /* of a run, and as many for each of its servers */
#define STEPS_SERVER 2000

const struct pace rehearse_pace = {
	.observe = { 1, 300 },
	.apply = { 1, 300 },
	.activate = { 1, 300 },
	.verify = { 1, 300 },
	.answer = { 1, 300 },
	.prove = { 1, 300 },
	.save_ms = 5,
};

const char *fault_kind_name(enum fault_kind kind)
{
	static const char *const names[FAULT_COUNT] = {
		"unreachable", "lost",  "reply lost", "late",    "partial",
		"save failed", "crash", "stop",       "unproved"
	};

	return (unsigned)kind < FAULT_COUNT ? names[kind] : "unknown";
}

void rehearse_fail(struct rehearse *rehearse, int code, const char *fmt, ...)
{
	char what[sizeof(rehearse->err.what)];
	va_list ap;

	if (rehearse->rc)
		return;
	va_start(ap, fmt);
	(void)vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	rehearse->rc = err_set(&rehearse->err, code, "%s", what);
}

int rehearse_new(struct rehearse *ret, struct arena *arena, uint64_t seed,
		 const struct desired *desired, const struct config *config)
{
	*ret = (struct rehearse){
		.arena = arena,
		.dice = { seed },
		.now_ms = START_MS,
		.pace = rehearse_pace,
		.queue = { .arena = arena },
	};
	return farm_new(&ret->farm, arena, desired, config);
}

bool rehearse_fault(struct rehearse *rehearse, enum fault_kind kind,
		    unsigned permille)
{
	const struct rehearse_hooks *hooks = &rehearse->hooks;

	if (!dice_chance(&rehearse->dice, permille) ||
	    (hooks->fault && !hooks->fault(hooks->user, kind)))
		return false;
	rehearse->n_faults[kind]++;
	return true;
}

void rehearse_later(struct rehearse *rehearse, int64_t in_ms,
		    const struct happening *happening)
{
	struct happening *place = rehearse->spare;

	if (place)
		rehearse->spare = place->next;
	else
		place = arena_alloc(rehearse->arena, sizeof(*place));
	if (!place) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return;
	}
	*place = *happening;
	if (!queue_put(&rehearse->queue, rehearse->now_ms + in_ms, place))
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
}

bool rehearse_is_over(const struct controller *controller)
{
	return controller->crashed || controller->ended;
}

static void put_save(struct rehearse *rehearse, struct controller *controller,
		     const struct save *save)
{
	struct happening saved = { .kind = HAPPENS_SAVED,
				   .controller = controller,
				   .save = save };

	saved.event.kind = EVENT_SAVED;
	saved.event.id = save->id;
	rehearse_later(rehearse, rehearse->pace.save_ms, &saved);
}

static void put_timer(struct rehearse *rehearse, struct controller *controller,
		      const struct action *action)
{
	struct happening timer = { .kind = HAPPENS_TIMER,
				   .controller = controller };

	timer.event.kind = EVENT_TIMER;
	timer.event.id = action->timer;
	rehearse_later(rehearse, action->delay_ms, &timer);
}

/* The directory looks when it is asked. */
static void put_proof(struct rehearse *rehearse, struct controller *controller,
		      const struct action *action)
{
	const struct farm_account *account =
		&rehearse->farm.accounts[action->account];
	struct happening proved = { .kind = HAPPENS_PROVED,
				    .controller = controller };
	int64_t takes = dice_span(&rehearse->dice, &rehearse->pace.prove);

	proved.event.kind = EVENT_PROVED;
	proved.event.account = action->account;
	proved.event.question = action->question;
	proved.event.why = "";
	proved.event.proof = account->truth == account->declared
				     ? PROOF_PROVED
				     : PROOF_REFUSED;
	if (rehearse_fault(rehearse, FAULT_UNPROVED,
			   rehearse->chances.unproved))
		proved.event.proof = PROOF_UNPROVED;
	rehearse_later(rehearse, takes, &proved);
}

static void carry_out(struct rehearse *rehearse, struct controller *controller,
		      const struct action *action)
{
	if (rehearse->hooks.action)
		rehearse->hooks.action(rehearse->hooks.user, controller,
				       action);
	switch (action->kind) {
	case ACTION_OBSERVE:
	case ACTION_APPLY:
	case ACTION_ACTIVATE:
	case ACTION_VERIFY:
		request_send(rehearse, controller, action);
		break;
	case ACTION_SAVE:
		put_save(rehearse, controller, action->save);
		break;
	case ACTION_TIMER:
		put_timer(rehearse, controller, action);
		break;
	case ACTION_PROVE:
		put_proof(rehearse, controller, action);
		break;
	case ACTION_CLOSE:
		controller->session[action->server] = false;
		break;
	case ACTION_END:
		break;
	}
}

static void tell(struct rehearse *rehearse, struct controller *controller,
		 struct event *event)
{
	struct action_array actions = { 0 };
	const struct action *action;
	struct err err = { 0 };

	if (rehearse->hooks.event)
		rehearse->hooks.event(rehearse->hooks.user, controller, event);
	event->wall_ms = event->mono_ms = rehearse->now_ms;
	for (size_t i = 0; i < sizeof(event->random); i++)
		event->random[i] = (uint8_t)dice_next(&rehearse->dice);
	if (engine_step(controller->engine, event, &actions, &err)) {
		rehearse_fail(rehearse, -ERR_BUG, "engine_step: %s", err.what);
		return;
	}
	array_foreach(action, &actions) {
		carry_out(rehearse, controller, action);
	}
	controller->ended = engine_ended(controller->engine);
}

static void tell_saved(struct rehearse *rehearse, struct happening *saved)
{
	struct controller *controller = saved->controller;
	struct disk *disk = controller->disk;

	if (!controller->saves_fail &&
	    rehearse_fault(rehearse, FAULT_SAVE, rehearse->chances.save_fails))
		controller->saves_fail = true;
	if (controller->saves_fail || disk->epoch != controller->epoch) {
		saved->event.kind = EVENT_SAVE_FAILED;
		(void)err_set(&saved->event.err, -ERR_STATE_FILE,
			      "the disk is full");
	} else {
		rehearse->rc = disk_write(disk, saved->save, &rehearse->err);
		if (!rehearse->rc && rehearse->hooks.saved)
			rehearse->hooks.saved(rehearse->hooks.user, controller,
					      saved->save);
	}
	tell(rehearse, controller, &saved->event);
}

static void happens(struct rehearse *rehearse, struct happening *happening)
{
	struct controller *controller = happening->controller;

	rehearse->n_events++;
	if (happening->kind == HAPPENS_LANDS) {
		request_lands(rehearse, happening->request);
		return;
	}
	if (rehearse_is_over(controller))
		return;
	if (happening->kind == HAPPENS_SAVED) {
		tell_saved(rehearse, happening);
		return;
	}
	if (happening->kind == HAPPENS_FAILS)
		controller->session[happening->event.server] = false;
	tell(rehearse, controller, &happening->event);
}

/* Dies here: of its saves that wait, the first few are durable. */
static void crash(struct rehearse *rehearse, struct controller *controller)
{
	struct queue kept = { .arena = rehearse->arena };
	struct happening *happening;
	bool durable = true;
	int64_t at_ms = 0;

	while ((happening = queue_take(&rehearse->queue, &at_ms))) {
		if (happening->kind == HAPPENS_SAVED &&
		    happening->controller == controller) {
			durable = durable && !controller->saves_fail &&
				  dice_chance(&rehearse->dice, 500);
			if (durable && !rehearse->rc)
				rehearse->rc = disk_write(controller->disk,
							  happening->save,
							  &rehearse->err);
		}
		if (!queue_put(&kept, at_ms, happening))
			rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
	}
	rehearse->queue = kept;
	controller->crashed = true;
}

static void disturb(struct rehearse *rehearse, struct controller *controller)
{
	struct event stop = { .kind = EVENT_STOP };

	if (rehearse_fault(rehearse, FAULT_CRASH, rehearse->chances.crash)) {
		crash(rehearse, controller);
		return;
	}
	if (rehearse_fault(rehearse, FAULT_STOP, rehearse->chances.stop)) {
		tell(rehearse, controller, &stop);
		controller->stopped = true;
	}
	if (rehearse->hooks.meanwhile)
		rehearse->hooks.meanwhile(rehearse->hooks.user, controller);
}

struct controller *rehearse_start(struct rehearse *rehearse,
				  const struct engine_input *input,
				  struct disk *disk)
{
	struct event start = { .kind = EVENT_START };
	struct controller *controller =
		arena_alloc(rehearse->arena, sizeof(*controller));
	int rc;

	if (!controller) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return NULL;
	}
	*controller = (struct controller){
		.input = *input,
		.disk = disk,
		.epoch = ++disk->epoch,
		.began_ms = rehearse->now_ms,
		.session = arena_alloc(rehearse->arena,
				       rehearse->farm.n_servers + 1),
	};
	if (!controller->session) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return NULL;
	}
	rc = engine_new(input, &controller->engine, &rehearse->err);
	if (rc) {
		rehearse->rc = rc;
		return NULL;
	}
	tell(rehearse, controller, &start);
	return rehearse->rc ? NULL : controller;
}

bool rehearse_step(struct rehearse *rehearse)
{
	struct happening *happening;
	int64_t at_ms = 0;

	if (rehearse->rc)
		return false;
	happening = queue_take(&rehearse->queue, &at_ms);
	if (!happening)
		return false;
	/* Whoever looks on may have let time pass. */
	if (at_ms > rehearse->now_ms)
		rehearse->now_ms = at_ms;
	happens(rehearse, happening);
	happening->next = rehearse->spare;
	rehearse->spare = happening;
	return !rehearse->rc;
}

struct controller *rehearse_run(struct rehearse *rehearse,
				const struct engine_input *input,
				struct disk *disk)
{
	const size_t max = STEPS_MAX + STEPS_SERVER * rehearse->farm.n_servers;
	struct controller *controller = rehearse_start(rehearse, input, disk);

	for (size_t n = 0; controller && !rehearse_is_over(controller); n++) {
		if (n == max || !rehearse_step(rehearse))
			rehearse_fail(rehearse, -ERR_BUG,
				      "the run does not end");
		if (rehearse->rc)
			return NULL;
		if (!rehearse_is_over(controller))
			disturb(rehearse, controller);
	}
	return rehearse->rc ? NULL : controller;
}

bool rehearse_settle(struct rehearse *rehearse)
{
	while (rehearse_step(rehearse))
		continue;
	return !rehearse->rc;
}
