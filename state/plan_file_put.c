/* plan_file_put.c - writing a saved plan; see plan_file.h. */
#include "state/plan_file.h"

#include "reconciler/sys/digest.h"
#include "state/guard.h"
#include "state/plan_rows.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* The plan while it is written. Arrays are by index in desired: the number of
 * the row that stands for it, or SIZE_MAX. */
struct writer {
	const struct plan_saving *saving;
	struct buf *out;
	size_t *accounts;
	size_t *groups;
	size_t *bindings;
	size_t *servers;
};

/* One record while it is filled, field after field. */
struct row {
	const struct record_kind *kind;
	const char *values[RECORD_FIELDS_MAX];
	char numbers[RECORD_FIELDS_MAX][24];
	size_t n;
};

static void row_begin(struct row *row, enum plan_row kind)
{
	row->kind = &plan_rows[kind];
	row->n = 0;
}

static void row_text(struct row *row, const char *text)
{
	assert(row->n < RECORD_FIELDS_MAX && row->kind->fields[row->n]);
	row->values[row->n++] = text ? text : "";
}

static void row_number(struct row *row, int64_t number)
{
	char *text = row->numbers[row->n];

	(void)snprintf(text, sizeof(row->numbers[0]), "%" PRId64, number);
	row_text(row, text);
}

/* SIZE_MAX = none. */
static void row_index(struct row *row, size_t index)
{
	if (index == SIZE_MAX)
		row_text(row, "");
	else
		row_number(row, (int64_t)index);
}

static void row_flag(struct row *row, bool flag)
{
	row_text(row, flag ? "1" : "0");
}

static void row_end(const struct row *row, struct buf *out)
{
	assert(row->n == RECORD_FIELDS_MAX || !row->kind->fields[row->n]);
	record_put(out, row->kind, row->values);
}

static void put_head(const struct writer *w)
{
	const struct plan_head *head = w->saving->head;
	struct row row;

	row_begin(&row, PLAN_ROW_HEAD);
	row_text(&row, PLAN_FORMAT);
	row_text(&row, head->id);
	row_number(&row, head->made_ms);
	row_number(&row, head->expires_ms);
	row_text(&row, head->store);
	row_text(&row, head->person);
	row_text(&row, head->actor);
	row_text(&row, head->desired_digest);
	row_text(&row, head->config_digest);
	row_text(&row, head->selected);
	row_flag(&row, head->contested);
	row_number(&row, w->saving->plan->n_waves);
	row_end(&row, w->out);
}

/* Of where a secret comes from only the scheme. */
static const char *scheme_of(const struct secret_ref *secret, char ret[16])
{
	const size_t len = strcspn(secret->from, ":") + 1;

	(void)snprintf(ret, 16, "%.*s", len < 16 ? (int)len : 15, secret->from);
	return ret;
}

static void put_account(const struct writer *w, size_t index)
{
	const struct account *account =
		&w->saving->desired->accounts.items[index];
	const struct config *config = w->saving->config;
	const struct secret_ref *secret = NULL;
	char scheme[16];
	struct row row;

	if (account->secret != SIZE_MAX)
		secret = &config->secrets.items[account->secret];
	row_begin(&row, PLAN_ROW_ACCOUNT);
	row_text(&row, account->name);
	row_text(&row, config->domains.items[account->domain].netbios);
	row_text(&row, account->user);
	row_text(&row, plan_account_types[account->type]);
	row_text(&row, secret ? secret->name : "");
	row_text(&row, secret ? scheme_of(secret, scheme) : "");
	row_number(&row, secret ? w->saving->versions[account->secret] : 0);
	row_end(&row, w->out);
}

static void put_group(const struct writer *w, size_t index)
{
	const struct resource_group *group =
		&w->saving->desired->groups.items[index];
	const struct rollout *rollout = &group->rollout;
	struct row row;

	row_begin(&row, PLAN_ROW_GROUP);
	row_text(&row, group->name);
	row_number(&row, rollout->canary);
	row_number(&row, rollout->batch_percent);
	row_number(&row, rollout->batch_servers);
	row_number(&row, rollout->max_failures);
	row_number(&row, rollout->pause_ms);
	row_end(&row, w->out);
}

static void put_binding(const struct writer *w, size_t index)
{
	const struct binding *binding =
		&w->saving->desired->bindings.items[index];
	struct row row;

	row_begin(&row, PLAN_ROW_BINDING);
	row_text(&row, binding->name);
	row_index(&row, binding->account == SIZE_MAX
				? SIZE_MAX
				: w->accounts[binding->account]);
	row_text(&row, identity_type_name(binding->identity));
	row_text(&row, plan_restarts[binding->restart]);
	row_flag(&row, binding->http.path != NULL);
	row_text(&row, binding->place.file);
	row_number(&row, binding->place.line);
	row_end(&row, w->out);
}

