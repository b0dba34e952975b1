/* trouble.c - see trouble.h. */
#include "reconciler/rehearse/trouble.h"

#include "reconciler/rehearse/play.h"

#include <string.h>

#define REFUSED (-7) /* a password that nobody holds */

static const struct span reboot_ms = { 60000, 300000 };

/* A change of an account, drawn; SIZE_MAX = the plan has none. */
static size_t draw_change(struct trouble *trouble)
{
	const struct planned_pool_array *pools =
		&trouble->watch->planned->pools;
	const size_t first = dice_index(&trouble->dice, pools->n);

	for (size_t i = 0; i < pools->n; i++) {
		const size_t at = (first + i) % pools->n;

		if (pools->items[at].change->account != SIZE_MAX)
			return at;
	}
	return SIZE_MAX;
}

bool play_can_fail(const struct planned *planned, enum rehearsal_fault fault)
{
	if (fault != REHEARSAL_PASSWORD && fault != REHEARSAL_RIGHT)
		return planned->pools.n > 0;
	for (size_t i = 0; i < planned->pools.n; i++) {
		const struct change *change = planned->pools.items[i].change;

		if (change->account != SIZE_MAX &&
		    (fault == REHEARSAL_RIGHT || change->secret))
			return true;
	}
	return false;
}

/* From a moment of the run on, everything is denied for a day. */
static int freeze(struct trouble *trouble, int64_t from_ms)
{
	const struct desired *desired = trouble->watch->planned->desired;
	const size_t n = desired->windows.n;
	const struct window **windows = arena_alloc(
		trouble->watch->world->arena, (n + 1) * sizeof(void *));

	if (!windows)
		return -ERR_NOMEM;
	trouble->utc = (struct zone){ .name = "UTC" };
	trouble->freeze = (struct window){
		.name = "rehearsed freeze",
		.mode = WINDOW_DENY,
		.zone = &trouble->utc,
		.opens = WINDOW_SPAN,
		.from = zone_civil(&trouble->utc, from_ms),
		.to = zone_civil(&trouble->utc, from_ms + 86400000),
	};
	for (size_t i = 0; i < n; i++)
		windows[i] = desired->windows.items[i];
	windows[n] = &trouble->freeze;
	trouble->frozen = *desired;
	trouble->frozen.windows =
		(struct window_ref_array){ windows, n + 1, n + 1 };
	return 0;
}

static int prepare(struct trouble *trouble, const struct played *clean)
{
	struct rehearse *world = trouble->watch->world;

	switch (trouble->fault) {
	case REHEARSAL_LOST:
		world->chances.lost = 10;
		world->chances.reply_lost = 10;
		world->chances.late = 10;
		break;
	case REHEARSAL_UNREACHABLE:
		world->farm.servers[trouble->server].up_ms = INT64_MAX;
		break;
	case REHEARSAL_RIGHT:
		world->farm.servers[trouble->server].no_right[trouble->account] =
			true;
		break;
	case REHEARSAL_CLOSE:
		return freeze(trouble,
			      world->now_ms + dice_range(&trouble->dice, 1,
							 clean->took_ms));
	case REHEARSAL_CRASH:
	case REHEARSAL_REBOOT:
	case REHEARSAL_PASSWORD:
	case REHEARSAL_DISK:
	case REHEARSAL_STOP:
	case REHEARSAL_FAULT_COUNT:
		break;
	}
	return 0;
}

int trouble_new(struct trouble *ret, struct watch *watch,
		enum rehearsal_fault fault, const struct played *clean,
		uint64_t seed)
{
	const struct planned *planned = watch->planned;
	size_t hit;

	*ret = (struct trouble){
		.watch = watch,
		.fault = fault,
		.dice = { seed },
	};
	hit = draw_change(ret);
	if (hit == SIZE_MAX)
		hit = 0;
	ret->server = planned->pools.items[hit].change->server;
	ret->account = planned->pools.items[hit].change->account;
	ret->at_step =
		(size_t)dice_range(&ret->dice, 1, (int64_t)clean->n_steps);
	return prepare(ret, clean);
}

const struct desired *trouble_desired(const struct trouble *trouble)
{
	return trouble->fault == REHEARSAL_CLOSE
		       ? &trouble->frozen
		       : trouble->watch->planned->desired;
}

/* The gate let it pass; then the domain gets another password. */
void trouble_action(struct trouble *trouble, const struct action *action)
{
	const struct action_row *row;

	if (!trouble->watch || trouble->fault != REHEARSAL_PASSWORD ||
	    action->kind != ACTION_APPLY)
		return;
	array_foreach(row, &action->rows) {
		if (row->change->account == trouble->account)
			trouble->watch->world->farm.accounts[trouble->account]
				.truth = REFUSED;
	}
}

/* One that is in hand, else any. */
static size_t draw_server(struct trouble *trouble, const struct controller *run)
{
	const struct planned_server_array *servers =
		&trouble->watch->planned->servers;
	const size_t first = dice_index(&trouble->dice, servers->n);

	for (size_t i = 0; i < servers->n; i++) {
		const size_t server =
			servers->items[(first + i) % servers->n].seen->server;

		if (run->session[server])
			return server;
	}
	return servers->items[first].seen->server;
}

static void reboot(struct trouble *trouble, const struct controller *run)
{
	struct rehearse *world = trouble->watch->world;
	const int64_t off_ms = dice_span(&trouble->dice, &reboot_ms);

	trouble->server = draw_server(trouble, run);
	farm_reboot(&world->farm, trouble->server, world->now_ms, off_ms);
	watch_reboot(trouble->watch, trouble->server, world->now_ms + off_ms);
}

void trouble_step(struct trouble *trouble, struct controller *run,
		  size_t n_steps)
{
	struct rehearse *world;

	if (!trouble->watch)
		return;
	world = trouble->watch->world;
	if (n_steps != trouble->at_step)
		return;
	if (trouble->fault == REHEARSAL_CRASH)
		rehearse_crash(world, run);
	else if (trouble->fault == REHEARSAL_STOP)
		rehearse_stop(world, run);
	else if (trouble->fault == REHEARSAL_DISK)
		run->saves_fail = true;
	else if (trouble->fault == REHEARSAL_REBOOT)
		reboot(trouble, run);
}

void trouble_mend(struct trouble *trouble)
{
	struct rehearse *world = trouble->watch->world;

	memset(&world->chances, 0, sizeof(world->chances));
	world->chances.unproved = 1000;
	if (trouble->fault == REHEARSAL_UNREACHABLE)
		world->farm.servers[trouble->server].up_ms = 0;
	if (trouble->account < world->farm.n_accounts) {
		struct farm_account *account =
			&world->farm.accounts[trouble->account];

		account->truth = account->declared;
		world->farm.servers[trouble->server].no_right[trouble->account] =
			false;
	}
	/* It can't happen again. */
	trouble->watch = NULL;
}
