/* plan_json.c - the plan as programs read it. */
#include "reconciler/report/json_out.h"
#include "reconciler/report/plan_report.h"
#include "reconciler/report/plan_windows.h"
#include "reconciler/report/plan_words.h"
#include "reconciler/report/text.h"

#include <inttypes.h>
#include <stdio.h>

#define PHRASE_MAX 16384

static const struct server *server_at(const struct report_context *context,
				      size_t server)
{
	return &context->desired->servers.items[server];
}

static json_t *verdict_of(const struct plan_counts *counts,
			  const struct plan_report *report)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	json_t *row = json_object();

	buf_init(&text, PHRASE_MAX);
	plan_put_verdict(counts, &text);
	if (counts->changes > 0 && counts->unread + counts->held > 0)
		buf_putc(&text, ' ');
	plan_put_concern(counts, &text);
	json_set_text(&row, "text", buf_whole(&text));
	json_set_bool(&row, "has_changes", counts->changes > 0);
	json_set_bool(&row, "complete", counts->complete);
	json_set_size(&row, "changes", counts->changes);
	json_set_size(&row, "intentional", counts->causes[CAUSE_INTENTIONAL]);
	json_set_size(&row, "corrective", counts->causes[CAUSE_CORRECTIVE]);
	json_set_size(&row, "first", counts->causes[CAUSE_FIRST]);
	json_set_size(&row, "converged", counts->converged);
	json_set_size(&row, "held", counts->held);
	json_set_size(&row, "servers", counts->servers);
	json_set_size(&row, "servers_changing", counts->changing);
	json_set_size(&row, "servers_unreadable", counts->unread);
	json_set_size(&row, "waves", report->plan->n_waves);
	json_set_size(&row, "refusals",
		      report->refusals ? report->refusals->n : 0);
	json_set_bool(&row, "guarded", plan_is_held(report->plan));
	return row;
}

/* As a string: nanoseconds are more than a JSON number holds exactly. */
static void set_version(json_t **row, int64_t version)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, version);
	json_set_text(row, "version", text);
}

static void set_identity(const struct report_context *context, json_t **row,
			 const struct change *change)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	plan_put_identity(context, change, &text);
	json_set_text(row, "account", buf_whole(&text));
}

static void set_account(const struct report_context *context, json_t **row,
			size_t account)
{
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	text_account(context, &text, account);
	json_set_text(row, "account", buf_whole(&text));
}

static void set_place(json_t **row, const struct place *place)
{
	json_t *object = json_object();

	json_set_text(&object, "file", place->file);
	json_set_size(&object, "line", place->line);
	json_set(row, "manifest", object);
}

static json_t *change_row(const struct report_context *context,
			  const struct plan_server *placed,
			  const struct change *change)
{
	const struct desired *desired = context->desired;
	const struct server *server = server_at(context, change->server);
	json_t *from = json_object();
	json_t *to = json_object();
	json_t *row = json_object();

	json_set_text(&row, "server", server->name);
	json_set_text(&row, "host", server->host);
	json_set_text(&row, "pool", change->pool);
	json_set_text(&row, "kind", change_kind_name(change->kind));
	json_set_text(&row, "cause", change_cause_name(change->cause));
	set_identity(context, &row, change);
	json_set_text(&from, "identity",
		      identity_type_name(change->seen_identity));
	json_set_text(&from, "user", change->seen_user);
	json_set_text(&from, "password",
		      plan_password_name(change->seen_password));
	json_set(&row, "from", from);
	json_set_text(&to, "identity", identity_type_name(change->identity));
	json_set_text(&to, "user", change->user);
	json_set_bool(&to, "password", change->secret);
	if (change->secret)
		set_version(&to, change->version);
	json_set(&row, "to", to);
	json_set_text(&row, "recycle", plan_recycle(context, change));
	json_set_size(&row, "sites", change->n_sites);
	json_set_bool(&row, "first_pair", change->first_pair);
	json_set_bool(&row, "revive", change->revive);
	if (placed->group < desired->groups.n)
		json_set_text(&row, "group",
			      desired->groups.items[placed->group].name);
	json_set_size(&row, "wave", placed->wave);
	json_set_text(&row, "binding",
		      desired->bindings.items[change->binding].name);
	set_place(&row, &desired->bindings.items[change->binding].place);
	return row;
}

static void set_secret(const struct report_context *context,
		       const struct plan_report *report, json_t **row,
		       size_t secret)
{
	const struct secret_ref *ref = &context->config->secrets.items[secret];
	CLEANUP(buf_done) struct buf text = { 0 };

	buf_init(&text, PHRASE_MAX);
	text_version(&text, ref, report->versions[secret]);
	json_set_text(row, "secret", ref->name);
	set_version(row, report->versions[secret]);
	json_set_text(row, "version_text", buf_whole(&text));
}

static void put_accounts(const struct report_context *context,
			 const struct plan_report *report,
			 struct json_out *json)
{
	const struct desired *desired = context->desired;
	size_t i;