static void put_server(const struct writer *w, const struct plan_server *item)
{
	const struct server *server =
		&w->saving->desired->servers.items[item->server];
	struct row row;

	row_begin(&row, PLAN_ROW_SERVER);
	row_text(&row, server->name);
	row_text(&row, server->host);
	row_text(&row, server->key);
	row_index(&row,
		  item->group == SIZE_MAX ? SIZE_MAX : w->groups[item->group]);
	row_number(&row, item->wave);
	row_flag(&row, item->read);
	row_number(&row, item->read_ms);
	row_number(&row, item->read_took_ms);
	row_text(&row, item->reason);
	row_text(&row, item->config_digest);
	row_number(&row, (int64_t)item->n_changes);
	row_end(&row, w->out);
}

static void put_seen(const struct writer *w, const struct change *change)
{
	struct row row;

	row_begin(&row, PLAN_ROW_SEEN);
	row_text(&row, identity_type_name(change->seen_identity));
	row_text(&row, change->seen_user);
	row_flag(&row, change->seen_local);
	row_text(&row, plan_password_states[change->seen_password]);
	row_number(&row, change->n_sites);
	row_text(&row, plan_pool_states[change->seen_state]);
	row_flag(&row, change->seen_worker);
	row_flag(&row, change->seen_always_running);
	row_flag(&row, change->seen_auto_start);
	row_end(&row, w->out);
}

static void put_change(const struct writer *w, const struct change *change)
{
	struct row row;

	row_begin(&row, PLAN_ROW_CHANGE);
	row_index(&row, w->servers[change->server]);
	row_index(&row, w->bindings[change->binding]);
	row_text(&row, change->pool);
	row_text(&row, change_kind_name(change->kind));
	row_text(&row, change_cause_name(change->cause));
	row_text(&row, identity_type_name(change->identity));
	row_text(&row, change->user);
	row_flag(&row, change->secret);
	row_flag(&row, change->first_pair);
	row_flag(&row, change->revive);
	row_flag(&row, change->rotates);
	row_flag(&row, change->lags);
	row_number(&row, change->version);
	row_number(&row, change->committed_ms);
	row_end(&row, w->out);
	put_seen(w, change);
}

static void put_standing(const struct writer *w)
{
	const struct standing *item;

	array_foreach(item, &w->saving->plan->standing) {
		struct row row;

		row_begin(&row, PLAN_ROW_STANDING);
		row_index(&row, w->servers[item->server]);
		row_index(&row, w->bindings[item->binding]);
		row_text(&row, item->pool);
		row_text(&row, status_name(item->status));
		row_text(&row, item->reason);
		row_flag(&row, item->guard);
		row_end(&row, w->out);
	}
}

static void put_rest(const struct writer *w)
{
	const struct plan *plan = w->saving->plan;
	const struct unmanaged *unmanaged;
	const struct plan_note *note;
	const struct refusal *refusal;
	struct row row;

	array_foreach(unmanaged, &plan->unmanaged) {
		row_begin(&row, PLAN_ROW_UNMANAGED);
		row_index(&row, w->servers[unmanaged->server]);
		row_text(&row, unmanaged->pool);
		row_text(&row, unmanaged->user);
		row_end(&row, w->out);
	}
	array_foreach(note, &plan->notes) {
		row_begin(&row, PLAN_ROW_NOTE);
		row_text(&row, plan_note_kind_name(note->kind));
		row_index(&row, note->server == SIZE_MAX
					? SIZE_MAX
					: w->servers[note->server]);
		row_index(&row, note->binding == SIZE_MAX
					? SIZE_MAX
					: w->bindings[note->binding]);
		row_text(&row, note->pool);
		row_text(&row, note->text);
		row_end(&row, w->out);
	}
	if (!w->saving->refusals)
		return;
	array_foreach(refusal, w->saving->refusals) {
		row_begin(&row, PLAN_ROW_PAIR);
		row_text(&row, refusal->text);
		row_end(&row, w->out);
	}
}

/* ---- which of desired are named ------------------------------------------ */

static size_t *new_numbers(struct arena *arena, size_t n)
{
	size_t *numbers = arena_alloc(arena, (n + 1) * sizeof(*numbers));

	for (size_t i = 0; numbers && i < n; i++)
		numbers[i] = SIZE_MAX;
	return numbers;
}

static void name_binding(struct writer *w, size_t index)
{
	const struct binding *binding;

	if (index == SIZE_MAX)
		return;
	binding = &w->saving->desired->bindings.items[index];
	w->bindings[index] = 0;
	if (binding->account != SIZE_MAX)
		w->accounts[binding->account] = 0;
}

/* In the order of desired, so that the same plan gives the same rows. */
static void number(size_t *numbers, size_t n)
{
	size_t next = 0;

	for (size_t i = 0; i < n; i++)
		if (numbers[i] != SIZE_MAX)
			numbers[i] = next++;
}

