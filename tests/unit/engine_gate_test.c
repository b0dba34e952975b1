/* engine_gate_test.c - what the directory is asked, and what follows from its
 * answers: the gate before the first commit, the breaker after a fault. */
#include "tests/unit/engine_world.h"

#define BEGIN_TWO "SAVE 1 begin web1/A web1/B web2/A web2/B\n"

/* web1 was read, the gate is asked. */
static void ask_gate(struct fixture *f)
{
	f->proofs_by_hand = true;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "PROVE one gate\n");
}

static void test_gate_proved(void **state)
{
	struct fixture *f = *state;

	ask_gate(f);
	proved(f, 0, PROOF_GATE, PROOF_PROVED, "SAVE 2 intent web1/A:1\n");
}

/* Zero pools are touched, and one is said to be at fault: the account. */
static void test_gate_refused(void **state)
{
	struct fixture *f = *state;
	const struct run_result *result;

	ask_gate(f);
	proved(f, 0, PROOF_GATE, PROOF_REFUSED,
	       "CLOSE web1\nSAVE 2 outcome web1/A:skipped:skipped:closes "
	       "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one stopped: the domain does not accept its "
		   "password: so it says");
	result = engine_result(f->engine);
	assert_true(result->identity_fault);
	assert_true(result->gate_closed);
	assert_int_equal(result->n_commits, 0);
	assert_string_equal(
		result->stop_reason,
		"account CORP\\one stopped: the domain does not accept its "
		"password: so it says. No pool of it was touched. Put the "
		"password that the domain holds into secret one, or have the "
		"account mended there, and run again");
}

