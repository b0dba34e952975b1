/* diff_test.c - one pool of one server in every state that matters. */
#include "reconciler/plan/diff.h"

#include "reconciler/core/str.h"

#include "tests/unit/diff_arrange.h"
#include "tests/unit/short_memory.h"

#include <string.h>

enum expect { IS_CHANGE, IS_STANDING };

struct diff_case {
	const char *what;
	void (*arrange)(struct world *w, struct observed *observed,
			struct observed_pool *pool);
	enum expect expect;
	unsigned is;        /* enum change_kind or enum status */
	const char *reason; /* standing: its whole text */
	bool guard;
};

#define AHEAD(n, m)                                               \
	"the server's fence is ahead of the state (generation " n \
	", state has " m "); lockstep state repair will rebuild it"
#define INHERITS                                                            \
	"inherits SpecificUser from applicationPoolDefaults; give the "     \
	"pool its own identity first (inherited: refuse), or let lockstep " \
	"do it (inherited: makeLocal)"

#define SHARED                                                                \
	"the server uses shared configuration (inetsrv\\config\\redirection." \
	"config says so), which lockstep never writes"

static const struct diff_case cases[] = {
	{ "as declared", as_is, IS_STANDING, STATUS_CONVERGED, "", false },
	{ "another spelling", spelled_upn, IS_STANDING, STATUS_CONVERGED, "",
	  false },
	{ "another format", format_upn, IS_STANDING, STATUS_CONVERGED, "",
	  false },
	{ "stale", stale, IS_CHANGE, CHANGE_PASSWORD, NULL, false },
	{ "absent", absent, IS_CHANGE, CHANGE_PASSWORD, NULL, false },
	{ "unreadable", unreadable, IS_STANDING, STATUS_SKIPPED,
	  "the server can't decrypt the stored password (key damage); writing "
	  "it again would not help: mend the machine keys of IIS first",
	  false },
	{ "not compared", not_compared, IS_STANDING, STATUS_UNKNOWN,
	  "the stored password was not compared", false },
	{ "compared with another", compared_with_another, IS_STANDING,
	  STATUS_UNKNOWN, "the stored password was not compared", false },
	{ "other account", other_account, IS_CHANGE, CHANGE_IDENTITY, NULL,
	  false },
	{ "other domain", same_name_elsewhere, IS_CHANGE, CHANGE_IDENTITY, NULL,
	  false },
	{ "no user", no_user, IS_CHANGE, CHANGE_IDENTITY, NULL, false },
	{ "builtin", builtin, IS_CHANGE, CHANGE_IDENTITY, NULL, false },
	{ "builtin inherited", builtin_inherited, IS_CHANGE, CHANGE_IDENTITY,
	  NULL, false },
	{ "builtin, user inherited", builtin_beside_inherited_user, IS_CHANGE,
	  CHANGE_IDENTITY, NULL, false },
	{ "gMSA", group_managed, IS_CHANGE, CHANGE_IDENTITY, NULL, false },
	{ "inherited identity", inherited_identity, IS_STANDING, STATUS_SKIPPED,
	  INHERITS, false },
	{ "inherited user", inherited_user, IS_STANDING, STATUS_SKIPPED,
	  INHERITS, false },
	{ "inherited password", inherited_password, IS_STANDING, STATUS_SKIPPED,
	  INHERITS, false },
	{ "missing", missing, IS_STANDING, STATUS_SKIPPED,
	  "there is no such pool on this server; did you mean \"OrderApi\"?",
	  false },
	{ "missing, none near", missing_far, IS_STANDING, STATUS_SKIPPED,
	  "there is no such pool on this server", false },
	{ "name in another case", other_case, IS_STANDING, STATUS_CONVERGED, "",
	  false },
	{ "not read in full", fault, IS_STANDING, STATUS_UNREADABLE,
	  "0x80070005", false },
	{ "not writable, fine", redirected_fine, IS_STANDING, STATUS_CONVERGED,
	  "", false },
	{ "redirected", redirected_stale, IS_STANDING, STATUS_SKIPPED, SHARED,
	  false },
	{ "read only", readonly_stale, IS_STANDING, STATUS_SKIPPED,
	  "the SSH user may not write the configuration of this server",
	  false },
	{ "fence damaged", damaged_stale, IS_STANDING, STATUS_SKIPPED,
	  "lockstep.fence on the server is damaged: lockstep can't tell what "
	  "was written there",
	  true },
	{ "fence without state", fence_without_state, IS_STANDING,
	  STATUS_SKIPPED, AHEAD("4", "0"), true },
	{ "fence higher", fence_higher, IS_STANDING, STATUS_SKIPPED,
	  AHEAD("4", "3"), true },
	{ "fence of another", fence_other_candidate, IS_STANDING,
	  STATUS_SKIPPED, AHEAD("3", "3"), true },
	{ "fence equal", fence_equal, IS_STANDING, STATUS_CONVERGED, "",
	  false },
	{ "fence lower", fence_lower, IS_STANDING, STATUS_CONVERGED, "",
	  false },
	{ "open, committed", open_committed, IS_CHANGE, CHANGE_FINISH, NULL,
	  false },
	{ "open, fence knows", open_fence_committed, IS_CHANGE, CHANGE_FINISH,
	  NULL, false },
	{ "open, unknown when", open_uncommitted, IS_CHANGE, CHANGE_FINISH,
	  NULL, false },
	{ "open, faulted", open_uncommitted_faulted, IS_CHANGE, CHANGE_REWRITE,
	  NULL, false },
	{ "open, not stored", open_stale, IS_CHANGE, CHANGE_PASSWORD, NULL,
	  false },
	{ "worker newer", worker_newer, IS_STANDING, STATUS_CONVERGED, "",
	  false },
	{ "worker older", worker_older, IS_CHANGE, CHANGE_FINISH, NULL, false },
	{ "worker older, restart none", worker_older_kept, IS_STANDING,
	  STATUS_PENDING_RECYCLE,
	  "worker 4711 is older than the stored password; it keeps its logon "
	  "until the pool is recycled",
	  false },
	{ "worker of another", worker_of_another, IS_STANDING,
	  STATUS_PENDING_RECYCLE,
	  "worker 4711 still runs as IIS APPPOOL\\OrdersApi until the pool is "
	  "recycled",
	  false },
	{ "owner not known", worker_of_nobody, IS_STANDING, STATUS_CONVERGED,
	  "", false },
	{ "fault", fault_no_worker, IS_CHANGE, CHANGE_REWRITE, NULL, false },
	{ "fault, worker since", fault_then_worker, IS_STANDING,
	  STATUS_CONVERGED, "", false },
	{ "fault since worker", worker_then_fault, IS_CHANGE, CHANGE_REWRITE,
	  NULL, false },
	{ "fault, commit since", fault_then_commit, IS_STANDING,
	  STATUS_CONVERGED, "", false },
	{ "fault since commit", commit_then_fault, IS_CHANGE, CHANGE_REWRITE,
	  NULL, false },
	{ "fault, redirected", fault_redirected, IS_STANDING, STATUS_SKIPPED,
	  SHARED, false },
};

