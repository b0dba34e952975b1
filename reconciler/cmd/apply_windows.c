/* apply_windows.c - see apply_windows.h. */
#include "reconciler/cmd/apply_windows.h"

#include "reconciler/cmd/look.h"
#include "reconciler/cmd/reason.h"
#include "reconciler/cmd/select.h"
#include "reconciler/core/str.h"
#include "reconciler/model/window.h"
#include "reconciler/report/window_words.h"
#include "reconciler/sys/clock.h"

#include <stdio.h>
#include <string.h>

#define NAMES_BYTES_MAX 65536
#define NAMED_MAX       3 /* pools in an error */

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "looking at change windows");
}

static int find_account(struct context *context, const char *name, size_t *ret,
			struct err *err)
{
	const struct account_array *accounts = &context->desired.accounts;
	const char **names =
		select_names(&context->desired, PICK_ACCOUNT, &context->arena);
	const char *near;

	if (!names)
		return no_memory(err);
	for (size_t i = 0; i < accounts->n; i++) {
		if (!str_eq(accounts->items[i].name, name))
			continue;
		if (accounts->items[i].secret == SIZE_MAX)
			return err_set(err, -ERR_USAGE,
				       "--forward %s: Windows manages its "
				       "password, so there is none to hurry "
				       "for",
				       name);
		*ret = i;
		return 0;
	}
	near = str_nearest(name, names);
	return err_set(err, -ERR_USAGE,
		       "--forward %s: no Account of the manifests has that "
		       "name%s%s%s",
		       name, near ? "; did you mean " : "", near ? near : "",
		       near ? "?" : "; lockstep graph shows all");
}

static int take_forward(const struct options *options, struct context *context,
			struct apply_windows *windows, struct err *err)
{
	CLEANUP(buf_done) struct buf names = { 0 };
	bool *forward =
		arena_alloc(&context->arena, context->desired.accounts.n + 1);

	buf_init(&names, NAMES_BYTES_MAX);
	if (!forward)
		return no_memory(err);
	for (size_t i = 0; i < options->n_forward; i++) {
		size_t account;
		int rc = find_account(context, options->forward[i], &account,
				      err);

		if (rc)
			return rc;
		if (!forward[account])
			buf_printf(&names, "%s%s", names.len ? "," : "",
				   options->forward[i]);
		forward[account] = true;
	}
	windows->forward = forward;
	windows->forwarded = arena_strdup(&context->arena, buf_text(&names));
	return windows->forwarded ? 0 : no_memory(err);
}

/* Does the name stand between commas? */
static bool is_named(const char *names, const char *name)
{
	const size_t len = strlen(name);
	const char *at = names;

	while ((at = strstr(at, name)) != NULL) {
		if ((at == names || at[-1] == ',') &&
		    (!at[len] || at[len] == ','))
			return true;
		at += len;
	}
	return false;
}

int apply_windows_flags(const struct options *options, struct context *context,
			struct apply_windows *ret, struct err *err)
{
	struct apply_windows windows = {
		.override = options->override_window,
	};
	int rc = 0;

	if (options->override_window || options->n_forward)
		rc = reason_check(options,
				  options->override_window
					  ? "history keeps why a change window "
					    "was overridden"
					  : "history keeps why a run hurried",
				  err);
	if (rc)
		return rc;
	if (options->override_window && options->wait_window)
		return err_set(err, -ERR_USAGE,
			       "--wait-window waits for a window and "
			       "--override-window does not; expected one of "
			       "them");
	if (options->n_forward)
		rc = take_forward(options, context, &windows, err);
	if (rc)
		return rc;
	*ret = windows;
	return 0;
}

int apply_windows_resume(struct context *context,
			 const struct run_grounds *grounds,
			 struct apply_windows *windows, struct err *err)
{
	const struct account_array *accounts = &context->desired.accounts;
	bool *forward;

	if (windows->forward || !grounds->forward || !grounds->forward[0])
		return 0;
	forward = arena_alloc(&context->arena, accounts->n + 1);
	if (!forward)
		return no_memory(err);
	for (size_t i = 0; i < accounts->n; i++)
		forward[i] =
			is_named(grounds->forward, accounts->items[i].name);
	windows->forward = forward;
	windows->forwarded = grounds->forward;
	return 0;
}

