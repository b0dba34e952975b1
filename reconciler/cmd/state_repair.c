/* state_repair.c - see state_repair.h. */
#include "reconciler/cmd/state_repair.h"

#include "reconciler/cmd/actor.h"
#include "reconciler/cmd/confirm.h"
#include "reconciler/cmd/look.h"
#include "reconciler/core/str.h"
#include "reconciler/report/text.h"
#include "reconciler/sys/clock.h"

#include <string.h>

/* One repair. */
struct repair {
	struct context context;
	enum store_damage damage;
	struct err why; /* of the damage */
	struct look look;
	struct fence_row_array rows; /* to take over */
	size_t n_servers;            /* that they are of */
	const char *aside;
	char run_id[32];
};

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "repairing the state");
}

static int open_state(const struct options *options, struct repair *repair,
		      struct err *err)
{
	struct context *context = &repair->context;
	char actor[ACTOR_BYTES];
	int rc = context_state_path(options, context, err);

	if (!rc)
		rc = store_open_repair(context->state_path, &context->store,
				       &repair->damage, &repair->why, err);
	if (rc)
		return rc;
	actor_full(actor, sizeof(actor));
	rc = store_set_actor(context->store, actor, err);
	if (!rc &&
	    (repair->damage == STORE_SOUND || repair->damage == STORE_OLDER))
		rc = store_past(context->store, &context->arena, &context->past,
				err);
	return rc;
}

static bool is_ahead(const struct repair *repair, const char *key,
		     const struct observed_pool *pool)
{
	const struct past_pool *past =
		past_find(&repair->context.past, key, pool->name);

	if (!pool->fence.present)
		return false;
	if (!past || pool->fence.generation > past->generation)
		return true;
	return pool->fence.generation == past->generation &&
	       memcmp(pool->fence.candidate, past->candidate,
		      sizeof(past->candidate)) != 0;
}

/* Whom it runs as, when a declared account is that. */
static int fill_account(struct repair *repair, const struct observed_pool *pool,
			struct fence_row *row, struct err *err)
{
	const struct desired *desired = &repair->context.desired;
	const struct report_context named = context_report(&repair->context);
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, 1024);
	if (pool->account < desired->accounts.n)
		text_account(&named, &text, pool->account);
	row->account = arena_strdup(&repair->context.arena, buf_text(&text));
	if (!row->account)
		return no_memory(err);
	/* The server holds this very password already, so the account was
	 * applied to it. */
	row->paired = row->account[0] && pool->password == PASSWORD_CURRENT;
	return 0;
}

static int add_pool(struct repair *repair, const char *key,
		    const struct observed_pool *pool, struct err *err)
{
	struct fence_row row = {
		.server = key,
		.pool = pool->name,
		.generation = pool->fence.generation,
		.committed_ms = pool->fence.committed_ms,
	};
	int rc = fill_account(repair, pool, &row, err);

	memcpy(row.candidate, pool->fence.candidate, sizeof(row.candidate));
	if (!rc && !array_push(&repair->context.arena, &repair->rows, row))
		rc = no_memory(err);
	return rc;
}

static int add_server(struct repair *repair, const struct observed *observed,
		      struct err *err)
{
	const char *key =
		repair->context.desired.servers.items[observed->server].key;
	const size_t before = repair->rows.n;
	const struct observed_pool *pool;
	int rc = 0;

	array_foreach(pool, &observed->pools) {
		if (!rc && is_ahead(repair, key, pool))
			rc = add_pool(repair, key, pool, err);
	}
	repair->n_servers += repair->rows.n > before;
	return rc;
}

static int collect(struct repair *repair, struct err *err)
{
	const struct reading *reading;
	int rc = 0;

	array_foreach(reading, repair->look.readings) {
		if (!rc && reading->observed)
			rc = add_server(repair, reading->observed, err);
	}
	return rc;
}

static void put_servers(const struct repair *repair, struct buf *out)
{
	const struct desired *desired = &repair->context.desired;
	const struct plan_server *server;
	const struct reading *reading;

	array_foreach(reading, repair->look.readings) {
		if (!reading->observed || !reading->observed->fence_damaged)
			continue;
		buf_printf(out,
			   "  %s   its lockstep.fence is damaged: what was "
			   "written there can't be taken over\n",
			   desired->servers.items[reading->server].name);
	}
	array_foreach(server, &repair->look.plan->servers) {
		if (server->read)
			continue;
		buf_printf(out, "  %s   could not be read: ",
			   desired->servers.items[server->server].name);
		str_put_plain(out, server->reason);
		buf_putc(out, '\n');
	}
}

