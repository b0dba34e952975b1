/* cmd_suspend.c - suspend and resume: pools that apply leaves alone for a
 * while. Asks no server and needs no secret. */
#include "reconciler/cmd/actor.h"
#include "reconciler/cmd/reason.h"
#include "reconciler/cmd/select.h"
#include "reconciler/cmd/when.h"
#include "reconciler/core/str.h"
#include "reconciler/report/text.h"
#include "reconciler/sys/clock.h"

#include <string.h>

#define AHEAD_MAX_DAYS 90
#define DAY_MS         (INT64_C(24) * 3600 * 1000)

/* One suspend or resume. */
struct request {
	struct context context;
	struct past_suspension_array items; /* to begin, or to end */
	bool ends;
	char by[ACTOR_BYTES];
	int64_t now_ms;
	int64_t until_ms;
};

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "suspending");
}

/* Nothing that was left out is suspended by a server as a whole. */
static int check_place(const struct options *options, const char *verb,
		       struct err *err)
{
	bool place = false;
	bool pool = false;
	bool without = false;

	for (size_t i = 0; i < options->n_picks; i++) {
		const struct pick *pick = &options->picks[i];

		place = place || !pick->exclude;
		if (pick->kind != PICK_POOL)
			continue;
		pool = pool || !pick->exclude;
		without = without || pick->exclude;
	}
	if (!place)
		return err_set(err, -ERR_USAGE,
			       "say what to %s: --server, --group, --label or "
			       "--pool; --server '*' is everything",
			       verb);
	if (without && !pool)
		return err_set(err, -ERR_USAGE,
			       "--exclude-pool needs --pool beside it: without "
			       "it whole servers are meant");
	return 0;
}

static int check_until(const struct options *options, struct request *request,
		       struct err *err)
{
	int rc = when_parse("--until", options->until, WHEN_AHEAD,
			    request->now_ms, &request->until_ms, err);

	if (rc)
		return rc;
	if (request->until_ms <= request->now_ms)
		return err_set(err, -ERR_USAGE,
			       "--until %s: that is over already",
			       options->until);
	if (request->until_ms > request->now_ms + AHEAD_MAX_DAYS * DAY_MS)
		return err_set(err, -ERR_USAGE,
			       "--until %s: that is more than %d days ahead; "
			       "what is to stay like that belongs into the "
			       "manifests (exclude)",
			       options->until, AHEAD_MAX_DAYS);
	return 0;
}

static int check_suspend(const struct options *options, struct request *request,
			 struct err *err)
{
	int rc = check_place(options, "suspend", err);

	if (rc)
		return rc;
	rc = reason_check(options,
			  "whoever finds the pools suspended must know why",
			  err);
	if (rc)
		return rc;
	if (!options->until)
		return err_set(err, -ERR_USAGE,
			       "--until is missing: for example 36h, 14d or "
			       "2026-12-01T06:00");
	return check_until(options, request, err);
}

static bool has_item(const struct request *request, const char *server,
		     const char *pool)
{
	for (size_t i = 0; i < request->items.n; i++)
		if (str_eq(request->items.items[i].server, server) &&
		    str_eq_nocase(request->items.items[i].pool, pool))
			return true;
	return false;
}

static int add_item(const struct options *options, struct request *request,
		    const char *server, const char *pool, struct err *err)
{
	const struct past_suspension item = {
		.server = server,
		.pool = pool,
		.reason = options->reason,
		.ticket = options->ticket ? options->ticket : "",
		.by = request->by,
		.at_ms = request->now_ms,
		.until_ms = request->until_ms,
	};

	if (has_item(request, server, pool) ||
	    (pool[0] &&
	     !selection_takes(&request->context.selection, pool, "")))
		return 0;
	if (!array_push(&request->context.arena, &request->items, item))
		return no_memory(err);
	return 0;
}

/* Pools that are known of a server: declared by name, or seen there. A name
 * that a pattern of the manifests covers is taken as it was given. */
static int add_pools(const struct options *options, struct request *request,
		     size_t server, const char *pattern, struct err *err)
{
	struct context *context = &request->context;
	const struct desired *desired = &context->desired;
	const char *key = desired->servers.items[server].key;
	const struct past_pool *past = NULL;
	struct index_array bindings = { 0 };
	const size_t *at;
	int rc = 0;

	if (desired_bindings_of(desired, server, &context->arena, &bindings))
		return no_memory(err);
	array_foreach(at, &bindings) {
		const struct binding *binding = &desired->bindings.items[*at];
		const struct named_pool *pool;

		array_foreach(pool, &binding->pools) {
			if (!rc && !pool->glob &&
			    str_glob_match(pattern, pool->name))
				rc = add_item(options, request, key, pool->name,
					      err);
			if (!rc && pool->glob && !str_is_glob(pattern) &&
			    str_glob_match(pool->name, pattern))
				rc = add_item(options, request, key, pattern,
					      err);
		}
	}
	while (!rc && (past = past_next(&context->past, key, past)))
		if (str_glob_match(pattern, past->pool) &&
		    !str_is_glob(past->pool))
			rc = add_item(options, request, key, past->pool, err);
	return rc;
}

static int nothing_meant(const char *pattern, struct err *err)
{
	return err_set(err, -ERR_USAGE,
		       "--pool %s: no pool that is declared for the selected "
		       "servers, or was seen there, has that name; lockstep "
		       "plan reads them",
		       pattern);
}

