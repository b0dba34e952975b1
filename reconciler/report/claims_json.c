/* claims_json.c - what is declared, and the outline of a plan, for programs. */
#include "reconciler/report/claims.h"
#include "reconciler/report/json_out.h"

#define PHRASE_MAX 16384

static void set_identity(const struct report_context *context,
			 const struct binding *binding, json_t **row)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	claim_put_identity(context, binding, &text);
	json_set_text(row, "identity", buf_whole(&text));
	json_set_text(row, "type", identity_type_name(binding->identity));
	if (binding->account < context->desired->accounts.n)
		json_set_text(
			row, "account",
			context->desired->accounts.items[binding->account].name);
}

static void set_place(json_t **row, const struct place *place)
{
	json_set_text(row, "file", place->file);
	json_set_size(row, "line", place->line);
}

static void append_text(json_t **list, const char *text)
{
	json_t *item = json_string(text);

	if (json_array_append_new(*list, item) == 0)
		return;
	json_decref(*list);
	*list = NULL;
}

static json_t *names_of(const struct named_pool_array *pools)
{
	const struct named_pool *pool;
	json_t *list = json_array();

	array_foreach(pool, pools)
		append_text(&list, pool->name);
	return list;
}

static json_t *binding_row(const struct report_context *context,
			   const struct binding *binding)
{
	json_t *row = json_object();
	json_t *groups = json_array();
	const size_t *group;

	json_set_text(&row, "name", binding->name);
	set_place(&row, &binding->place);
	set_identity(context, binding, &row);
	array_foreach(group, &binding->groups)
		append_text(&groups,
			    context->desired->groups.items[*group].name);
	json_set(&row, "groups", groups);
	json_set(&row, "pools", names_of(&binding->pools));
	json_set_bool(&row, "follow", binding->follow);
	json_set(&row, "exclude", names_of(&binding->exclude));
	json_set_text(&row, "restart", claim_restart_name(binding));
	return row;
}

static json_t *group_row(const struct report_context *context,
			 const struct resource_group *group)
{
	json_t *row = json_object();
	json_t *servers = json_array();
	const size_t *server;

	json_set_text(&row, "name", group->name);
	set_place(&row, &group->place);
	json_set_size(&row, "canary", group->rollout.canary);
	if (group->rollout.batch_percent)
		json_set_size(&row, "batch_percent",
			      group->rollout.batch_percent);
	else
		json_set_size(&row, "batch_servers",
			      group->rollout.batch_servers);
	json_set_size(&row, "max_failures", group->rollout.max_failures);
	array_foreach(server, &group->servers)
		append_text(&servers,
			    context->desired->servers.items[*server].name);
	json_set(&row, "servers", servers);
	return row;
}

static json_t *server_row(const struct server *server)
{
	json_t *row = json_object();
	json_t *labels = json_object();
	const struct label *label;

	json_set_text(&row, "name", server->name);
	set_place(&row, &server->place);
	json_set_text(&row, "host", server->host);
	json_set_size(&row, "port", server->port);
	array_foreach(label, &server->labels)
		json_set_text(&labels, label->key, label->value);
	json_set(&row, "labels", labels);
	return row;
}

/* pool null = what is found running as the identity. */
static json_t *claim_row(const struct report_context *context,
			 const struct claims *claims, const struct claim *claim)
{
	const struct binding *binding =
		&context->desired->bindings.items[claim->binding];
	json_t *row = json_object();

	json_set_text(&row, "server",
		      context->desired->servers.items[claim->server].name);
	json_set_text(&row, "binding", binding->name);
	if (claim->how == DECLARED_FOLLOW)
		json_set(&row, "pool", json_null());
	else
		json_set_text(&row, "pool", claim->pool);
	json_set_text(&row, "how", claim_how_name(claim->how));
	set_identity(context, binding, &row);
	if (claims->grants_known)
		json_set_bool(&row, "granted", claim->granted);
	else
		json_set(&row, "granted", json_null());
	return row;
}

static void put_claims(const struct report_context *context,
		       const struct claims *claims, struct json_out *json)
{
	const struct claim *claim;

	json_out_list(json, "claims");
	array_foreach(claim, &claims->items)
		json_out_row(json, claim_row(context, claims, claim));
	json_out_list_end(json);
}

int graph_json(const struct report_context *context,
	       const struct claims *claims, struct buf *out, struct err *err)
{
	const struct desired *desired = context->desired;
	struct json_out json;
	size_t i;

	json_out_begin(&json, out, "lockstep.graph/1.0");
	json_out_list(&json, "bindings");
	for (i = 0; i < desired->bindings.n; i++)
		json_out_row(&json,
			     binding_row(context, &desired->bindings.items[i]));
	json_out_list_end(&json);
	json_out_list(&json, "groups");
	for (i = 0; i < desired->groups.n; i++)
		json_out_row(&json,
			     group_row(context, &desired->groups.items[i]));
	json_out_list_end(&json);
	json_out_list(&json, "servers");
	for (i = 0; i < desired->servers.n; i++)
		json_out_row(&json, server_row(&desired->servers.items[i]));
	json_out_list_end(&json);
	put_claims(context, claims, &json);
	return json_out_end(&json, err);
}

int offline_json(const struct report_context *context,
		 const struct offline_report *report, struct buf *out,
		 struct err *err)
{
	const struct plan_server *server;
	const struct refusal *refusal;
	struct json_out json;

	json_out_begin(&json, out, "lockstep.offline/1.0");
	json_out_member(&json, "servers_read", json_integer(0));
	json_out_member(&json, "waves", json_integer(report->n_waves));
	json_out_list(&json, "servers");
	array_foreach(server, report->servers) {
		json_t *row = json_object();

		json_set_text(
			&row, "name",
			context->desired->servers.items[server->server].name);
		json_set_size(&row, "wave", server->wave + 1U);
		if (server->group < context->desired->groups.n)
			json_set_text(
				&row, "group",
				context->desired->groups.items[server->group]
					.name);
		json_out_row(&json, row);
	}
	json_out_list_end(&json);
	put_claims(context, report->claims, &json);
	json_out_list(&json, "refusals");
	array_foreach(refusal, report->refusals) {
		json_t *row = json_object();

		json_set_text(&row, "text", refusal->text);
		json_out_row(&json, row);
	}
	json_out_list_end(&json);
	return json_out_end(&json, err);
}
