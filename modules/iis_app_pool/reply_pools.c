/* reply_pools.c - the reply to observe and verify -> struct observed. */
#include "modules/iis_app_pool/reply_rows.h"
#include "modules/iis_app_pool/tag.h"
#include "reconciler/core/str.h"

#define UNSIGNED_MAX 4294967295

static int read_password(const struct record *record,
			 struct observed_pool *pool, struct err *err)
{
	static const char *const names[] = { "absent", "present",
					     "unreadable" };
	size_t word;
	int rc = reply_choice(record, "password", names, 3, &word, err);

	if (rc)
		return rc;
	pool->password = word == 0   ? PASSWORD_ABSENT
			 : word == 2 ? PASSWORD_UNREADABLE
				     : PASSWORD_NOT_COMPARED;
	return 0;
}

static int read_from(const struct record *record, const char *field,
		     enum value_from *ret, struct err *err)
{
	static const char *const names[] = { "none", "local", "inherited" };
	size_t from;
	int rc = reply_choice(record, field, names, 3, &from, err);

	if (!rc)
		*ret = (enum value_from)from;
	return rc;
}

static int read_pool_details(const struct record *record,
			     struct observed_pool *pool, struct err *err)
{
	int64_t n_sites;
	int rc = reply_pool_state(record, &pool->state, err);

	if (!rc)
		rc = record_flag(record, "autoStart", &pool->auto_start, err);
	if (!rc)
		rc = record_flag(record, "rotates", &pool->rotates, err);
	if (!rc)
		rc = record_number(record, "sites", UNSIGNED_MAX, &n_sites,
				   err);
	if (rc)
		return rc;
	pool->always_running =
		str_eq(record_value(record, "startMode"), "AlwaysRunning");
	pool->n_sites = (unsigned)n_sites;
	return 0;
}

/* The watched account whose password the pool may hold, or SIZE_MAX: nothing
 * else is compared, whatever the server tagged. */
static size_t comparable(const struct iis_compare *compare, const char *user)
{
	for (size_t i = 0; i < compare->accounts->n; i++) {
		size_t at = compare->accounts->items[i];
		const struct account *account =
			&compare->desired->accounts.items[at];

		if (account->type == ACCOUNT_USER &&
		    account->secret != SIZE_MAX &&
		    compare->passwords[account->secret] &&
		    identity_is(
			    &compare->config->domains.items[account->domain],
			    account->user, user))
			return at;
	}
	return SIZE_MAX;
}

/* Compare the stored password by its tag with that of the account whose user
 * the pool names. */
static int compare_tag(const struct record *record,
		       const struct iis_compare *compare,
		       struct observed_pool *pool, struct err *err)
{
	uint8_t theirs[DIGEST_BYTES];
	uint8_t ours[DIGEST_BYTES];
	size_t at;
	int rc;

	if (str_eq(record_value(record, "tag"), ""))
		return 0;
	rc = record_hex(record, "tag", theirs, sizeof(theirs), err);
	if (rc || pool->identity != IDENTITY_SPECIFIC_USER)
		return rc;
	at = comparable(compare, pool->user);
	if (at == SIZE_MAX)
		return 0;
	rc = iis_tag(
		compare->key, pool->name, pool->user,
		compare->passwords[compare->desired->accounts.items[at].secret],
		ours, err);
	if (rc)
		return rc;
	pool->account = at;
	if (pool->password == PASSWORD_NOT_COMPARED)
		pool->password = digest_eq(ours, theirs, sizeof(ours))
					 ? PASSWORD_CURRENT
					 : PASSWORD_STALE;
	return 0;
}

static int read_pool(struct arena *arena, const struct record *record,
		     const struct iis_compare *compare,
		     struct observed *observed, struct err *err)
{
	struct observed_pool pool = { .name = record_value(record, "name"),
				      .user = record_value(record, "user"),
				      .account = SIZE_MAX };
	int rc = 0;

	if (!identity_type_parse(record_value(record, "identity"),
				 &pool.identity))
		return err_set(err, -ERR_RECORD, "pool: unknown identity");
	rc = record_flag(record, "local", &pool.identity_local, err);
	if (!rc)
		rc = read_from(record, "userFrom", &pool.user_from, err);
	if (!rc)
		rc = read_from(record, "passwordFrom", &pool.password_from,
			       err);
	if (!rc)
		rc = read_password(record, &pool, err);
	if (!rc)
		rc = read_pool_details(record, &pool, err);
	if (!rc)
		rc = compare_tag(record, compare, &pool, err);
	if (rc)
		return rc;
	if (!array_push(arena, &observed->pools, pool))
		return err_set(err, -ERR_NOMEM, "reading a reply");
	return 0;
}

static int check_stage(struct arena *arena, const struct record_list *list,
		       const char *stage, struct err *err)
{
	const struct record *fault = reply_fault_of(list);
	const struct record *last = list->n ? &list->items[list->n - 1] : NULL;

	if (fault) {
		const char *text = reply_fault_text(arena, fault);

		return err_set(err, text ? -ERR_SERVER_FAULT : -ERR_NOMEM,
			       "the server says %s", text ? text : "something");
	}
	if (!last || !record_is(last, "done") ||
	    !str_eq(record_value(last, "stage"), stage))
		return err_set(err, -ERR_RECORD, "the reply to %s has no end",
			       stage);
	return 0;
}

int iis_reply_pools(struct arena *arena, const struct iis_body *body,
		    const struct iis_compare *compare, struct observed *ret,
		    struct err *err)
{
	struct pool_index index;
	struct look look = { arena, compare, &index, ret, 0 };
	struct record_list list;
	int rc = reply_decode(arena, body, &list, err);

	if (!rc)
		rc = check_stage(arena, &list,
				 compare->verify ? "verify" : "observe", err);
	for (size_t i = 0; !rc && i < list.n; i++)
		if (record_is(&list.items[i], "pool"))
			rc = read_pool(arena, &list.items[i], compare, ret,
				       err);
	if (!rc)
		rc = pool_index_make(arena, ret, &index, err);
	for (size_t i = 0; !rc && i + 1 < list.n; i++)
		if (!record_is(&list.items[i], "pool"))
			rc = reply_row(&look, &list.items[i], err);
	if (!rc && !compare->verify && look.n_server == 0)
		rc = err_set(err, -ERR_RECORD,
			     "the reply to observe says nothing of the server");
	return rc;
}
