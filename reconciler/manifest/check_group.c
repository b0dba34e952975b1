/* check_group.c - groups: their servers, and rollouts within the caps. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"

#include <inttypes.h>

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
	return rollout;
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
	       a->max_failures == b->max_failures;
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
