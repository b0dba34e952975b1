/* check_group.c - groups: their servers, and rollouts within the caps. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"

#include <inttypes.h>
#include <stdlib.h>

/* ceil(n * percent / 100), at least 1: what a batch of a percentage is. */
static uint64_t share(uint64_t n, uint32_t percent)
{
	uint64_t servers = (n * percent + 99) / 100;

	return servers ? servers : 1;
}

static void check_canary(const struct check *check, const struct value *value,
			 uint32_t cap)
{
	if (value->number >= cap)
		return;
	problem_add(check->problems, &value->place,
		    "canary %" PRId64 " is weaker than the configuration "
		    "allows: caps.canary is %" PRIu32 ", and that is the "
		    "smallest number of servers that must change before all "
		    "others",
		    value->number, cap);
}

static void check_batch(const struct check *check, const struct value *value,
			size_t n_servers, uint32_t cap)
{
	uint64_t most = share(n_servers, cap);

	if (value->percent && value->number > cap)
		problem_add(check->problems, &value->place,
			    "batch %" PRId64 "%% is more than the "
			    "configuration allows: caps.batch is %" PRIu32 "%%",
			    value->number, cap);
	if (!value->percent && (uint64_t)value->number > most)
		problem_add(check->problems, &value->place,
			    "batch %" PRId64 " is more than the configuration "
			    "allows: caps.batch is %" PRIu32 "%%, which is "
			    "%" PRIu64 " of the %zu servers of this group",
			    value->number, cap, most, n_servers);
}

static void check_failures(const struct check *check, const struct value *value,
			   uint32_t cap)
{
	if (value->number <= cap)
		return;
	problem_add(check->problems, &value->place,
		    "maxFailures %" PRId64 " is more than the configuration "
		    "allows: caps.maxFailures is %" PRIu32,
		    value->number, cap);
}

/* What is absent is as strict as the caps are. */
static struct rollout take_rollout(const struct check *check,
				   const struct draft_rollout *draft,
				   size_t n_servers)
{
	const struct caps *caps =
		check->config ? &check->config->caps : &config_default_caps;
	struct rollout rollout = { .canary = caps->canary,
				   .batch_percent = caps->batch_percent,
				   .max_failures = caps->max_failures };

	if (draft->canary.text) {
		rollout.canary = (uint32_t)draft->canary.number;
		if (check->config)
			check_canary(check, &draft->canary, caps->canary);
	}
	if (draft->batch.text) {
		rollout.batch_percent = 0;
		if (draft->batch.percent)
			rollout.batch_percent = (uint32_t)draft->batch.number;
		else
			rollout.batch_servers = (uint32_t)draft->batch.number;
		if (check->config && n_servers)
			check_batch(check, &draft->batch, n_servers,
				    caps->batch_percent);
	}
	if (draft->max_failures.text) {
		rollout.max_failures = (uint32_t)draft->max_failures.number;
		if (check->config)
			check_failures(check, &draft->max_failures,
				       caps->max_failures);
	}
	rollout.pause_ms = (uint32_t)draft->pause.number;
	return rollout;
}

static bool has_label(const struct server *server, const struct entry *wanted)
{
	const struct label *label;

	array_foreach(label, &server->labels) {
		if (str_eq(label->key, wanted->key.text))
			return str_eq(label->value, wanted->value.text);
	}
	return false;
}

/* Has the server all of them? None of them = no. */
static bool matches(const struct server *server, const struct span *labels)
{
	const struct entry *wanted = labels->items;
	size_t i;

	for (i = 0; i < labels->n; i++) {
		if (!has_label(server, &wanted[i]))
			return false;
	}
	return labels->n > 0;
}

/* "env=prod, app=orders" */
static void put_labels(const struct span *labels, struct buf *out)
{
	const struct entry *wanted = labels->items;
	size_t i;

	for (i = 0; i < labels->n; i++) {
		buf_printf(out, "%s%s=", i ? ", " : "", wanted[i].key.text);
		str_put_plain(out, wanted[i].value.text);
	}
}

/* A label that no server has at all. */
static bool strange_label(const struct desired *desired,
			  const struct span *labels, struct entry *ret)
{
	const struct entry *wanted = labels->items;
	const struct server *server;
	size_t i;

	for (i = 0; i < labels->n; i++) {
		bool found = false;

		array_foreach(server, &desired->servers)
			found = found || has_label(server, &wanted[i]);
		if (!found) {
			*ret = wanted[i];
			return true;
		}
	}
	return false;
}

static void refuse_selector(const struct check *check,
			    const struct span *labels,
			    const struct place *place)
{
	struct entry strange;
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, 1024);
	put_labels(labels, &text);
	if (labels->n > 1 && strange_label(check->desired, labels, &strange)) {
		const struct span one = { .items = &strange, .n = 1 };

		buf_puts(&text, " (");
		put_labels(&one, &text);
		buf_puts(&text, " is on none at all)");
	}
	problem_add(check->problems, place,
		    "the selector takes no Server: none has %s%s",
		    buf_text(&text),
		    check->drafts->incomplete
			    ? "; one may stand in a file that could not be read"
			    : "; look at metadata.labels of the Servers, and "
			      "at the columns or lockstep_labels of "
			      "inventories");
}

