/* rehearse.c - virtual time: what is due happens, and engines are told. */
#include "reconciler/rehearse/inside.h"

#include <stdarg.h>
#include <stdio.h>

#define START_MS     1000000
#define STEPS_MAX    20000 /* of a run, and as many for each of its servers */
#define STEPS_SERVER 2000
#define DOWN_MS      240000
#define JUMP_MS      86400000

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
		[FAULT_UNREACHABLE] = "unreachable",
		[FAULT_LOST] = "lost",
		[FAULT_REPLY_LOST] = "reply lost",
		[FAULT_LATE] = "late",
		[FAULT_PARTIAL] = "partial",
		[FAULT_SAVE] = "save failed",
		[FAULT_CRASH] = "crash",
		[FAULT_STOP] = "stop",
		[FAULT_UNPROVED] = "unproved",
		[FAULT_DOUBLED] = "doubled",
		[FAULT_PAUSE] = "pause",
		[FAULT_REBOOT] = "reboot",
		[FAULT_CLOCK] = "clock set",
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

bool rehearse_rare(struct rehearse *rehearse, enum fault_kind kind,
		   unsigned permille)
{
	return permille > 0 && rehearse_fault(rehearse, kind, permille);
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

/* What it hears. */
static void reaches(struct rehearse *rehearse, struct happening *happening)
{
	struct controller *controller = happening->controller;

	switch (happening->kind) {
	case HAPPENS_SAVED:
		controller_saved(rehearse, happening);
		return;
	case HAPPENS_WAKES:
		controller_wakes(rehearse, happening);
		return;
	case HAPPENS_ANSWER:
		request_answers(rehearse, happening);
		break;
	case HAPPENS_LANDS:
	case HAPPENS_FAILS:
	case HAPPENS_TIMER:
	case HAPPENS_PROVED:
		break;
	}
	if (happening->event.kind == EVENT_FAILED)
		controller->session[happening->event.server] = false;
	controller_tell(rehearse, controller, &happening->event);
}

static void happens(struct rehearse *rehearse, struct happening *happening)
{
	struct controller *controller = happening->controller;

	rehearse->n_events++;
	if (happening->kind == HAPPENS_LANDS)
		request_lands(rehearse, happening->request);
	else if (rehearse_is_over(controller))
		return;
	else if (controller->asleep && happening->kind != HAPPENS_WAKES)
		rehearse_later(rehearse,
			       controller->wakes_ms - rehearse->now_ms,
			       happening);
	else
		reaches(rehearse, happening);
}

void rehearse_crash(struct rehearse *rehearse, struct controller *controller)
{
	struct queue kept = { .arena = rehearse->arena };
	struct happening *happening;
	bool durable = true;
	int64_t at_ms = 0;

	while ((happening = queue_take(&rehearse->queue, &at_ms))) {
		if (happening->kind == HAPPENS_SAVED &&
		    happening->controller == controller) {
			durable =
				durable && !controller->saves_fail &&
				controller->disk->epoch == controller->epoch &&
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

/* One of the servers starts anew. */
static void reboot(struct rehearse *rehearse)
{
	const size_t server =
		dice_index(&rehearse->dice, rehearse->farm.n_servers);
	const int64_t down_ms = dice_range(&rehearse->dice, 1, DOWN_MS);

	farm_reboot(&rehearse->farm, server, rehearse->now_ms, down_ms);
	if (rehearse->hooks.rebooted)
		rehearse->hooks.rebooted(rehearse->hooks.user, server);
}

/* Its wall clock is set; its monotonic clock goes on. */
static void jump(struct rehearse *rehearse, struct controller *controller)
{
	controller->wall_offset_ms +=
		dice_range(&rehearse->dice, -JUMP_MS, JUMP_MS);
}

void rehearse_stop(struct rehearse *rehearse, struct controller *controller)
{
	struct event stop = { .kind = EVENT_STOP };

	controller_tell(rehearse, controller, &stop);
	controller->stopped = true;
}

static void disturb(struct rehearse *rehearse, struct controller *controller)
{
	if (rehearse_fault(rehearse, FAULT_CRASH, rehearse->chances.crash)) {
		rehearse_crash(rehearse, controller);
		return;
	}
	if (rehearse_fault(rehearse, FAULT_STOP, rehearse->chances.stop) &&
	    !controller->asleep)
		rehearse_stop(rehearse, controller);
	if (rehearse_rare(rehearse, FAULT_REBOOT, rehearse->chances.reboot))
		reboot(rehearse);
	if (rehearse_rare(rehearse, FAULT_CLOCK, rehearse->chances.clock))
		jump(rehearse, controller);
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
		.wall_offset_ms = rehearse->wall_offset_ms,
		.session = arena_alloc(rehearse->arena,
				       rehearse->farm.n_servers + 1),
		.boot = arena_alloc(rehearse->arena,
				    (rehearse->farm.n_servers + 1) *
					    sizeof(*controller->boot)),
	};
	if (!controller->session || !controller->boot) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return NULL;
	}
	rc = engine_new(input, &controller->engine, &rehearse->err);
	if (rc) {
		rehearse->rc = rc;
		return NULL;
	}
	controller_tell(rehearse, controller, &start);
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

bool rehearse_until_over(struct rehearse *rehearse,
			 struct controller *controller)
{
	const size_t max = STEPS_MAX + STEPS_SERVER * rehearse->farm.n_servers;

	for (size_t n = 0; !rehearse_is_over(controller); n++) {
		if (n == max || !rehearse_step(rehearse))
			rehearse_fail(rehearse, -ERR_BUG,
				      "the run does not end");
		if (rehearse->rc)
			return false;
		if (!rehearse_is_over(controller))
			disturb(rehearse, controller);
	}
	return !rehearse->rc;
}

struct controller *rehearse_run(struct rehearse *rehearse,
				const struct engine_input *input,
				struct disk *disk)
{
	struct controller *controller = rehearse_start(rehearse, input, disk);

	if (!controller || !rehearse_until_over(rehearse, controller))
		return NULL;
	return controller;
}

bool rehearse_wait(struct rehearse *rehearse, int64_t ms)
{
	const int64_t until_ms = rehearse->now_ms + ms;

	while (!rehearse->rc && rehearse->queue.n > 0 &&
	       rehearse->queue.items[0].at_ms <= until_ms)
		(void)rehearse_step(rehearse);
	if (rehearse->now_ms < until_ms)
		rehearse->now_ms = until_ms;
	return !rehearse->rc;
}

bool rehearse_settle(struct rehearse *rehearse)
{
	while (rehearse_step(rehearse))
		continue;
	return !rehearse->rc;
}
