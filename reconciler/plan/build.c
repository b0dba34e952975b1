/* build.c - all servers' changes in one plan, in the order of waves. */
#include "reconciler/plan/build.h"

#include "reconciler/plan/notes.h"
#include "reconciler/plan/waves.h"

#include <stdlib.h>
#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "building a plan");
}

/* A reading beside the name that it is sorted by. */
struct named {
	const char *name;
	const struct reading *reading;
};

static int by_name(const void *a, const void *b)
{
	const struct named *x = a;
	const struct named *y = b;

	return strcmp(x->name, y->name);
}

static struct named *sort_readings(const struct desired *desired,
				   const struct reading_array *readings,
				   struct arena *arena)
{
	struct named *sorted;
	size_t i;

	sorted = arena_alloc(arena, (readings->n + 1) * sizeof(*sorted));
	if (!sorted)
		return NULL;
	for (i = 0; i < readings->n; i++) {
		const struct reading *reading = &readings->items[i];

		sorted[i].reading = reading;
		sorted[i].name = desired->servers.items[reading->server].name;
	}
	qsort(sorted, readings->n, sizeof(*sorted), by_name);
	return sorted;
}

static int add_server(const struct diff_input *input,
		      const struct reading *reading, struct diff_output *output,
		      struct plan_server_array *servers, struct err *err)
{
	const struct resource_group *group =
		desired_group_of(input->desired, reading->server);
	struct plan_server server = {
		.server = reading->server,
		.read = reading->observed != NULL,
		.reason = "",
		.first_change = output->changes.n,
		.group = SIZE_MAX,
		.read_ms = reading->read_ms,
		.read_took_ms = reading->read_took_ms,
	};
	int ret;

	if (group)
		server.group = (size_t)(group - input->desired->groups.items);
	if (reading->observed) {
		ret = diff_server(input, reading->observed, output, err);
		if (ret < 0)
			return ret;
		server.n_changes = output->changes.n - server.first_change;
		memcpy(server.config_digest, reading->observed->config_digest,
		       sizeof(server.config_digest));
		server.config_digest[sizeof(server.config_digest) - 1] = '\0';
	} else {
		server.code = reading->code;
		server.reason = arena_strdup(
			output->arena, reading->reason ? reading->reason : "");
	}
	if (!server.reason || !array_push(output->arena, servers, server))
		return no_memory(err);
	return 0;
}

/* One server and its changes, moved behind those placed already. */
static int place(const struct plan_server *server,
		 const struct change_array *changes, struct plan *plan)
{
	struct plan_server placed = *server;
	size_t i;

	placed.first_change = plan->changes.n;
	/* No items when nothing changes anywhere. */
	for (i = 0; changes->items && i < server->n_changes; i++) {
		struct change change = changes->items[server->first_change + i];

		if (!array_push(plan->arena, &plan->changes, change))
			return -ERR_NOMEM;
	}
	return array_push(plan->arena, &plan->servers, placed) ? 0 : -ERR_NOMEM;
}

/* In the order of waves; in a wave by name, as they stand already. */
static int order_by_wave(const struct plan_server_array *servers,
			 const struct change_array *changes, unsigned n_waves,
			 struct plan *plan)
{
	const struct plan_server *server;
	unsigned wave = 0;

	do {
		array_foreach(server, servers) {
			if (server->wave == wave &&
			    place(server, changes, plan) < 0)
				return -ERR_NOMEM;
		}
	} while (++wave < n_waves);
	return 0;
}

int plan_build(const struct diff_input *input,
	       const struct reading_array *readings, struct arena *arena,
	       struct plan *ret, struct err *err)
{
	struct diff_output output = { .arena = arena };
	struct plan_server_array servers = { 0 };
	struct plan plan = { .arena = arena };
	struct named *sorted;
	size_t i;
	int rc;

	sorted = sort_readings(input->desired, readings, arena);
	if (!sorted)
		return no_memory(err);
	for (i = 0; i < readings->n; i++) {
		rc = add_server(input, sorted[i].reading, &output, &servers,
				err);
		if (rc < 0)
			return rc;
	}
	plan.n_waves = plan_waves(input->desired, &servers);
	if (order_by_wave(&servers, &output.changes, plan.n_waves, &plan) < 0)
		return no_memory(err);
	plan.standing = output.standing;
	plan.unmanaged = output.unmanaged;
	plan.notes = output.notes;
	rc = notes_of_bindings(input, &plan, err);
	if (rc < 0)
		return rc;
	*ret = plan;
	return 0;
}
