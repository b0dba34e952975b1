/* saved.c - see saved.h. */
#include "reconciler/cmd/saved.h"

#include "reconciler/cmd/actor.h"
#include "reconciler/cmd/look.h"
#include "reconciler/core/str.h"
#include "reconciler/sys/clock.h"

#include <string.h>

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "reading a saved plan");
}

int saved_read(struct context *context, const char *path, struct saved *ret,
	       struct err *err)
{
	struct saved saved = { .path = path };
	int rc = plan_file_read(path, &context->arena, &saved.file, err);

	if (rc < 0)
		return rc;
	saved.report = (struct saved_report){
		.id = saved.file.head.id,
		.file = path,
		.actor = saved.file.head.actor,
		.made_ms = saved.file.head.made_ms,
		.expires_ms = saved.file.head.expires_ms,
	};
	*ret = saved;
	return 0;
}

int saved_look_up(struct context *context, struct saved *saved, struct err *err)
{
	const struct plan_approval *approval;
	int rc = store_plan_record(context->store, &context->arena,
				   saved->file.head.id, &saved->record, err);

	if (rc < 0)
		return rc;
	saved->report.approvals = (struct saved_yes_array){ 0 };
	array_foreach(approval, &saved->record.approvals) {
		const struct saved_yes yes = { approval->actor,
					       approval->reason,
					       approval->ticket,
					       approval->at_ms };

		if (!array_push(&context->arena, &saved->report.approvals, yes))
			return no_memory(err);
	}
	return 0;
}

/* ---- checks -------------------------------------------------------------- */

static int check_seal(struct context *context, const struct saved *saved,
		      struct err *err)
{
	CLEANUP(secret_freep) struct secret *key = NULL;
	int rc = plan_key_load(context->store, false, &key, err);

	return rc ? rc : plan_file_check(&saved->file, key, err);
}

static int check_store(const struct context *context, const struct saved *saved,
		       struct err *err)
{
	if (str_eq(saved->file.head.store, store_id(context->store)))
		return 0;
	return err_set(err, -ERR_PLAN_FILE,
		       "it was made with another state than %s",
		       context->state_path);
}

/* A clock that went back may not make it younger than it is. */
static int check_expiry(const struct saved *saved, struct err *err)
{
	const struct plan_head *head = &saved->file.head;
	const int64_t now_ms = clock_wall_ms();
	char text[32];

	if (now_ms >= head->expires_ms) {
		clock_text(head->expires_ms, text, sizeof(text));
		return err_set(err, -ERR_PLAN_FILE, "it expired %s", text);
	}
	if (now_ms + 300000 < head->made_ms) {
		clock_text(head->made_ms, text, sizeof(text));
		return err_set(err, -ERR_PLAN_FILE,
			       "it was made %s, which is still to come: the "
			       "clock of this controller was set back",
			       text);
	}
	return 0;
}

static int check_use(const struct saved *saved, struct err *err)
{
	const struct plan_record *record = &saved->record;
	char text[32];

	if (!record->used_by)
		return 0;
	clock_text(record->used_ms, text, sizeof(text));
	if (record->used_ended)
		return err_set(err, -ERR_PLAN_FILE,
			       "run %s carried it out %s; a plan is used once",
			       record->used_by, text);
	return err_set(err, -ERR_PLAN_FILE,
		       "run %s began to carry it out %s; a plan is used once",
		       record->used_by, text);
}

static int check_inputs(const struct context *context,
			const struct saved *saved, struct err *err)
{
	const struct plan_head *head = &saved->file.head;
	const bool manifests =
		str_eq(head->desired_digest, context->desired.digest);

	if (!str_eq(head->config_digest, context->config.digest))
		return err_set(err, -ERR_PLAN_FILE,
			       "the configuration %s was changed since it was "
			       "made",
			       context->config.path ? context->config.path
						    : "");
	return manifests ? 0
			 : err_set(err, -ERR_PLAN_FILE,
				   "the manifests were changed since it was "
				   "made, or other ones are given");
}

bool saved_is_approved(const struct context *context, const struct saved *saved)
{
	const bool other = context->config.plans_approval == APPROVAL_OTHER;
	const struct plan_approval *approval;

	array_foreach(approval, &saved->record.approvals) {
		if (!other ||
		    !str_eq(approval->person, saved->file.head.person))
			return true;
	}
	return false;
}

static int check_approval(const struct context *context,
			  const struct saved *saved, struct err *err)
{
	const enum plan_approval_rule rule = context->config.plans_approval;

	if (rule == APPROVAL_NONE || saved_is_approved(context, saved))
		return 0;
	if (rule == APPROVAL_OTHER)
		return err_set(err, -ERR_APPROVAL,
			       "nobody but %s, who made it, approved it yet "
			       "(plans.approval: other)",
			       saved->file.head.person);
	return err_set(err, -ERR_APPROVAL,
		       "nobody approved it yet (plans.approval: any)");
}

