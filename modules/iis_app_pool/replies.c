/* replies.c - probe, apply and activate; pools stand in reply_pools.c. */
#include "modules/iis_app_pool/reply_common.h"
#include "reconciler/core/str.h"

#include <string.h>

#define ROWS_MAX        10000
#define VALUE_BYTES_MAX 4096

/* Shorter ones would be found in words that have nothing to do with them. */
#define HIDDEN_BYTES_MIN 8

static bool holds_password(const struct iis_body *body, const char *value)
{
	size_t len = strlen(value);

	for (size_t i = 0; i < body->n_passwords; i++) {
		const struct secret *password = body->passwords[i];

		if (password && secret_len(password) >= HIDDEN_BYTES_MIN &&
		    memmem(value, len, secret_bytes(password),
			   secret_len(password)))
			return true;
	}
	return false;
}

static void hide_passwords(const struct iis_body *body,
			   struct record_list *list)
{
	for (size_t i = 0; i < list->n; i++) {
		struct record *record = &list->items[i];

		for (size_t k = 0;
		     k < RECORD_FIELDS_MAX && record->kind->fields[k]; k++)
			if (holds_password(body, record->values[k]))
				record->values[k] =
					"(not shown: it holds a password)";
	}
}

int reply_decode(struct arena *arena, const struct iis_body *body,
		 struct record_list *ret, struct err *err)
{
	static const struct record_limits limits = { ROWS_MAX,
						     VALUE_BYTES_MAX };

	int rc = records_decode(arena, iis_reply_kinds, &limits, body->records,
				body->len, ret, err);

	if (!rc)
		hide_passwords(body, ret);
	return rc == -ERR_RECORD ? err_prefix(err, rc, "the reply") : rc;
}

/* A stage that failed has its fault at the end, where else `done` stands: a
 * fault of a pool is never that, whatever the pool is called. */
const struct record *reply_fault_of(const struct record_list *list)
{
	const struct record *last = list->n ? &list->items[list->n - 1] : NULL;

	return last && record_is(last, "fault") ? last : NULL;
}

int reply_choice(const struct record *record, const char *field,
		 const char *const *names, size_t n, size_t *ret,
		 struct err *err)
{
	const char *value = record_value(record, field);

	for (size_t i = 0; i < n; i++) {
		if (str_eq(names[i], value)) {
			*ret = i;
			return 0;
		}
	}
	return err_set(err, -ERR_RECORD, "%s: unknown %s", record->kind->name,
		       field);
}

int reply_pool_state(const struct record *record, enum pool_state *ret,
		     struct err *err)
{
	static const char *const names[] = { "Starting", "Started", "Stopping",
					     "Stopped", "Unknown" };
	size_t state;
	int rc = reply_choice(record, "state", names, 5, &state, err);

	if (!rc)
		*ret = (enum pool_state)state;
	return rc;
}

static int server_fault(struct arena *arena, const struct record *fault,
			struct err *err)
{
	const char *text = reply_fault_text(arena, fault);

	return err_set(err, text ? -ERR_SERVER_FAULT : -ERR_NOMEM,
		       "the server says %s", text ? text : "something");
}

static int probe_usable(const struct record *probe, struct err *err)
{
	if (!str_eq(record_value(probe, "language"), "FullLanguage"))
		return err_set(
			err, -ERR_SERVER_FAULT,
			"PowerShell runs in %s mode there (WDAC or AppLocker); FullLanguage is needed",
			record_value(probe, "language"));
	if (!str_eq(record_value(probe, "bits"), "64"))
		return err_set(
			err, -ERR_SERVER_FAULT,
			"powershell.exe is a 32-bit program there; the 64-bit one is needed");
	if (str_eq(record_value(probe, "mwa"), ""))
		return err_set(
			err, -ERR_SERVER_FAULT,
			"Microsoft.Web.Administration.dll is not there: is IIS installed?");
	return 0;
}

static int read_probe(struct arena *arena, const struct iis_body *body,
		      const struct record **ret, struct err *err)
{
	struct record_list list;
	const struct record *probe;
	const struct record *fault;
	int rc = reply_decode(arena, body, &list, err);

	if (rc)
		return rc;
	fault = reply_fault_of(&list);
	if (fault)
		return server_fault(arena, fault, err);
	if (list.n != 2 || !record_is(&list.items[0], "probe") ||
	    !record_is(&list.items[1], "done"))
		return err_set(err, -ERR_RECORD,
			       "the reply to probe has other records");
	probe = list.items; /* in the arena */
	*ret = probe;
	return 0;
}

int iis_reply_probe(struct arena *arena, const struct iis_body *body,
		    struct observed *ret, struct err *err)
{
	const struct record *probe;
	int rc = read_probe(arena, body, &probe, err);

	if (!rc)
		rc = probe_usable(probe, err);
	if (!rc)
		rc = record_flag(probe, "writable", &ret->writable, err);
	if (!rc)
		rc = record_flag(probe, "redirected", &ret->redirected, err);
	if (!rc)
		rc = record_number(probe, "now", RECORD_NUMBER_MAX,
				   &ret->now_ms, err);
	if (rc)
		return rc;
	ret->powershell = record_value(probe, "ps");
	ret->iis = record_value(probe, "mwa");
	ret->computer = record_value(probe, "name");
	ret->session_user = record_value(probe, "user");
	ret->windows = record_value(probe, "os");
	ret->was_state = record_value(probe, "was");
	ret->w3svc_state = record_value(probe, "w3svc");
	return 0;
}

