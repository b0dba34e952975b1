/* plan_reader_rows.c - servers and pools of a saved plan. */
#include "state/plan_reader.h"

#include "reconciler/core/str.h"

#include <string.h>

static int no_memory(struct reader *r)
{
	return err_set(r->err, -ERR_NOMEM, "reading a saved plan");
}

static int read_digest(struct reader *r, char ret[65])
{
	const char *value = record_value(r->row, "digest");
	uint8_t bytes[32];

	if (!*value)
		return 0;
	if (record_hex(r->row, "digest", bytes, sizeof(bytes), r->err))
		return -ERR_PLAN_FILE;
	memcpy(ret, value, 65);
	return 0;
}

static int read_names(struct reader *r, struct server *server)
{
	int rc = reader_name(r, "name", &server->name);

	if (!rc)
		rc = reader_plain(r, "host", &server->host);
	return rc ? rc : reader_plain(r, "key", &server->key);
}

static int read_times(struct reader *r, struct plan_server *item)
{
	int rc = reader_number(r, "read_ms", INT64_MAX, &item->read_ms);

	if (!rc)
		rc = reader_number(r, "took_ms", INT64_MAX,
				   &item->read_took_ms);
	return rc;
}

static int read_server(struct reader *r, struct plan_file *file)
{
	struct server server = { 0 };
	struct plan_server item = { .server = file->desired.servers.n,
				    .reason = record_value(r->row, "reason") };
	unsigned n_changes = 0;
	int rc = read_names(r, &server);

	if (!rc)
		rc = reader_index(r, "group", file->desired.groups.n, true,
				  &item.group);
	if (!rc)
		rc = reader_count(r, "wave", &item.wave);
	if (!rc)
		rc = reader_flag(r, "read", &item.read);
	if (!rc)
		rc = read_times(r, &item);
	if (!rc)
		rc = read_digest(r, item.config_digest);
	if (!rc)
		rc = reader_count(r, "changes", &n_changes);
	if (!rc && n_changes && (!item.read || item.wave >= file->plan.n_waves))
		rc = reader_fail(r, "it has changes and no wave");
	if (rc < 0)
		return rc;
	item.n_changes = n_changes;
	if (!array_push(r->arena, &file->desired.servers, server) ||
	    !array_push(r->arena, &file->plan.servers, item))
		return no_memory(r);
	r->next++;
	return 0;
}

int reader_servers(struct reader *r, struct plan_file *file)
{
	int rc = 0;

	while (!rc && reader_row(r, PLAN_ROW_SERVER))
		rc = read_server(r, file);
	return rc;
}

/* ---- changes ------------------------------------------------------------- */

static int read_kind(struct reader *r, struct change *change)
{
	const char *cause = record_value(r->row, "cause");
	int kind = change_kind_parse(record_value(r->row, "kind"));
	unsigned i = CAUSE_INTENTIONAL;

	if (kind < 0)
		return reader_fail(r, "a change has no known kind");
	while (i <= CAUSE_FIRST &&
	       !str_eq(change_cause_name((enum change_cause)i), cause))
		i++;
	if (i > CAUSE_FIRST)
		return reader_fail(r, "a change has no known cause");
	change->kind = (enum change_kind)kind;
	change->cause = (enum change_cause)i;
	return 0;
}

static int read_flags(struct reader *r, struct change *change)
{
	int rc = reader_flag(r, "secret", &change->secret);

	if (!rc)
		rc = reader_flag(r, "first_pair", &change->first_pair);
	if (!rc)
		rc = reader_flag(r, "revive", &change->revive);
	if (!rc)
		rc = reader_flag(r, "rotates", &change->rotates);
	if (!rc)
		rc = reader_flag(r, "lags", &change->lags);
	return rc;
}

/* What is written is of the binding's account. */
static int read_binding(struct reader *r, const struct plan_file *file,
			struct change *change)
{
	const struct binding *binding;
	int rc = reader_index(r, "binding", file->desired.bindings.n, false,
			      &change->binding);

	if (rc < 0)
		return rc;
	binding = &file->desired.bindings.items[change->binding];
	change->account = binding->account;
	if (change->identity != binding->identity ||
	    (change->secret &&
	     (change->account == SIZE_MAX ||
	      file->desired.accounts.items[change->account].secret == SIZE_MAX)))
		return reader_fail(r, "a change is not of its binding");
	return 0;
}

static int read_seen(struct reader *r, struct change *change)
{
	unsigned password = 0;
	unsigned state = 0;
	int rc;

	r->next++;
	if (!reader_row(r, PLAN_ROW_SEEN))
		return reader_fail(r, "a change lacks what was seen");
	change->seen_user = record_value(r->row, "user");
	rc = reader_identity(r, "identity", &change->seen_identity);
	if (!rc)
		rc = reader_flag(r, "local", &change->seen_local);
	if (!rc)
		rc = reader_word(r, "password", plan_password_states,
				 &password);
	if (!rc)
		rc = reader_count(r, "sites", &change->n_sites);
	if (!rc)
		rc = reader_word(r, "state", plan_pool_states, &state);
	if (!rc)
		rc = reader_flag(r, "worker", &change->seen_worker);
	if (!rc)
		rc = reader_flag(r, "always_running",
				 &change->seen_always_running);
	if (!rc)
		rc = reader_flag(r, "auto_start", &change->seen_auto_start);
	change->seen_password = (enum password_state)password;
	change->seen_state = (enum pool_state)state;
	return rc;
}