static int name_all(struct writer *w, struct arena *arena, struct err *err)
{
	const struct desired *desired = w->saving->desired;
	const struct plan *plan = w->saving->plan;
	const struct plan_server *server;
	const struct change *change;
	const struct standing *standing;
	const struct plan_note *note;

	w->accounts = new_numbers(arena, desired->accounts.n);
	w->groups = new_numbers(arena, desired->groups.n);
	w->bindings = new_numbers(arena, desired->bindings.n);
	w->servers = new_numbers(arena, desired->servers.n);
	if (!w->accounts || !w->groups || !w->bindings || !w->servers)
		return err_set(err, -ERR_NOMEM, "saving a plan");
	array_foreach(server, &plan->servers) {
		w->servers[server->server] =
			(size_t)(server - plan->servers.items);
		if (server->group != SIZE_MAX)
			w->groups[server->group] = 0;
	}
	array_foreach(change, &plan->changes)
		name_binding(w, change->binding);
	array_foreach(standing, &plan->standing)
		name_binding(w, standing->binding);
	array_foreach(note, &plan->notes)
		name_binding(w, note->binding);
	number(w->accounts, desired->accounts.n);
	number(w->groups, desired->groups.n);
	number(w->bindings, desired->bindings.n);
	return 0;
}

static void put_named(const struct writer *w, const size_t *numbers, size_t n,
		      void (*put)(const struct writer *w, size_t index))
{
	for (size_t i = 0; i < n; i++)
		if (numbers[i] != SIZE_MAX)
			put(w, i);
}

static void put_all(const struct writer *w)
{
	const struct desired *desired = w->saving->desired;
	const struct plan *plan = w->saving->plan;
	const struct plan_server *server;
	const struct change *change;

	put_head(w);
	put_named(w, w->accounts, desired->accounts.n, put_account);
	put_named(w, w->groups, desired->groups.n, put_group);
	put_named(w, w->bindings, desired->bindings.n, put_binding);
	array_foreach(server, &plan->servers)
		put_server(w, server);
	array_foreach(change, &plan->changes)
		put_change(w, change);
	put_standing(w);
	put_rest(w);
}

static int put_seal(const struct secret *key, struct buf *out, struct err *err)
{
	const struct digest_part part = { buf_text(out), out->len };
	uint8_t seal[DIGEST_BYTES];
	char hex[DIGEST_HEX];
	const char *const values[] = { hex };
	int rc = digest_hmac(secret_bytes(key), secret_len(key), &part, 1, seal,
			     err);

	if (rc < 0)
		return rc;
	digest_hex(seal, sizeof(seal), hex);
	record_put(out, &plan_rows[PLAN_ROW_END], values);
	return buf_check(out, err);
}

int plan_file_put(const struct plan_saving *saving, const struct secret *key,
		  struct buf *out, struct err *err)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct writer w = { .saving = saving, .out = out };
	struct plan_file again = { 0 };
	int rc;

	arena_init(&arena, (size_t)4 << 30);
	rc = name_all(&w, &arena, err);
	if (rc < 0)
		return rc;
	put_all(&w);
	rc = buf_check(out, err);
	if (!rc)
		rc = put_seal(key, out, err);
	/* What people are to approve must be readable. */
	if (!rc)
		rc = plan_file_parse(buf_text(out), out->len, &arena, &again,
				     err);
	return rc == -ERR_PLAN_FILE
		       ? err_prefix(err, -ERR_BUG, "the plan can't be saved")
		       : rc;
}

/* ---- the file ------------------------------------------------------------ */

static int fail_errno(const char *path, struct err *err)
{
	return err_set(err, -ERR_FILE, "%s: %s", path, strerrordesc_np(errno));
}

static int write_all(int fd, const struct buf *text)
{
	size_t done = 0;

	while (done < text->len) {
		ssize_t n = write(fd, text->data + done, text->len - done);

		if (n < 0 && errno != EINTR)
			return -1;
		done += n > 0 ? (size_t)n : 0;
	}
	return fsync(fd);
}

static int sync_folder_of(const char *path, struct err *err)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];

	if (slash && (size_t)(slash - path) >= sizeof(folder))
		return err_set(err, -ERR_FILE, "%s: the path is too long",
			       path);
	(void)snprintf(folder, sizeof(folder), "%.*s",
		       slash ? (int)(slash - path + (slash == path)) : 1,
		       slash ? path : ".");
	return guard_sync_folder(folder, err);
}

int plan_file_write(const char *path, const struct buf *text, struct err *err)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY,
		      0600);
	int rc = 0;

	if (fd < 0 && errno == EEXIST)
		return err_set(err, -ERR_FILE,
			       "%s is there already: nothing is overwritten",
			       path);
	if (fd < 0)
		return fail_errno(path, err);
	if (write_all(fd, text))
		rc = fail_errno(path, err);
	if (close(fd) && !rc)
		rc = fail_errno(path, err);
	if (!rc)
		rc = sync_folder_of(path, err);
	if (rc < 0)
		(void)unlink(path); /* it is ours, and half of it no plan */
	return rc;
}