int iis_reply_probe_facts(struct arena *arena, const struct iis_body *body,
			  struct iis_probe_facts *ret, struct err *err)
{
	const struct record *probe;
	int rc = read_probe(arena, body, &probe, err);

	if (rc)
		return rc;
	ret->language = record_value(probe, "language");
	ret->bits = record_value(probe, "bits");
	ret->mwa = record_value(probe, "mwa");
	return 0;
}

const char *iis_reply_fault(struct arena *arena, const struct iis_body *body)
{
	const struct record *fault;
	struct record_list list;

	if (reply_decode(arena, body, &list, NULL))
		return "";
	fault = reply_fault_of(&list);
	return fault ? record_value(fault, "code") : "";
}

#define OTHER_RECORD 1

/* How the records of one stage are put into its result. */
struct stage_reader {
	const char *stage;
	/* OTHER_RECORD = the stage has no record of this kind. */
	int (*take)(struct arena *arena, const struct record *record, void *ret,
		    struct err *err);
};

/* All records of a reply, which ends with `done` or with a fault. */
static int read_stage(struct arena *arena, const struct iis_body *body,
		      const struct stage_reader *reader, void *ret,
		      const char **ret_fault, struct err *err)
{
	struct record_list list;
	const struct record *fault;
	int rc = reply_decode(arena, body, &list, err);

	for (size_t i = 0; !rc && i < list.n; i++) {
		const struct record *record = &list.items[i];

		if (record_is(record, "fault") || record_is(record, "done"))
			continue;
		rc = reader->take(arena, record, ret, err);
		if (rc == OTHER_RECORD)
			rc = err_set(err, -ERR_RECORD,
				     "the reply to %s has other records",
				     reader->stage);
	}
	if (rc)
		return rc;
	fault = reply_fault_of(&list);
	if (fault) {
		*ret_fault = reply_fault_text(arena, fault);
		if (!*ret_fault)
			return err_set(err, -ERR_NOMEM, "reading a reply");
	} else if (list.n == 0 || !record_is(&list.items[list.n - 1], "done")) {
		return err_set(err, -ERR_RECORD, "the reply to %s has no end",
			       reader->stage);
	}
	return 0;
}

static int read_applied(struct arena *arena, const struct record *record,
			struct applied *ret, struct err *err)
{
	static const char *const names[] = { "set", "kept", "refused" };
	struct applied_row row = { .pool = record_value(record, "name"),
				   .why = record_value(record, "why") };
	size_t status;
	int rc = reply_choice(record, "status", names, 3, &status, err);

	if (!rc)
		rc = record_number(record, "generation", RECORD_NUMBER_MAX,
				   &row.generation, err);
	if (!rc)
		rc = record_number(record, "committed", RECORD_NUMBER_MAX,
				   &row.committed_ms, err);
	if (rc)
		return rc;
	row.status = (enum applied_status)status;
	for (size_t i = 0; i < ret->rows.n; i++)
		if (str_eq_nocase(ret->rows.items[i].pool, row.pool))
			return err_set(err, -ERR_RECORD,
				       "two results for one pool");
	if (!array_push(arena, &ret->rows, row))
		return err_set(err, -ERR_NOMEM, "reading a reply");
	return 0;
}

static int take_applied(struct arena *arena, const struct record *record,
			void *ret, struct err *err)
{
	struct applied *applied = ret;

	if (record_is(record, "result"))
		return read_applied(arena, record, applied, err);
	if (!record_is(record, "commit"))
		return OTHER_RECORD;
	applied->n_commits++;
	return 0;
}

int iis_reply_applied(struct arena *arena, const struct iis_body *body,
		      struct applied *ret, struct err *err)
{
	static const struct stage_reader reader = { "apply", take_applied };
	struct applied applied = { 0 };
	int rc =
		read_stage(arena, body, &reader, &applied, &applied.fault, err);

	if (!rc)
		*ret = applied;
	return rc;
}

static int take_activated(struct arena *arena, const struct record *record,
			  void *ret, struct err *err)
{
	struct activated *activated = ret;
	struct activated_row row = { 0 };
	int rc;

	if (!record_is(record, "activated"))
		return OTHER_RECORD;
	row.pool = record_value(record, "name");
	row.did = record_value(record, "did");
	rc = reply_pool_state(record, &row.state, err);
	if (rc)
		return rc;
	if (!array_push(arena, &activated->rows, row))
		return err_set(err, -ERR_NOMEM, "reading a reply");
	return 0;
}

int iis_reply_activated(struct arena *arena, const struct iis_body *body,
			struct activated *ret, struct err *err)
{
	static const struct stage_reader reader = { "activate",
						    take_activated };
	struct activated activated = { 0 };
	int rc = read_stage(arena, body, &reader, &activated, &activated.fault,
			    err);

	if (!rc)
		*ret = activated;
	return rc;
}
