/* window_rows.c - see window_rows.h. */
#include "reconciler/report/window_rows.h"

#include "reconciler/report/window_words.h"

#define PHRASE_MAX 65536

static bool is_same(const struct window_row *a, const struct window_row *b)
{
	const struct window_answer *x = &a->answer;
	const struct window_answer *y = &b->answer;

	return a->binding == b->binding && a->of == b->of &&
	       x->open == y->open && x->may_start == y->may_start &&
	       x->may_override == y->may_override &&
	       x->closes_ms == y->closes_ms && x->cutoff_ms == y->cutoff_ms &&
	       x->next_ms == y->next_ms && x->window == y->window;
}

bool window_rows_add(struct window_row_array *rows,
		     const struct window_row *asked, size_t server,
		     struct arena *arena)
{
	struct index_array *servers;
	size_t i = 0;

	while (i < rows->n && !is_same(&rows->items[i], asked))
		i++;
	if (i == rows->n && !array_push(arena, rows, *asked))
		return false;
	rows->items[i].n_added++;
	servers = &rows->items[i].servers;
	if (servers->n && servers->items[servers->n - 1] == server)
		return true;
	return array_push(arena, servers, server);
}

static json_t *names_of(const struct desired *desired,
			const struct index_array *servers)
{
	json_t *names = json_array();
	const size_t *server;

	array_foreach(server, servers) {
		const char *name = desired->servers.items[*server].name;

		/* What fails makes the whole object NULL. */
		if (names && json_array_append_new(names, json_string(name))) {
			json_decref(names);
			names = NULL;
		}
	}
	return names;
}

static void set_moment(json_t **object, const char *key, int64_t wall_ms)
{
	json_set_time(object, key, wall_ms == INT64_MAX ? 0 : wall_ms);
}

json_t *window_row_json(const struct desired *desired,
			const struct window_row *row)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	const struct window_answer *answer = &row->answer;
	json_t *object = json_object();

	buf_init(&text, PHRASE_MAX);
	window_put_answer(answer, &text);
	json_set_text(&object, "binding",
		      desired->bindings.items[row->binding].name);
	json_set_text(&object, "class", window_class_name(row->of));
	json_set(&object, "servers", names_of(desired, &row->servers));
	json_set_bool(&object, "open", answer->open);
	json_set_bool(&object, "may_start", answer->may_start);
	json_set_bool(&object, "may_override", answer->may_override);
	json_set_text(&object, "window",
		      answer->window ? answer->window->name : "");
	set_moment(&object, "closes_at", answer->closes_ms);
	set_moment(&object, "cutoff_at", answer->cutoff_ms);
	set_moment(&object, "next_at", answer->next_ms);
	json_set_text(&object, "text", buf_whole(&text));
	return object;
}