static void run(struct world *w, const struct observed *observed,
		struct diff_output *output)
{
	struct err err = { 0 };

	*output = (struct diff_output){ .arena = w->arena };
	assert_int_equal(diff_server(&w->input, observed, output, &err), 0);
}

static void check_standing(const struct diff_case *c,
			   const struct standing_array *standing)
{
	if (standing->n != 1)
		fail_msg("%s: %zu standing", c->what, standing->n);
	if (standing->items[0].status != (enum status)c->is)
		fail_msg("%s: %s", c->what,
			 status_name(standing->items[0].status));
	if (!str_eq(standing->items[0].reason, c->reason))
		fail_msg("%s: %s", c->what, standing->items[0].reason);
	if (standing->items[0].guard != c->guard)
		fail_msg("%s: guard", c->what);
}

static void test_cases(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct diff_output output;
		struct observed *observed;
		struct world w;

		arena_init(&arena, 1 << 20);
		world_init(&w, &arena, 1);
		w.desired.bindings.items[0].pools.n = 1;
		observed = world_server(&w, 0, PASSWORD_CURRENT);
		cases[i].arrange(&w, observed, &observed->pools.items[0]);
		run(&w, observed, &output);
		if (cases[i].expect == IS_STANDING) {
			if (output.changes.n != 0)
				fail_msg("%s: changes", cases[i].what);
			check_standing(&cases[i], &output.standing);
			continue;
		}
		if (output.changes.n != 1 || output.standing.n != 0)
			fail_msg("%s: %zu changes", cases[i].what,
				 output.changes.n);
		if (output.changes.items[0].kind !=
		    (enum change_kind)cases[i].is)
			fail_msg(
				"%s: %s", cases[i].what,
				change_kind_name(output.changes.items[0].kind));
	}
}