void check_selector(const struct check *check, const struct span *labels,
		    const struct place *place)
{
	const struct server *server;

	array_foreach(server, &check->desired->servers) {
		if (matches(server, labels))
			return;
	}
	refuse_selector(check, labels, place);
}

static int by_index(const void *a, const void *b)
{
	const size_t *ia = a;
	const size_t *ib = b;

	return *ia < *ib ? -1 : *ia > *ib;
}

static void sort_once(struct index_array *servers)
{
	size_t kept = 0;
	size_t i;

	if (!servers->n)
		return;
	qsort(servers->items, servers->n, sizeof(size_t), by_index);
	for (i = 0; i < servers->n; i++) {
		if (!kept || servers->items[kept - 1] != servers->items[i])
			servers->items[kept++] = servers->items[i];
	}
	servers->n = kept;
}

/* Beside those that are named: by label, and from the inventory. */
static int add_others(const struct check *check,
		      const struct draft_group *draft, struct index_array *ret)
{
	const struct value *names = draft->listed.items;
	struct arena *arena = &check->desired->arena;
	const struct desired *desired = check->desired;
	size_t i;

	for (i = 0; i < draft->listed.n; i++) {
		size_t found = names_find(&check->servers, names[i].text);

		/* One that another Server contradicts is a problem already. */
		if (found != SIZE_MAX && !array_push(arena, ret, found))
			return -ERR_NOMEM;
	}
	for (i = 0; i < desired->servers.n; i++) {
		if (!matches(&desired->servers.items[i],
			     &draft->spec.selector.match_labels))
			continue;
		if (!array_push(arena, ret, i))
			return -ERR_NOMEM;
	}
	if (draft->spec.selector.match_labels.n)
		check_selector(check, &draft->spec.selector.match_labels,
			       &draft->spec.selector.at.place);
	sort_once(ret);
	return 0;
}

int check_groups(struct check *check)
{
	const struct draft_set *drafts = check->drafts;
	size_t i;

	for (i = 0; i < drafts->groups.n; i++) {
		const struct draft_group *draft = &drafts->groups.items[i];
		struct resource_group group = {
			.name = draft->head.metadata.name.text,
			.place = draft->head.place,
		};
		int rc = check_references(check, &check->servers,
					  &draft->spec.servers, &group.servers);

		if (rc == 0)
			rc = add_others(check, draft, &group.servers);
		if (rc < 0)
			return rc;
		group.rollout = take_rollout(check, &draft->spec.rollout,
					     group.servers.n);
		if (!array_push(&check->desired->arena, &check->desired->groups,
				group))
			return -ERR_NOMEM;
	}
	return 0;
}

/* Rollouts are compared on every server that two bound groups share. */
static bool same_rollout(const struct rollout *a, const struct rollout *b)
{
	return a->canary == b->canary && a->batch_percent == b->batch_percent &&
	       a->batch_servers == b->batch_servers &&
	       a->max_failures == b->max_failures && a->pause_ms == b->pause_ms;
}

static void mark_bound(const struct desired *desired, bool *bound)
{
	const struct binding *binding;
	const size_t *group;

	array_foreach(binding, &desired->bindings) {
		array_foreach(group, &binding->groups)
			bound[*group] = true;
	}
}

/* The first bound group of each server stands in `first`, as index + 1. */
static void compare_group(const struct check *check, size_t index,
			  size_t *first)
{
	const struct desired *desired = check->desired;
	const struct resource_group *group = &desired->groups.items[index];
	const size_t *server;

	array_foreach(server, &group->servers) {
		const struct resource_group *other;

		if (!first[*server]) {
			first[*server] = index + 1;
			continue;
		}
		other = &desired->groups.items[first[*server] - 1];
		if (same_rollout(&group->rollout, &other->rollout))
			continue;
		problem_add(check->problems, &group->place,
			    "server \"%s\" is in this group and in \"%s\" (%s) "
			    "with another rollout; make the rollouts equal, or "
			    "take the server out of one",
			    desired->servers.items[*server].name, other->name,
			    problem_place(check->problems, &other->place));
		return; /* one server a group is enough to see it */
	}
}

int check_rollouts(struct check *check)
{
	const struct desired *desired = check->desired;
	bool *bound = arena_alloc(check->scratch, desired->groups.n + 1);
	size_t *first = arena_alloc(check->scratch,
				    (desired->servers.n + 1) * sizeof(*first));
	size_t i;

	if (!bound || !first)
		return -ERR_NOMEM;
	mark_bound(desired, bound);
	for (i = 0; i < desired->groups.n; i++) {
		if (bound[i])
			compare_group(check, i, first);
	}
	return 0;
}
