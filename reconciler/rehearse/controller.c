/* controller.c - one run of the engine: it is told, and what it wants is
 * carried out, one function for each kind of action. */
#include "reconciler/rehearse/inside.h"

#include <string.h>

#define PAUSE_MS 300000

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
	proved.event.proof = farm_account_works(account, rehearse->now_ms)
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

static void fall_asleep(struct rehearse *rehearse,
			const struct happening *wakes, int64_t ms)
{
	wakes->controller->asleep = true;
	wakes->controller->wakes_ms = rehearse->now_ms + ms;
	rehearse_later(rehearse, ms, wakes);
}

/* It is stopped in the middle of what it was about to do (SIGSTOP, a machine
 * that sleeps): the rest is done when it wakes. */
static void put_off(struct rehearse *rehearse, struct controller *controller,
		    const struct action_array *actions, size_t done)
{
	const size_t n = actions->n - done;
	struct happening wakes = { .kind = HAPPENS_WAKES,
				   .controller = controller };
	struct action *rest = arena_alloc(rehearse->arena, n * sizeof(*rest));

	if (!rest) {
		rehearse_fail(rehearse, -ERR_NOMEM, "rehearsing");
		return;
	}
	memcpy(rest, actions->items + done, n * sizeof(*rest));
	wakes.rest = rest;
	wakes.n_rest = n;
	fall_asleep(rehearse, &wakes, dice_range(&rehearse->dice, 1, PAUSE_MS));
}

void rehearse_sleep(struct rehearse *rehearse, struct controller *controller,
		    int64_t ms)
{
	const struct happening wakes = { .kind = HAPPENS_WAKES,
					 .controller = controller };

	if (controller->asleep)
		return;
	fall_asleep(rehearse, &wakes, ms);
}

static void carry_out_all(struct rehearse *rehearse,
			  struct controller *controller,
			  const struct action_array *actions)
{
	for (size_t i = 0; i < actions->n; i++) {
		if (rehearse_rare(rehearse, FAULT_PAUSE,
				  rehearse->chances.pause)) {
			put_off(rehearse, controller, actions, i);
			return;
		}
		carry_out(rehearse, controller, &actions->items[i]);
	}
}

void controller_wakes(struct rehearse *rehearse, const struct happening *wakes)
{
	wakes->controller->asleep = false;
	for (size_t i = 0; i < wakes->n_rest; i++)
		carry_out(rehearse, wakes->controller, &wakes->rest[i]);
}

void controller_tell(struct rehearse *rehearse, struct controller *controller,
		     struct event *event)
{
	struct action_array actions = { 0 };
	struct err err = { 0 };

	event->mono_ms = rehearse->now_ms;
	event->wall_ms = rehearse->now_ms + controller->wall_offset_ms;
	for (size_t i = 0; i < sizeof(event->random); i++)
		event->random[i] = (uint8_t)dice_next(&rehearse->dice);
	if (rehearse->hooks.event)
		rehearse->hooks.event(rehearse->hooks.user, controller, event);
	controller->told_ms = rehearse->now_ms;
	if (engine_step(controller->engine, event, &actions, &err)) {
		rehearse_fail(rehearse, -ERR_BUG, "engine_step: %s", err.what);
		return;
	}
	controller->ended = engine_ended(controller->engine);
	carry_out_all(rehearse, controller, &actions);
}

void controller_saved(struct rehearse *rehearse, struct happening *saved)
{
	struct controller *controller = saved->controller;
	struct disk *disk = controller->disk;

	if (!controller->saves_fail &&
	    rehearse_fault(rehearse, FAULT_SAVE, rehearse->chances.save_fails))
		controller->saves_fail = true;
	if (controller->saves_fail || disk->epoch != controller->epoch) {
		saved->event.kind = EVENT_SAVE_FAILED;
		(void)err_set(&saved->event.err, -ERR_STATE_FILE,
			      disk->epoch == controller->epoch
				      ? "the disk is full"
				      : "another run took over");
	} else {
		rehearse->rc = disk_write(disk, saved->save, &rehearse->err);
		if (!rehearse->rc && rehearse->hooks.saved)
			rehearse->hooks.saved(rehearse->hooks.user, controller,
					      saved->save);
	}
	controller_tell(rehearse, controller, &saved->event);
}
