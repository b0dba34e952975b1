/* unfinished.c - see unfinished.h. */
#include "reconciler/report/unfinished.h"

#include "reconciler/core/str.h"
#include "reconciler/report/json_out.h"
#include "reconciler/report/text.h"

#define NAMES_MAX      5 /* in a line; JSON has all */
#define NAME_BYTES_MAX 65536

static const char *name_of(const struct report_context *context,
			   const char *key)
{
	const struct server *server;

	array_foreach(server, &context->desired->servers) {
		if (str_eq(server->key, key))
			return server->name;
	}
	return key; /* not declared any more */
}

static void put_names(const struct report_context *context,
		      const struct unfinished_servers *servers, struct buf *out)
{
	for (size_t i = 0; i < servers->n && i < NAMES_MAX; i++) {
		buf_puts(out, i ? ", " : "");
		str_put_plain(out, name_of(context, servers->items[i]));
	}
	if (servers->n > NAMES_MAX)
		buf_printf(out, " and %zu more", servers->n - NAMES_MAX);
}

static void put_left(const struct report_context *context,
		     const struct unfinished *unfinished, struct buf *out)
{
	if (unfinished->n_left == 0) {
		buf_puts(out, "all its ");
		text_count(out, unfinished->n_pools, "pool");
		buf_puts(out, " are known to be done");
		return;
	}
	text_count(out, unfinished->n_left, "pool");
	buf_printf(out, " of %zu %s not known to be done (on ",
		   unfinished->n_pools, unfinished->n_left == 1 ? "is" : "are");
	put_names(context, &unfinished->servers, out);
	buf_putc(out, ')');
}

void unfinished_put(const struct report_context *context,
		    const struct unfinished *unfinished, struct buf *out)
{
	if (!unfinished)
		return;
	text_colour(context, out, COLOUR_YELLOW);
	buf_puts(out, "Run ");
	str_put_plain(out, unfinished->run);
	buf_puts(out,
		 unfinished->holder ? " has not ended: " : " did not end: ");
	put_left(context, unfinished, out);
	if (unfinished->holder) {
		buf_puts(out, "; the state is held by ");
		str_put_plain(out, unfinished->holder);
	} else if (unfinished->n_left == 0) {
		buf_puts(out, "; lockstep apply ends it");
	} else {
		buf_puts(out, "; lockstep apply finishes ");
		buf_puts(out, unfinished->n_left == 1 ? "it" : "them");
	}
	buf_puts(out, ".");
	text_plain(context, out);
	buf_putc(out, '\n');
}

static json_t *names_of(const struct report_context *context,
			const struct unfinished *unfinished)
{
	json_t *names = json_array();

	for (size_t i = 0; i < unfinished->servers.n; i++) {
		CLEANUP(buf_done) struct buf name = { 0 };

		buf_init(&name, NAME_BYTES_MAX);
		str_put_plain(&name,
			      name_of(context, unfinished->servers.items[i]));
		if (json_array_append_new(names,
					  json_string(buf_whole(&name))) < 0) {
			json_decref(names);
			return NULL;
		}
	}
	return names;
}

void unfinished_put_json(const struct report_context *context,
			 const struct unfinished *unfinished,
			 struct json_out *json)
{
	json_t *object;

	if (!unfinished)
		return;
	object = json_object();
	json_set_text(&object, "run", unfinished->run);
	json_set_size(&object, "pools", unfinished->n_pools);
	json_set_size(&object, "left", unfinished->n_left);
	json_set(&object, "servers", names_of(context, unfinished));
	if (unfinished->holder)
		json_set_text(&object, "holder", unfinished->holder);
	json_out_member(json, "unfinished", object);
}
