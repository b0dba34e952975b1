/* waves.c - canary first, then batches of what changes in a group. */
#include "reconciler/plan/waves.h"

static size_t changing(const struct plan_server_array *servers, size_t group)
{
	const struct plan_server *server;
	size_t n = 0;

	array_foreach(server, servers) {
		if (server->group == group && server->n_changes > 0)
			n++;
	}
	return n;
}

/* Servers of one batch; at least 1. */
static size_t batch_size(const struct rollout *rollout, size_t n)
{
	size_t size = rollout->batch_servers;

	if (rollout->batch_percent > 0)
		size = (n * rollout->batch_percent + 99) / 100;
	return size > 0 ? size : 1;
}

static unsigned group_waves(const struct resource_group *group, size_t index,
			    struct plan_server_array *servers)
{
	size_t n = changing(servers, index);
	size_t batch = batch_size(&group->rollout, n);
	size_t canary = group->rollout.canary;
	struct plan_server *server;
	unsigned waves = 0;
	size_t k = 0;

	array_foreach(server, servers) {
		if (server->group != index || server->n_changes == 0)
			continue;
		server->wave =
			k < canary ? 0 : (unsigned)(1 + (k - canary) / batch);
		if (server->wave + 1 > waves)
			waves = server->wave + 1;
		k++;
	}
	return waves;
}

unsigned plan_waves(const struct desired *desired,
		    struct plan_server_array *servers)
{
	unsigned most = 0;
	size_t i;

	for (i = 0; i < desired->groups.n; i++) {
		unsigned waves =
			group_waves(&desired->groups.items[i], i, servers);

		if (waves > most)
			most = waves;
	}
	return most;
}