	json_out_list(json, "accounts");
	for (i = 0; i < desired->accounts.n; i++) {
		const struct account *account = &desired->accounts.items[i];
		json_t *row;

		if (!plan_changes_account(report->plan, i))
			continue;
		row = json_object();
		json_set_text(&row, "name", account->name);
		set_account(context, &row, i);
		if (account->secret != SIZE_MAX)
			set_secret(context, report, &row, account->secret);
		json_out_row(json, row);
	}
	json_out_list_end(json);
}

static void put_changes(const struct report_context *context,
			const struct plan *plan, struct json_out *json)
{
	const struct plan_server *server;
	size_t i;

	json_out_list(json, "changes");
	array_foreach(server, &plan->servers) {
		for (i = 0; i < server->n_changes; i++)
			json_out_row(
				json,
				change_row(
					context, server,
					&plan->changes
						 .items[server->first_change +
							i]));
	}
	json_out_list_end(json);
}

static void put_standing(const struct report_context *context,
			 const struct plan *plan, struct json_out *json)
{
	const struct standing *standing;

	json_out_list(json, "standing");
	array_foreach(standing, &plan->standing) {
		json_t *row = json_object();

		json_set_text(&row, "server",
			      server_at(context, standing->server)->name);
		json_set_text(&row, "pool", standing->pool);
		json_set_text(&row, "status", status_name(standing->status));
		json_set_text(&row, "reason", standing->reason);
		json_set_bool(&row, "guard", standing->guard);
		json_out_row(json, row);
	}
	json_out_list_end(json);
}

static void put_servers(const struct report_context *context,
			const struct plan *plan, struct json_out *json)
{
	const struct plan_server *server;
	json_t *row;

	json_out_list(json, "servers");
	array_foreach(server, &plan->servers) {
		if (!server->read)
			continue;
		row = json_object();
		json_set_text(&row, "server",
			      server_at(context, server->server)->name);
		json_set_size(&row, "changes", server->n_changes);
		json_set_size(&row, "wave", server->wave);
		json_set_time(&row, "read_at", server->read_ms);
		json_set_text(&row, "config_sha256", server->config_digest);
		json_out_row(json, row);
	}
	json_out_list_end(json);
	json_out_list(json, "unreadable");
	array_foreach(server, &plan->servers) {
		if (server->read)
			continue;
		row = json_object();
		json_set_text(&row, "server",
			      server_at(context, server->server)->name);
		json_set_text(&row, "reason", server->reason);
		json_out_row(json, row);
	}
	json_out_list_end(json);
}

static void put_notes(const struct report_context *context,
		      const struct plan *plan, struct json_out *json)
{
	const struct plan_note *note;

	json_out_list(json, "notes");
	array_foreach(note, &plan->notes) {
		json_t *row = json_object();

		json_set_text(&row, "kind", plan_note_kind_name(note->kind));
		if (note->server != SIZE_MAX)
			json_set_text(&row, "server",
				      server_at(context, note->server)->name);
		if (note->binding != SIZE_MAX)
			json_set_text(
				&row, "binding",
				context->desired->bindings.items[note->binding]
					.name);
		if (note->pool[0])
			json_set_text(&row, "pool", note->pool);
		json_set_text(&row, "text", note->text);
		json_out_row(json, row);
	}
	json_out_list_end(json);
}

static void put_rest(const struct report_context *context,
		     const struct plan_report *report, struct json_out *json)
{
	const struct unmanaged *unmanaged;
	const struct refusal *refusal;
	json_t *row;

	json_out_list(json, "unmanaged");
	array_foreach(unmanaged, &report->plan->unmanaged) {
		row = json_object();
		json_set_text(&row, "server",
			      server_at(context, unmanaged->server)->name);
		json_set_text(&row, "pool", unmanaged->pool);
		json_set_text(&row, "user", unmanaged->user);
		json_out_row(json, row);
	}
	json_out_list_end(json);
	json_out_list(json, "refusals");
	if (report->refusals) {
		array_foreach(refusal, report->refusals) {
			row = json_object();
			json_set_text(&row, "why", err_text(refusal->code));
			json_set_text(&row, "text", refusal->text);
			json_out_row(json, row);
		}
	}
	json_out_list_end(json);
}

int plan_json(const struct report_context *context,
	      const struct plan_report *report, struct buf *out,
	      struct err *err)
{
	struct plan_counts counts;
	struct json_out json;
	int rc;

	plan_count(report->plan, &counts);
	json_out_begin(&json, out, "lockstep.plan/1.0");
	json_out_member(&json, "verdict", verdict_of(&counts, report));
	if (report->saved)
		saved_put_json(report->saved, &json);
	unfinished_put_json(context, report->unfinished, &json);
	if (report->selected)
		json_out_member(&json, "selected",
				json_string(report->selected));
	put_accounts(context, report, &json);
	put_changes(context, report->plan, &json);
	put_standing(context, report->plan, &json);
	put_servers(context, report->plan, &json);
	put_notes(context, report->plan, &json);
	put_rest(context, report, &json);
	rc = plan_put_windows_json(context, report->plan, &json, err);
	if (rc < 0)
		return rc;
	return json_out_end(&json, err);
}