static void put_loss(const struct repair *repair, struct buf *out)
{
	static const char *const texts[] = {
		[STORE_SOUND] = "What was proved of them is unknown until it "
				"is seen again; everything else stays.",
		[STORE_MISSING] =
			"A new state is made: older runs, what was proved, and "
			"suspensions are not known any more.",
		[STORE_BROKEN] =
			"A new state is made and the old file is kept beside "
			"it: older runs, what was proved, and suspensions are "
			"not known any more.",
		[STORE_OLDER] =
			"The copy goes on to be used, and is kept beside it as "
			"it is: runs and suspensions since then are not known, "
			"and a run that it knows as unfinished does not go on.",
	};

	buf_printf(out, "%s\nNothing is written on any server.\n",
		   texts[repair->damage]);
}

/* What would be done. */
static int put_findings(const void *data, struct buf *out, struct err *err)
{
	const struct repair *repair = data;
	const struct look *look = &repair->look;

	if (repair->damage != STORE_SOUND) {
		buf_puts(out, "The state ");
		str_put_plain(out, repair->context.state_path);
		buf_puts(out, ": ");
		str_put_plain(out, repair->why.what);
		buf_puts(out, ".\n");
	}
	buf_printf(out, "Read %zu of ", look->plan->servers.n - look->n_unread);
	text_count(out, look->plan->servers.n, "server");
	if (repair->rows.n > 0) {
		buf_puts(out, ": ");
		text_count(out, repair->rows.n, "pool");
		buf_puts(out, " on ");
		text_count(out, repair->n_servers, "server");
		buf_printf(out,
			   " %s written by runs that the state does not "
			   "know.\n",
			   repair->rows.n == 1 ? "was" : "were");
	} else {
		buf_puts(out, ": no server is ahead of the state.\n");
	}
	put_servers(repair, out);
	if (repair->damage != STORE_SOUND || repair->rows.n > 0)
		put_loss(repair, out);
	else
		buf_puts(out, "There is nothing to repair.\n");
	return buf_check(out, err);
}

static int put_done(const void *data, struct buf *out, struct err *err)
{
	const struct repair *repair = data;

	text_count(out, repair->rows.n, "generation");
	buf_puts(out, " taken over into ");
	str_put_plain(out, repair->context.state_path);
	buf_puts(out, ".\n");
	if (repair->aside[0]) {
		buf_puts(out, "The old file is ");
		str_put_plain(out, repair->aside);
		buf_puts(out, "\n");
	}
	if (repair->look.n_unread > 0)
		buf_puts(out, "Run it again when the other servers can be "
			      "read: until then apply refuses what is ahead "
			      "there.\n");
	buf_puts(out, "\nNext: lockstep plan\n");
	return buf_check(out, err);
}

static int get_approval(const struct options *options, struct err *err)
{
	if (options->auto_approve)
		return 0;
	if (!confirm_possible())
		return err_set(err, -ERR_NOT_CONFIRMED,
			       "this is no terminal, so nobody can confirm the "
			       "repair; nothing was changed");
	if (!confirm_yes("Repair the state like that?"))
		return err_set(err, -ERR_NOT_CONFIRMED,
			       "the repair was not confirmed; nothing was "
			       "changed");
	return 0;
}

static int carry_out(const struct options *options, struct repair *repair,
		     struct err *err)
{
	struct store *store = repair->context.store;
	int rc = get_approval(options, err);

	if (!rc)
		rc = look_run_id(repair->run_id, err);
	if (!rc)
		rc = store_rebuild(store, repair->damage, &repair->aside, err);
	if (!rc)
		rc = store_take_over(store, repair->run_id, clock_wall_ms(),
				     &repair->rows, err);
	return rc ? rc : output_show(options, put_done, NULL, repair, err);
}

static int repair_all(const struct options *options, struct repair *repair,
		      struct cmd_end *end, struct err *err)
{
	int rc = context_load(options, &repair->context, end, err);

	if (!rc)
		rc = context_passwords(&repair->context, err);
	if (!rc)
		rc = open_state(options, repair, err);
	if (!rc)
		rc = look_at_servers(options, &repair->context, &repair->look,
				     err);
	if (!rc && repair->look.signal)
		rc = err_set(err, -ERR_INTERRUPTED,
			     "the servers were not read to the end; nothing "
			     "was changed");
	if (!rc)
		rc = collect(repair, err);
	if (!rc)
		rc = output_show(options, put_findings, NULL, repair, err);
	if (!rc && (repair->damage != STORE_SOUND || repair->rows.n > 0))
		rc = carry_out(options, repair, err);
	if (rc)
		return rc;
	return repair->look.n_unread > 0 ? EXIT_UNREAD : 0;
}

int state_repair(const struct options *options, struct cmd_end *end,
		 struct err *err)
{
	struct repair repair = { .aside = "" };
	int rc;

	context_init(&repair.context);
	rc = repair_all(options, &repair, end, err);
	context_done(&repair.context);
	return rc;
}
