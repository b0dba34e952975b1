/* rules.c - see rules.h. I1, I10, I11, I12 and I14 are about secrets, files
 * and hostile input: other tests hold them. */
#include "tests/sim/rules.h"

static const struct {
	const char *name;
	const char *text;
} rules[RULE_COUNT] = {
	[RULE_RUN] = { "run", "a run takes every event and comes to an end" },
	[RULE_MEMORY] = { "memory",
			  "an engine whose memory ends says so, and asks for "
			  "nothing" },
	[RULE_RESULT] = { "result",
			  "each change of the plan has one result, and the "
			  "counts add up" },
	[RULE_TRUE] = { "I3 true",
			"what a result calls converged has its password, its "
			"worker and no fault" },
	[RULE_UNKNOWN] = { "I3 unknown",
			   "unknown is neither called ok nor failed" },
	[RULE_LOCKOUT] = { "I2 lockout",
			   "bad logons of an account that lockstep makes stay "
			   "few, and lock nothing" },
	[RULE_FENCE] = { "I5 fence",
			 "no pool takes a lower generation, two candidates of "
			 "one, or an older password" },
	[RULE_ONCE] = { "I5 once",
			"no generation is committed twice, nor after it was "
			"said not to be written" },
	[RULE_BLAST] = { "I6 blast",
			 "servers with a pool that is down because of us stay "
			 "within batch and maxFailures" },
	[RULE_BATCH] = { "I6 batch",
			 "no more servers are in hand over the run than the "
			 "configuration's batch" },
	[RULE_PARALLEL] = { "I6 parallel",
			    "no more servers are in hand than caps.parallel" },
	[RULE_WAVE] = { "I6 wave",
			"a server waits until the wave before its own has "
			"ended" },
	[RULE_CANARY] = { "I6 canary",
			  "no server of a group starts after its canary "
			  "failed" },
	[RULE_PAUSE] = { "I6 pause",
			 "the wave after the canary waits for pauseAfterCanary" },
	[RULE_FAILURES] = { "I6 failures",
			    "no server of a group starts after maxFailures" },
	[RULE_STOP] = { "I6 stop", "nothing is begun after a stop" },
	[RULE_ONE_WRITER] = { "I7 one writer",
			      "a run that was taken over begins nothing" },
	[RULE_IDEMPOTENT] = { "I8 idempotent",
			      "after a run that converged there is nothing to "
			      "do" },
	[RULE_LIVENESS] = { "I8 finish",
			    "when faults stop, one plain run finishes what "
			    "they left" },
	[RULE_AS_PLANNED] = { "I9 as planned",
			      "only what the plan says is done, and only as it "
			      "says" },
	[RULE_WINDOW] = { "I11 window",
			  "no write begins on a server outside the windows of "
			  "its change" },
	[RULE_INTENT] = { "I13 intent",
			  "nothing is sent whose intent is not durable" },
	[RULE_AUDIT] = { "I13 outcome",
			 "every intent of a run that ended has a durable "
			 "outcome" },
	[RULE_ONE_REQUEST] = { "one request",
			       "a server gets one request at a time, within "
			       "its session" },
	[RULE_CHUNK] = { "chunk", "no request has more pools than a commit may "
				  "have" },
	[RULE_FIRST] = { "first commit",
			 "the first commit of an account is one pool, verified "
			 "before any other" },
	[RULE_GATE] = { "gate",
			"an account is touched after the directory was asked "
			"once, and as it said" },
	[RULE_BREAKER] = { "breaker",
			   "after an identity fault an account waits for the "
			   "directory's one answer" },
	[RULE_RIGHT] = { "right",
			 "an account without its right on a server is not "
			 "touched there any more" },
	[RULE_BLAME] = { "blame",
			 "whoever is stopped had a reason to be: nobody pays "
			 "for one server's fault" },
	[RULE_FORWARD] = { "forward",
			   "in forward mode only a fault of the account stops "
			   "it" },
	[RULE_RETRIES] = { "retries", "no pool is sent again and again" },
	[RULE_ROLLBACK] = { "rollback",
			    "what needs no password is put back where the "
			    "binding says so, and nothing else" },
	[RULE_SUSPENDED] = { "suspended", "a suspended pool is left alone" },
	[RULE_CONTESTED] = { "contested",
			     "a pool that was corrected three times in a day "
			     "is left alone" },
	[RULE_HELD] = { "held", "a pool that a person stopped stays so" },
	[RULE_SITE] = { "site",
			"sites are asked where the binding says so, and what "
			"they answer counts" },
};

const char *sim_rule_name(enum sim_rule rule)
{
	return rules[rule].name;
}

const char *sim_rule_text(enum sim_rule rule)
{
	return rules[rule].text;
}
