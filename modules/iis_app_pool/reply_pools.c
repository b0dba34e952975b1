/* reply_pools.c - the reply to observe and verify -> struct observed. */
#include "modules/iis_app_pool/reply_common.h"
#include "modules/iis_app_pool/tag.h"
#include "reconciler/core/str.h"

#include <stdlib.h>
#include <string.h>

#define UNSIGNED_MAX 4294967295

/* Pools sorted by name: rows of workers, events and fences find theirs. */
struct pool_index {
	struct observed_pool **pools;
	size_t n;
};

static int compare_pools(const void *a, const void *b)
{
	const struct observed_pool *const *x = a;
	const struct observed_pool *const *y = b;

	return str_cmp_nocase((*x)->name, (*y)->name);
}

static int index_pools(struct arena *arena, struct observed *observed,
		       struct pool_index *ret, struct err *err)
{
	ret->n = observed->pools.n;
	ret->pools = arena_alloc(arena, (ret->n + 1) * sizeof(*ret->pools));
	if (!ret->pools)
		return err_set(err, -ERR_NOMEM, "reading a reply");
	for (size_t i = 0; i < ret->n; i++)
		ret->pools[i] = &observed->pools.items[i];
	qsort(ret->pools, ret->n, sizeof(*ret->pools), compare_pools);
	for (size_t i = 1; i < ret->n; i++)
		if (compare_pools(&ret->pools[i - 1], &ret->pools[i]) == 0)
			return err_set(err, -ERR_RECORD,
				       "two rows for one pool");
	return 0;
}

static struct observed_pool *index_find(const struct pool_index *index,
					const char *name)
{
	struct observed_pool wanted = { .name = name };
	struct observed_pool *key = &wanted;
	struct observed_pool **found =
		bsearch(&key, index->pools, index->n, sizeof(*index->pools),
			compare_pools);

	return found ? *found : NULL;
}

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

/* Compare the stored password by its tag with that of the account whose user
 * the pool names. */
static int compare_tag(const struct record *record,
		       const struct iis_compare *compare,
		       struct observed_pool *pool, struct err *err)
{
	uint8_t theirs[DIGEST_BYTES];
	uint8_t ours[DIGEST_BYTES];
	int rc;

	if (str_eq(record_value(record, "tag"), "") ||
	    pool->identity != IDENTITY_SPECIFIC_USER)
		return 0;
	rc = record_hex(record, "tag", theirs, sizeof(theirs), err);
	for (size_t i = 0; !rc && i < compare->accounts->n; i++) {
		size_t at = compare->accounts->items[i];
		const struct account *account =
			&compare->desired->accounts.items[at];

		if (!identity_is(
			    &compare->config->domains.items[account->domain],
			    account->user, pool->user))
			continue;
		rc = iis_tag(compare->key, pool->name, pool->user,
			     compare->passwords[account->secret], ours, err);
		if (rc)
			break;
		pool->account = at;
		if (pool->password == PASSWORD_NOT_COMPARED)
			pool->password = digest_eq(ours, theirs, sizeof(ours))
						 ? PASSWORD_CURRENT
						 : PASSWORD_STALE;
		break;
	}
	return rc;
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

static int read_worker(struct arena *arena, const struct record *record,
		       struct observed_pool *pool, struct err *err)
{
	struct worker worker = { .owner = record_value(record, "owner") };
	int rc = record_number(record, "pid", UNSIGNED_MAX, &worker.pid, err);

	if (!rc)
		rc = record_number(record, "started", RECORD_NUMBER_MAX,
				   &worker.started_ms, err);
	if (!rc && !array_push(arena, &pool->workers, worker))
		rc = err_set(err, -ERR_NOMEM, "reading a reply");
	return rc;
}

static int read_event(struct arena *arena, const struct record *record,
		      struct observed_pool *pool, struct err *err)
{
	struct was_event event = { 0 };
	int64_t id;
	int rc = record_number(record, "id", 65535, &id, err);