int saved_check(struct context *context, const struct saved *saved,
		enum saved_check_kind kind, struct err *err)
{
	switch (kind) {
	case SAVED_SEAL:
		return check_seal(context, saved, err);
	case SAVED_STORE:
		return check_store(context, saved, err);
	case SAVED_EXPIRY:
		return check_expiry(saved, err);
	case SAVED_USE:
		return check_use(saved, err);
	case SAVED_INPUTS:
		return check_inputs(context, saved, err);
	case SAVED_APPROVAL:
		return check_approval(context, saved, err);
	case SAVED_CHECK_COUNT:
		break;
	}
	return 0;
}

int saved_refuse(struct context *context, const struct saved *saved,
		 enum saved_check_kind first, enum saved_check_kind last,
		 struct err *err)
{
	for (unsigned i = first; i <= last; i++) {
		struct err why = { 0 };
		int rc = saved_check(context, saved, (enum saved_check_kind)i,
				     &why);

		if (rc < 0)
			return err_set(err, rc, "%s: %s", saved->path,
				       why.what);
	}
	return 0;
}

/* ---- by the manifests ---------------------------------------------------- */

int saved_plan(struct context *context, const struct saved *saved,
	       const struct plan **ret, struct err *err)
{
	struct arena *arena = &context->arena;
	struct plan *plan = arena_alloc(arena, sizeof(*plan));
	const struct plan_server *server;
	int rc;

	if (!plan)
		return no_memory(err);
	rc = plan_file_match(&saved->file, &context->desired, arena, plan, err);
	if (rc < 0)
		return err_prefix(err, rc, "%s", saved->path);
	context->scope = (struct index_array){ 0 };
	array_foreach(server, &plan->servers) {
		if (!array_push(arena, &context->scope, server->server))
			return no_memory(err);
	}
	*ret = plan;
	return 0;
}

int saved_open(struct context *context, const char *path, struct saved *ret,
	       const struct plan **ret_plan, struct err *err)
{
	int rc = saved_read(context, path, ret, err);

	if (!rc)
		rc = saved_look_up(context, ret, err);
	if (!rc)
		rc = saved_refuse(context, ret, SAVED_SEAL, SAVED_INPUTS, err);
	return rc ? rc : saved_plan(context, ret, ret_plan, err);
}

/* ---- plan --out ---------------------------------------------------------- */

static int fill_head(struct context *context, struct plan_head *ret,
		     struct err *err)
{
	struct arena *arena = &context->arena;
	char person[ACTOR_BYTES];
	char actor[ACTOR_BYTES];
	char id[32];
	int rc = look_run_id(id, err);

	if (rc < 0)
		return rc;
	actor_person(person, sizeof(person));
	actor_full(actor, sizeof(actor));
	*ret = (struct plan_head){
		.id = arena_strdup(arena, id),
		.made_ms = clock_wall_ms(),
		.store = store_id(context->store),
		.person = arena_strdup(arena, person),
		.actor = arena_strdup(arena, actor),
		.desired_digest = context->desired.digest,
		.config_digest = context->config.digest,
		.selected = context->selected ? context->selected : "",
	};
	ret->expires_ms = ret->made_ms + context->config.plans_expire_ms;
	return ret->id && ret->person && ret->actor ? 0 : no_memory(err);
}

int saved_write(struct context *context, const char *path,
		const struct plan *plan, const struct refusal_array *refusals,
		struct saved_report *ret, struct err *err)
{
	CLEANUP(buf_done) struct buf text = { 0 };
	CLEANUP(secret_freep) struct secret *key = NULL;
	struct plan_head head = { 0 };
	const struct plan_saving saving = { &head,
					    &context->desired,
					    &context->config,
					    context->passwords.versions,
					    plan,
					    refusals };
	int rc = fill_head(context, &head, err);

	buf_init(&text, PLAN_FILE_BYTES_MAX);
	if (!rc)
		rc = plan_key_load(context->store, context->record, &key, err);
	if (!rc)
		rc = plan_file_put(&saving, key, &text, err);
	if (!rc)
		rc = plan_file_write(path, &text, err);
	if (rc < 0)
		return rc;
	*ret = (struct saved_report){ .id = head.id,
				      .file = path,
				      .actor = head.actor,
				      .made_ms = head.made_ms,
				      .expires_ms = head.expires_ms,
				      .fresh = true };
	return 0;
}
