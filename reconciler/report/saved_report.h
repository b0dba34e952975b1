/*
 * saved_report.h - what is known of a saved plan, above the plan itself: whose
 * it is, until when, what would keep it from being applied, who approved it.
 */
#ifndef REPORT_SAVED_REPORT_H
#define REPORT_SAVED_REPORT_H

#include "reconciler/core/array.h"
#include "reconciler/core/buf.h"
#include "reconciler/report/context.h"
#include "reconciler/report/json_out.h"

#include <stdbool.h>
#include <stdint.h>

/* One thing that was looked at; bad: it keeps the plan from being applied. */
struct saved_check {
	const char *what; /* one word */
	bool bad;
	const char *text;
};

struct saved_yes {
	const char *by; /* in full */
	const char *reason;
	const char *ticket; /* "" = none */
	int64_t at_ms;
};

ARRAY_TYPE(saved_check_array, struct saved_check);
ARRAY_TYPE(saved_yes_array, struct saved_yes);

struct saved_report {
	const char *id;
	const char *file;
	const char *actor; /* who made it */
	int64_t made_ms;
	int64_t expires_ms;
	bool fresh;                      /* it was saved just now */
	struct saved_check_array checks; /* none when it is fresh */
	struct saved_yes_array approvals;
};

bool saved_is_usable(const struct saved_report *saved);
/* Lines for people, and an empty one. */
void saved_put(const struct report_context *context,
	       const struct saved_report *saved, struct buf *out);
/* The member "saved" of a plan. */
void saved_put_json(const struct saved_report *saved, struct json_out *json);

#endif
