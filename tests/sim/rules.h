/*
 * rules.h - the rules that must hold after every event, by name.
 */
#ifndef SIM_RULES_H
#define SIM_RULES_H

#include <stddef.h>

enum sim_rule {
	RULE_RUN,
	RULE_MEMORY,
	RULE_RESULT,
	RULE_TRUE,
	RULE_UNKNOWN,
	RULE_LOCKOUT,
	RULE_FENCE,
	RULE_ONCE,
	RULE_BLAST,
	RULE_BATCH,
	RULE_PARALLEL,
	RULE_WAVE,
	RULE_CANARY,
	RULE_PAUSE,
	RULE_FAILURES,
	RULE_STOP,
	RULE_ONE_WRITER,
	RULE_IDEMPOTENT,
	RULE_LIVENESS,
	RULE_AS_PLANNED,
	RULE_WINDOW,
	RULE_INTENT,
	RULE_AUDIT,
	RULE_ONE_REQUEST,
	RULE_CHUNK,
	RULE_FIRST,
	RULE_GATE,
	RULE_BREAKER,
	RULE_RIGHT,
	RULE_BLAME,
	RULE_FORWARD,
	RULE_RETRIES,
	RULE_ROLLBACK,
	RULE_SUSPENDED,
	RULE_CONTESTED,
	RULE_HELD,
	RULE_SITE,
	RULE_COUNT,
};

/* "I5 fence" */
const char *sim_rule_name(enum sim_rule rule);
/* What it says, one line. */
const char *sim_rule_text(enum sim_rule rule);

#endif