void apply_windows_grounds(const struct options *options,
			   const struct apply_windows *windows,
			   struct run_grounds *grounds)
{
	grounds->override = windows->overridden;
	grounds->forward = windows->forwarded;
	if (options->reason) {
		grounds->reason = options->reason;
		grounds->ticket = options->ticket;
	}
}

/* What a change asks; the changes of a server mostly ask the same. */
static struct window_answer ask(const struct context *context,
				const struct change *change, int64_t now_ms)
{
	return window_ask(&context->desired, change->server, change->binding,
			  change_window_class(change), now_ms);
}

/* "web01/OrdersApi, web02/OrdersApi and 3 more" */
static void put_forbidden(const struct context *context,
			  const struct plan *plan, int64_t now_ms,
			  struct buf *out, const struct window **ret_window)
{
	const struct change *change;
	size_t n = 0;

	*ret_window = NULL;
	array_foreach(change, &plan->changes) {
		const struct window_answer answer =
			ask(context, change, now_ms);

		if (answer.may_override)
			continue;
		*ret_window = answer.window;
		if (n++ >= NAMED_MAX)
			continue;
		buf_printf(out, "%s%s/", n > 1 ? ", " : "",
			   context->desired.servers.items[change->server].name);
		str_put_plain(out, change->pool);
	}
	if (n > NAMED_MAX)
		buf_printf(out, " and %zu more", n - NAMED_MAX);
}

static bool holds(const struct index_array *items, size_t index)
{
	const size_t *item;

	array_foreach(item, items) {
		if (*item == index)
			return true;
	}
	return false;
}

/* The windows that are in the way: the deny, or each window that the binding
 * names for this class. */
static void add_overridden(const struct context *context,
			   const struct change *change,
			   const struct window_answer *answer,
			   struct buf *names)
{
	const struct window_ref_array *windows = &context->desired.windows;
	const struct window_choice *choice =
		&context->desired.bindings.items[change->binding]
			 .windows[change_window_class(change)];

	for (size_t i = 0; i < windows->n; i++) {
		const struct window *window = windows->items[i];

		if (window != answer->window &&
		    !(choice->limited && holds(&choice->windows, i)))
			continue;
		if (!is_named(buf_text(names), window->name))
			buf_printf(names, "%s%s", names->len ? "," : "",
				   window->name);
	}
}

int apply_windows_override(struct context *context, const struct plan *plan,
			   struct apply_windows *windows, struct err *err)
{
	CLEANUP(buf_done) struct buf names = { 0 };
	const struct window *forbids;
	const struct change *change;
	const int64_t now_ms = clock_wall_ms();

	if (!windows->override)
		return 0;
	buf_init(&names, NAMES_BYTES_MAX);
	put_forbidden(context, plan, now_ms, &names, &forbids);
	if (forbids)
		return err_set(err, -ERR_NO_OVERRIDE,
			       "ChangeWindow %s (%s:%u) forbids overriding, "
			       "and it covers %s; nothing was changed",
			       forbids->name, forbids->place.file,
			       forbids->place.line, buf_text(&names));
	buf_clear(&names);
	array_foreach(change, &plan->changes) {
		const struct window_answer answer =
			ask(context, change, now_ms);

		if (!answer.may_start)
			add_overridden(context, change, &answer, &names);
	}
	windows->overridden = arena_strdup(&context->arena, buf_text(&names));
	return windows->overridden ? 0 : no_memory(err);
}

int apply_windows_exit(const struct run_result *result)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const bool moved = result->n_skipped > result->n_closed;

	buf_init(&text, 64);
	if (!result->n_closed)
		return 0;
	if (result->retry_at_ms) {
		window_put_utc(result->retry_at_ms, &text);
		(void)fprintf(stderr, "retry_at %s\n", buf_text(&text));
	}
	if (result->n_changed)
		return EXIT_SOME_FAILED;
	return moved ? 0 : err_exit(-ERR_WINDOW_CLOSED);
}