/* The one change that arrange() leads to. */
static struct change change_of(struct world *w, struct arena *arena,
			       void (*arrange)(struct world *,
					       struct observed *,
					       struct observed_pool *))
{
	struct diff_output output;
	struct observed *observed;

	(void)arena;
	w->desired.bindings.items[0].pools.n = 1;
	observed = world_server(w, 0, PASSWORD_CURRENT);
	arrange(w, observed, &observed->pools.items[0]);
	run(w, observed, &output);
	assert_int_equal(output.changes.n, 1);
	return output.changes.items[0];
}

static void test_fields(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct change change;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	change = change_of(&w, &arena, builtin_inherited);
	assert_int_equal(change.server, 0);
	assert_int_equal(change.binding, 0);
	assert_int_equal(change.account, 0);
	assert_string_equal(change.pool, "OrdersApi");
	assert_string_equal(change.user, "CORP\\svc-orders");
	assert_true(change.first_pair);
	assert_int_equal(change.seen_identity, IDENTITY_APPLICATION_POOL);
	assert_string_equal(change.seen_user, "");
	assert_false(change.seen_local);
	assert_int_equal(change.seen_password, PASSWORD_NOT_COMPARED);
	assert_false(change.revive);
	assert_true(change.rotates);
	assert_int_equal(change.n_sites, 2);
	assert_true(change.version == VERSION_ORDERS);
	assert_true(change.committed_ms == 0);
	assert_int_equal(change.cause, CAUSE_FIRST);
}

static void test_spelling_is_kept(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct past_pair pair = { "corp\\SVC-ORDERS", "web01" };
	struct change change;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	PUSH(&w, &w.past.pairs, pair);
	change = change_of(&w, &arena, stale_upn);
	assert_string_equal(change.user, "svc-orders@bank.example");
	assert_string_equal(change.pool, "ordersAPI");
	assert_false(change.first_pair);
	w.desired.accounts.items[0].user_format = USER_FORMAT_NETBIOS;
	change = change_of(&w, &arena, stale_upn);
	assert_string_equal(change.user, "CORP\\svc-orders");
}

static void test_finish(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct change change;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	change = change_of(&w, &arena, open_committed);
	assert_true(change.committed_ms == COMMITTED);
	assert_false(change.rotates); /* nothing is written */
	w.past = (struct past){ 0 };
	change = change_of(&w, &arena, open_fence_committed);
	assert_true(change.committed_ms == COMMITTED);
	w.past = (struct past){ 0 };
	change = change_of(&w, &arena, open_uncommitted);
	assert_true(change.committed_ms == 5000000); /* the server's now */
	assert_false(change.lags);
	assert_int_equal(change_status(&change), STATUS_UNKNOWN);
	w.past = (struct past){ 0 };
	change = change_of(&w, &arena, worker_older);
	assert_true(change.lags);
	assert_int_equal(change_status(&change), STATUS_PENDING_RECYCLE);
}

static void test_revive(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	assert_true(change_of(&w, &arena, faulted_stopped).revive);
	assert_true(change_of(&w, &arena, stale_faulted_stopped).revive);
	/* A person stopped this one. */
	assert_false(change_of(&w, &arena, stale_stopped).revive);
	assert_false(change_of(&w, &arena, fault_no_worker).revive);
}

