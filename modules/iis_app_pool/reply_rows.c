/* reply_rows.c - see reply_rows.h. */
#include "modules/iis_app_pool/reply_rows.h"

#include "reconciler/core/str.h"
#include "reconciler/sys/digest.h"

#include <stdlib.h>

#define UNSIGNED_MAX 4294967295
#define STATUS_MAX   999

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static int compare_pools(const void *a, const void *b)
{
	const struct observed_pool *const *x = a;
	const struct observed_pool *const *y = b;

	return str_cmp_nocase((*x)->name, (*y)->name);
}

int pool_index_make(struct arena *arena, struct observed *observed,
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

struct observed_pool *pool_index_find(const struct pool_index *index,
				      const char *name)
{
	struct observed_pool wanted = { .name = name };
	struct observed_pool *key = &wanted;
	struct observed_pool **found =
		bsearch(&key, index->pools, index->n, sizeof(*index->pools),
			compare_pools);

	return found ? *found : NULL;
}

static int no_memory(struct err *err)
{
	return err_set(err, -ERR_NOMEM, "reading a reply");
}

static int read_worker(struct look *look, const struct record *record,
		       struct observed_pool *pool, struct err *err)
{
	struct worker worker = { .owner = record_value(record, "owner") };
	int rc = record_number(record, "pid", UNSIGNED_MAX, &worker.pid, err);

	if (!rc)
		rc = record_number(record, "started", RECORD_NUMBER_MAX,
				   &worker.started_ms, err);
	if (!rc && !array_push(look->arena, &pool->workers, worker))
		rc = no_memory(err);
	return rc;
}

static int read_event(struct look *look, const struct record *record,
		      struct observed_pool *pool, struct err *err)
{
	struct was_event event = { 0 };
	uint8_t code[4];
	int64_t id;
	int rc = record_number(record, "id", 65535, &id, err);

	if (!rc)
		rc = record_number(record, "time", RECORD_NUMBER_MAX,
				   &event.time_ms, err);
	if (!rc && !str_eq(record_value(record, "code"), "")) {
		rc = record_hex(record, "code", code, sizeof(code), err);
		if (!rc)
			event.code = (uint32_t)code[0] << 24 |
				     (uint32_t)code[1] << 16 |
				     (uint32_t)code[2] << 8 | code[3];
	}
	if (rc)
		return rc;
	event.id = (unsigned)id;
	return array_push(look->arena, &pool->events, event) ? 0
							     : no_memory(err);
}

static int read_fence(struct look *look, const struct record *record,
		      struct observed_pool *pool, struct err *err)
{
	struct fence fence = { .present = true };
	int rc = record_number(record, "generation", RECORD_NUMBER_MAX,
			       &fence.generation, err);

	(void)look;
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

static int read_app(struct look *look, const struct record *record,
		    struct observed_pool *pool, struct err *err)
{
	struct pool_app app = { .site = record_value(record, "site"),
				.path = record_value(record, "path"),
				.folder = record_value(record, "folder") };
	int rc = record_flag(record, "windowsAuth", &app.windows_auth, err);

	if (!rc)
		rc = record_flag(record, "kernelMode", &app.kernel_mode, err);
	if (!rc)
		rc = record_flag(record, "poolCredentials",
				 &app.pool_credentials, err);
	if (!rc && !array_push(look->arena, &pool->apps, app))
		rc = no_memory(err);
	return rc;
}

/* Either a status or the reason why there is none. */
static int read_answer(struct look *look, const struct record *record,
		       struct observed_pool *pool, struct err *err)
{
	static const char *const reasons[] = { "refused", "timeout", "tls",
					       "bad_answer", "no_binding" };
	struct http_answer answer = {
		.site = record_value(record, "site"),
		.binding = record_value(record, "binding"),
		.why = record_value(record, "why"),
	};
	int64_t status;
	size_t reason;
	int rc = record_number(record, "status", STATUS_MAX, &status, err);

	if (!rc && status == 0)
		rc = reply_choice(record, "why", reasons, COUNT(reasons),
				  &reason, err);
	else if (!rc && !str_eq(answer.why, ""))
		rc = err_set(err, -ERR_RECORD,
			     "answer: a status and a reason why there is none");
	if (rc)
		return rc;
	answer.status = (unsigned)status;
	return array_push(look->arena, &pool->answers, answer) ? 0
							       : no_memory(err);
}

static int read_fault(struct look *look, const struct record *record,
		      struct observed_pool *pool, struct err *err)
{
	pool->fault_code = record_value(record, "code");
	pool->fault = reply_fault_text(look->arena, record);
	return pool->fault ? 0 : no_memory(err);
}

static int read_server(struct look *look, const struct record *record,
		       struct err *err)
{
	static const char *const names[] = { "absent", "present", "damaged" };
	struct observed *observed = look->observed;
	uint8_t digest[DIGEST_BYTES];
	size_t fence;
	int rc =
		reply_choice(record, "fence", names, COUNT(names), &fence, err);

	if (!rc && look->n_server++ > 0)
		rc = err_set(err, -ERR_RECORD, "two rows for the server");
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

static int read_site(struct look *look, const struct record *record,
		     struct err *err)
{
	const struct observed_site site = { record_value(record, "name"),
					    record_value(record, "bindings") };

	return array_push(look->arena, &look->observed->sites, site)
		       ? 0
		       : no_memory(err);
}

/* The account that was watched under this spelling, or SIZE_MAX. */
static size_t watched(const struct iis_compare *compare, const char *user)
{
	for (size_t i = 0; i < compare->accounts->n; i++) {
		size_t at = compare->accounts->items[i];
		const struct account *account =
			&compare->desired->accounts.items[at];

		if (identity_is(
			    &compare->config->domains.items[account->domain],
			    account->user, user))
			return at;
	}
	return SIZE_MAX;
}

/* A user that nobody asked for is left out, as its tag would be: Windows
 * takes more letters for equal than this side does. */
static int read_elsewhere(struct look *look, const struct record *record,
			  struct err *err)
{
	struct elsewhere elsewhere = { .place = record_value(record, "place"),
				       .user = record_value(record, "user") };
	const char *names[ELSEWHERE_COUNT];
	size_t kind;
	int rc;

	for (size_t i = 0; i < ELSEWHERE_COUNT; i++)
		names[i] = elsewhere_kind_name((enum elsewhere_kind)i);
	rc = reply_choice(record, "kind", names, ELSEWHERE_COUNT, &kind, err);
	if (rc)
		return rc;
	elsewhere.kind = (enum elsewhere_kind)kind;
	elsewhere.account = watched(look->compare, elsewhere.user);
	if (elsewhere.account == SIZE_MAX)
		return 0;
	return array_push(look->arena, &look->observed->elsewhere, elsewhere)
		       ? 0
		       : no_memory(err);
}

static int read_blind(struct look *look, const struct record *record,
		      struct err *err)
{
	static const char *const names[] = { "services", "tasks", "locations" };
	const struct blind_spot blind = { record_value(record, "what"),
					  record_value(record, "code") };
	size_t what;
	const struct blind_spot *before;
	int rc = reply_choice(record, "what", names, COUNT(names), &what, err);

	array_foreach(before, &look->observed->blind) {
		if (!rc && str_eq(before->what, blind.what))
			rc = err_set(err, -ERR_RECORD,
				     "two rows for one blind spot");
	}
	if (!rc && !array_push(look->arena, &look->observed->blind, blind))
		rc = no_memory(err);
	return rc;
}

/* Kinds of rows: who reads them, and in which of the two stages they may
 * stand. */
enum row_stage { ROW_OBSERVE = 1, ROW_VERIFY = 2, ROW_BOTH = 3 };

static const struct server_row {
	const char *kind;
	int (*read)(struct look *look, const struct record *record,
		    struct err *err);
} server_rows[] = {
	{ "server", read_server },
	{ "site", read_site },
	{ "elsewhere", read_elsewhere },
	{ "blind", read_blind },
};

static const struct pool_row {
	const char *kind;
	const char *pool; /* its field with the pool's name */
	enum row_stage stage;
	bool orphan; /* may outlive its pool */
	int (*read)(struct look *look, const struct record *record,
		    struct observed_pool *pool, struct err *err);
} pool_rows[] = {
	{ "app", "pool", ROW_BOTH, false, read_app },
	{ "worker", "pool", ROW_BOTH, false, read_worker },
	{ "event", "pool", ROW_BOTH, true, read_event },
	{ "fence", "pool", ROW_BOTH, true, read_fence },
	{ "answer", "pool", ROW_VERIFY, false, read_answer },
	{ "fault", "where", ROW_BOTH, false, read_fault },
};

static int read_pool_row(struct look *look, const struct record *record,
			 const struct pool_row *row, struct err *err)
{
	struct observed_pool *pool =
		pool_index_find(look->index, record_value(record, row->pool));

	if (pool)
		return row->read(look, record, pool, err);
	if (row->orphan)
		return 0;
	return err_set(err, -ERR_RECORD, "%s: a pool that is not in the reply",
		       row->kind);
}

int reply_row(struct look *look, const struct record *record, struct err *err)
{
	const bool verify = look->compare->verify;

	for (size_t i = 0; i < COUNT(pool_rows); i++) {
		const struct pool_row *row = &pool_rows[i];

		if (record_is(record, row->kind) &&
		    (row->stage & (verify ? ROW_VERIFY : ROW_OBSERVE)))
			return read_pool_row(look, record, row, err);
	}
	for (size_t i = 0; !verify && i < COUNT(server_rows); i++) {
		if (record_is(record, server_rows[i].kind))
			return server_rows[i].read(look, record, err);
	}
	return err_set(err, -ERR_RECORD, "the reply to %s has other records",
		       verify ? "verify" : "observe");
}