static int read_change(struct reader *r, struct plan_file *file, size_t server)
{
	struct change change = { .user = record_value(r->row, "user"),
				 .pool = record_value(r->row, "pool") };
	int rc = reader_index(r, "server", file->desired.servers.n, false,
			      &change.server);

	if (!rc && change.server != server)
		rc = reader_fail(r, "a change is not where its server is");
	if (!rc)
		rc = read_kind(r, &change);
	if (!rc)
		rc = reader_identity(r, "identity", &change.identity);
	if (!rc)
		rc = read_flags(r, &change);
	if (!rc)
		rc = read_binding(r, file, &change);
	if (!rc)
		rc = reader_number(r, "version", INT64_MAX, &change.version);
	if (!rc)
		rc = reader_number(r, "committed_ms", INT64_MAX,
				   &change.committed_ms);
	if (!rc)
		rc = read_seen(r, &change);
	if (rc < 0)
		return rc;
	if (!array_push(r->arena, &file->plan.changes, change))
		return no_memory(r);
	r->next++;
	return 0;
}

int reader_changes(struct reader *r, struct plan_file *file)
{
	for (size_t i = 0; i < file->plan.servers.n; i++) {
		struct plan_server *server = &file->plan.servers.items[i];

		server->first_change = file->plan.changes.n;
		for (size_t k = 0; k < server->n_changes; k++) {
			int rc = reader_row(r, PLAN_ROW_CHANGE)
					 ? read_change(r, file, i)
					 : reader_fail(r, "a change is not "
							  "there");

			if (rc < 0)
				return rc;
		}
	}
	return 0;
}

/* ---- what does not change ------------------------------------------------ */

/* Rows of a server stand together: has it had its turn already? */
struct turns {
	bool *had;
	size_t last;
};

static int turns_new(struct reader *r, const struct plan_file *file,
		     struct turns *ret)
{
	ret->last = SIZE_MAX;
	ret->had = arena_alloc(r->arena, file->desired.servers.n + 1);
	return ret->had ? 0 : no_memory(r);
}

static int turns_take(struct reader *r, struct turns *turns, size_t server)
{
	if (server == turns->last)
		return 0;
	turns->last = server;
	if (server == SIZE_MAX)
		return 0;
	if (turns->had[server])
		return reader_fail(r, "rows of a server stand apart");
	turns->had[server] = true;
	return 0;
}

static int read_standing(struct reader *r, struct plan_file *file,
			 struct turns *turns)
{
	struct standing item = { .pool = record_value(r->row, "pool"),
				 .reason = record_value(r->row, "reason") };
	int status = status_parse(record_value(r->row, "status"));
	int rc = reader_index(r, "server", file->desired.servers.n, false,
			      &item.server);

	if (!rc)
		rc = reader_index(r, "binding", file->desired.bindings.n, false,
				  &item.binding);
	if (!rc)
		rc = reader_flag(r, "guard", &item.guard);
	if (!rc && status < 0)
		rc = reader_fail(r, "a pool has no known status");
	if (!rc)
		rc = turns_take(r, turns, item.server);
	if (rc < 0)
		return rc;
	item.status = (enum status)status;
	if (!array_push(r->arena, &file->plan.standing, item))
		return no_memory(r);
	r->next++;
	return 0;
}

int reader_standing(struct reader *r, struct plan_file *file)
{
	struct turns turns;
	int rc = turns_new(r, file, &turns);

	while (!rc && reader_row(r, PLAN_ROW_STANDING))
		rc = read_standing(r, file, &turns);
	return rc;
}

static int read_unmanaged(struct reader *r, struct plan_file *file)
{
	struct unmanaged item = { .pool = record_value(r->row, "pool"),
				  .user = record_value(r->row, "user") };
	int rc = reader_index(r, "server", file->desired.servers.n, false,
			      &item.server);

	if (rc < 0)
		return rc;
	if (!array_push(r->arena, &file->plan.unmanaged, item))
		return no_memory(r);
	r->next++;
	return 0;
}

static int read_note(struct reader *r, struct plan_file *file,
		     struct turns *turns)
{
	struct plan_note note = { .pool = record_value(r->row, "pool"),
				  .text = record_value(r->row, "text") };
	const char *kind = record_value(r->row, "kind");
	unsigned i = 0;
	int rc = reader_index(r, "server", file->desired.servers.n, true,
			      &note.server);

	while (i < NOTE_COUNT &&
	       !str_eq(plan_note_kind_name((enum plan_note_kind)i), kind))
		i++;
	note.kind = (enum plan_note_kind)i;
	if (!rc)
		rc = reader_index(r, "binding", file->desired.bindings.n, true,
				  &note.binding);
	if (!rc && (i == NOTE_COUNT ||
		    (note.server == SIZE_MAX && note.binding == SIZE_MAX)))
		rc = reader_fail(r, "a note is of nothing that is known");
	if (!rc)
		rc = turns_take(r, turns, note.server);
	if (rc < 0)
		return rc;
	if (!array_push(r->arena, &file->plan.notes, note))
		return no_memory(r);
	r->next++;
	return 0;
}

static int read_pair(struct reader *r, struct plan_file *file)
{
	const struct refusal refusal = { .code = -ERR_NEW_PAIR,
					 .text = record_value(r->row, "text") };

	if (!array_push(r->arena, &file->pairs, refusal))
		return no_memory(r);
	r->next++;
	return 0;
}

int reader_rest(struct reader *r, struct plan_file *file)
{
	struct turns turns;
	int rc = turns_new(r, file, &turns);

	while (!rc && reader_row(r, PLAN_ROW_UNMANAGED))
		rc = read_unmanaged(r, file);
	while (!rc && reader_row(r, PLAN_ROW_NOTE))
		rc = read_note(r, file, &turns);
	while (!rc && reader_row(r, PLAN_ROW_PAIR))
		rc = read_pair(r, file);
	return rc;
}