/* Servers that have nothing else to do are not even read. */
static void test_refused_reads_nobody_else(void **state)
{
	struct fixture *f = *state;

	f->proofs_by_hand = true;
	f->desired.bindings.items[0].pools.n = 1;
	new_change(f, 3);
	start(f, "SAVE 1 begin web1/A web2/A web3/A\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "PROVE one gate\n");
	proved(f, 0, PROOF_GATE, PROOF_REFUSED,
	       "CLOSE web1\nSAVE 2 outcome web1/A:skipped:skipped:closes "
	       "web2/A:skipped:skipped:closes "
	       "web3/A:skipped:skipped:closes\nSAVE 3 end skipped\n");
}

static void test_gate_unproved(void **state)
{
	struct fixture *f = *state;
	const char *const why =
		"account CORP\\one: nobody can say whether its password is "
		"right (so it says); nothing is written unproved unless the "
		"configuration says allow: {unproved: true}";

	ask_gate(f);
	proved(f, 0, PROOF_GATE, PROOF_UNPROVED,
	       "CLOSE web1\nSAVE 2 outcome web1/A:skipped:skipped:closes "
	       "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
	assert_row(f, 0, OUTCOME_SKIPPED, STATUS_SKIPPED, why);
	assert_string_equal(engine_result(f->engine)->stop_reason, why);
	assert_true(engine_result(f->engine)->gate_closed);
}

static void test_gate_unproved_is_allowed(void **state)
{
	struct fixture *f = *state;

	f->config.allow_unproved = true;
	ask_gate(f);
	proved(f, 0, PROOF_GATE, PROOF_UNPROVED, "SAVE 2 intent web1/A:1\n");
}

static void was_written(struct fixture *f)
{
	const struct past_pool past = { .server = "web1",
					.pool = "A",
					.account = "CORP\\one",
					.reason = "",
					.generation = 1,
					.open = true,
					.version = VERSION };

	assert_true(array_push(&f->arena, &f->past.pools, past));
	f->pools[0][0].password = PASSWORD_CURRENT;
	f->pools[0][0].fence = (struct fence){ .present = true,
					       .generation = 1,
					       .committed_ms = 4000 };
}

/* What is stored already is finished, though nothing may be written. */
static void test_unproved_is_finished(void **state)
{
	struct fixture *f = *state;

	was_written(f);
	ask_gate(f);
	proved(f, 0, PROOF_GATE, PROOF_UNPROVED, "SAVE 2 intent web1/A:1\n");
	saved(f, 2, "ACTIVATE web1 A:1@4000\n");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one: nobody can say whether its password is "
		   "right (so it says); nothing is written unproved unless the "
		   "configuration says allow: {unproved: true}");
}

/* A refused account is not recycled onto its password either. */
static void test_refused_is_not_finished(void **state)
{
	struct fixture *f = *state;

	was_written(f);
	ask_gate(f);
	proved(f, 0, PROOF_GATE, PROOF_REFUSED,
	       "CLOSE web1\nSAVE 2 outcome web1/A:skipped:skipped:closes "
	       "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
}

/* Two accounts, two servers: each is asked about once. */
static void test_gate_once_per_account(void **state)
{
	struct fixture *f = *state;

	f->proofs_by_hand = true;
	f->desired.groups.items[0].rollout.canary = 0;
	f->n_pools[0] = 3;
	add_binding(f, "second", 1, 2, 3);
	new_change(f, 2);
	start(f, "SAVE 1 begin web1/A web1/B web1/C web2/A web2/B\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "PROVE one gate\nPROVE two gate\n");
	observed(f, 1, "");
	proved(f, 1, PROOF_GATE, PROOF_PROVED, "SAVE 2 intent web1/C:1\n");
	proved(f, 0, PROOF_GATE, PROOF_PROVED, "SAVE 3 intent web2/A:1\n");
}

/* Neither a gMSA nor a builtin identity has a password to ask about. */
static void test_gate_of_managed(void **state)
{
	struct fixture *f = *state;

	f->proofs_by_hand = true;
	f->desired.accounts.items[0].type = ACCOUNT_GMSA;
	f->desired.accounts.items[0].user = "one$";
	f->desired.accounts.items[0].secret = SIZE_MAX;
	new_change(f, 1);
	start(f, "SAVE 1 begin web1/A web1/B\n");
	saved(f, 1, "OBSERVE web1\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
}

static void test_stop_while_the_gate_is_asked(void **state)
{
	struct fixture *f = *state;

	ask_gate(f);
	tell(f, (struct event){ .kind = EVENT_STOP }, "CLOSE web1\n");
	proved(f, 0, PROOF_GATE, PROOF_PROVED,
	       "SAVE 2 outcome web1/A:skipped:skipped:closes "
	       "web1/B:skipped:skipped:closes\nSAVE 3 end skipped\n");
}

static void test_answers_to_nothing(void **state)
{
	struct fixture *f = *state;
	const struct event events[] = {
		proof_of(0, PROOF_BREAKER, PROOF_PROVED, ""),
		proof_of(1, PROOF_GATE, PROOF_PROVED, ""),
		proof_of(99, PROOF_GATE, PROOF_PROVED, ""),
	};

	for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
		struct err err = { 0 };

		ask_gate(f);
		assert_int_equal(
			engine_step(f->engine, &events[i], &f->actions, &err),
			-ERR_BUG);
	}
}

/* web1/A was refused, web2 waits with its intent of A for the answer. */
static void ask_breaker(struct fixture *f, uint32_t max_failures)
{
	f->desired.groups.items[0].rollout.max_failures = max_failures;
	f->desired.groups.items[0].rollout.canary = 0;
	new_change(f, 2);
	start(f, BEGIN_TWO);
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	observed(f, 1, "");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	f->proofs_by_hand = true;
	add_fault(f, 0, 0, 5021, COMMITTED);
	verified(f, 0,
		 "PROVE one breaker\n"
		 "SAVE 3 outcome web1/A:failed:failed:closes\n");
	saved(f, 3, "CLOSE web1\n");
}

static void test_breaker_refused(void **state)
{
	struct fixture *f = *state;

	ask_breaker(f, 2);
	proved(f, 0, PROOF_BREAKER, PROOF_REFUSED,
	       "CLOSE web2\nSAVE 4 outcome web1/B:skipped:skipped:closes "
	       "web2/A:skipped:skipped:closes "
	       "web2/B:skipped:skipped:closes\nSAVE 5 end failed\n");
	assert_string_equal(
		engine_result(f->engine)->stop_reason,
		"account CORP\\one stopped: WAS reported event 5021 for pool A "
		"on web1 after its password was written, and the domain "
		"refuses the account too (so it says). Check the value of "
		"secret one, and that the account may log on as a batch job "
		"there; no other pool of it was touched");
	assert_row(f, 2, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one stopped: event 5021 on web1/A");
}

/* Nobody can say: then it is taken for a fault of the account. */
static void test_breaker_unproved(void **state)
{
	struct fixture *f = *state;

	f->config.allow_unproved = true;
	ask_breaker(f, 2);
	proved(f, 0, PROOF_BREAKER, PROOF_UNPROVED,
	       "CLOSE web2\nSAVE 4 outcome web1/B:skipped:skipped:closes "
	       "web2/A:skipped:skipped:closes "
	       "web2/B:skipped:skipped:closes\nSAVE 5 end failed\n");
}

/* The fault is of web1: the first commit of the account is made elsewhere. */
static void test_breaker_proved(void **state)
{
	struct fixture *f = *state;

	ask_breaker(f, 2);
	proved(f, 0, PROOF_BREAKER, PROOF_PROVED, "SAVE 4 intent web2/A:1\n");
	assert_false(engine_result(f->engine)->identity_fault);
	assert_row(f, 0, OUTCOME_FAILED, STATUS_FAILED,
		   "WAS refused its identity: event 5021; the domain accepts "
		   "its password, so this server is at fault: check that the "
		   "account may log on as a batch job there, and that the "
		   "server reaches a domain controller");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "CORP\\one can't run on this server (A, event 5021)");
}

/* And still the Nth server stops the group; the breaker is not asked again. */
static void test_breaker_proved_counts(void **state)
{
	struct fixture *f = *state;

	ask_breaker(f, 2);
	proved(f, 0, PROOF_BREAKER, PROOF_PROVED, "SAVE 4 intent web2/A:1\n");
	saved(f, 4, "APPLY web2 A:1\n");
	applied(f, 1, "A", "", "ACTIVATE web2 A:1@5000\n");
	activated(f, 1, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web2 A:1@5000\n");
	add_fault(f, 1, 0, 5021, COMMITTED);
	verified(f, 1, "SAVE 5 outcome web2/A:failed:failed:closes\n");
	saved(f, 5,
	      "CLOSE web2\nSAVE 6 outcome web1/B:skipped:skipped:closes "
	      "web2/B:skipped:skipped:closes\nSAVE 7 end failed\n");
	assert_row(f, 3, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "group web stopped: 2 failed (first: web1), its maxFailures "
		   "is 2");
	assert_false(engine_result(f->engine)->identity_fault);
}

/* The account works on web1; web2 has its intent when web3 fails: nothing is
 * sent before the answer. */
static void halt_web2(struct fixture *f)
{
	f->desired.groups.items[0].rollout.max_failures = 3;
	f->desired.groups.items[0].rollout.canary = 0;
	f->desired.bindings.items[0].pools.n = 1;
	new_change(f, 3);
	start(f, "SAVE 1 begin web1/A web2/A web3/A\n");
	saved(f, 1, "OBSERVE web1\nOBSERVE web2\nOBSERVE web3\n");
	observed(f, 0, "SAVE 2 intent web1/A:1\n");
	observed(f, 2, "");
	saved(f, 2, "APPLY web1 A:1\n");
	applied(f, 0, "A", "", "ACTIVATE web1 A:1@5000\n");
	activated(f, 0, "TIMER 1 1000\n");
	timer(f, 1, "VERIFY web1 A:1@5000\n");
	verified(f, 0,
		 "SAVE 3 outcome web1/A:changed:converged:proved:closes\n");
	saved(f, 3, "CLOSE web1\nSAVE 4 intent web3/A:1\n");
	saved(f, 4, "APPLY web3 A:1\n");
	applied(f, 2, "A", "", "ACTIVATE web3 A:1@5000\n");
	activated(f, 2, "TIMER 2 1000\n");
	timer(f, 2, "VERIFY web3 A:1@5000\n");
	observed(f, 1, "SAVE 5 intent web2/A:1\n");
	f->proofs_by_hand = true;
	add_fault(f, 2, 0, 5021, COMMITTED);
	verified(f, 2,
		 "PROVE one breaker\n"
		 "SAVE 6 outcome web3/A:failed:failed:closes\n");
	saved(f, 5, "");
	saved(f, 6, "CLOSE web3\n");
}

static void test_breaker_halts_a_saved_intent(void **state)
{
	struct fixture *f = *state;

	halt_web2(f);
	proved(f, 0, PROOF_BREAKER, PROOF_PROVED, "APPLY web2 A:1\n");
}

static void test_breaker_stops_a_saved_intent(void **state)
{
	struct fixture *f = *state;

	halt_web2(f);
	proved(f, 0, PROOF_BREAKER, PROOF_REFUSED,
	       "SAVE 7 outcome web2/A:skipped:skipped:closes\n");
	assert_row(f, 1, OUTCOME_SKIPPED, STATUS_SKIPPED,
		   "account CORP\\one stopped: event 5021 on web3/A");
}

/* The state breaks while the answer is out: it is waited for, no more. */
static void test_breaker_without_state(void **state)
{
	struct fixture *f = *state;
	struct event event = { .kind = EVENT_SAVE_FAILED, .id = 3 };

	f->desired.groups.items[0].rollout.max_failures = 2;
	new_change(f, 1);
	open_first(f);
	f->proofs_by_hand = true;
	add_fault(f, 0, 0, 5021, COMMITTED);
	verified(f, 0,
		 "PROVE one breaker\n"
		 "SAVE 3 outcome web1/A:failed:failed:closes\n");
	(void)err_set(&event.err, -ERR_STATE_FILE, "disk full");
	tell(f, event, "CLOSE web1\n");
	proved(f, 0, PROOF_BREAKER, PROOF_REFUSED, "END\n");
	assert_string_equal(engine_result(f->engine)->stop_reason,
			    "the state was not kept: disk full");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_gate_proved),
		TEST(test_gate_refused),
		TEST(test_refused_reads_nobody_else),
		TEST(test_gate_unproved),
		TEST(test_gate_unproved_is_allowed),
		TEST(test_unproved_is_finished),
		TEST(test_refused_is_not_finished),
		TEST(test_gate_once_per_account),
		TEST(test_gate_of_managed),
		TEST(test_stop_while_the_gate_is_asked),
		TEST(test_answers_to_nothing),
		TEST(test_breaker_refused),
		TEST(test_breaker_unproved),
		TEST(test_breaker_proved),
		TEST(test_breaker_proved_counts),
		TEST(test_breaker_halts_a_saved_intent),
		TEST(test_breaker_stops_a_saved_intent),
		TEST(test_breaker_without_state),
	};

	return cmocka_run_group_tests_name("engine_gate", tests, NULL, NULL);
}
