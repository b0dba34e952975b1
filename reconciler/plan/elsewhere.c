/* elsewhere.c - the account of a pool is used in other places too. */
#include "reconciler/plan/view.h"

#include "reconciler/core/str.h"
#include "reconciler/model/foreign.h"

#define NAMED_MAX 3

/* Places, in words, while they are gathered. */
struct gathered {
	struct arena *arena;
	const char *text; /* the first few, "" = none; NULL = no memory */
	unsigned n;
};

static const char *place_text(struct arena *arena,
			      const struct elsewhere *elsewhere)
{
	static const char *const kinds[ELSEWHERE_COUNT] = {
		[ELSEWHERE_VIRTUAL_DIRECTORY] = "virtual directory",
		[ELSEWHERE_ANONYMOUS] = "anonymous authentication of",
		[ELSEWHERE_DEFAULTS] = "defaults",
		[ELSEWHERE_SERVICE] = "Windows service",
		[ELSEWHERE_TASK] = "scheduled task",
	};

	return arena_printf(arena, "%s %s", kinds[elsewhere->kind],
			    elsewhere->place[0] ? elsewhere->place
						: "the whole server");
}

static const char *pool_text(struct arena *arena,
			     const struct observed_pool *pool,
			     const struct foreign_owner *owner)
{
	return owner ? arena_printf(arena, "pool %s, which %s manages",
				    pool->name, owner->product)
		     : arena_printf(arena, "pool %s, which no binding names",
				    pool->name);
}

/* Is told of each place in turn; false = no memory. */
typedef bool (*place_visit)(const char *text, void *closure);

/* What was asked for (--pool) does not matter here: the account is used by the
 * other pools all the same. */
static bool visit_pool(const struct look *look, size_t at, struct arena *arena,
		       place_visit visit, void *closure)
{
	const struct observed_pool *pool = &look->observed->pools.items[at];
	const struct foreign_owner *owner = foreign_owner_of(pool);

	return (!owner && desired_declares(&look->declared, pool->name)) ||
	       visit(pool_text(arena, pool, owner), closure);
}

static bool visit_places(const struct look *look, size_t account,
			 struct arena *arena, place_visit visit, void *closure)
{
	const struct observed *observed = look->observed;
	const struct elsewhere *elsewhere;

	array_foreach(elsewhere, &observed->elsewhere) {
		if (elsewhere->account == account &&
		    !visit(place_text(arena, elsewhere), closure))
			return false;
	}
	for (size_t i = 0; i < observed->pools.n; i++) {
		if (look->runs_as[i] == account &&
		    !visit_pool(look, i, arena, visit, closure))
			return false;
	}
	return true;
}

static bool gather(const char *text, void *closure)
{
	struct gathered *gathered = closure;

	if (!text)
		return false;
	if (gathered->n++ >= NAMED_MAX)
		return true;
	gathered->text = arena_printf(gathered->arena, "%s%s%s", gathered->text,
				      gathered->text[0] ? ", " : "", text);
	return gathered->text != NULL;
}

static const char *blind_text(struct arena *arena,
			      const struct observed *observed)
{
	const struct blind_spot *blind;
	const char *text = "";

	array_foreach(blind, &observed->blind) {
		text = arena_printf(arena, "%s%s%s", text, text[0] ? ", " : "",
				    blind->what);
		if (!text)
			return NULL;
	}
	return text;
}

static const char *barrier_text(const struct view *view,
				const struct gathered *places,
				const char *blind)
{
	struct arena *arena = places->arena;
	const char *more = "";
	const char *text = "";

	if (places->n > NAMED_MAX)
		more = arena_printf(arena, " and %u more",
				    places->n - NAMED_MAX);
	if (places->n > 0 && more)
		text = arena_printf(arena, "%s is used elsewhere too: %s%s",
				    view->shown, places->text, more);
	if (blind[0] && text && more)
		text = arena_printf(arena,
				    "%s%swhere else %s is used could not be "
				    "read: %s",
				    text, text[0] ? "; " : "", view->shown,
				    blind);
	if (!text || !more)
		return NULL;
	return arena_printf(arena, "%s (elsewhere: refuse)", text);
}

/* "" = it is used nowhere else; NULL = no memory. */
static const char *find_barrier(const struct view *view, struct arena *arena)
{
	struct gathered gathered = { .arena = arena, .text = "" };
	const char *blind = blind_text(arena, view->look->observed);

	if (!blind || !visit_places(view->look, view->binding->account, arena,
				    gather, &gathered))
		return NULL;
	return gathered.n == 0 && blind[0] == '\0'
		       ? ""
		       : barrier_text(view, &gathered, blind);
}

int elsewhere_barrier(const struct view *view, struct arena *arena,
		      const char **ret, struct err *err)
{
	const char **found;

	*ret = NULL;
	if (!view->account || view->binding->elsewhere != ELSEWHERE_REFUSE)
		return 0;
	found = &view->look->barriers[view->binding->account];
	if (!*found)
		*found = find_barrier(view, arena);
	if (!*found)
		return view_no_memory(err);
	if ((*found)[0])
		*ret = *found;
	return 0;
}

/* One note a place. */
struct noting {
	struct diff_output *output;
	struct plan_note note;
	const char *shown;
	struct err *err;
};

static bool put_place(const char *text, void *closure)
{
	struct noting *noting = closure;

	if (!text)
		return false;
	noting->note.text =
		arena_printf(noting->output->arena, "%s is also used by %s",
			     noting->shown, text);
	return note_put(noting->output, &noting->note, noting->err) == 0;
}

static int note_blind(const struct look *look, const struct change *change,
		      struct diff_output *output, struct err *err)
{
	const struct blind_spot *blind;
	struct plan_note note = { .kind = NOTE_BLIND,
				  .server = change->server,
				  .binding = change->binding,
				  .pool = "" };

	array_foreach(blind, &look->observed->blind) {
		int ret;

		note.text = arena_printf(output->arena,
					 "where else its account is used could "
					 "not be read: %s (%s)",
					 blind->what, blind->why);
		ret = note_put(output, &note, err);
		if (ret < 0)
			return ret;
	}
	return 0;
}

static bool is_account_before(const struct diff_output *output, size_t first,
			      size_t at)
{
	for (size_t i = first; i < at; i++) {
		if (output->changes.items[i].account ==
		    output->changes.items[at].account)
			return true;
	}
	return false;
}

int elsewhere_notes(const struct look *look, size_t first,
		    struct diff_output *output, struct err *err)
{
	const struct desired *desired = look->input->desired;
	bool blind = false;

	for (size_t i = first; i < output->changes.n; i++) {
		const struct change *change = &output->changes.items[i];
		const struct account *account;
		struct noting noting = { output,
					 { .kind = NOTE_ELSEWHERE,
					   .server = change->server,
					   .binding = change->binding,
					   .pool = "" },
					 NULL,
					 err };

		if (change->account == SIZE_MAX ||
		    is_account_before(output, first, i))
			continue;
		account = &desired->accounts.items[change->account];
		noting.shown = identity_show(
			output->arena,
			&look->input->config->domains.items[account->domain],
			account->user);
		if (!noting.shown ||
		    !visit_places(look, change->account, output->arena,
				  put_place, &noting) ||
		    (!blind && note_blind(look, change, output, err)))
			return view_no_memory(err);
		blind = true;
	}
	return 0;
}
