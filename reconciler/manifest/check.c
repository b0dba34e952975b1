/* check.c - names of all kinds, and references to them. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"

#include <stdlib.h>
#include <string.h>

static int add_names(struct check *check)
{
	const struct draft_set *drafts = check->drafts;
	struct arena *arena = check->scratch;
	int rc = 0;
	size_t i;

	check->accounts.kind = "Account";
	check->servers.kind = "Server";
	check->groups.kind = "ResourceGroup";
	check->bindings.kind = "AppPoolBinding";
	check->windows.kind = "ChangeWindow";
	for (i = 0; i < drafts->accounts.n && rc == 0; i++)
		rc = names_add(&check->accounts, arena,
			       &drafts->accounts.items[i].head.metadata.name,
			       i);
	for (i = 0; i < drafts->servers.n && rc == 0; i++)
		rc = names_add(&check->servers, arena,
			       &drafts->servers.items[i].head.metadata.name, i);
	for (i = 0; i < drafts->groups.n && rc == 0; i++)
		rc = names_add(&check->groups, arena,
			       &drafts->groups.items[i].head.metadata.name, i);
	for (i = 0; i < drafts->bindings.n && rc == 0; i++)
		rc = names_add(&check->bindings, arena,
			       &drafts->bindings.items[i].head.metadata.name,
			       i);
	for (i = 0; i < drafts->windows.n && rc == 0; i++)
		rc = names_add(&check->windows, arena,
			       &drafts->windows.items[i].head.metadata.name, i);
	return rc;
}

int check_all(struct check *check)
{
	static int (*const parts[])(struct check * check) = {
		check_accounts, check_servers, check_groups,   check_windows,
		check_bindings, check_claims,  check_rollouts,
	};
	int rc = add_names(check);
	size_t i;

	if (rc < 0)
		return rc;
	names_sort(&check->accounts, check->problems);
	names_sort(&check->servers, check->problems);
	names_sort(&check->groups, check->problems);
	names_sort(&check->bindings, check->problems);
	names_sort(&check->windows, check->problems);
	for (i = 0; i < sizeof(parts) / sizeof(*parts) && rc == 0; i++)
		rc = parts[i](check);
	return rc;
}

bool check_is_password(const char *label)
{
	static const char *const whole[] = { "pwd", "pw", "pass" };
	size_t i;

	for (i = 0; i < sizeof(whole) / sizeof(*whole); i++)
		if (str_eq_nocase(label, whole[i]))
			return true;
	return strcasestr(label, "passw") != NULL;
}

int check_labels(const struct check *check, const struct draft_head *head,
		 struct label_array *ret)
{
	const struct entry *entries = head->metadata.labels.items;
	size_t i;

	for (i = 0; i < head->metadata.labels.n; i++) {
		const struct label label = { .key = entries[i].key.text,
					     .value = entries[i].value.text };

		if (check_is_password(label.key))
			problem_add(check->problems, &entries[i].key.place,
				    "label %s: no password belongs into a "
				    "manifest or inventory; take it out, and "
				    "change it if it is one",
				    label.key);
		if (!array_push(&check->desired->arena, ret, label))
			return -ERR_NOMEM;
	}
	return 0;
}

size_t check_reference(const struct check *check, const struct names *names,
		       const struct value *value)
{
	size_t found = names_find(names, value->text);
	const char *near;
	const char *quoted;

	if (found != SIZE_MAX || problems_full(check->problems))
		return found;
	near = names_suggest(names, check->scratch, value->text);
	quoted = problem_quote(check->problems, value->text);
	if (near)
		problem_add(check->problems, &value->place,
			    "no %s is named %s; did you mean \"%s\"?",
			    names->kind, quoted, near);
	else
		problem_add(check->problems, &value->place,
			    "no %s is named %s%s", names->kind, quoted,
			    check->drafts->incomplete
				    ? "; it may stand in a file that could not "
				      "be read"
				    : "");
	return found;
}

/* A name that was found. */
struct reference {
	size_t index;
	const struct value *value;
};

static int compare(const void *a, const void *b)
{
	const struct reference *ra = a;
	const struct reference *rb = b;

	if (ra->index != rb->index)
		return ra->index < rb->index ? -1 : 1;
	/* Both values stand in one array: in the order of the list. */
	return ra->value < rb->value ? -1 : 1;
}

int check_references(const struct check *check, const struct names *names,
		     const struct span *list, struct index_array *ret)
{
	const struct value *values = list->items;
	struct reference *found =
		arena_alloc(check->scratch, (list->n + 1) * sizeof(*found));
	size_t n = 0;
	size_t i;

	if (!found)
		return -ERR_NOMEM;
	for (i = 0; i < list->n; i++) {
		found[n] = (struct reference){
			.index = check_reference(check, names, &values[i]),
			.value = &values[i],
		};
		n += found[n].index != SIZE_MAX;
	}
	qsort(found, n, sizeof(*found), compare);
	for (i = 0; i < n; i++) {
		if (i && found[i].index == found[i - 1].index)
			problem_add(check->problems, &found[i].value->place,
				    "%s %s is listed twice; it stands at %s "
				    "too",
				    names->kind,
				    problem_quote(check->problems,
						  found[i].value->text),
				    problem_place(check->problems,
						  &found[i - 1].value->place));
		else if (!array_push(&check->desired->arena, ret,
				     found[i].index))
			return -ERR_NOMEM;
	}
	return 0;
}
