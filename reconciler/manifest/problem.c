/* problem.c - the list of what is wrong. */
#include "reconciler/manifest/problem.h"

#include "reconciler/core/field.h"
#include "reconciler/core/str.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BYTES  8388608
#define TEXT_BYTES   1024
#define QUOTED_BYTES 512
#define PLACE_BYTES  4096

void problems_init(struct problems *problems)
{
	*problems = (struct problems){ 0 };
	arena_init(&problems->arena, ARENA_BYTES);
}

void problems_done(struct problems *problems)
{
	arena_done(&problems->arena);
	*problems = (struct problems){ 0 };
}

bool problems_full(const struct problems *problems)
{
	return problems->failed || problems->items.n >= PROBLEMS_MAX;
}

/* The name in our own arena: a problem may outlive what was read. Problems
 * of one file come together, so the one before mostly has it. */
static const char *keep_file(struct problems *problems, const char *file)
{
	const struct problem_array *items = &problems->items;

	if (items->n && str_eq(items->items[items->n - 1].place.file, file))
		return items->items[items->n - 1].place.file;
	return arena_strdup(&problems->arena, file);
}

void problem_add(struct problems *problems, const struct place *place,
		 const char *fmt, ...)
{
	struct problem problem = { .place = *place };
	char text[TEXT_BYTES];
	va_list ap;

	if (problems->items.n >= PROBLEMS_MAX) {
		problems->cut = true;
		return;
	}
	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	problem.place.file = keep_file(problems, place->file);
	problem.text = arena_strdup(&problems->arena, text);
	if (!problem.place.file || !problem.text ||
	    !array_push(&problems->arena, &problems->items, problem))
		problems->failed = true;
}

static void put_place(struct buf *out, const struct place *place)
{
	str_put_plain(out, place->file);
	buf_printf(out, ":%u:%u", place->line, place->col);
}

const char *problem_place(struct problems *problems, const struct place *place)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const char *kept;

	buf_init(&out, PLACE_BYTES);
	if (problems_full(problems))
		return "?";
	put_place(&out, place);
	kept = arena_strdup(&problems->arena, buf_text(&out));
	return kept ? kept : "?";
}

const char *problem_quote(struct problems *problems, const char *text)
{
	CLEANUP(buf_done) struct buf out = { 0 };
	const char *kept;

	buf_init(&out, QUOTED_BYTES);
	if (problems_full(problems))
		return "?";
	field_put_quoted(&out, text);
	kept = arena_strdup(&problems->arena, buf_text(&out));
	return kept ? kept : "?";
}

void problem_put(const struct problem *problem, struct buf *out)
{
	put_place(out, &problem->place);
	buf_printf(out, ": %s", problem->text);
}

static int compare(const void *a, const void *b)
{
	const struct problem *pa = a;
	const struct problem *pb = b;
	int order = strcmp(pa->place.file, pb->place.file);

	if (order)
		return order;
	if (pa->place.line != pb->place.line)
		return pa->place.line < pb->place.line ? -1 : 1;
	if (pa->place.col != pb->place.col)
		return pa->place.col < pb->place.col ? -1 : 1;
	return strcmp(pa->text, pb->text);
}

/* A file that two objects name is read for each: its problems are told once. */
static void drop_twins(struct problem_array *items)
{
	size_t kept = 1;
	size_t i;

	for (i = 1; i < items->n; i++) {
		if (compare(&items->items[kept - 1], &items->items[i]))
			items->items[kept++] = items->items[i];
	}
	items->n = kept;
}

int problems_finish(struct problems *problems, int code, const char *path,
		    struct err *err)
{
	struct problem_array *items = &problems->items;

	if (problems->failed)
		return err_set(err, -ERR_NOMEM, "reading %s", path);
	if (!items->n)
		return 0;
	qsort(items->items, items->n, sizeof(*items->items), compare);
	drop_twins(items);
	if (problems->cut)
		return err_set(
			err, code,
			"%s: more than %d problems; the first are listed", path,
			PROBLEMS_MAX);
	return err_set(err, code, "%s: %zu problem%s", path, items->n,
		       items->n == 1 ? "" : "s");
}