	if (!rc)
		rc = record_number(record, "time", RECORD_NUMBER_MAX,
				   &event.time_ms, err);
	if (rc)
		return rc;
	event.id = (unsigned)id;
	if (!array_push(arena, &pool->events, event))
		return err_set(err, -ERR_NOMEM, "reading a reply");
	return 0;
}

static int read_fence(const struct record *record, struct observed_pool *pool,
		      struct err *err)
{
	struct fence fence = { .present = true };
	int rc = record_number(record, "generation", RECORD_NUMBER_MAX,
			       &fence.generation, err);

	if (!rc)
		rc = record_hex(record, "candidate", fence.candidate,
				sizeof(fence.candidate), err);
	if (!rc)
		rc = record_number(record, "committed", RECORD_NUMBER_MAX,
				   &fence.committed_ms, err);
	if (!rc)
		pool->fence = fence;
	return rc;
}

static int read_server(struct arena *arena, const struct record *record,
		       struct observed *observed, struct err *err)
{
	static const char *const names[] = { "absent", "present", "damaged" };
	uint8_t digest[DIGEST_BYTES];
	size_t fence;
	int rc = reply_choice(record, "fence", names, 3, &fence, err);

	(void)arena;
	if (!rc)
		rc = record_hex(record, "config", digest, sizeof(digest), err);
	if (!rc)
		rc = record_number(record, "now", RECORD_NUMBER_MAX,
				   &observed->now_ms, err);
	if (rc)
		return rc;
	observed->fence_damaged = fence == 2;
	digest_hex(digest, sizeof(digest), observed->config_digest);
	return 0;
}

/* A row that belongs to a pool. A fence may outlive its pool. */
static int read_row(struct arena *arena, const struct record *record,
		    const struct pool_index *index, struct observed *observed,
		    struct err *err)
{
	struct observed_pool *pool = NULL;
	bool fault = record_is(record, "fault");

	if (record_is(record, "pool") || record_is(record, "done"))
		return 0;
	if (record_is(record, "server"))
		return read_server(arena, record, observed, err);
	if (!fault && !record_is(record, "worker") &&
	    !record_is(record, "event") && !record_is(record, "fence"))
		return err_set(err, -ERR_RECORD,
			       "the reply to observe has other records");
	pool = index_find(index,
			  record_value(record, fault ? "where" : "pool"));
	if (!pool)
		return record_is(record, "fence") || record_is(record, "event")
			       ? 0
			       : err_set(err, -ERR_RECORD,
					 "%s: a pool that is not in the reply",
					 record->kind->name);
	if (record_is(record, "worker"))
		return read_worker(arena, record, pool, err);
	if (record_is(record, "event"))
		return read_event(arena, record, pool, err);
	if (record_is(record, "fence"))
		return read_fence(record, pool, err);
	pool->fault = reply_fault_text(arena, record);
	return pool->fault ? 0 : err_set(err, -ERR_NOMEM, "reading a reply");
}

static int check_stage(struct arena *arena, const struct record_list *list,
		       struct err *err)
{
	const struct record *fault = reply_fault_of(list);

	if (fault) {
		const char *text = reply_fault_text(arena, fault);

		return err_set(err, text ? -ERR_SERVER_FAULT : -ERR_NOMEM,
			       "the server says %s", text ? text : "something");
	}
	if (list->n == 0 || !record_is(&list->items[list->n - 1], "done"))
		return err_set(err, -ERR_RECORD,
			       "the reply to observe has no end");
	return 0;
}

int iis_reply_pools(struct arena *arena, const struct iis_body *body,
		    const struct iis_compare *compare, struct observed *ret,
		    struct err *err)
{
	struct pool_index index;
	struct record_list list;
	int rc = reply_decode(arena, body, &list, err);

	if (!rc)
		rc = check_stage(arena, &list, err);
	for (size_t i = 0; !rc && i < list.n; i++)
		if (record_is(&list.items[i], "pool"))
			rc = read_pool(arena, &list.items[i], compare, ret,
				       err);
	if (!rc)
		rc = index_pools(arena, ret, &index, err);
	for (size_t i = 0; !rc && i < list.n; i++)
		rc = read_row(arena, &list.items[i], &index, ret, err);
	return rc;
}