static void test_causes(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct past_pool past = past_of(3);
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 1);
	assert_int_equal(change_of(&w, &arena, stale).cause, CAUSE_INTENTIONAL);
	assert_int_equal(change_of(&w, &arena, other_account).cause,
			 CAUSE_INTENTIONAL);
	assert_int_equal(change_of(&w, &arena, absent).cause, CAUSE_FIRST);
	assert_int_equal(change_of(&w, &arena, builtin).cause, CAUSE_FIRST);
	assert_int_equal(change_of(&w, &arena, no_user).cause, CAUSE_FIRST);
	past.proved_ms = 77;
	past.proved_version = VERSION_ORDERS;
	PUSH(&w, &w.past.pools, past);
	assert_int_equal(change_of(&w, &arena, stale).cause, CAUSE_CORRECTIVE);
	assert_int_equal(change_of(&w, &arena, builtin).cause,
			 CAUSE_CORRECTIVE);
	w.past.pools.items[0].proved_version = VERSION_ORDERS - 1;
	assert_int_equal(change_of(&w, &arena, stale).cause, CAUSE_INTENTIONAL);
	assert_int_equal(change_of(&w, &arena, builtin).cause,
			 CAUSE_INTENTIONAL);
}

static void test_unmanaged(void **state)
{
	CLEANUP(arena_done) struct arena arena = { 0 };
	struct observed_pool pool;
	struct diff_output output;
	struct observed *observed;
	struct world w;

	(void)state;
	arena_init(&arena, 1 << 20);
	world_init(&w, &arena, 2);
	observed = world_server(&w, 1, PASSWORD_CURRENT);
	pool = world_pool("LegacyPay");
	pool.user = "svc-pay@bank.example";
	PUSH(&w, &observed->pools, pool);
	pool = world_pool("Foreign");
	pool.user = "LAB\\svc-pay";
	PUSH(&w, &observed->pools, pool);
	pool = world_pool("BuiltinNow"); /* the name is left over, unused */
	pool.identity = IDENTITY_LOCAL_SERVICE;
	PUSH(&w, &observed->pools, pool);
	run(&w, observed, &output);
	assert_int_equal(output.changes.n, 0);
	assert_int_equal(output.standing.n, 2);
	assert_int_equal(output.unmanaged.n, 1);
	assert_int_equal(output.unmanaged.items[0].server, 1);
	assert_string_equal(output.unmanaged.items[0].pool, "LegacyPay");
	assert_string_equal(output.unmanaged.items[0].user,
			    "svc-pay@bank.example");
}

/* What is compared, in memory that ends somewhere. */
struct compared {
	struct world w;
	struct observed *observed;
	size_t n; /* changes and standing */
};

static int compare(struct arena *arena, void *closure, struct err *err)
{
	struct compared *compared = closure;
	struct diff_output output = { .arena = arena };
	int rc = diff_server(&compared->w.input, compared->observed, &output,
			     err);

	compared->n = output.changes.n + output.standing.n;
	return rc;
}

static void test_no_memory(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CLEANUP(arena_done) struct arena arena = { 0 };
		struct compared compared = { .n = 0 };
		struct observed_pool unmanaged = world_pool("LegacyPay");

		arena_init(&arena, 1 << 20);
		world_init(&compared.w, &arena, 1);
		compared.observed =
			world_server(&compared.w, 0, PASSWORD_CURRENT);
		unmanaged.user = "CORP\\svc-pay";
		PUSH(&compared.w, &compared.observed->pools, unmanaged);
		cases[i].arrange(&compared.w, compared.observed,
				 &compared.observed->pools.items[0]);
		assert_true(memory_enough(compare, &compared) > 64);
		assert_int_equal(compared.n, 2);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_spelling_is_kept),
		cmocka_unit_test(test_finish),
		cmocka_unit_test(test_revive),
		cmocka_unit_test(test_causes),
		cmocka_unit_test(test_unmanaged),
		cmocka_unit_test(test_no_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
