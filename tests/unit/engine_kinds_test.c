/* engine_kinds_test.c - builtin and managed identities, missing rights, crashes,
 * answers of sites, and what onVerifyFail asks for. */
#include "tests/unit/engine_world.h"

static struct binding *binding(struct fixture *f)
{
	return &f->desired.bindings.items[0];
}

static void is(struct fixture *f, size_t server, size_t pool,
	       enum identity_type type, const char *user)
{
	struct observed_pool *found = &f->pools[server][pool];

	found->identity = type;
	found->user = user;
	found->password = PASSWORD_NOT_COMPARED;
	found->account = SIZE_MAX;
}

static void becomes_declared(struct fixture *f, size_t server, size_t pool)
{
	is(f, server, pool, IDENTITY_SPECIFIC_USER, "CORP\\one");
	f->pools[server][pool].password = PASSWORD_CURRENT;
}

static void add_coded_fault(struct fixture *f, size_t server, size_t pool,
			    uint32_t code)
{
	const struct was_event event = { 5021, COMMITTED + 10, code };

	assert_true(
		array_push(&f->arena, &f->pools[server][pool].events, event));
}

/* No first commit alone, no password, both pools in one request. */
static void test_builtin(void **state)
{
	struct fixture *f = *state;

	binding(f)->account = SIZE_MAX;
	binding(f)->identity = IDENTITY_NETWORK_SERVICE;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1 web1/B:1\n");
	assert_string_equal(f->actions.items[0].save->rows.items[0].account,
			    "NetworkService");
	saved(f, 2, "APPLY web1 A:1 B:1\n");
	applied(f, 0, "AB", "", "ACTIVATE web1 A:1@5000 B:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000 B:1@5000\n");
	is(f, 0, 0, IDENTITY_NETWORK_SERVICE, "");
	is(f, 0, 1, IDENTITY_NETWORK_SERVICE, "");
	set_worker(f, 0, 0, "NT AUTHORITY\\NETWORK SERVICE", 6000);
	set_worker(f, 0, 1, "CORP\\one", 6000);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes "
		 "web1/B:failed:failed:closes\n");
	assert_row(f, 1, OUTCOME_FAILED, STATUS_FAILED,
		   "its worker runs as somebody else");
}

/* The right is missing on web1: its account goes on elsewhere. */
static void test_missing_right(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.max_failures = 2;
	f->desired.groups.items[0].rollout.canary = 0;
	f->config.caps.max_failures = 2;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	observed(f, 1, "");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	add_coded_fault(f, 0, 0, 0x80070569);
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	saved(f, 3, "CLOSE web1\nSAVE 4 intent web2/A:1\n");
	assert_row(
		f, 0, OUTCOME_FAILED, STATUS_FAILED,
		"WAS refused its identity: event 5021, 0x80070569: the right "
		"to log on as a batch job is missing on this server");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "CORP\\one can't run on this server (A, event 5021, "
		   "0x80070569: the right to log on as a batch job is missing "
		   "on this server)");
	assert_false(engine_result(f->engine)->identity_fault);
}

/* A wrong password is one everywhere. */
static void test_wrong_password(void **state)
{
	struct fixture *f = *state;

	f->desired.groups.items[0].rollout.max_failures = 2;
	f->desired.groups.items[0].rollout.canary = 0;
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	observed(f, 1, "");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	add_coded_fault(f, 0, 0, 0x8007052e);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:failed:failed:closes\nCLOSE web2\n");
	saved(f, 3,
	      "CLOSE web1\nSAVE 4 outcome "
	      "web1/B:skipped:skipped:closes web2/A:skipped:skipped:closes "
	      "web2/B:skipped:skipped:closes\nSAVE 5 end failed\n");
	assert_row(
		f, 2, OUTCOME_SKIPPED, STATUS_SKIPPED,
		"account CORP\\one stopped: event 5021, 0x8007052e: the user "
		"name or password is wrong on web1/A");
	assert_true(engine_result(f->engine)->identity_fault);
}

/* A crash is a failure of its pool, and of no identity. */
static void test_crash(void **state)
{
	struct fixture *f = *state;
	const struct was_event event = { 5002, COMMITTED + 10, 0 };

	new_change(f, 1);
	open_first(f);
	f->pools[0][0].state = POOL_STOPPED;
	assert_true(array_push(&f->arena, &f->pools[0][0].events, event));
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS disabled it after repeated crashes (event 5002)");
	assert_false(engine_result(f->engine)->identity_fault);
}

static void answer(struct fixture *f, size_t server, size_t pool,
		   unsigned status)
{
	const struct http_answer answer = { .site = "Shop",
					    .binding = "http *:80:shop",
					    .status = status,
					    .why = "timeout" };
	struct observed_pool *found = &f->pools[server][pool];

	found->answers = (struct http_answer_array){ 0 };
	assert_true(array_push(&f->arena, &found->answers, answer));
}