static int collect(const struct options *options, struct request *request,
		   struct err *err)
{
	const struct context *context = &request->context;
	const struct text_array *patterns = &context->selection.pools;
	int rc = 0;

	for (size_t i = 0; !rc && i < context->scope.n && !patterns->n; i++)
		rc = add_item(
			options, request,
			context->desired.servers.items[context->scope.items[i]]
				.key,
			"", err);
	for (size_t p = 0; !rc && p < patterns->n; p++) {
		const size_t before = request->items.n;

		for (size_t i = 0; !rc && i < context->scope.n; i++)
			rc = add_pools(options, request,
				       context->scope.items[i],
				       patterns->items[p], err);
		if (!rc && request->items.n == before)
			rc = nothing_meant(patterns->items[p], err);
	}
	return rc;
}

static bool is_meant(const struct context *context,
		     const struct past_suspension *item)
{
	const struct selection *selection = &context->selection;

	for (size_t i = 0; i < context->scope.n; i++) {
		const struct server *server =
			&context->desired.servers.items[context->scope.items[i]];

		if (str_eq(server->key, item->server))
			return !selection->pools.n ||
			       (item->pool[0] &&
				selection_takes(selection, item->pool, ""));
	}
	return false;
}

/* What is in force and was selected; without --pool also single pools. */
static int collect_ended(struct request *request, struct err *err)
{
	struct context *context = &request->context;
	const struct past_suspension *item;

	array_foreach(item, &context->past.suspensions) {
		if (is_meant(context, item) &&
		    !array_push(&context->arena, &request->items, *item))
			return no_memory(err);
	}
	if (request->items.n > 0)
		return 0;
	if (!context->selection.pools.n)
		return err_set(err, -ERR_USAGE,
			       "nothing of the selected servers is suspended; "
			       "see lockstep status");
	return err_set(err, -ERR_USAGE,
		       "none of these pools is suspended by itself; a server "
		       "that is suspended as a whole is resumed as a whole "
		       "(--server without --pool); see lockstep status");
}

static const char *name_of(const struct request *request, const char *key)
{
	const struct server *server;

	array_foreach(server, &request->context.desired.servers) {
		if (str_eq(server->key, key))
			return server->name;
	}
	return key;
}

static int put_table(const void *data, struct buf *out, struct err *err)
{
	const struct request *request = data;
	const struct past_suspension *item;
	char until[WHEN_BYTES];

	when_text(request->until_ms, until, sizeof(until));
	if (request->ends) {
		buf_puts(out, "Resumed:\n");
	} else {
		buf_printf(out, "Suspended until %s (", until);
		text_time(out, request->until_ms);
		buf_puts(out, "):\n");
	}
	array_foreach(item, &request->items) {
		buf_printf(out, "  %s/", name_of(request, item->server));
		if (item->pool[0])
			str_put_plain(out, item->pool);
		else
			buf_puts(out, "* (every pool)");
		buf_putc(out, '\n');
	}
	buf_puts(out, request->ends
			      ? "\nNext: lockstep plan\n"
			      : "\nThey are neither compared nor changed until "
				"then; lockstep resume ends it before.\n");
	return buf_check(out, err);
}

static int load(const struct options *options, struct request *request,
		struct cmd_end *end, struct err *err)
{
	int rc = context_load(options, &request->context, end, err);

	return rc ? rc
		  : context_state(options, &request->context, STORE_WRITE,
				  false, err);
}

static int suspend(const struct options *options, struct request *request,
		   struct cmd_end *end, struct err *err)
{
	int rc = check_suspend(options, request, err);

	if (!rc)
		rc = load(options, request, end, err);
	if (!rc)
		rc = collect(options, request, err);
	if (!rc)
		rc = store_suspend(request->context.store, request->items.items,
				   request->items.n, err);
	return rc ? rc : output_show(options, put_table, NULL, request, err);
}

static int resume(const struct options *options, struct request *request,
		  struct cmd_end *end, struct err *err)
{
	int rc = check_place(options, "resume", err);

	if (!rc)
		rc = load(options, request, end, err);
	if (!rc)
		rc = collect_ended(request, err);
	if (!rc)
		rc = store_resume(request->context.store, request->items.items,
				  request->items.n, request->by,
				  request->now_ms, err);
	return rc ? rc : output_show(options, put_table, NULL, request, err);
}

static int run_as(const struct options *options, struct cmd_end *end, bool ends,
		  struct err *err)
{
	struct request request = { .ends = ends, .now_ms = clock_wall_ms() };
	int rc;

	context_init(&request.context);
	actor_name(request.by, sizeof(request.by));
	rc = ends ? resume(options, &request, end, err)
		  : suspend(options, &request, end, err);
	context_done(&request.context);
	return rc;
}

static int run_suspend(const struct options *options, struct cmd_end *end,
		       struct err *err)
{
	return run_as(options, end, false, err);
}

static int run_resume(const struct options *options, struct cmd_end *end,
		      struct err *err)
{
	return run_as(options, end, true, err);
}

const struct cmd cmd_suspend = {
	.name = "suspend",
	.words = "",
	.summary = "have pools left alone until a time, with a reason",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE | OPTION_PLACE |
		   OPTION_REASON | OPTION_SUSPEND,
	.run = run_suspend,
};

const struct cmd cmd_resume = {
	.name = "resume",
	.words = "",
	.summary = "end a suspension before its time",
	.options = OPTION_FOLDER | OPTION_CONFIG | OPTION_STATE | OPTION_PLACE,
	.run = run_resume,
};
