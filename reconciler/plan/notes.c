/* notes.c - what a person should know before saying yes to a change. */
#include "reconciler/plan/notes.h"

#include "reconciler/core/str.h"
#include "reconciler/plan/rollback.h"
#include "reconciler/plan/view.h"

#define NAMED_MAX 3

int note_put(struct diff_output *output, const struct plan_note *note,
	     struct err *err)
{
	struct plan_note copy = *note;

	copy.pool = arena_strdup(output->arena, note->pool);
	if (!copy.pool || !note->text ||
	    !array_push(output->arena, &output->notes, copy))
		return view_no_memory(err);
	return 0;
}

static int note_pool(const struct view *view, enum plan_note_kind kind,
		     const char *text, struct diff_output *output,
		     struct err *err)
{
	const struct plan_note note = { .kind = kind,
					.server = view->declared->server,
					.binding = view->declared->binding,
					.pool = view->pool->name,
					.text = text };

	return note_put(output, &note, err);
}

/* Kernel mode answers with the computer's account, unless the pool's own is
 * asked for. */
static bool needs_spn(const struct pool_app *app)
{
	return app->pool_credentials || !app->kernel_mode;
}

/* "Shop/, Shop/api and 2 more"; "" = none, NULL = no memory. */
static const char *name_apps(const struct observed_pool *pool, bool spn,
			     struct arena *arena)
{
	const struct pool_app *app;
	const char *text = "";
	unsigned n = 0;

	array_foreach(app, &pool->apps) {
		if (!app->windows_auth || needs_spn(app) != spn)
			continue;
		if (n++ >= NAMED_MAX)
			continue;
		text = arena_printf(arena, "%s%s%s%s", text, n > 1 ? ", " : "",
				    app->site, app->path);
		if (!text)
			return NULL;
	}
	if (n <= NAMED_MAX)
		return text;
	return arena_printf(arena, "%s and %u more", text, n - NAMED_MAX);
}

static int note_windows_auth(const struct view *view, bool spn,
			     struct diff_output *output, struct err *err)
{
	const char *apps = name_apps(view->pool, spn, output->arena);

	if (!apps)
		return view_no_memory(err);
	if (apps[0] == '\0')
		return 0;
	return note_pool(view, NOTE_DEPENDS,
			 arena_printf(output->arena,
				      spn ? "Windows authentication of %s: the "
					    "SPN of the site must belong to "
					    "the new identity"
					  : "Windows authentication of %s: in "
					    "kernel mode the computer's SPN is "
					    "used, so it is not affected",
				      apps),
			 output, err);
}

static int note_down(const struct view *view, struct diff_output *output,
		     struct err *err)
{
	if (view->pool->state != POOL_STOPPED || view->revive)
		return 0;
	return note_pool(view, NOTE_DOWN,
			 view->crashed
				 ? "WAS disabled it after repeated crashes "
				   "(event 5002): it is written, and not "
				   "started"
				 : "it is stopped: it is written, and not "
				   "started",
			 output, err);
}

int note_change(const struct view *view, struct diff_output *output,
		struct err *err)
{
	const struct change *change =
		&output->changes.items[output->changes.n - 1];
	int ret = 0;

	if (change->kind == CHANGE_IDENTITY)
		ret = note_windows_auth(view, true, output, err);
	if (ret == 0 && change->kind == CHANGE_IDENTITY)
		ret = note_windows_auth(view, false, output, err);
	if (ret == 0)
		ret = note_down(view, output, err);
	if (ret == 0 && view->binding->http.path && change->n_sites == 0)
		ret = note_pool(view, NOTE_HTTP,
				"no site uses it: verify.http has nothing to "
				"ask",
				output, err);
	return ret;
}

static bool is_noted(const struct plan *plan, const struct plan_note *note)
{
	const struct plan_note *item;

	array_foreach(item, &plan->notes) {
		if (item->server == SIZE_MAX && item->kind == note->kind &&
		    item->binding == note->binding)
			return true;
	}
	return false;
}

/* Once for a binding, however many servers it reaches. */
static int note_binding(struct plan *plan, size_t binding,
			enum plan_note_kind kind, const char *text)
{
	const struct plan_note note = { .kind = kind,
					.server = SIZE_MAX,
					.binding = binding,
					.pool = "",
					.text = text };

	if (is_noted(plan, &note))
		return 0;
	return array_push(plan->arena, &plan->notes, note) ? 0 : -ERR_NOMEM;
}

int notes_of_bindings(const struct diff_input *input, struct plan *plan,
		      struct err *err)
{
	const struct change *change;
	int rc = 0;

	array_foreach(change, &plan->changes) {
		const struct binding *binding =
			&input->desired->bindings.items[change->binding];

		if (change->kind == CHANGE_IDENTITY)
			rc = note_binding(
				plan, change->binding, NOTE_DEPENDS,
				"its profile, DPAPI keys, private "
				"keys of certificates, NTFS ACLs, URL "
				"ACLs, SQL logins and delegation may "
				"need the new identity");
		if (rc == 0 && change->kind != CHANGE_FINISH &&
		    binding->on_verify_fail == VERIFY_FAIL_ROLLBACK &&
		    !rollback_possible(change))
			rc = note_binding(plan, change->binding, NOTE_ROLLBACK,
					  "onVerifyFail: rollback: the old "
					  "password is not known to lockstep, "
					  "so a failed verify stops");
		if (rc)
			return view_no_memory(err);
	}
	return 0;
}
