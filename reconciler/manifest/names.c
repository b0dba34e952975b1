/* names.c - sorted names and what is wrong with them. */
#include "reconciler/manifest/names.h"

#include "reconciler/core/str.h"

#include <stdint.h>
#include <stdlib.h>

#define SUGGEST_MAX 5000 /* comparing with more takes too long */

int names_add(struct names *names, struct arena *arena,
	      const struct value *name, size_t index)
{
	const struct named named = { .name = name, .index = index };

	if (!name->text)
		return 0;
	return array_push(arena, &names->items, named) ? 0 : -ERR_NOMEM;
}

static int compare(const void *a, const void *b)
{
	const struct named *na = a;
	const struct named *nb = b;
	int order = str_cmp_nocase(na->name->text, nb->name->text);

	if (order)
		return order;
	return na->index < nb->index ? -1 : na->index > nb->index;
}

void names_sort(struct names *names, struct problems *problems)
{
	struct named *items = names->items.items;
	size_t first = 0;
	size_t i;

	if (!names->items.n)
		return;
	qsort(items, names->items.n, sizeof(*items), compare);
	for (i = 1; i < names->items.n; i++) {
		const char *text = items[i].name->text;

		if (!str_eq_nocase(items[first].name->text, text)) {
			first = i;
			continue;
		}
		problem_add(problems, &items[i].name->place,
			    "%s %s is declared twice%s; the first is at %s",
			    names->kind, problem_quote(problems, text),
			    str_eq(items[first].name->text, text)
				    ? ""
				    : " (case is ignored)",
			    problem_place(problems, &items[first].name->place));
	}
}

size_t names_find(const struct names *names, const char *name)
{
	const struct named *items = names->items.items;
	size_t low = 0;
	size_t high = names->items.n;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (str_cmp_nocase(items[mid].name->text, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < names->items.n && str_eq(items[low].name->text, name))
		return items[low].index;
	return SIZE_MAX;
}

const char *names_suggest(const struct names *names, struct arena *arena,
			  const char *name)
{
	const char **texts;
	size_t i;

	if (names->items.n > SUGGEST_MAX)
		return NULL;
	texts = arena_alloc(arena, (names->items.n + 1) * sizeof(*texts));
	if (!texts)
		return NULL;
	for (i = 0; i < names->items.n; i++)
		texts[i] = names->items.items[i].name->text;
	return str_nearest(name, texts);
}
