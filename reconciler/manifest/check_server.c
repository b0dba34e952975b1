/* check_server.c - servers: no host and port twice. */
#include "reconciler/manifest/check.h"

#include "reconciler/core/str.h"

#include <stdlib.h>

/* A Server that misses its host is a problem already. */
static const char *server_key(struct arena *arena, const struct server *server)
{
	const char *host = server->host ? server->host : "";
	char *key = server->port == 22 ? arena_strdup(arena, host)
				       : arena_printf(arena, "[%s]:%u", host,
						      server->port);

	if (key)
		str_lower(key);
	return key;
}

static int take(struct check *check, const struct draft_server *draft)
{
	struct server server = {
		.name = draft->head.metadata.name.text,
		.place = draft->head.place,
		.host = draft->spec.host.text,
		.port = (uint16_t)draft->spec.port.number,
		.host_key = draft->spec.host_key.text,
	};
	int rc = check_labels(check, &draft->head, &server.labels);

	if (rc < 0)
		return rc;
	server.key = server_key(&check->desired->arena, &server);
	if (!server.key)
		return -ERR_NOMEM;
	return array_push(&check->desired->arena, &check->desired->servers,
			  server)
		       ? 0
		       : -ERR_NOMEM;
}

static int compare(const void *a, const void *b)
{
	const struct draft_server *sa = *(const struct draft_server *const *)a;
	const struct draft_server *sb = *(const struct draft_server *const *)b;
	int order = str_cmp_nocase(sa->spec.host.text, sb->spec.host.text);

	if (order)
		return order;
	if (sa->spec.port.number != sb->spec.port.number)
		return sa->spec.port.number < sb->spec.port.number ? -1 : 1;
	/* Both stand in one array: in the order of the documents. */
	return sa < sb ? -1 : 1;
}

static int refuse_twins(const struct check *check)
{
	const struct draft_set *drafts = check->drafts;
	const struct draft_server **sorted = arena_alloc(
		check->scratch, (drafts->servers.n + 1) * sizeof(const void *));
	size_t n = 0;
	size_t i;

	if (!sorted)
		return -ERR_NOMEM;
	for (i = 0; i < drafts->servers.n; i++) {
		if (drafts->servers.items[i].spec.host.text)
			sorted[n++] = &drafts->servers.items[i];
	}
	qsort(sorted, n, sizeof(const void *), compare);
	for (i = 1; i < n; i++) {
		const struct value *first = &sorted[i - 1]->spec.host;
		const struct value *second = &sorted[i]->spec.host;

		if (!str_eq_nocase(first->text, second->text) ||
		    sorted[i - 1]->spec.port.number !=
			    sorted[i]->spec.port.number)
			continue;
		problem_add(check->problems, &second->place,
			    "host %s, port %d is another Server already, at "
			    "%s; declare a server once",
			    problem_quote(check->problems, second->text),
			    (int)sorted[i]->spec.port.number,
			    problem_place(check->problems, &first->place));
	}
	return 0;
}

int check_servers(struct check *check)
{
	int rc = 0;
	size_t i;

	for (i = 0; i < check->drafts->servers.n && rc == 0; i++)
		rc = take(check, &check->drafts->servers.items[i]);
	return rc < 0 ? rc : refuse_twins(check);
}