static void check_http(struct fixture *f)
{
	binding(f)->http = (struct http_check){ .path = "/health",
						.expect = { 200, 401 },
						.n_expect = 2,
						.within_ms = 1000 };
}

static void test_http(void **state)
{
	struct fixture *f = *state;

	check_http(f);
	new_change(f, 1);
	open_first(f);
	assert_true(f->actions.items[0].rows.items[0].http);
	answer(f, 0, 0, 401);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
}

/* The site's fault is not the account's: with onVerifyFail: continue the
 * other pools follow, and nothing counts. */
static void test_http_continue(void **state)
{
	struct fixture *f = *state;

	check_http(f);
	binding(f)->on_verify_fail = VERIFY_FAIL_CONTINUE;
	new_change(f, 1);
	open_first(f);
	set_worker(f, 0, 0, "CORP\\one", 6000);
	answer(f, 0, 0, 0);
	/* The server asked for as long as it may: once is enough. */
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	saved(f, 3, "SAVE 4 intent web1/B:1\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "site Shop does not answer /health through http *:80:shop "
		   "(timeout)");
}

/* A pool that a person stopped is neither recycled nor asked. */
static void test_stopped(void **state)
{
	struct fixture *f = *state;

	check_http(f);
	f->pools[0][0].state = POOL_STOPPED;
	new_change(f, 1);
	ask_first(f);
	applied(f, 0, "A", "", "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	assert_false(f->actions.items[0].rows.items[0].http);
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
}

/* To the outcome of a change of identity that WAS refused. */
static void refuse_with(struct fixture *f, enum identity_type type,
			const char *user, uint32_t code)
{
	binding(f)->on_verify_fail = VERIFY_FAIL_ROLLBACK;
	is(f, 0, 0, type, user);
	f->n_pools[0] = 1;
	binding(f)->pools.n = 1;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	becomes_declared(f, 0, 0);
	f->pools[0][0].state = POOL_STOPPED;
	add_coded_fault(f, 0, 0, code);
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
}

static void refuse_first(struct fixture *f, enum identity_type type,
			 const char *user)
{
	refuse_with(f, type, user, 0);
}

/* Answers the APPLY of the rollback. */
static void applied_back(struct fixture *f, const char *expected)
{
	struct applied *applied = arena_alloc(&f->arena, sizeof(*applied));
	const struct applied_row row = { .pool = "A",
					 .generation = 2,
					 .status = APPLIED_SET,
					 .why = "",
					 .committed_ms = 9000 };

	applied->n_commits = 1;
	assert_true(array_push(&f->arena, &applied->rows, row));
	tell(f,
	     (struct event){
		     .kind = EVENT_APPLIED, .server = 0, .applied = applied },
	     expected);
}

static void test_rollback(void **state)
{
	struct fixture *f = *state;
	const struct change *back;

	refuse_first(f, IDENTITY_LOCAL_SERVICE, "");
	saved(f, 3, "SAVE 4 intent web1/A:2\n");
	assert_string_equal(f->actions.items[0].save->rows.items[0].account,
			    "LocalService");
	saved(f, 4, "APPLY web1 A:2\n");
	back = f->actions.items[0].rows.items[0].change;
	assert_int_equal(back->account, SIZE_MAX);
	assert_int_equal(back->identity, IDENTITY_LOCAL_SERVICE);
	assert_string_equal(back->user, "");
	assert_false(back->secret);
	assert_int_equal(back->seen_identity, IDENTITY_SPECIFIC_USER);
	assert_string_equal(back->seen_user, "CORP\\one");
	assert_true(back->seen_local);
	assert_true(back->revive);
	applied_back(f, "ACTIVATE web1 A:2@9000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 A:2@9000\n");
	is(f, 0, 0, IDENTITY_LOCAL_SERVICE, "");
	f->pools[0][0].state = POOL_STARTED;
	verified(f, 0, "SAVE 5 outcome web1/A:failed:failed:closes\n");
	saved(f, 5, "CLOSE web1\nSAVE 6 end failed\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS refused its identity: event 5021; put back to "
		   "LocalService");
	assert_int_equal(engine_result(f->engine)->n_commits, 2);
}

/* A gMSA that nobody declares has no password either. */
static void test_rollback_managed(void **state)
{
	struct fixture *f = *state;

	refuse_first(f, IDENTITY_SPECIFIC_USER, "CORP\\old$");
	saved(f, 3, "SAVE 4 intent web1/A:2\n");
	saved(f, 4, "APPLY web1 A:2\n");
	assert_string_equal(f->actions.items[0].rows.items[0].change->user,
			    "CORP\\old$");
	applied_back(f, "ACTIVATE web1 A:2@9000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 A:2@9000\n");
	is(f, 0, 0, IDENTITY_SPECIFIC_USER, "CORP\\old$");
	f->pools[0][0].state = POOL_STOPPED;
	verified(f, 0, "TIMER 3 2000\n");
	for (uint64_t i = 3; i < 5; i++) {
		char text[32];

		(void)snprintf(text, sizeof(text), "TIMER %d 2000\n",
			       (int)i + 1);
		timer(f, i, "VERIFY web1 A:2@9000\n");
		verified(f, 0, text);
	}
	timer(f, 5, "VERIFY web1 A:2@9000\n");
	verified(f, 0, "SAVE 5 outcome web1/A:failed:failed:closes\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS refused its identity: event 5021; put back to "
		   "CORP\\old$, but it does not run any more");
}

/* A server says that a pool ran as some managed account, and that Windows
 * refused it when it was put back: this is no word about that account on other
 * servers. */
static void test_rollback_refused(void **state)
{
	const struct was_event event = { 5021, 9500, 0x8007052e };
	struct fixture *f = *state;
	struct account *managed = &f->desired.accounts.items[1];

	managed->type = ACCOUNT_GMSA;
	managed->user = "two$";
	managed->secret = SIZE_MAX;
	refuse_with(f, IDENTITY_SPECIFIC_USER, "CORP\\two$", 0x80070569);
	saved(f, 3, "SAVE 4 intent web1/A:2\n");
	saved(f, 4, "APPLY web1 A:2\n");
	assert_int_equal(f->actions.items[0].rows.items[0].change->account, 1);
	applied_back(f, "ACTIVATE web1 A:2@9000\n");
	activated(f, 0, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web1 A:2@9000\n");
	is(f, 0, 0, IDENTITY_SPECIFIC_USER, "CORP\\two$");
	assert_true(array_push(&f->arena, &f->pools[0][0].events, event));
	verified(f, 0, "SAVE 5 outcome web1/A:failed:failed:closes\n");
	assert_false(engine_result(f->engine)->identity_fault);
	saved(f, 5, "CLOSE web1\nSAVE 6 end failed\n");
}

/* The old password is not known: nothing can be put back. */
static void test_rollback_of_user(void **state)
{
	struct fixture *f = *state;

	refuse_first(f, IDENTITY_SPECIFIC_USER, "CORP\\other");
	saved(f, 3, "CLOSE web1\nSAVE 4 end failed\n");
}

/* Nor is what somebody changed since ours to put back. */
static void test_rollback_moved(void **state)
{
	struct fixture *f = *state;

	binding(f)->on_verify_fail = VERIFY_FAIL_ROLLBACK;
	is(f, 0, 0, IDENTITY_LOCAL_SERVICE, "");
	f->n_pools[0] = 1;
	binding(f)->pools.n = 1;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	is(f, 0, 0, IDENTITY_LOCAL_SYSTEM, "");
	verified(f, 0, "SAVE 3 outcome web1/A:failed:failed:closes\n");
	saved(f, 3, "CLOSE web1\nSAVE 4 end failed\n");
}

/* The save of the rollback's intent fails: it is not sent, and said so. */
static void test_rollback_unsaved(void **state)
{
	struct fixture *f = *state;
	struct event event = { .kind = EVENT_SAVE_FAILED, .id = 4 };

	refuse_first(f, IDENTITY_LOCAL_SERVICE, "");
	saved(f, 3, "SAVE 4 intent web1/A:2\n");
	(void)err_set(&event.err, -ERR_STATE_FILE, "disk full");
	tell(f, event, "CLOSE web1\nEND\n");
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS refused its identity: event 5021; not put back to "
		   "LocalService: the state was not kept");
}

/* Names are remembered when a server can't be read, patterns are not: what they
 * matched last time is. */
static void test_unreadable_pattern(void **state)
{
	struct fixture *f = *state;
	const struct past_pool past = { .server = "web1",
					.pool = "B",
					.account = "CORP\\one" };

	binding(f)->pools.n = 1;
	binding(f)->pools.items[0].name = "*";
	binding(f)->pools.items[0].glob = true;
	assert_true(array_push(&f->arena, &f->past.pools, past));
	new_observe(f, true);
	start(f, "OBSERVE web1\nOBSERVE web2\nOBSERVE web3\n");
	failed(f, 0, -ERR_HOST_KEY, false, "");
	failed(f, 1, -ERR_HOST_KEY, false, "");
	failed(f, 2, -ERR_HOST_KEY, false,
	       "SAVE 1 observed web1/B:unreadable\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_builtin),
		TEST(test_missing_right),
		TEST(test_wrong_password),
		TEST(test_crash),
		TEST(test_http),
		TEST(test_http_continue),
		TEST(test_stopped),
		TEST(test_rollback),
		TEST(test_rollback_managed),
		TEST(test_rollback_refused),
		TEST(test_rollback_of_user),
		TEST(test_rollback_moved),
		TEST(test_rollback_unsaved),
		TEST(test_unreadable_pattern),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
